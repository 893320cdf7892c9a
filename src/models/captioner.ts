import {
  add,
  full,
  matmul,
  mean,
  mul,
  reshape,
  sigmoid,
  sub,
  sum,
  tanh,
  transpose,
  type Value,
  zeros,
} from '../graph/index.ts';
import { type AttentionOptions, attention, type Tensors } from '../nn/attention/attention.ts';
import type { Builder } from '../nn/builder.ts';
import { CELLS, type CellName } from '../nn/cells.ts';
import {
  type ConvolutionBlock,
  type ConvolutionStackOptions,
  convolutionStack,
  gridCentres,
  gridOf,
} from '../nn/convolution.ts';
import { normal } from '../nn/init.ts';
import { dropout, linear } from '../nn/layers.ts';
import { cellStep, contribution } from '../nn/recurrent.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder } from './model.ts';
import { type TargetSizes, wordLogits, words } from './parts.ts';

/** What the half that writes is made of. */
export interface CaptionDecoderSizes extends Omit<TargetSizes, 'copy' | 'tie' | 'sourceVocabulary'> {
  /** H */
  readonly hidden: number;
  /** default lstm */
  readonly cell?: CellName;
  /**
   * `mean`: every context is the mean of all annotations, which is attention that cannot choose; `none`: the decoder sees
   * the picture in its first state alone. Default additive, of A = H
   */
  readonly attention?: Omit<AttentionOptions, 'initialize'> | 'mean' | 'none';
  /** how much the context counts is decided at every word (β, section 4.2.1); default true */
  readonly gate?: boolean;
  /** λ of equation 14: how much it counts that every place is looked at; default 1 */
  readonly doublyStochastic?: number;
  /** before the output layer: nothing, as printed (equation 7), or tanh. Default tanh */
  readonly readout?: 'linear' | 'tanh';
  readonly tie?: 'none' | 'target';
  /** rate on the recurrent state, one mask over time (Gal & Ghahramani 2016); default 0 */
  readonly recurrentDropout?: number;
}

/** What a captioner is made of. */
export interface CaptionerSizes extends CaptionDecoderSizes {
  readonly picture: { readonly channels: 1 | 3; readonly height: number; readonly width: number };
  readonly encoder: ConvolutionStackOptions & {
    /** D is the channels of the last one */
    readonly blocks: readonly ConvolutionBlock[];
    /** every annotation is told its row and column, by vectors that are learnt; default true */
    readonly positions?: boolean;
  };
}

/** Rows and columns of the annotations, by rows from the top: what attention weights `[B, L]` are over. */
export const annotationGrid = ({ picture, encoder }: Pick<CaptionerSizes, 'picture' | 'encoder'>) =>
  gridOf([picture.height, picture.width], encoder.blocks, encoder);

/** Where these rows and columns lie in the picture, from 0 (top, left) to 1. */
export const annotationCentres = ({ picture, encoder }: Pick<CaptionerSizes, 'picture' | 'encoder'>) =>
  gridCentres([picture.height, picture.width], encoder.blocks, encoder);

/**
 * Show, Attend and Tell (Xu et al. 2015), with soft attention: a convolutional encoder, here trained from scratch with
 * the rest, whose L places are the annotations, and an LSTM that looks at them before every word. Pictures are
 * float32 `[B, C, Y, X]`, all of one size, so there is no mask.
 */
export function captioner(sizes: CaptionerSizes): EncoderDecoder {
  const { picture, encoder } = sizes;
  const [rows, columns] = annotationGrid(sizes);
  const decoder = captionDecoder(sizes);
  return {
    source: { dtype: 'float32', shape: ['B', picture.channels, picture.height, picture.width] },
    targetVocabulary: sizes.targetVocabulary,

    encode(builder, source) {
      const b = builder.within('encoder');
      const found = convolutionStack(b, source, encoder.blocks, encoder); // [B, D, rows, columns]
      const [B, D] = found.shape as [Value['shape'][0], number];
      let annotations = transpose(reshape(found, [B, D, rows * columns]), [2, 0, 1]);
      if (encoder.positions ?? true) {
        const row = b.parameter('rows', [rows, 1, D], POSITIONS);
        const column = b.parameter('columns', [1, columns, D], POSITIONS);
        annotations = add(annotations, reshape(add(row, column), [rows * columns, 1, D]));
      }
      return decoder.begin(builder, dropout(b, 'annotations', annotations, sizes.dropout));
    },

    step: decoder.step,
  };
}

/** Large enough beside what the convolutions find, about 1, that what is left of what is learnt early. */
const POSITIONS = normal(0.4);

/** In the memory, where there is no attention. */
const MEAN = 'mean';
const PREFIX = 'attention.';
const prefixed = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, v]) => [PREFIX + name, v]));
const unprefixed = (state: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(state).flatMap(([name, v]) =>
      name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), v]] : [],
    ),
  );

/** The half of a captioner that writes, over annotations `[L, B, D]`. */
export function captionDecoder(sizes: CaptionDecoderSizes): {
  begin(builder: Builder, annotations: Value): { memory: Tensors; state: Tensors };
  readonly step: EncoderDecoder['step'];
} {
  const { hidden: H, embedding: E, cell = 'lstm', gate = true, recurrentDropout } = sizes;
  const { doublyStochastic: lambda = 1, readout = 'tanh' } = sizes;
  const { weights: initialize, alignment, energy } = INITIALIZATIONS[sizes.initialization];
  const { gates, states: carriedNames } = CELLS[cell];
  const options = sizes.attention ?? { score: 'additive' as const, size: H };
  const attending =
    options === 'none' || options === 'mean'
      ? undefined
      : attention({ ...options, initialize: { keys: alignment, query: alignment, energy } });
  const layer = { cell, initialize, recurrentDropout };
  const regularised = attending !== undefined && lambda > 0;

  return {
    begin(builder, annotations) {
      const [L, B, D] = annotations.shape as [number, Value['shape'][0], number];
      const initial = builder.within('decoder.initial');
      // Section 3.1.2: c_0 = f_init,c(mean of a_i), h_0 = f_init,h(mean of a_i). Without a context the mean would be all
      // there is to know, so there it is a layer over all places.
      const seen =
        options === 'none'
          ? tanh(
              linear(initial.within('picture'), reshape(transpose(annotations, [1, 0, 2]), [B, L * D]), H, {
                initialize,
              }),
            )
          : mean(annotations, { axes: [0] });
      const first = carriedNames.map((name) => [
        name,
        tanh(linear(initial.within(name), seen, H, { initialize })),
      ]);
      const mask = full([L, B], 1, builder.dtype);
      const memory =
        options === 'mean'
          ? { [MEAN]: seen }
          : (attending?.memory(builder.within('attention'), annotations, mask) ?? {});
      return {
        memory,
        state: {
          ...Object.fromEntries(first),
          ...(attending && prefixed(attending.initial(memory))),
          ...(regularised && { looked: zeros([B, L], builder.dtype) }),
        },
      };
    },

    step(builder, previous, state, memory) {
      const b = builder.within('decoder');
      const word = words(builder, sizes, 'decoder', previous);
      const before = carriedNames.map((name) => state[name]);
      const [h] = before;
      // Equations 4–6: e_ti = f_att(a_i, h_{t−1}), α_t = softmax(e_t), ẑ_t = β_t Σ_i α_ti a_i.
      const attended = attending?.attend(builder.within('attention'), h, memory, unprefixed(state));
      const found = attended ? attended.context : memory[MEAN];
      const beta = found && gate ? sigmoid(linear(b.within('gate'), h, 1)) : undefined;
      const context = found && (beta ? mul(found, beta) : found);
      // Equations 1–3: the LSTM reads E y_{t−1}, h_{t−1} and ẑ_t.
      const lstm = b.within('recurrent');
      const fromWord = contribution(lstm, word, H, layer);
      const D = context?.shape[1] as number;
      const x = context
        ? add(fromWord, matmul(context, lstm.parameter('context', [D, gates * H], initialize)))
        : fromWord;
      const next = cellStep(lstm, x, before, layer);
      // Equation 7: p(y_t) ∝ exp(L_o (E y_{t−1} + L_h h_t + L_z ẑ_t)).
      const read = b.within('readout');
      const fromState = add(word, linear(read.within('state'), next[0], E, { initialize }));
      const sums = context
        ? add(fromState, linear(read.within('context'), context, E, { initialize, bias: false }))
        : fromState;
      const spoken = dropout(read, 'hidden', readout === 'tanh' ? tanh(sums) : sums, sizes.dropout);
      const losses = [
        ...(attended && regularised ? [mul(unevenness(attended.weights, state.looked), lambda)] : []),
        ...(attended?.loss ? [attended.loss] : []),
      ];
      return {
        state: {
          ...Object.fromEntries(carriedNames.map((name, i) => [name, next[i]])),
          ...(attended && prefixed(attended.carried)),
          ...(attended && regularised && { looked: add(state.looked, attended.weights) }),
        },
        logits: wordLogits(builder, sizes, spoken),
        ...(attended && { attention: attended.weights }),
        ...(losses.length > 0 && { loss: losses.reduce((a, c) => add(a, c)) }),
      };
    },
  };
}

/**
 * What a step adds to Σ_i (1 − Σ_t α_ti)² (equation 14), `[B]`: (1 − s − α)² − (1 − s)² = α (α − 2 (1 − s)). Over all
 * steps these add up to that sum less L, a constant.
 *
 * @param weights α_t `[B, L]`
 * @param looked s, Σ α over the steps before, `[B, L]`
 */
const unevenness = (weights: Value, looked: Value): Value =>
  sum(mul(weights, sub(weights, mul(sub(1, looked), 2))), { axes: [1] });
