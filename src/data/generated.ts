import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';

export type SequenceTask = 'copy' | 'reverse' | 'sort';

export interface SequenceOptions {
  seed: number;
  /** Examples to make. */
  count: number;
  /** Distinct symbols; their ids are 4…4+symbols−1, behind the vocabulary's specials. */
  symbols: number;
  /** Least and greatest length, both included; lengths are uniform between them. */
  minLength: number;
  maxLength: number;
}

/** A source and a target as symbol ids, without BOS and EOS. */
export interface SequencePair {
  source: number[];
  target: number[];
}

const FIRST_SYMBOL = 4;

const TARGETS: Record<SequenceTask, (source: readonly number[]) => number[]> = {
  copy: (source) => [...source],
  reverse: (source) => [...source].reverse(),
  sort: (source) => [...source].sort((a, b) => a - b),
};

/**
 * Examples of a task on random symbols, whose right answer is known: for tests that a model learns.
 * @throws UsageError for an impossible range
 */
export function generateSequences(task: SequenceTask, options: SequenceOptions): SequencePair[] {
  const { seed, count, symbols, minLength, maxLength } = options;
  if (!(symbols >= 1 && minLength >= 1 && maxLength >= minLength)) {
    throw new UsageError(
      `${symbols} symbols in sequences of ${minLength} to ${maxLength}`,
      'at least one symbol and 1 ≤ minLength ≤ maxLength',
      'Change the options.',
    );
  }
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const length = minLength + random.integer(maxLength - minLength + 1);
    const source = Array.from({ length }, () => FIRST_SYMBOL + random.integer(symbols));
    return { source, target: TARGETS[task](source) };
  });
}
