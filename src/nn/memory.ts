/**
 * Addressing a memory (Graves, Wayne, Danihelka 2014, "Neural Turing Machines", section 3): where heads look, what they
 * read and what they write.
 *
 * N locations hold vectors of M numbers. The memory lies as `[B, M, N]`, so that what belongs to locations runs along
 * the last axis; all heads are weighted together, `[B, heads, N]`, and a head's own number is `[B, heads, 1]`.
 */
import { ShapeError } from '../errors.ts';
import {
  add,
  concat,
  div,
  log,
  matmul,
  mul,
  reshape,
  slice,
  softmax,
  sqrt,
  stopGradient,
  sub,
  sum,
  transpose,
  type Value,
} from '../graph/index.ts';

/**
 * Added to squared lengths, so that nothing divides by zero and what is much shorter than a hundredth is like nothing: a
 * location that was never written (1e-6, see models/ntm.ts) has a direction that says nothing, and a gradient of 1e5.
 */
const SMALLEST_SQUARE = 1e-4;

/** Added to a weight before its logarithm: below all that float32 tells from zero in a sum that is 1. */
const SMALLEST_WEIGHT = 1e-20;

/** |x|² over one axis, kept. Its gradient 2x is written so that it takes one pass over x, not three. */
function squaredLength(x: Value, axis: number): Value {
  const half = sum(mul(x, stopGradient(x)), { axes: [axis], keep: true });
  return sub(mul(half, 2), stopGradient(half));
}

const lengthOf = (x: Value, axis: number): Value => sqrt(add(squaredLength(x, axis), SMALLEST_SQUARE));

/**
 * Focusing by content (equations 5 and 6): softmax over locations of β times the cosine of the angle between key and
 * location.
 *
 * @param memory `[B, M, N]`
 * @param keys k, `[B, heads, M]`
 * @param strengths β > 0, `[B, heads, 1]`
 * @returns `[B, heads, N]`
 */
export function contentWeights(memory: Value, keys: Value, strengths: Value): Value {
  const scaled = mul(keys, div(strengths, lengthOf(keys, 2)));
  return softmax(div(matmul(scaled, memory), lengthOf(memory, 1)));
}

/** Interpolation (equation 7): g · content + (1 − g) · before, weights `[B, heads, N]`, gates g `[B, heads, 1]`. */
export const interpolate = (content: Value, before: Value, gates: Value): Value =>
  add(before, mul(gates, sub(content, before)));

/** Places that a shift can move by: −1, 0 and 1. */
export const SHIFTS = 3;

/**
 * Circular convolution (equation 8) with shifts of −1, 0 and 1: w̃(i) = Σ_j w(j) s(i − j).
 *
 * @param weights `[B, heads, N]`, N at least 3
 * @param shifts s, `[B, heads, 3]`: how much of the weights moves to the location before, stays, moves to the next
 * @throws ShapeError for fewer locations than shifts
 */
export function shift(weights: Value, shifts: Value): Value {
  const [B, heads, N] = weights.shape;
  if (typeof N !== 'number' || N < SHIFTS) {
    throw new ShapeError(
      `a shift over ${N} locations`,
      `a number of at least ${SHIFTS}`,
      'Give the memory more locations.',
    );
  }
  const part = (from: number, to: number) => slice(weights, 2, from, to);
  // Side by side: what each location would get from the next one, from itself, from the one before.
  const moved = concat([part(1, N), part(0, 1), weights, part(N - 1, N), part(0, N - 1)]);
  const mixed = matmul(reshape(shifts, [B, heads, 1, SHIFTS]), reshape(moved, [B, heads, SHIFTS, N]));
  return reshape(mixed, weights.shape);
}

/** Sharpening (equation 9): w^γ, scaled to sum to 1; weights `[B, heads, N]`, γ ≥ 1 `[B, heads, 1]`. */
export const sharpen = (weights: Value, exponents: Value): Value =>
  softmax(mul(exponents, log(add(weights, SMALLEST_WEIGHT))));

/** Reading (equation 2): r = Σ_i w(i) M(i). Memory `[B, M, N]`, weights `[B, heads, N]` → `[B, heads, M]`. */
export const readMemory = (memory: Value, weights: Value): Value =>
  matmul(weights, memory, { transposeB: true });

/**
 * Writing (equations 3 and 4): all heads erase, M̃(i) = M(i) ∘ Π (1 − w(i) e), then all add, M̃(i) + Σ w(i) a.
 *
 * @param memory `[B, M, N]`
 * @param weights w, `[B, heads, N]`
 * @param erased e, entries from 0 to 1, `[B, heads, M]`
 * @param added a, `[B, heads, M]`
 * @returns `[B, M, N]`
 */
export function writeMemory(memory: Value, weights: Value, erased: Value, added: Value): Value {
  const [, heads, M] = erased.shape;
  const loss = mul(erased, -1);
  let kept = memory;
  for (let h = 0; h < (heads as number); h++) {
    const w = slice(weights, 1, h, h + 1);
    const column = reshape(slice(loss, 1, h, h + 1), [loss.shape[0], M, 1]);
    kept = mul(kept, add(matmul(column, w), 1));
  }
  return add(kept, matmul(transpose(added, [0, 2, 1]), weights));
}
