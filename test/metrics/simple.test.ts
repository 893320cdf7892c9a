import { expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { exactMatch, perplexity } from '../../src/metrics/index.ts';

it('exact match counts equal strings only', () => {
  expect(exactMatch(['a', 'B', 'c ', ''], ['a', 'b', 'c', ''])).toEqual({ correct: 2, total: 4, rate: 0.5 });
  expect(() => exactMatch([], [])).toThrow(DataError);
  expect(() => exactMatch(['a'], ['a', 'b'])).toThrow(/1 hypotheses and 2 references/);
});

it('perplexity of a uniform distribution is its size', () => {
  expect(perplexity(17 * Math.log(50), 17)).toBeCloseTo(50, 10);
  expect(perplexity(Number.POSITIVE_INFINITY, 3)).toBe(Number.POSITIVE_INFINITY);
  expect(() => perplexity(1, 0)).toThrow(DataError);
  expect(() => perplexity(Number.NaN, 4)).toThrow(DataError);
});
