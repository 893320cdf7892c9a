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

/** Vectors of a vocabulary. Parameter: `table` [V, size], one row a word. */
export const embeddingTable = (
  builder: Builder,
  vocabulary: number,
  size: number,
  initialize: Initializer = glorot,
): Value => builder.parameter('table', [vocabulary, size], initialize);

/** Vectors of tokens: int32 `[…]` → `[…, size]`, rows of a table `[V, size]`. */
export const embedding = (table: Value, tokens: Value): Value => gather(table, tokens);

/**
 * The output layer x·Wᵀ + b: `[…, E]` and a table W `[V, E]`, one row a word → logits `[…, V]`. Parameter: `bias` [V].
 */
export const project = (builder: Builder, x: Value, table: Value): Value =>
  add(matmul(x, table, { transposeB: true }), builder.parameter('bias', [table.shape[0] as number], zero));

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
