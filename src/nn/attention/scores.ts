import { ShapeError } from '../../errors.ts';
import {
  add,
  div,
  matmul,
  mul,
  reshape,
  softmax,
  sqrt,
  squeeze,
  sum,
  tanh,
  transpose,
  unsqueeze,
  type Value,
} from '../../graph/index.ts';
import type { Builder, Initializer } from '../builder.ts';
import { glorot, zero } from '../init.ts';

/** How the parameters of a score begin; default Glorot. */
export interface ScoreInitialization {
  readonly keys?: Initializer;
  readonly query?: Initializer;
  readonly energy?: Initializer;
}

/**
 * How well a decoder state (the query, `[B, H]`) fits each annotation. `prepare` is computed once a sentence,
 * `energies` at every step.
 */
export interface Score {
  /** annotations `[B, S, D]` → what the energies read of them, whatever its shape; first axis B */
  prepare(builder: Builder, annotations: Value): Value | undefined;
  /**
   * @param features further properties of each position, each `[B, S, K]`; only the additive scores read them
   * @returns `[B, S]`
   */
  energies(
    builder: Builder,
    query: Value,
    annotations: Value,
    prepared: Value | undefined,
    features: readonly { readonly name: string; readonly value: Value }[],
  ): Value;
}

const width = (v: Value): number => v.shape[v.shape.length - 1] as number;

/** [B, S, D] and [B, D] → [B, S] */
const products = (annotations: Value, vector: Value): Value =>
  squeeze(matmul(annotations, unsqueeze(vector, [2])), [2]);

/**
 * Additive (Bahdanau et al. 2015, section 3.1 and appendix A.1.2): e_ij = v_aᵀ tanh(W_a s_{i−1} + U_a h_j), where the
 * sum also takes U f_ij for each feature f: the coverage of See et al. 2017 (equation 11), the location of Chorowski
 * et al. 2015 (equation 9). Parameters: `keys` [D, A], `query` [H, A], `energy` [A, 1], one `[K, A]` a feature, and
 * `bias` [A] where there are features, as in those two papers.
 */
export function additive(size: number, initialize: ScoreInitialization): Score {
  return {
    prepare: (builder, annotations) =>
      matmul(annotations, builder.parameter('keys', [width(annotations), size], initialize.keys ?? glorot)),
    energies(builder, query, _annotations, keys, features) {
      const hidden = additiveHidden(builder, size, query, keys as Value, features, initialize);
      const v = builder.parameter('energy', [size, 1], initialize.energy ?? glorot);
      return squeeze(matmul(hidden, v), [2]);
    },
  };
}

function additiveHidden(
  builder: Builder,
  size: number,
  query: Value,
  keys: Value,
  features: readonly { readonly name: string; readonly value: Value }[],
  initialize: ScoreInitialization,
  biased = features.length > 0,
): Value {
  const projection = builder.parameter('query', [width(query), size], initialize.query ?? glorot);
  const fromQuery = matmul(query, projection);
  const shifted = biased ? add(fromQuery, builder.parameter('bias', [size], zero)) : fromQuery;
  let total = add(keys, unsqueeze(shifted, [1]));
  for (const { name, value } of features) {
    total = add(total, matmul(value, builder.parameter(name, [width(value), size], glorot)));
  }
  return tanh(total);
}

/**
 * Normalised additive (Raffel et al. 2017, equation 16 without its r, which softmax does not see):
 * e_ij = g v/‖v‖ᵀ tanh(W s_{i−1} + U h_j + b), the length of v a parameter of its own, 1/√A at first. Parameters as
 * `additive`, and `scale` [1], `bias` [A].
 */
export function normalisedAdditive(size: number, initialize: ScoreInitialization): Score {
  return {
    prepare: additive(size, initialize).prepare,
    energies(builder, query, _annotations, keys, features) {
      const hidden = additiveHidden(builder, size, query, keys as Value, features, initialize, true);
      // Only its direction counts, and zero has none.
      const v = builder.parameter('energy', [size, 1], glorot);
      const scale = builder.parameter('scale', [1], (data) => {
        data.fill(1 / Math.sqrt(size));
      });
      return mul(squeeze(matmul(hidden, div(v, sqrt(sum(mul(v, v))))), [2]), scale);
    },
  };
}

/**
 * Dot product (Luong et al. 2015, equation 8, "dot"): e_ij = s_iᵀ h_j. Scaled: divided by √D (Vaswani et al. 2017,
 * equation 1). No parameters; the state must be as wide as the annotations.
 */
export function dot(scaled: boolean): Score {
  return {
    prepare: () => undefined,
    energies(_builder, query, annotations) {
      const size = width(annotations);
      if (width(query) !== size) {
        throw new ShapeError(
          `dot attention from a state of width ${width(query)} to annotations of width ${size}`,
          'one width of both',
          'Make the encoder as wide as the decoder, or use general attention.',
        );
      }
      const energies = products(annotations, query);
      return scaled ? mul(energies, 1 / Math.sqrt(size)) : energies;
    },
  };
}

/** General (Luong et al. 2015, equation 8): e_ij = s_iᵀ W h_j. Parameter: `query` [H, D]. */
export function general(initialize: ScoreInitialization): Score {
  return {
    prepare: () => undefined,
    energies(builder, query, annotations) {
      const shape = [width(query), width(annotations)];
      const W = builder.parameter('query', shape, initialize.query ?? glorot);
      return products(annotations, matmul(query, W));
    },
  };
}

/** [B, S, A] → [B, heads, S, A/heads] */
const heads = (x: Value, count: number): Value => {
  const [B, S, A] = x.shape;
  return transpose(reshape(x, [B, S, count, (A as number) / count]), [0, 2, 1, 3]);
};

/** Annotations projected for multi-head attention: keys and values, `[B, heads, S, A/heads]` each. */
export function prepareHeads(
  builder: Builder,
  annotations: Value,
  size: number,
  count: number,
): { keys: Value; values: Value } {
  const project = (name: string) =>
    matmul(annotations, builder.parameter(name, [width(annotations), size], glorot));
  return { keys: heads(project('keys'), count), values: heads(project('values'), count) };
}

/**
 * Multi-head attention (Vaswani et al. 2017, section 3.2.2) of one query `[B, H]`: each head has scaled dot products of
 * its own, and their contexts side by side are projected. bias `[B, S]` is added to the energies of all heads. Returns
 * context `[B, A]`, the heads' weights `[B, heads, S]` and their mean `[B, S]`. Parameters: `query` [H, A], `output` [A, A].
 */
export function attendHeads(
  builder: Builder,
  query: Value,
  { keys, values }: { keys: Value; values: Value },
  bias: Value,
): { context: Value; weights: Value; heads: Value } {
  const [B, count, S, each] = keys.shape as [Value['shape'][0], number, Value['shape'][0], number];
  const size = count * each;
  const q = matmul(query, builder.parameter('query', [width(query), size], glorot));
  const asked = reshape(q, [B, count, 1, each]);
  const scaled = mul(matmul(asked, keys, { transposeB: true }), 1 / Math.sqrt(each));
  const energies = builder.watched('energies', scaled); // [B, heads, 1, S]
  const all = builder.watched('weights', softmax(add(energies, unsqueeze(bias, [1, 2]))));
  const found = reshape(matmul(all, values), [B, size]);
  const context = matmul(found, builder.parameter('output', [size, size], glorot));
  const heads = reshape(all, [B, count, S]);
  return {
    context: builder.watched('context', context),
    heads,
    weights: mul(sum(heads, { axes: [1] }), 1 / count),
  };
}
