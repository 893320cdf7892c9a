import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';
import { type Constrained, checkFits, unkept } from './constraint.ts';
import { bestContinuations } from './continuations.ts';
import { checkLogProb, type Hypothesis, lengthLimits, type StepDecoder } from './contract.ts';
import { rollout } from './rollout.ts';
import { checkedScoring, type Scoring } from './scoring.ts';

/** The distribution that tokens are drawn from. */
export interface Truncation {
  /** Log-probabilities are divided by it, above 0. Default 1. */
  temperature?: number;
  /** Only the k most probable tokens (of equally probable ones, the first). Default: all. */
  topK?: number;
  /**
   * Nucleus (Holtzman et al. 2020, section 3.1): only the fewest most probable tokens, after temperature and
   * `topK`, that together have at least this probability, above 0 and at most 1. Default 1: all.
   */
  topP?: number;
}

/** Constraints without required phrases. */
export interface SamplingOptions extends Truncation, Scoring, Constrained {
  /** Most tokens emitted, EOS included; one for all sentences or one for each. */
  maxLength: number | number[];
  /** Hypotheses drawn of each sentence. Default 1. */
  samples?: number;
  /** One a sentence: its samples follow from it alone, whatever the other sentences are. */
  seeds: readonly number[];
  /** Positions of each sentence's source, for the coverage penalty; default: as wide as the attention. */
  sourceLengths?: readonly number[];
}

/**
 * Ancestral sampling: every token is drawn from the decoder's distribution given those before. `logProb` and `score`
 * are the decoder's own, without temperature and truncation.
 *
 * @param initialState the decoder's state before the first token, one row a sentence
 * @param rows how many sentences
 * @returns for each sentence its samples in the order drawn; the first ones are the same however many are asked for
 * @throws UsageError on a wrong option or required phrases, ShapeError when a step answers other shapes than `[N, V]`
 *   and `[N, S]`, DataError when a log-probability is NaN or positive, or constraints cannot be kept
 */
export async function sample<State>(
  decoder: StepDecoder<State>,
  initialState: State,
  rows: number,
  options: SamplingOptions,
): Promise<Hypothesis[][]> {
  const { samples = 1, seeds, constraints, sourceLengths } = options;
  checkOptions(options, rows);
  const scoring = checkedScoring(options);
  const limits = lengthLimits(options.maxLength, rows);
  checkFits(options, limits);
  const all = limits.flatMap((limit, sentence) => {
    const seeding = new Random(seeds[sentence]);
    const row = {
      sentence,
      limit,
      constraint: constraints?.[sentence],
      sourceLength: sourceLengths?.[sentence],
    };
    return Array.from({ length: samples }, () => ({ ...row, random: new Random(seeding.uint32()) }));
  });
  const sentences = Int32Array.from(all, ({ sentence }) => sentence);
  const state = samples === 1 || rows === 0 ? initialState : decoder.select(initialState, sentences);
  const found = await rollout(decoder, state, all, scoring, (logProbs, row) =>
    draw(logProbs, options, all[row].random, all[row].sentence),
  );
  const kept = found.map((hypothesis, i) => {
    if (hypothesis) return hypothesis;
    throw unkept(options.names, all[i].sentence);
  });
  return limits.map((_, sentence) => kept.slice(sentence * samples, (sentence + 1) * samples));
}

/** So many tokens are found in one pass sooner than by sorting all; the pass takes the square of it. */
const FEW = 1024;

/**
 * Draws a token by its log-probabilities; -1 when all are -Infinity, and then nothing is drawn.
 *
 * @param logProbs `[V]`
 * @param sentence named in errors
 */
export function draw(
  logProbs: Float32Array,
  { temperature = 1, topK, topP = 1 }: Truncation,
  random: Random,
  sentence: number,
): number {
  const byProbability = (a: number, b: number) => logProbs[b] - logProbs[a] || a - b;
  let tokens: number[];
  if (topK === undefined || topK >= logProbs.length) tokens = possible(logProbs, sentence);
  else if (topK <= FEW) tokens = mostProbable(logProbs, topK, sentence);
  else tokens = possible(logProbs, sentence).sort(byProbability).slice(0, topK);
  if (tokens.length === 0) return -1;
  const highest = tokens.reduce((most, token) => Math.max(most, logProbs[token]), Number.NEGATIVE_INFINITY);
  const weight = (token: number) => Math.exp((logProbs[token] - highest) / temperature);
  const total = (of: readonly number[]) => of.reduce((sum, token) => sum + weight(token), 0);
  if (topP < 1) {
    const enough = topP * total(tokens);
    // Those with less than (1 - p) / V each have less than 1 - p together: the nucleus is among the others.
    const least = ((1 - topP) * total(tokens)) / tokens.length;
    tokens = tokens.filter((token) => weight(token) >= least);
    tokens.sort(byProbability);
    let size = 0;
    for (let sum = 0; size < tokens.length && sum < enough; size++) sum += weight(tokens[size]);
    tokens.length = size;
  }
  let left = random.uniform() * total(tokens);
  return (
    tokens.find((token) => {
      left -= weight(token);
      return left < 0;
    }) ?? tokens[tokens.length - 1]
  );
}

function possible(logProbs: Float32Array, sentence: number): number[] {
  const tokens: number[] = [];
  for (let token = 0; token < logProbs.length; token++) {
    if (logProbs[token] === Number.NEGATIVE_INFINITY) continue;
    checkLogProb(logProbs[token], token, sentence);
    tokens.push(token);
  }
  return tokens;
}

function mostProbable(logProbs: Float32Array, count: number, sentence: number): number[] {
  return bestContinuations(logProbs, logProbs.length, 0, [0], count, sentence).map(({ token }) => token);
}

function checkOptions(
  { samples = 1, seeds, temperature = 1, topK = 1, topP = 1 }: SamplingOptions,
  rows: number,
): void {
  const wholeNumber = (value: number) => Number.isSafeInteger(value) && value >= 1;
  const checks: [string, number, boolean, string][] = [
    ['samples', samples, wholeNumber(samples), 'a whole number, 1 or more'],
    ['topK', topK, wholeNumber(topK), 'a whole number, 1 or more'],
    ['topP', topP, topP > 0 && topP <= 1, 'a number above 0 and at most 1'],
    [
      'temperature',
      temperature,
      temperature > 0 && temperature < Number.POSITIVE_INFINITY,
      'a number above 0 (greedy search is the limit at 0)',
    ],
    ['seeds', seeds.length, seeds.length === rows, `one for each of ${rows} sentences`],
  ];
  for (const [name, value, right, expected] of checks) {
    if (!right) throw new UsageError(`${name} ${value}`, expected, 'Correct it, or leave it out.');
  }
}
