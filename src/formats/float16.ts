/** IEEE 754 binary16: 1 sign bit, 5 of the exponent, 10 of the fraction. */

/** Magnitudes from here on round to infinity. */
export const FLOAT16_LIMIT = 65520;

/** 2^k for the exponents of subnormals: their unit is 2^−24. */
const SUBNORMAL = 2 ** -24;

/** A whole number or half of one, halves to the even side. */
function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/**
 * The bits of the nearest float16 (ties to even) of each number: an error of at most 2^−11 |x|, or 2^−25 where that is
 * more. Magnitudes from 65,520 on become infinite; what is not a number stays none.
 */
export function float16Bits(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from({ length: values.length }, (_, i) => {
    const sign = (bits[i] >>> 16) & 0x8000;
    const magnitude = bits[i] & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    // 65,520, half a unit beyond the largest
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    // below 2^−14; one that rounds up to it is its bits, too
    if (magnitude < 0x38800000) return sign | roundHalfEven(Math.abs(values[i]) / SUBNORMAL);
    // 13 bits go: half a unit less one, and one more where the last kept bit is odd. A carry into the exponent is right.
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  });
}

/** The numbers of float16 bits, exactly. */
export function float16Values(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const wide = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    const sign = (bits[i] & 0x8000) << 16;
    const magnitude = bits[i] & 0x7fff;
    if (magnitude >= 0x7c00) wide[i] = sign | 0x7f800000 | ((magnitude & 0x3ff) << 13);
    else if (magnitude >= 0x400) wide[i] = sign | ((magnitude << 13) + 0x38000000);
    else values[i] = (sign ? -1 : 1) * magnitude * SUBNORMAL;
  }
  return values;
}
