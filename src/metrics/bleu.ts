import { DataError } from '../errors.ts';
import { type CorpusMetric, corpusScore, type ReferenceStreams, sacrebleuSignature } from './metric.ts';
import { matches, ngramCounts } from './ngrams.ts';
import { type BleuTokenizer, tokenizer13a } from './tokenizers.ts';

/**
 * What becomes of an order without a match (Chen & Cherry 2014). `exp`: the k-th such order counts as 1/2^k of a
 * match (method 3); `floor`: as `smoothingValue` of a match (method 1); `add-k`: `smoothingValue` is added to
 * matches and n-grams of all orders above 1 (method 2); `none`: the score is 0.
 */
export type BleuSmoothing = 'exp' | 'floor' | 'add-k' | 'none';

/** The values of the methods that have one. */
const smoothingDefaults: Readonly<Record<BleuSmoothing, number | null>> = {
  exp: null,
  floor: 0.1,
  'add-k': 1,
  none: null,
};

export interface BleuOptions {
  /** Compare in lower case. Default false. */
  lowercase?: boolean;
  /** Default `tokenizer13a`. */
  tokenizer?: BleuTokenizer;
  /** Default `exp`. */
  smoothing?: BleuSmoothing;
  /** Of `floor` (default 0.1) and `add-k` (default 1); the others have none. At least 0. */
  smoothingValue?: number;
  /** Average only over the orders that the hypotheses are long enough for, as a sentence's score needs. Default false. */
  effectiveOrder?: boolean;
  /** Longest n-gram counted. Default 4 (Papineni et al. 2002, section 2.3). */
  maxOrder?: number;
}

export interface BleuFigures {
  /** 0 to 100. */
  score: number;
  /** For 1- to 4-grams, 0 to 100, after smoothing. */
  precisions: number[];
  /** 0 to 1. */
  brevityPenalty: number;
  /** Tokens of all hypotheses. */
  hypothesisLength: number;
  /** Tokens of the closest reference of each sentence, summed. */
  referenceLength: number;
  /** Matching 1- to 4-grams, clipped, before smoothing. */
  counts: number[];
  /** 1- to 4-grams of the hypotheses. */
  totals: number[];
}

export interface BleuScore extends BleuFigures {
  /** sacreBLEU's form; `version` is the release whose figures these equal. */
  signature: string;
}

/**
 * BLEU (Papineni et al. 2002) equal to sacreBLEU 2.6.0. Statistics: tokens of the hypothesis, of the reference
 * nearest in length (of two equally near, the shorter), matches an order, n-grams an order.
 *
 * @throws DataError when `smoothingValue` or `maxOrder` is out of range, or the method has no value
 */
export function bleuMetric(options: BleuOptions = {}): CorpusMetric<BleuFigures> {
  const { lowercase = false, tokenizer = tokenizer13a, smoothing = 'exp' } = options;
  const { effectiveOrder = false, maxOrder = 4 } = options;
  const value = smoothingValueOf(smoothing, options.smoothingValue);
  if (!Number.isInteger(maxOrder) || maxOrder < 1)
    throw new DataError(`BLEU of order ${maxOrder}`, 'a whole number from 1', 'Leave it out for 4.');

  const ngrams = (line: string) => {
    const tokens = tokenizer.tokenize(lowercase ? line.toLowerCase() : line);
    return { length: tokens.length, orders: ngramCounts(tokens, maxOrder, ' ') };
  };
  return {
    name: 'BLEU',
    higherIsBetter: true,
    signature: (references) =>
      sacrebleuSignature(references, {
        case: lowercase ? 'lc' : 'mixed',
        eff: effectiveOrder,
        tok: tokenizer.name,
        smooth: value === null ? smoothing : `${smoothing}[${twoDecimals(value)}]`,
      }),
    statistics(hypothesis, references) {
      const said = ngrams(hypothesis);
      const given = references.map(ngrams);
      return [
        said.length,
        closestLength(
          said.length,
          given.map(({ length }) => length),
        ),
        ...said.orders.map((counts, n) =>
          matches(counts, given.length === 1 ? given[0].orders[n] : most(given.map((g) => g.orders[n]))),
        ),
        ...said.orders.map((_, n) => Math.max(0, said.length - n)),
      ];
    },
    compute(sums) {
      const [hypothesisLength, referenceLength] = sums;
      const counts = sums.slice(2, 2 + maxOrder);
      const totals = sums.slice(2 + maxOrder);
      const brevityPenalty =
        hypothesisLength >= referenceLength
          ? 1
          : hypothesisLength === 0
            ? 0
            : Math.exp(1 - referenceLength / hypothesisLength);
      const reached = smoothed(counts, totals, smoothing, value ?? 0);
      const precisions = Array.from({ length: maxOrder }, (_, n) => reached[n] ?? 0);
      const averaged = effectiveOrder && reached.length > 0 ? reached : precisions;
      const meanLog = averaged.reduce((sum, p) => sum + Math.log(p), 0) / averaged.length;
      const score = brevityPenalty * Math.exp(meanLog);
      return { score, precisions, brevityPenalty, hypothesisLength, referenceLength, counts, totals };
    },
  };
}

/**
 * Corpus BLEU.
 *
 * @param hypotheses one line a sentence, detokenized
 * @param references one array per reference stream
 * @throws DataError as `bleuMetric` and `corpusStatistics` do
 */
export const bleu = (
  hypotheses: readonly string[],
  references: ReferenceStreams,
  options: BleuOptions = {},
): BleuScore => corpusScore(bleuMetric(options), hypotheses, references);

function smoothingValueOf(smoothing: BleuSmoothing, given: number | undefined): number | null {
  const value = smoothingDefaults[smoothing];
  if (given === undefined) return value;
  if (value !== null && Number.isFinite(given) && given >= 0) return given;
  throw new DataError(
    `Smoothing ${smoothing} with the value ${given}`,
    'a value of 0 or more with floor or add-k, none with exp and none',
    'Leave it out, or choose floor or add-k.',
  );
}

/** As Python's `.2f`: the nearest, and of two equally near (eighths have such) the even one. */
function twoDecimals(value: number): string {
  const half = Number.isInteger(value * 8) && (value * 100) % 1 === 0.5;
  return (half ? 2 * Math.round(value * 50) * 0.01 : value).toFixed(2);
}

/** The reference length nearest to the hypothesis'; of two equally near, the shorter. */
function closestLength(length: number, candidates: number[]): number {
  return candidates.reduce((best, candidate) => {
    const difference = Math.abs(candidate - length) - Math.abs(best - length);
    return difference < 0 || (difference === 0 && candidate < best) ? candidate : best;
  });
}

/** Each n-gram as often as in the reference that has it most (modified precision, section 2.1). */
function most(references: ReadonlyMap<string, number>[]): Map<string, number> {
  const merged = new Map<string, number>();
  for (const counts of references)
    for (const [ngram, count] of counts) merged.set(ngram, Math.max(count, merged.get(ngram) ?? 0));
  return merged;
}

/**
 * Precisions in percent of the orders that the hypotheses are long enough for; none where nothing matches, which
 * nothing smooths.
 */
function smoothed(counts: number[], totals: number[], smoothing: BleuSmoothing, value: number): number[] {
  const precisions: number[] = [];
  if (counts.every((count) => count === 0)) return precisions;
  let halving = 1;
  for (let n = 0; n < counts.length; n++) {
    const added = smoothing === 'add-k' && n > 0 ? value : 0;
    const [count, total] = [counts[n] + added, totals[n] + added];
    if (total === 0) break;
    if (count === 0 && smoothing === 'exp') halving *= 2;
    const matched = count > 0 ? count : smoothing === 'exp' ? 1 / halving : smoothing === 'floor' ? value : 0;
    precisions.push((100 * matched) / total);
  }
  return precisions;
}
