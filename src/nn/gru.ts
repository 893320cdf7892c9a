import {
  add,
  constant,
  matmul,
  mul,
  sigmoid,
  split,
  sub,
  tanh,
  unsqueeze,
  type Value,
} from '../graph/index.ts';
import type { Builder } from './builder.ts';
import { orthogonal } from './init.ts';

export interface GruWeights {
  /** [H, 2H]: update and reset gate */
  readonly gates: Value;
  /** [H, H]: candidate */
  readonly candidate: Value;
}

/** Parameters of the recurrent side of a GRU: `gates` [H, 2H] and `candidate` [H, H], orthogonal at first. */
export const gruWeights = (builder: Builder, size: number): GruWeights => ({
  gates: builder.parameter('gates', [size, 2 * size], orthogonal),
  candidate: builder.parameter('candidate', [size, size], orthogonal),
});

/**
 * One step of the gated recurrent unit as in Bahdanau et al. 2015, appendix A.1.1 (Cho et al. 2014 with z and 1 − z
 * exchanged), from what the inputs contribute to the update gate, reset gate and candidate: `[B, 3H]`.
 *
 *     z = σ(x_z + U_z h)   r = σ(x_r + U_r h)   h̃ = tanh(x_h + U (r ∘ h))   h' = (1 − z) ∘ h + z ∘ h̃
 *
 * @param recurrent h as U, U_z and U_r see it, when that is not h itself (dropout on the recurrent state)
 */
export function gruStep(weights: GruWeights, x: Value, h: Value, recurrent: Value = h): Value {
  const size = h.shape[h.shape.length - 1];
  const [xGates, xCandidate] = split(x, -1, [2 * (size as number), size]);
  const [z, r] = split(sigmoid(add(xGates, matmul(recurrent, weights.gates))), -1, [size, size]);
  const candidate = tanh(add(xCandidate, matmul(mul(r, recurrent), weights.candidate)));
  return add(h, mul(z, sub(candidate, h)));
}

/** σ of it is 0 in float32 and float64. */
const CLOSED = -1e9;

/**
 * Closes the update gate at padding, before the loop: with z = 0 the state stays what it was, so that padding changes
 * nothing. x `[T, B, 3H]` is what the inputs contribute, mask `[T, B]`.
 */
export function closeAtPadding(x: Value, mask: Value, size: number): Value {
  const gate = constant([...Array(size).fill(CLOSED), ...Array(2 * size).fill(0)], x.dtype);
  return add(x, mul(unsqueeze(sub(1, mask), [2]), gate));
}
