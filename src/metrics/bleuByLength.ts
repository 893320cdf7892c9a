import { DataError } from '../errors.ts';
import { type BleuOptions, type BleuScore, bleu } from './bleu.ts';
import type { ReferenceStreams } from './metric.ts';

export interface LengthBucket {
  /** Shortest source length of the bucket, in tokens. */
  from: number;
  /** Longest source length of the bucket, in tokens, inclusive. */
  to: number;
  /** Sentences in the bucket; at least one. */
  sentences: number;
  bleu: BleuScore;
}

/**
 * BLEU as a function of source length (Bahdanau et al. 2015, figure 2): sentences fall into buckets 1 to `width`,
 * `width + 1` to `2 · width`, …; empty buckets are left out. An empty source counts in the first bucket.
 *
 * @param references one array per reference stream, as for `bleu`
 * @param sourceLengths tokens of each source sentence, as the caller counts them
 * @param options `width` of a bucket in tokens, default 10, and those of `bleu`
 * @throws DataError as `bleu` does, or when the lengths do not fit the hypotheses or are no counts
 */
export function bleuByLength(
  hypotheses: readonly string[],
  references: ReferenceStreams,
  sourceLengths: readonly number[],
  options: BleuOptions & { width?: number } = {},
): LengthBucket[] {
  const { width = 10, ...bleuOptions } = options;
  if (!Number.isInteger(width) || width < 1) {
    throw new DataError(
      `Bucket width ${width}`,
      'a whole number of tokens, 1 or more',
      'Leave it out for 10.',
    );
  }
  for (const lines of [sourceLengths, ...references]) {
    if (lines.length === hypotheses.length) continue;
    throw new DataError(
      `${hypotheses.length} hypotheses, but ${lines.length} ${lines === sourceLengths ? 'source lengths' : 'references'}`,
      'one for each hypothesis',
      'Look for a missing or an extra line.',
    );
  }
  const buckets = new Map<number, number[]>();
  for (const [sentence, length] of sourceLengths.entries()) {
    if (!Number.isInteger(length) || length < 0) {
      throw new DataError(
        `Source length ${length} at sentence ${sentence + 1}`,
        'a count of tokens',
        'Count the tokens of each source sentence.',
      );
    }
    const index = Math.max(0, Math.ceil(length / width) - 1);
    const bucket = buckets.get(index);
    if (bucket) bucket.push(sentence);
    else buckets.set(index, [sentence]);
  }
  return [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([index, sentences]) => ({
      from: index * width + 1,
      to: (index + 1) * width,
      sentences: sentences.length,
      bleu: bleu(
        sentences.map((i) => hypotheses[i]),
        references.map((stream) => sentences.map((i) => stream[i])),
        bleuOptions,
      ),
    }));
}
