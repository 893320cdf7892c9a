import { DataError, UsageError } from '../../errors.ts';
import { type CtcSearchOptions, ctcLabelling, mayBeSaid, textOf } from './alphabet.ts';
import { type CtcLogits, ctcLogProbs, IMPOSSIBLE } from './logits.ts';
import { type Frame, forget, labelsOfPrefix, type Prefix, rootPrefix, say, settle, stay } from './prefix.ts';
import { ctcWording, type Wording, type WordingOptions } from './wording.ts';

export interface CtcPruning {
  /** In a frame, only labels of at least this natural log-probability are said, and the most probable. Default: all. */
  minLabelLogProb?: number;
  /** Prefixes whose score is more nats than this below the best one's are dropped, above 0. Default: none. */
  maxScoreGap?: number;
}

export interface CtcBeamOptions<State = unknown> extends CtcSearchOptions, WordingOptions<State> {
  /** Prefixes kept after each frame, 1 or more; Infinity keeps all, for an exact search of a few frames. Default 25. */
  beam?: number;
  /** Most hypotheses returned, at most `beam`. Default 1. */
  nBest?: number;
  pruning?: CtcPruning;
}

export interface CtcHypothesis {
  /** Classes, without blanks. */
  labels: number[];
  /** The labels in the alphabet, where one was given. */
  text?: string;
  /**
   * ln p(labels | logits) over the alignments that the search found, nats. Those whose beginning fell out of the beam
   * are lost: `ctcLoss` gives the sum over all.
   */
  logProb: number;
  /** What hypotheses are ranked by: `logProb`, the weighted language model and the bonuses. */
  score: number;
}

/**
 * Prefix beam search (Hannun et al. 2014, algorithm 1): keeps the prefixes whose alignments together are most
 * probable, and returns what would be the most probable labels, not the most probable path.
 *
 *     score = ln p(labels | logits) + α ln p(labels | language model) + β · units
 *
 * A model of words, and the bonus, count a word once it has ended. Among the prefixes of a frame the best that might
 * end there is kept even if the beam is full, so that a lexicon always has an answer.
 *
 * @param logits of one sequence; log-softmax is taken here
 * @returns 1 to `nBest` hypotheses, best first
 * @throws DataError for logits that are not numbers, a lexicon that the alphabet cannot spell, or where no hypothesis
 *   may end; ShapeError for logits or an alphabet of a wrong size; UsageError on a wrong option
 */
export function ctcBeamSearch<State = unknown>(
  logits: CtcLogits,
  options: CtcBeamOptions<State> = {},
): CtcHypothesis[] {
  const { beam: width = 25, nBest = 1, pruning = {} } = options;
  checkOptions(width, nBest, pruning);
  const { values, frames, classes } = ctcLogProbs(logits);
  const labelling = ctcLabelling(options, classes);
  const { blank } = labelling;
  const wording = ctcWording(options, labelling);
  const may = mayBeSaid(options, labelling);
  let beam = [rootPrefix(wording.start)];
  let dropped: Prefix<State>[] = [];
  for (let number = 0; number < frames; number++) {
    const row = values.subarray(number * classes, (number + 1) * classes);
    const frame: Frame<State> = { number, row, blank, touched: [] };
    const labels = labelsToSay(row, blank, may, pruning);
    for (const prefix of beam) {
      stay(prefix, frame);
      for (const label of labels) say(prefix, label, frame, wording);
    }
    for (const prefix of frame.touched) settle(prefix);
    for (const prefix of dropped) forget(prefix, number);
    beam = bestPrefixes(frame.touched, width, pruning, wording);
    const kept = new Set(beam);
    dropped = frame.touched.filter((prefix) => !kept.has(prefix));
  }
  const found = beam
    .map((prefix) => ({ prefix, score: prefix.total + wording.end(prefix.progress) }))
    .filter(({ score }) => score > IMPOSSIBLE)
    .sort((a, b) => b.score - a.score)
    .slice(0, nBest);
  if (found.length === 0) throw noHypothesis();
  return found.map(({ prefix, score }) => {
    const labels = labelsOfPrefix(prefix);
    const text = textOf(labelling, labels);
    return { labels, ...(text !== undefined && { text }), logProb: prefix.total, score };
  });
}

/** The labels that pruning leaves of a frame, of those that may be said. */
function labelsToSay(
  row: Float64Array,
  blank: number,
  may: Uint8Array,
  { minLabelLogProb = IMPOSSIBLE }: CtcPruning,
): number[] {
  const labels: number[] = [];
  const best = row.reduce((most, logProb) => Math.max(most, logProb));
  for (const [label, logProb] of row.entries()) {
    if (label !== blank && may[label] && (logProb >= minLabelLogProb || logProb === best)) labels.push(label);
  }
  return labels;
}

/** The best prefixes of a frame, and the best that may end if none of them may. */
function bestPrefixes<State>(
  touched: readonly Prefix<State>[],
  width: number,
  { maxScoreGap = Number.POSITIVE_INFINITY }: CtcPruning,
  wording: Wording<State>,
): Prefix<State>[] {
  const scores = new Float64Array(touched.length);
  for (let i = 0; i < scores.length; i++) scores[i] = touched[i].score;
  scores.sort();
  const lowest = scores[scores.length - 1] - maxScoreGap;
  const last = Math.max(lowest, width < scores.length ? scores[scores.length - width] : IMPOSSIBLE);
  const fit = touched.filter(({ score }) => score >= last && score > IMPOSSIBLE);
  const kept = fit.length <= width ? fit : withoutTies(fit, last, width);
  const mayEnd = ({ progress, score }: Prefix<State>) =>
    score > IMPOSSIBLE && wording.end(progress) > IMPOSSIBLE;
  if (kept.some(mayEnd)) return kept;
  let ending: Prefix<State> | undefined;
  for (const prefix of touched) {
    if (prefix.score > (ending?.score ?? IMPOSSIBLE) && mayEnd(prefix)) ending = prefix;
  }
  return ending ? [...kept, ending] : kept;
}

/** Of prefixes as good as the last, the first ones. */
function withoutTies<State>(fit: readonly Prefix<State>[], last: number, width: number): Prefix<State>[] {
  let room = width - fit.filter(({ score }) => score > last).length;
  return fit.filter(({ score }) => score > last || room-- > 0);
}

function noHypothesis(): DataError {
  return new DataError(
    'No hypothesis of the beam may end',
    'one with a probability above 0 that lexicon and language model allow',
    'Widen the beam, prune less, or give unknown words a log-probability.',
  );
}

function checkOptions(width: number, nBest: number, { minLabelLogProb, maxScoreGap }: CtcPruning): void {
  if (!(width >= 1 && (Number.isInteger(width) || width === Number.POSITIVE_INFINITY))) {
    throw new UsageError(
      `A beam of ${width}`,
      'a whole number, 1 or more',
      'Take 25; more is slower and surer.',
    );
  }
  if (!Number.isInteger(nBest) || nBest < 1 || nBest > width) {
    throw new UsageError(`nBest ${nBest}`, `a whole number from 1 to the beam, ${width}`, 'Widen the beam.');
  }
  if (minLabelLogProb !== undefined && !(minLabelLogProb <= 0)) {
    throw new UsageError(
      `A minLabelLogProb of ${minLabelLogProb}`,
      'a natural logarithm of a probability, at most 0',
      'Take -10, or leave it out.',
    );
  }
  if (maxScoreGap !== undefined && !(maxScoreGap > 0)) {
    throw new UsageError(`A maxScoreGap of ${maxScoreGap}`, 'nats, above 0', 'Take 20, or leave it out.');
  }
}
