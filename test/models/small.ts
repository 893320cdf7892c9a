/** Small models and ragged batches for tests. */
import type { EncoderDecoderSizes } from '../../src/models/model.ts';
import type { Random } from '../../src/random.ts';
import type { Feeds } from '../graph/check.ts';

export const SMALL: EncoderDecoderSizes = {
  sourceVocabulary: 9,
  targetVocabulary: 8,
  embedding: 4,
  hidden: 5,
  attention: 3,
  readout: 3,
  readoutType: 'maxout',
  dropout: 0.3,
  initialization: 'paper',
};

export interface Sentences {
  readonly source: readonly number[][];
  /** without BOS and EOS */
  readonly target: readonly number[][];
}

export const BOS = 1;
const EOS = 2;

export function randomSentences(random: Random, sourceLengths: number[], targetLengths: number[]): Sentences {
  const words = (length: number, size: number) => Array.from({ length }, () => 3 + random.integer(size - 3));
  return {
    source: sourceLengths.map((n) => words(n, SMALL.sourceVocabulary)),
    target: targetLengths.map((n) => words(n, SMALL.targetVocabulary)),
  };
}

/** Even source words are the target's words of that id, odd ones words that the target vocabulary does not hold. */
const copiedId = (id: number): number =>
  id % 2 === 0 ? id % SMALL.targetVocabulary : SMALL.targetVocabulary + (id >> 1);

/** Feeds of `lossGraph`, padded with a word that must not matter; each token weighs `weight`. */
export function feedsOf(
  { source, target }: Sentences,
  dtype: 'float32' | 'float64',
  options: { weight: number; sourceLength?: number; targetLength?: number; copies?: boolean },
): { feeds: Feeds; sizes: { B: number; S: number; T: number } } {
  const { copies = false } = options;
  const B = source.length;
  const S = options.sourceLength ?? Math.max(...source.map((s) => s.length));
  const T = options.targetLength ?? Math.max(...target.map((t) => t.length)) + 1;
  const PAD = 5;
  const floats = (length: number, entry: (i: number) => number) =>
    dtype === 'float32'
      ? Float32Array.from({ length }, (_, i) => entry(i))
      : Float64Array.from({ length }, (_, i) => entry(i));
  const ints = (length: number, entry: (t: number, b: number) => number) =>
    Int32Array.from({ length: length * B }, (_, i) => entry(Math.floor(i / B), i % B));
  const previous = target.map((t) => [BOS, ...t]);
  // The last word of each target is one of the source that the vocabulary does not hold, if the source has one.
  const labels = target.map((t, b) => {
    const odd = copies ? source[b].find((id) => id % 2 === 1) : undefined;
    return [...t.slice(0, -1), ...(odd === undefined || t.length === 0 ? t.slice(-1) : [copiedId(odd)]), EOS];
  });
  return {
    sizes: { B, S, T },
    feeds: {
      source: { dtype: 'int32', shape: [S, B], data: ints(S, (t, b) => source[b][t] ?? PAD) },
      // The words of the source as a copying model has them: half of them target words, half words of their own.
      ...(copies && {
        copied: { dtype: 'int32', shape: [S, B], data: ints(S, (t, b) => copiedId(source[b][t] ?? PAD)) },
      }),
      sourceMask: {
        dtype,
        shape: [S, B],
        data: floats(S * B, (i) => (Math.floor(i / B) < source[i % B].length ? 1 : 0)),
      },
      previous: { dtype: 'int32', shape: [T, B], data: ints(T, (t, b) => previous[b][t] ?? PAD) },
      labels: { dtype: 'int32', shape: [T, B], data: ints(T, (t, b) => labels[b][t] ?? PAD) },
      weights: {
        dtype,
        shape: [T, B],
        data: floats(T * B, (i) => (Math.floor(i / B) < labels[i % B].length ? options.weight : 0)),
      },
    },
  };
}
