import { ShapeError } from '../../errors.ts';
import {
  abs,
  add,
  cast,
  exp,
  gather,
  greater,
  matmul,
  minimum,
  mul,
  neg,
  pad,
  range,
  sigmoid,
  softmax,
  squeeze,
  sub,
  sum,
  tanh,
  transpose,
  unsqueeze,
  type Value,
  where,
  zeros,
} from '../../graph/index.ts';
import type { Builder } from '../builder.ts';
import { glorot } from '../init.ts';
import {
  additive,
  attendHeads,
  dot,
  general,
  normalisedAdditive,
  prepareHeads,
  type Score,
  type ScoreInitialization,
} from './scores.ts';

/** Named tensors whose first axis is the sentence. */
export type Tensors = Readonly<Record<string, Value>>;

export const SCORES = ['additive', 'normalisedAdditive', 'dot', 'scaledDot', 'general', 'multiHead'] as const;

/** What an attention is made of; the papers stand at each part's own description in scores.ts and below. */
export interface AttentionOptions {
  readonly score: (typeof SCORES)[number];
  /** A, of the additive scores, multi-head and the predicted centre of a window; else of no account */
  readonly size: number;
  /** of multi-head; divides A. Default 4 */
  readonly heads?: number;
  /** additive scores: tells each position how much it was attended to before. Default false */
  readonly coverage?: boolean;
  /** additive scores: tells each position what lay around it in the weights before. Default: not */
  readonly location?: { readonly filters: number; readonly width: number };
  /** local-p: D, positions looked at on either side of one that is predicted. Default: all */
  readonly window?: number;
  readonly initialize?: ScoreInitialization;
}

/** Attention as a decoder uses it: prepared once a sentence, asked once a step; what it carries is returned. */
export interface Attention {
  /**
   * @param annotations `[S, B, D]`
   * @param mask `[S, B]`, 1 at real positions
   * @returns what every step reads
   */
  memory(builder: Builder, annotations: Value, mask: Value): Tensors;
  /** What is carried from step to step, before the first; empty for most kinds. */
  initial(memory: Tensors): Tensors;
  /**
   * @param query the decoder's state `[B, H]`
   * @returns context `[B, D]` (multi-head: `[B, A]`), weights `[B, S]` (0 at padding, sum 1; with a window less), the
   *   carried tensors, with coverage its loss `[B]`, and of multi-head each head's weights `[B, heads, S]`, of which
   *   `weights` is the mean
   */
  attend(
    builder: Builder,
    query: Value,
    memory: Tensors,
    carried: Tensors,
  ): { context: Value; weights: Value; carried: Tensors; loss?: Value; heads?: Value };
}

/** Added to energies at padding: exp of it is 0 in float32 and float64, and sums with it stay finite. */
const MASKED = -1e9;

const width = (v: Value): number => v.shape[v.shape.length - 1] as number;

function scoreOf({ score, size, initialize = {} }: AttentionOptions): Score | undefined {
  switch (score) {
    case 'additive':
      return additive(size, initialize);
    case 'normalisedAdditive':
      return normalisedAdditive(size, initialize);
    case 'dot':
      return dot(false);
    case 'scaledDot':
      return dot(true);
    case 'general':
      return general(initialize);
    case 'multiHead':
      return undefined;
  }
}

/**
 * An attention: energies e_ij by the score, α_ij = softmax_j(e_ij), c_i = Σ_j α_ij h_j (Bahdanau et al. 2015,
 * equations 5–6), with what the options add. Sentence by sentence rather than time-major inside, because each step's
 * context is one product per sentence.
 *
 * @throws ShapeError for options that do not go together
 */
export function attention(options: AttentionOptions): Attention {
  checkOptions(options);
  const score = scoreOf(options);
  const { coverage = false, location, window } = options;
  return {
    memory(builder, annotations, mask) {
      const values = transpose(builder.watched('annotations', annotations), [1, 0, 2]);
      const bias = mul(sub(1, transpose(mask)), MASKED);
      if (score === undefined) {
        return { ...prepareHeads(builder, values, options.size, options.heads ?? 4), bias };
      }
      const keys = score.prepare(builder, values);
      const lengths = unsqueeze(sum(mask, { axes: [0] }), [1]);
      return { values, ...(keys && { keys }), bias, ...(window !== undefined && { lengths }) };
    },

    initial({ bias }) {
      const nothing = zeros(bias.shape, bias.dtype);
      return { ...(coverage && { coverage: nothing }), ...(location && { weights: nothing }) };
    },

    attend(builder, asked, memory, carried) {
      const { values, keys, bias } = memory;
      const query = builder.watched('query', asked);
      if (score === undefined) {
        return { ...attendHeads(builder, query, { keys, values }, bias), carried: {} };
      }
      const features: { name: string; value: Value }[] = [];
      if (coverage) features.push({ name: 'coverage', value: unsqueeze(carried.coverage, [2]) });
      if (location) {
        features.push({ name: 'location', value: locationFeatures(builder, carried.weights, location) });
      }
      const scored = builder.watched('energies', score.energies(builder, query, values, keys, features));
      const energies = add(scored, bias);
      const weights = builder.watched(
        'weights',
        window === undefined ? softmax(energies) : localWeights(builder, options, query, memory, energies),
      );
      const context = squeeze(matmul(unsqueeze(weights, [1]), values), [1]);
      return {
        context: builder.watched('context', context),
        weights,
        carried: {
          ...(coverage && { coverage: add(carried.coverage, weights) }),
          ...(location && { weights }),
        },
        // See et al. 2017, equation 12: what is attended to again.
        ...(coverage && { loss: sum(minimum(weights, carried.coverage), { axes: [1] }) }),
      };
    },
  };
}

function checkOptions({ score, size, heads = 4, coverage, location, window }: AttentionOptions): void {
  const additive = score === 'additive' || score === 'normalisedAdditive';
  const refuse = (arrived: string, expected: string) => {
    throw new ShapeError(
      `${arrived} with the score ${score}`,
      expected,
      'Take another score, or leave it out.',
    );
  };
  if (coverage && !additive) refuse('coverage', 'an additive score');
  if (location && !additive) refuse('location', 'an additive score');
  if (location && location.width % 2 === 0) refuse(`a width of ${location.width}`, 'an odd one');
  if (window !== undefined && score === 'multiHead') refuse('a window', 'a score of one head');
  if (score === 'multiHead' && size % heads !== 0) refuse(`${heads} heads`, `a number that divides ${size}`);
}

/**
 * Location features (Chorowski et al. 2015, equation 8): the weights before, `[B, S]`, convolved with K filters of odd
 * width, → `[B, S, K]`. Parameter: `filters` [width, K]. Written as a product of windows, which has float64 kernels.
 */
function locationFeatures(
  builder: Builder,
  weights: Value,
  { filters, width: size }: { filters: number; width: number },
): Value {
  const reach = (size - 1) / 2;
  const padded = transpose(pad(weights, 1, reach, reach)); // [S + width − 1, B]
  const at = add(unsqueeze(range(weights.shape[1]), [1]), range(size)); // [S, width]
  const windows = transpose(gather(padded, at), [2, 0, 1]); // [B, S, width]
  return matmul(windows, builder.parameter('filters', [size, filters], glorot));
}

/**
 * Local attention with a predicted centre, local-p (Luong et al. 2015, equations 9–10): p = S σ(v_pᵀ tanh(W_p h)),
 * softmax over positions within D of p, times exp(−(s − p)² / (2 (D/2)²)); positions count from 0. Parameters:
 * `position` [H, A], `centre` [A, 1].
 */
function localWeights(
  builder: Builder,
  { window, size }: AttentionOptions,
  query: Value,
  { lengths, bias }: Tensors,
  energies: Value,
): Value {
  const D = window as number;
  const hidden = tanh(matmul(query, builder.parameter('position', [width(query), size], glorot)));
  const centre = mul(lengths, sigmoid(matmul(hidden, builder.parameter('centre', [size, 1], glorot)))); // [B, 1]
  const distance = sub(unsqueeze(cast(range(bias.shape[1]), energies.dtype), [0]), centre); // [B, S]
  const within = softmax(add(energies, where(greater(abs(distance), D), MASKED, zeros([], energies.dtype))));
  return mul(within, exp(neg(mul(mul(distance, distance), 2 / (D * D)))));
}
