import { add, concat, matmul, mul, tanh, type Value, zeros } from '../graph/index.ts';
import { type AttentionOptions, attention, type Tensors } from '../nn/attention/attention.ts';
import type { Builder } from '../nn/builder.ts';
import { CELLS, type CellName } from '../nn/cells.ts';
import { dropout, linear } from '../nn/layers.ts';
import { contribution, stackStep } from '../nn/recurrent.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder } from './model.ts';
import { generationGate, type TargetSizes, wordLogits, words } from './parts.ts';

/** What a recurrent decoder with attention is made of. */
export interface DecoderSizes extends TargetSizes {
  /** H, of every layer */
  readonly hidden: number;
  readonly cell: CellName;
  readonly decoder: { readonly layers: number };
  /** adds each layer's input to its output, from the second layer on; default false */
  readonly residual?: boolean;
  readonly attention: Omit<AttentionOptions, 'initialize'>;
  /** how much the coverage loss counts, where the attention has coverage (λ of See et al. 2017, equation 13); default 1 */
  readonly coverageLoss?: number;
  /** width of the layer before the output layer */
  readonly readout: number;
  /** rate on the recurrent states, one mask over time (Gal & Ghahramani 2016); default 0 */
  readonly recurrentDropout?: number;
}

/** The half of an encoder–decoder that writes. */
export interface RecurrentDecoder {
  /** What every step reads of annotations `[S, B, D]` and their mask `[S, B]`. */
  memory(builder: Builder, annotations: Value, mask: Value): Tensors;
  /** The state before the first step, of each layer's carried tensors `[B, H]`; default zeros. */
  state(builder: Builder, memory: Tensors, carried?: readonly (readonly Value[])[]): Tensors;
  readonly step: EncoderDecoder['step'];
}

const PREFIX = 'attention.';
const prefixed = (tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, v]) => [PREFIX + name, v]));
const unprefixed = (state: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(state).flatMap(([name, v]) =>
      name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), v]] : [],
    ),
  );

/**
 * A stack of recurrent layers that reads the word before and attends with what comes out: h̃ = tanh(W [c; h]), then the
 * logits (Luong, Pham, Manning 2015, equations 5 and 6).
 *
 * @param feeds what of a step the next one reads beside the word: what was read out, h̃ (their section 3.3), or the
 *   context c (Chan et al. 2016, equation 7)
 */
export function recurrentDecoder(
  sizes: DecoderSizes,
  feeds: 'nothing' | 'readout' | 'context',
): RecurrentDecoder {
  const { hidden: H, readout: R, coverageLoss = 1 } = sizes;
  const { states: carriedNames } = CELLS[sizes.cell];
  const init = INITIALIZATIONS[sizes.initialization];
  const { alignment, energy } = init;
  const attending = attention({
    ...sizes.attention,
    initialize: { keys: alignment, query: alignment, energy },
  });
  const { cell, recurrentDropout, residual } = sizes;
  const layer = { cell, initialize: init.weights, recurrentDropout, dropout: sizes.dropout, residual };
  const { layers } = sizes.decoder;
  const depths = Array.from({ length: layers }, (_, i) => i + 1);
  /** Each layer's carried tensors as the flat names of a state: h1, c1, h2, … */
  const named = (states: readonly (readonly Value[])[]): Tensors =>
    Object.fromEntries(depths.flatMap((l, i) => carriedNames.map((name, k) => [name + l, states[i][k]])));
  const carriedIn = (state: Tensors): Value[][] =>
    depths.map((l) => carriedNames.map((name) => state[name + l]));
  const fedWidth = ({ values }: Tensors): number => {
    if (feeds === 'readout') return R;
    return sizes.attention.score === 'multiHead' ? sizes.attention.size : (values.shape[2] as number);
  };

  return {
    memory: (builder, annotations, mask) => attending.memory(builder.within('attention'), annotations, mask),

    state(builder, memory, carried) {
      const [B] = memory.bias.shape;
      const nothing = (size: number) => zeros([B, size], builder.dtype);
      return {
        ...named(carried ?? depths.map(() => carriedNames.map(() => nothing(H)))),
        ...(feeds !== 'nothing' && { fed: nothing(fedWidth(memory)) }),
        ...prefixed(attending.initial(memory)),
      };
    },

    step(builder, previous, state, memory) {
      const b = builder.within('decoder');
      const word = words(builder, sizes, 'decoder', previous);
      const b1 = b.within('layer1');
      const fromWord = contribution(b1, word, H, layer);
      const feeding = () => [state.fed, fromWord].map((v) => v.shape[1] as number);
      const x =
        feeds === 'nothing'
          ? fromWord
          : add(fromWord, matmul(state.fed, b1.parameter('feeding', feeding(), init.weights)));
      const { states, output } = stackStep(b, x, carriedIn(state), { ...layer, layers });
      const attended = attending.attend(builder.within('attention'), output, memory, unprefixed(state));
      const c = attended.context;
      const mixed = linear(b.within('readout').within('hidden'), concat([c, output]), R, {
        initialize: init.weights,
      });
      const hidden = b.watched('readout', tanh(b.watched('readoutInput', mixed)));
      const read = dropout(b.within('readout'), 'hidden', hidden, sizes.dropout);
      return {
        state: {
          ...named(states),
          ...(feeds !== 'nothing' && { fed: feeds === 'readout' ? read : c }),
          ...prefixed(attended.carried),
        },
        logits: wordLogits(builder, sizes, read),
        attention: attended.weights,
        ...(attended.heads && { heads: attended.heads }),
        ...(attended.loss && { loss: mul(attended.loss, coverageLoss) }),
        ...(sizes.copy && { gate: generationGate(builder, [c, output, word]) }),
      };
    },
  };
}
