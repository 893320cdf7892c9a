import { UsageError } from '../errors.ts';
import { bestContinuations, isDeadEnd } from './continuations.ts';
import {
  attentionOf,
  checkedStep,
  type Hypothesis,
  lengthLimits,
  normalisedScore,
  type StepDecoder,
} from './contract.ts';

export interface BeamOptions {
  /** Hypotheses a sentence holds at once, 1 or more; may be larger than V or than there are hypotheses. */
  beam: number;
  /** Most tokens emitted, EOS included; one for all sentences or one for each. */
  maxLength: number | number[];
  /** α of `score = logProb / length^α`, 0 or more, where the length counts EOS. Default 1: log-probability per token. */
  lengthPenalty?: number;
  /** Hypotheses returned per sentence, at most `beam`. Default 1. */
  nBest?: number;
}

/** A hypothesis as its last token and the way back. */
interface Prefix {
  token: number;
  parent: Prefix | null;
  length: number;
  logProb: number;
  attention?: Float32Array;
}

interface SentenceBeam {
  sentence: number;
  limit: number;
  alive: Prefix[];
  finished: Prefix[];
  /** Ended by the limit or by a dead end. */
  unfinished: Prefix[];
}

/**
 * Beam search, batched over sentences. At every step the best continuations of a sentence's hypotheses are kept;
 * one that ends with EOS is set aside and takes its place out of the beam for good, so that a beam of k considers at
 * most k endings (as in the decoder of Bahdanau et al. 2015). Within the beam hypotheses compete by log-probability;
 * endings are ranked by `logProb / length^α`. A sentence stops when it has no hypothesis alive, or when even the
 * best of them, were it to lose nothing more up to the length limit, could not pass the worst hypothesis to be
 * returned: stopping early never changes the answer.
 *
 * @param initialState the decoder's state before the first token, one row a sentence
 * @param rows how many sentences
 * @returns for each sentence 1 to `nBest` hypotheses: finished ones first, each kind by falling score. Attention rows
 *   may be shared between hypotheses with a common beginning
 * @throws UsageError on a wrong option, ShapeError when a step answers other shapes than `[N, V]` and `[N, S]`,
 *   DataError when a log-probability is NaN or positive
 */
export async function beamSearch<State>(
  decoder: StepDecoder<State>,
  initialState: State,
  rows: number,
  options: BeamOptions,
): Promise<Hypothesis[][]> {
  const { beam, lengthPenalty = 1, nBest = 1 } = options;
  checkOptions(beam, lengthPenalty, nBest);
  const root: Prefix = { token: decoder.bos, parent: null, length: 0, logProb: 0 };
  const beams = lengthLimits(options.maxLength, rows).map(
    (limit, sentence): SentenceBeam => ({ sentence, limit, alive: [root], finished: [], unfinished: [] }),
  );
  const byScore = (a: Prefix, b: Prefix) => scoreOf(b, lengthPenalty) - scoreOf(a, lengthPenalty);

  let state = initialState;
  let open = beams;
  while (open.length > 0) {
    const tokens = Int32Array.from(open.flatMap(({ alive }) => alive.map(({ token }) => token)));
    const { logProbs, attention, state: next } = await checkedStep(decoder, tokens, state);
    /** For each row of the next step, the row of this one that it continues. */
    const kept: number[] = [];
    let firstRow = 0;
    const stillOpen: SentenceBeam[] = [];
    for (const sentence of open) {
      const before = sentence.alive;
      const parents = advance(sentence, logProbs, attention, firstRow, tokens.length, decoder, beam);
      sentence.finished.sort(byScore);
      if (sentence.alive.length > 0 && !isDecided(sentence, lengthPenalty, nBest)) {
        stillOpen.push(sentence);
        for (const parent of parents) kept.push(firstRow + parent);
      }
      firstRow += before.length;
    }
    open = stillOpen;
    const same = kept.length === tokens.length && kept.every((row, i) => row === i);
    state = same || kept.length === 0 ? next : decoder.select(next, Int32Array.from(kept));
  }
  return beams.map(({ finished, unfinished }) =>
    [...finished, ...unfinished.sort(byScore)]
      .slice(0, nBest)
      .map((prefix) => hypothesisOf(prefix, decoder.eos, lengthPenalty)),
  );
}

/** Moves one sentence on by a step; returns for each hypothesis now alive the place of its parent before. */
function advance<State>(
  sentence: SentenceBeam,
  logProbs: Float32Array,
  attention: Float32Array | undefined,
  firstRow: number,
  rows: number,
  decoder: StepDecoder<State>,
  beam: number,
): number[] {
  const before = sentence.alive;
  const size = decoder.vocabularySize;
  const best = bestContinuations(
    logProbs,
    size,
    firstRow,
    before.map(({ logProb }) => logProb),
    beam - sentence.finished.length,
    sentence.sentence,
  );
  const attended: (Float32Array | undefined)[] = [];
  const continued = new Set<number>();
  const parents: number[] = [];
  sentence.alive = [];
  for (const { parent, token, logProb } of best) {
    if (!continued.has(parent)) attended[parent] = attentionOf(attention, firstRow + parent, rows);
    continued.add(parent);
    const from = before[parent];
    const prefix: Prefix = {
      token,
      parent: from,
      length: from.length + 1,
      logProb,
      attention: attended[parent],
    };
    if (token === decoder.eos) {
      sentence.finished.push(prefix);
    } else if (prefix.length === sentence.limit) {
      sentence.unfinished.push(prefix);
    } else {
      sentence.alive.push(prefix);
      parents.push(parent);
    }
  }
  for (const [place, prefix] of before.entries()) {
    if (!continued.has(place) && isDeadEnd(logProbs, size, firstRow + place))
      sentence.unfinished.push(prefix);
  }
  return parents;
}

/**
 * Whether no hypothesis alive can still be among the returned. Log-probabilities only fall and the divisor is largest
 * at the limit, so `logProb / limit^α` bounds all a hypothesis can become. Expects `finished` sorted.
 */
function isDecided({ alive, finished, limit }: SentenceBeam, lengthPenalty: number, nBest: number): boolean {
  if (finished.length < nBest) return false;
  const bound = normalisedScore(alive[0].logProb, limit, lengthPenalty);
  return bound <= scoreOf(finished[nBest - 1], lengthPenalty);
}

function scoreOf({ logProb, length }: Prefix, lengthPenalty: number): number {
  return normalisedScore(logProb, length, lengthPenalty);
}

/** Follows the way back from the last token. */
function hypothesisOf(last: Prefix, eos: number, lengthPenalty: number): Hypothesis {
  const tokens: number[] = [];
  const attention: Float32Array[] = [];
  for (let prefix = last; prefix.parent; prefix = prefix.parent) {
    if (prefix.attention) attention.push(prefix.attention);
    if (prefix.token !== eos) tokens.push(prefix.token);
  }
  return {
    tokens: tokens.reverse(),
    finished: last.parent !== null && last.token === eos,
    logProb: last.logProb,
    score: scoreOf(last, lengthPenalty),
    ...(attention.length > 0 && { attention: attention.reverse() }),
  };
}

function checkOptions(beam: number, lengthPenalty: number, nBest: number): void {
  if (!Number.isInteger(beam) || beam < 1) {
    throw new UsageError(
      `A beam of ${beam}`,
      'a whole number, 1 or more',
      'Take 1 for greedy search; 5 is usual.',
    );
  }
  if (!Number.isInteger(nBest) || nBest < 1 || nBest > beam) {
    throw new UsageError(`nBest ${nBest}`, `a whole number from 1 to the beam, ${beam}`, 'Widen the beam.');
  }
  if (!(lengthPenalty >= 0 && lengthPenalty < Number.POSITIVE_INFINITY)) {
    throw new UsageError(
      `A length penalty of ${lengthPenalty}`,
      'a number, 0 or more',
      'Take 1, or 0 for none.',
    );
  }
}
