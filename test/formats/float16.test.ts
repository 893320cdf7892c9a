import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float16Bits, float16Values } from '../../src/formats/float16.ts';

/** Every finite float16, by its bits, from the definition. */
const defined = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return sign ? -magnitude : magnitude;
};
const finite = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => ((bits >> 10) & 31) < 31);
const values = finite.map(defined);

describe('float16', () => {
  it('reads every number as it is defined, and writes it back', () => {
    expect(Array.from(float16Values(Uint16Array.from(finite)))).toEqual(values);
    expect(Array.from(float16Bits(Float32Array.from(values)))).toEqual(finite);
  });

  it('rounds to the nearest, ties to the even one', () => {
    const ascending = finite.filter((bits) => bits < 0x8000); // by bits is by value
    for (let i = 0; i + 1 < ascending.length; i += 7) {
      const [low, high] = [defined(ascending[i]), defined(ascending[i + 1])];
      const middle = (low + high) / 2; // exact in float32
      const near = (high - low) / 1000;
      const even = ascending[i] % 2 === 0 ? ascending[i] : ascending[i + 1];
      expect(Array.from(float16Bits(Float32Array.of(middle, middle - near, middle + near, -middle)))).toEqual(
        [even, ascending[i], ascending[i + 1], even | 0x8000],
      );
    }
  });

  it('errs by at most 2^−11 of the number, or 2^−25', () => {
    fc.assert(
      fc.property(fc.float({ min: -65519, max: 65519, noNaN: true }), (x) => {
        const [found] = float16Values(float16Bits(Float32Array.of(x)));
        expect(Math.abs(found - x)).toBeLessThanOrEqual(Math.max(2 ** -11 * Math.abs(x), 2 ** -25));
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps what is infinite, too large or no number', () => {
    const given = Float32Array.of(65519.99, 65520, -70000, Infinity, -Infinity, Number.NaN);
    expect(Array.from(float16Values(float16Bits(given)))).toEqual([
      65504,
      Infinity,
      -Infinity,
      Infinity,
      -Infinity,
      Number.NaN,
    ]);
  });
});
