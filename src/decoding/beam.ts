import { UsageError } from '../errors.ts';
import { allocatedContinuations } from './allocation.ts';
import { type Constrained, type Constraint, checkFits, constrain, unkept } from './constraint.ts';
import { bestContinuations, isDeadEnd } from './continuations.ts';
import {
  attentionOf,
  checkedStep,
  type Hypothesis,
  lengthLimits,
  type StepDecoder,
  type StepResult,
} from './contract.ts';
import { bestOfGroups, diversify } from './diversity.ts';
import { checkedScoring, endScore, normalisedScore, type Scoring } from './scoring.ts';

export interface BeamOptions extends Scoring, Constrained {
  /** Hypotheses a sentence holds at once, 1 or more; may be larger than V or than there are hypotheses. */
  beam: number;
  /** Most tokens emitted, EOS included; one for all sentences or one for each. */
  maxLength: number | number[];
  /** Hypotheses returned per sentence, at most `beam`. Default 1. */
  nBest?: number;
  /** Equal parts of the beam that are kept different (diverse beam search). Default 1. */
  groups?: number;
  /** What saying a token costs in a group for each hypothesis of an earlier group that says it at that step, nats. Default 0.5. */
  diversity?: number;
  /** Positions of each sentence's source, for the coverage penalty; default: as wide as the attention. */
  sourceLengths?: readonly number[];
}

/** A hypothesis as its last token and the way back. */
interface Prefix {
  token: number;
  parent: Prefix | null;
  length: number;
  logProb: number;
  constraint?: Constraint;
  attention?: Float32Array;
}

/** A sentence's hypotheses that compete; one group a sentence, but for diverse beam search. */
interface Group {
  sentence: number;
  limit: number;
  alive: Prefix[];
  /** By falling score. */
  finished: Hypothesis[];
  /** Ended by the limit or by a dead end, their constraint kept. */
  unfinished: Hypothesis[];
}

/** What holds for every group of a search. */
interface Search {
  decoder: StepDecoder<unknown>;
  /** Hypotheses of a group. */
  beam: number;
  /** Of these, at most so many are returned. */
  nBest: number;
  diversity: number;
  scoring: Required<Scoring>;
  sourceLengths?: readonly number[];
}

/**
 * Beam search, batched over sentences. At every step the best continuations of a sentence's hypotheses are kept;
 * one that ends with EOS is set aside and takes its place out of the beam for good, so that a beam of k considers at
 * most k endings (as in the decoder of Bahdanau et al. 2015). Within the beam hypotheses compete by log-probability;
 * endings are ranked by their score. A sentence stops when it has no hypothesis alive, or when even the best of them,
 * were it to lose nothing more up to the length limit, could not pass the worst hypothesis to be returned: stopping
 * early never changes the answer.
 *
 * Required phrases share the beam out by dynamic beam allocation, `groups` divide it into a diverse beam search.
 *
 * @param initialState the decoder's state before the first token, one row a sentence
 * @param rows how many sentences
 * @returns for each sentence 1 to `nBest` hypotheses that keep its constraint: finished ones first, each kind by
 *   falling score; of several groups the best ones, then the seconds, and so on. Attention rows may be shared between
 *   hypotheses with a common beginning
 * @throws UsageError on a wrong option, or a coverage penalty without attention; ShapeError when a step answers other
 *   shapes than `[N, V]` and `[N, S]`; DataError when a log-probability is NaN or positive, or when no hypothesis
 *   keeps a sentence's constraint
 */
export async function beamSearch<State>(
  decoder: StepDecoder<State>,
  initialState: State,
  rows: number,
  options: BeamOptions,
): Promise<Hypothesis[][]> {
  const { beam, nBest = 1, groups = 1, diversity = 0.5, constraints, sourceLengths } = options;
  checkOptions(beam, nBest, groups, diversity);
  const scoring = checkedScoring(options);
  const limits = lengthLimits(options.maxLength, rows);
  checkFits(options, limits);
  const size = beam / groups;
  const search: Search = {
    decoder,
    beam: size,
    nBest: Math.min(nBest, size),
    diversity,
    scoring,
    sourceLengths,
  };
  const sentences = limits.map((limit, sentence) => {
    const root = {
      token: decoder.bos,
      parent: null,
      length: 0,
      logProb: 0,
      constraint: constraints?.[sentence],
    };
    return Array.from({ length: groups }, (): Group => {
      return { sentence, limit, alive: [root], finished: [], unfinished: [] };
    });
  });

  const perGroup = Int32Array.from({ length: rows * groups }, (_, row) => Math.floor(row / groups));
  let state = groups === 1 || rows === 0 ? initialState : decoder.select(initialState, perGroup);
  let open = sentences;
  while (open.length > 0) {
    const tokens = Int32Array.from(open.flat().flatMap(({ alive }) => alive.map(({ token }) => token)));
    const result = await checkedStep(decoder, tokens, state);
    /** For each row of the next step, the row of this one that it continues. */
    const kept: number[] = [];
    let firstRow = 0;
    open = open.map((sentence) => {
      const said = new Map<number, number>();
      const rowsBefore = sentence.map((group) => {
        const first = firstRow;
        firstRow += group.alive.length;
        return advance(group, search, result, first, tokens.length, said).map((parent) => first + parent);
      });
      const stillOpen = openGroups(sentence, search);
      kept.push(...rowsBefore.filter((_, i) => stillOpen[i]).flat());
      return sentence.filter((_, i) => stillOpen[i]);
    });
    open = open.filter((sentence) => sentence.length > 0);
    const same = kept.length === tokens.length && kept.every((row, i) => row === i);
    state = same || kept.length === 0 ? result.state : decoder.select(result.state, Int32Array.from(kept));
  }
  return sentences.map((ended, sentence) => {
    const best = bestOfGroups(
      ended.map(({ finished, unfinished }) => [...finished, ...unfinished.sort(byScore)]),
      nBest,
    );
    if (best.length === 0) throw unkept(options.names, sentence);
    return best;
  });
}

const byScore = (a: Hypothesis, b: Hypothesis): number => b.score - a.score;

/**
 * Moves one group on by a step; returns for each hypothesis now alive the place of its parent before.
 *
 * @param said how often earlier groups of the sentence said each token at this step; this group's are added
 */
function advance(
  group: Group,
  search: Search,
  { logProbs, attention }: StepResult<unknown>,
  firstRow: number,
  rows: number,
  said: Map<number, number>,
): number[] {
  const { vocabularySize, eos } = search.decoder;
  const before = group.alive;
  const row = (place: number) =>
    logProbs.subarray((firstRow + place) * vocabularySize, (firstRow + place + 1) * vocabularySize);
  for (const [place, { constraint }] of before.entries()) constrain(constraint, row(place), eos);
  const count = search.beam - group.finished.length;
  const restore = diversify(
    before.map((_, place) => row(place)),
    said,
    search.diversity,
  );
  const best = before[0].constraint?.required
    ? allocatedContinuations(logProbs, vocabularySize, firstRow, before, count, eos, group.sentence)
    : bestContinuations(
        logProbs,
        vocabularySize,
        firstRow,
        before.map(({ logProb }) => logProb),
        count,
        group.sentence,
      );
  restore();
  const attended: (Float32Array | undefined)[] = [];
  const continued = new Set<number>();
  const parents: number[] = [];
  group.alive = [];
  for (const { parent, token } of best) {
    if (!continued.has(parent)) attended[parent] = attentionOf(attention, firstRow + parent, rows);
    continued.add(parent);
    said.set(token, (said.get(token) ?? 0) + 1);
    const from = before[parent];
    const prefix: Prefix = {
      token,
      parent: from,
      length: from.length + 1,
      // Its own, whatever diversity made of it.
      logProb: from.logProb + row(parent)[token],
      constraint: token === eos ? from.constraint : from.constraint?.after(token),
      attention: attended[parent],
    };
    if (token === eos) {
      group.finished.push(hypothesisOf(prefix, group, search));
    } else if (prefix.length === group.limit) {
      endUnfinished(prefix, group, search);
    } else {
      group.alive.push(prefix);
      parents.push(parent);
    }
  }
  for (const [place, prefix] of before.entries()) {
    if (!continued.has(place) && isDeadEnd(logProbs, vocabularySize, firstRow + place))
      endUnfinished(prefix, group, search);
  }
  group.finished.sort(byScore);
  return parents;
}

function endUnfinished(prefix: Prefix, group: Group, search: Search): void {
  if ((prefix.constraint?.needs ?? 0) === 0) group.unfinished.push(hypothesisOf(prefix, group, search));
}

/** Which groups of a sentence go on: what a later group says depends on the earlier ones. */
function openGroups(groups: readonly Group[], search: Search): boolean[] {
  const open = groups.map((group) => group.alive.length > 0 && !isDecided(group, search));
  const last = open.lastIndexOf(true);
  return groups.map(({ alive }, i) => alive.length > 0 && i <= last);
}

/**
 * Whether no hypothesis alive can still be among the returned. Log-probabilities only fall, the divisor is largest at
 * the limit and a coverage penalty is at most 0, so `logProb / lp(limit)` bounds all a hypothesis can become.
 */
function isDecided({ alive, finished, limit }: Group, { nBest, scoring }: Search): boolean {
  if (finished.length < nBest) return false;
  const best = alive.reduce((most, { logProb }) => Math.max(most, logProb), Number.NEGATIVE_INFINITY);
  const bound = normalisedScore(best, limit, scoring.lengthPenalty, scoring.lengthPenaltyForm);
  return bound <= finished[nBest - 1].score;
}

/** Follows the way back from the last token. */
function hypothesisOf(last: Prefix, { sentence }: Group, search: Search): Hypothesis {
  const { eos } = search.decoder;
  const tokens: number[] = [];
  const rows: Float32Array[] = [];
  for (let prefix = last; prefix.parent; prefix = prefix.parent) {
    if (prefix.attention) rows.push(prefix.attention);
    if (prefix.token !== eos) tokens.push(prefix.token);
  }
  const attention = rows.length > 0 ? rows.reverse() : undefined;
  const { logProb, length } = last;
  return {
    tokens: tokens.reverse(),
    finished: last.parent !== null && last.token === eos,
    logProb,
    score: endScore({ logProb, length, attention }, search.scoring, search.sourceLengths?.[sentence]),
    ...(attention && { attention }),
  };
}

function checkOptions(beam: number, nBest: number, groups: number, diversity: number): void {
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
  if (!Number.isInteger(groups) || groups < 1 || beam % groups !== 0) {
    throw new UsageError(
      `A beam of ${beam} in ${groups} groups`,
      'groups of equal size, at least one hypothesis each',
      'Take a beam that is a multiple of the groups.',
    );
  }
  if (!(diversity >= 0 && diversity < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`A diversity of ${diversity}`, 'a number, 0 or more', 'Take 0.5, or 0 for none.');
  }
}
