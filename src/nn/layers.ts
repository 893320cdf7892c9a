import { add, gather, matmul, max, mul, reshape, type Value } from '../graph/index.ts';
import type { Builder, Initializer } from './builder.ts';
import { glorot, zero } from './init.ts';

/**
 * x·W + b over the last axis: `[…, in]` → `[…, size]`. Parameters: `kernel` [in, size], `bias` [size].
 *
 * @param options.bias whether it has one, or how it begins; default zeros
 */
export function linear(
  builder: Builder,
  x: Value,
  size: number,
  options: { bias?: boolean | Initializer; initialize?: Initializer } = {},
): Value {
  const inputs = x.shape[x.shape.length - 1] as number;
  const y = matmul(x, builder.parameter('kernel', [inputs, size], options.initialize ?? glorot));
  const bias = options.bias ?? true;
  if (bias === false) return y;
  return add(y, builder.parameter('bias', [size], bias === true ? zero : bias));
}

/**
 * The output layer x·Wᵀ + b: `[…, E]` → logits `[…, V]`. Parameters: `table` [V, E], one row a word as in an
 * embedding, and `bias` [V].
 */
export function project(
  builder: Builder,
  x: Value,
  vocabulary: number,
  initialize: Initializer = glorot,
): Value {
  const table = builder.parameter('table', [vocabulary, x.shape[x.shape.length - 1] as number], initialize);
  return add(matmul(x, table, { transposeB: true }), builder.parameter('bias', [vocabulary], zero));
}

/** Vectors of tokens: int32 `[…]` → `[…, size]`. Parameter: `table` [V, size]. */
export function embedding(
  builder: Builder,
  tokens: Value,
  vocabulary: number,
  size: number,
  initialize: Initializer = glorot,
): Value {
  return gather(builder.parameter('table', [vocabulary, size], initialize), tokens);
}

/**
 * Dropout over the last axis with one mask for all time steps (Gal & Ghahramani 2016): `[…, B, size]` is multiplied
 * by a mask `[B, size]`. Does nothing outside training.
 */
export function dropout(builder: Builder, name: string, x: Value, rate: number): Value {
  const mask = builder.mask(name, x.shape.slice(-2), rate);
  return mask === undefined ? x : mul(x, mask);
}

/** Maxout over adjacent pairs (Goodfellow et al. 2013): `[…, 2l]` → `[…, l]`. */
export function maxout(x: Value): Value {
  const size = x.shape[x.shape.length - 1] as number;
  const pairs = reshape(x, [...x.shape.slice(0, -1), size / 2, 2]);
  return max(pairs, { axes: [pairs.shape.length - 1] });
}
