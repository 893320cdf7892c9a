import {
  add,
  matmul,
  mul,
  softmax,
  squeeze,
  sub,
  tanh,
  transpose,
  unsqueeze,
  type Value,
} from '../graph/index.ts';
import type { Builder, Initializer } from './builder.ts';
import { glorot } from './init.ts';

/** What additive attention reads, sentence by sentence; made once, before the first step. */
export interface AttentionMemory {
  /** [B, S, D] */
  readonly values: Value;
  /** [B, S, A]: U_a h_j, the part of the energies that does not change */
  readonly keys: Value;
  /** [B, S]: 0 at real positions, very negative at padding, added to the energies */
  readonly bias: Value;
}

/** Added to energies at padding: exp of it is 0 in float32 and float64, and sums with it stay finite. */
const MASKED = -1e9;

/**
 * Prepares annotations `[S, B, D]` with their mask `[S, B]` to be attended to. Parameter: `keys` [D, A].
 * Sentence by sentence rather than time-major, because each step's context is one product per sentence.
 */
export function attentionMemory(
  builder: Builder,
  annotations: Value,
  mask: Value,
  size: number,
  initialize: Initializer = glorot,
): AttentionMemory {
  const values = transpose(annotations, [1, 0, 2]);
  const weights = builder.parameter('keys', [annotations.shape[2] as number, size], initialize);
  return { values, keys: matmul(values, weights), bias: mul(sub(1, transpose(mask)), MASKED) };
}

/**
 * Additive attention (Bahdanau et al. 2015, section 3.1 and appendix A.1.2):
 *
 *     e_ij = v_aᵀ tanh(W_a s_{i−1} + U_a h_j)   α_ij = softmax_j(e_ij)   c_i = Σ_j α_ij h_j
 *
 * query `[B, H]` → weights `[B, S]` and context `[B, D]`. Parameters: `query` [H, A], `energy` [A, 1].
 */
export function additiveAttention(
  builder: Builder,
  query: Value,
  memory: AttentionMemory,
  initialize: { query?: Initializer; energy?: Initializer } = {},
): { weights: Value; context: Value } {
  const size = memory.keys.shape[2] as number;
  const projection = builder.parameter('query', [query.shape[1] as number, size], initialize.query ?? glorot);
  const v = builder.parameter('energy', [size, 1], initialize.energy ?? glorot);
  const hidden = tanh(add(memory.keys, unsqueeze(matmul(query, projection), [1])));
  const energies = add(squeeze(matmul(hidden, v), [2]), memory.bias);
  const weights = softmax(energies);
  const context = squeeze(matmul(unsqueeze(weights, [1]), memory.values), [1]);
  return { weights, context };
}
