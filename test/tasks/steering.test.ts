import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { dragged, pinned } from '../../src/tasks/steering.ts';

const weights = fc
  .array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 8 })
  .map((list) => Float32Array.from(list));

describe('dragged', () => {
  it('sets one weight, and the others add up to the rest in their proportions', () => {
    fc.assert(
      fc.property(weights, fc.nat(7), fc.double({ min: 0, max: 1, noNaN: true }), (given, at, value) => {
        const position = at % given.length;
        const found = dragged(given, position, value);
        expect(found[position]).toBeCloseTo(value, 6);
        expect(found.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        const others = given.reduce((sum, x, j) => (j === position ? sum : sum + x), 0);
        for (const [j, x] of given.entries()) {
          if (j === position) continue;
          const share = others > 0 ? x / others : 1 / (given.length - 1);
          expect(found[j]).toBeCloseTo(share * (1 - value), 5);
        }
      }),
    );
  });

  it('refuses weights and positions that are none', () => {
    expect(() => dragged(Float32Array.of(0.5, 0.5), 2, 0.1)).toThrow(UsageError);
    expect(() => dragged(Float32Array.of(0.5, 0.5), 0, 1.1)).toThrow(/a weight of 1.1/);
    expect(dragged(Float32Array.of(1), 0, 0.2)).toEqual(Float32Array.of(1));
  });
});

describe('pinned', () => {
  it('puts all weight on one position', () => {
    expect(pinned(3, 1)).toEqual(Float32Array.of(0, 1, 0));
    expect(() => pinned(3, 3)).toThrow(UsageError);
    expect(() => pinned(3, -1)).toThrow(UsageError);
  });
});
