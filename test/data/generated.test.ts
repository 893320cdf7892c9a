import { describe, expect, it } from 'vitest';
import { generateSequences, type SequenceTask } from '../../src/data/generated.ts';
import { UsageError } from '../../src/errors.ts';

const options = { seed: 4, count: 2000, symbols: 5, minLength: 2, maxLength: 6 };

describe('generateSequences', () => {
  it.each<[SequenceTask, (source: number[]) => number[]]>([
    ['copy', (source) => source],
    ['reverse', (source) => source.map((_, i) => source[source.length - 1 - i])],
    ['sort', (source) => [4, 5, 6, 7, 8].flatMap((symbol) => source.filter((s) => s === symbol))],
  ])('%s', (task, answer) => {
    const pairs = generateSequences(task, options);
    expect(pairs).toHaveLength(options.count);
    for (const { source, target } of pairs) expect(target).toEqual(answer(source));
    expect(new Set(pairs.flatMap(({ source }) => source))).toEqual(new Set([4, 5, 6, 7, 8]));
    expect(new Set(pairs.map(({ source }) => source.length))).toEqual(new Set([2, 3, 4, 5, 6]));
  });

  it('repeats with the seed', () => {
    expect(generateSequences('sort', options)).toEqual(generateSequences('sort', options));
    expect(generateSequences('sort', { ...options, seed: 5 })).not.toEqual(
      generateSequences('sort', options),
    );
  });

  it('refuses an impossible range', () => {
    expect(() => generateSequences('copy', { ...options, minLength: 7 })).toThrow(UsageError);
    expect(() => generateSequences('copy', { ...options, symbols: 0 })).toThrow(UsageError);
  });
});
