import { DataError, UsageError } from '../errors.ts';
import type { Random } from '../random.ts';
import { PAD } from './vocabulary.ts';

/** Token counts of a pair, with whatever BOS and EOS the model adds. */
export interface PairLengths {
  source: number;
  target: number;
}

export interface BatchLimits {
  /** Most padded tokens on either side: B × the longest sequence of the batch. */
  maxTokens?: number;
  /** Most sentences, B. */
  maxSentences?: number;
}

/** Sorting happens within pools of so many batches: large enough for little padding, and mixed anew each epoch. */
const POOL_BATCHES = 100;

/**
 * Batches of sentences of similar length, in random order; every index 0…N−1 is in exactly one.
 *
 * @param lengths tokens of each pair
 * @param limits at least one of them
 * @param random decides pools, ties and the order of batches; equal states give equal plans
 * @throws UsageError when there is no limit; DataError for a sentence that alone exceeds `maxTokens`
 */
export function planBatches(
  lengths: readonly PairLengths[],
  limits: BatchLimits,
  random: Random,
): number[][] {
  const { maxTokens = Number.POSITIVE_INFINITY, maxSentences = Number.POSITIVE_INFINITY } = limits;
  if (
    !(maxTokens >= 1 && maxSentences >= 1) ||
    Math.min(maxTokens, maxSentences) === Number.POSITIVE_INFINITY
  ) {
    throw new UsageError(
      `batches limited to ${maxTokens} tokens and ${maxSentences} sentences`,
      'maxTokens, maxSentences or both, at least 1',
      'Set for example maxSentences to 64.',
    );
  }
  const longest = lengths.map(({ source, target }) => Math.max(source, target, 1));
  const tooLong = longest.findIndex((length) => length > maxTokens);
  if (tooLong >= 0) {
    throw new DataError(
      `sentence ${tooLong + 1} has ${longest[tooLong]} tokens`,
      `at most ${maxTokens} tokens, the size of a batch`,
      'Raise the batch size in tokens or leave out longer sentences.',
    );
  }

  const order = random.shuffle(Array.from(lengths.keys()));
  const meanLength = longest.reduce((sum, length) => sum + length, 0) / longest.length;
  const poolSize = POOL_BATCHES * Math.max(1, Math.ceil(Math.min(maxSentences, maxTokens / meanLength)));
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += poolSize) {
    const pool = order.slice(start, start + poolSize).sort((a, b) => compareLengths(lengths[a], lengths[b]));
    let batch: number[] = [];
    let width = 0;
    for (const index of pool) {
      const grown = Math.max(width, longest[index]);
      if (batch.length > 0 && (batch.length + 1 > maxSentences || (batch.length + 1) * grown > maxTokens)) {
        batches.push(batch);
        batch = [];
        width = 0;
      }
      batch.push(index);
      width = Math.max(width, longest[index]);
    }
    batches.push(batch);
  }
  return random.shuffle(batches);
}

/** By target, then by source: up for even targets and down for odd ones, so that no jump parts neighbours. */
function compareLengths(a: PairLengths, b: PairLengths): number {
  return a.target - b.target || (a.target % 2 === 0 ? a.source - b.source : b.source - a.source);
}

/** Sequences of one side of a batch; T is the longest length. */
export interface PaddedBatch {
  /** [T, B] int32, time-major: token t of sequence b is at t·B + b; PAD behind each sequence's end. */
  tokens: Int32Array;
  /** [T, B] float32: 1 at real positions, 0 at padding. */
  mask: Float32Array;
  /** [B] int32, as they came. */
  lengths: Int32Array;
  /** T. */
  steps: number;
  /** B. */
  batch: number;
}

/** @param minimumLength least T, so that a batch of empty sequences still has a step; default 1 */
export function padTimeMajor(sequences: readonly (readonly number[])[], minimumLength = 1): PaddedBatch {
  const batch = sequences.length;
  const lengths = Int32Array.from(sequences, (sequence) => sequence.length);
  const steps = lengths.reduce((most, length) => Math.max(most, length), minimumLength);
  const tokens = new Int32Array(steps * batch).fill(PAD);
  const mask = new Float32Array(steps * batch);
  sequences.forEach((sequence, b) => {
    for (let t = 0; t < sequence.length; t++) {
      tokens[t * batch + b] = sequence[t];
      mask[t * batch + b] = 1;
    }
  });
  return { tokens, mask, lengths, steps, batch };
}
