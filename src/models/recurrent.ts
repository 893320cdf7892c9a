import { add, concat, matmul, mul, tanh, type Value, zeros } from '../graph/index.ts';
import { type AttentionOptions, attention, type Tensors } from '../nn/attention/attention.ts';
import { CELLS, type CellName } from '../nn/cells.ts';
import { dropout, linear } from '../nn/layers.ts';
import { contribution, recurrentStack, type StackOptions, stackStep } from '../nn/recurrent.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder, WordSizes } from './model.ts';
import { generationGate, wordLogits, words } from './parts.ts';

/** What a recurrent encoder–decoder is made of. */
export interface RecurrentSizes extends WordSizes {
  /** H, of every layer; a bidirectional one has half each way, so that annotations and states are equally wide */
  readonly hidden: number;
  readonly cell: CellName;
  readonly encoder: { readonly layers: number; readonly direction: StackOptions['direction'] };
  readonly decoder: { readonly layers: number };
  /** adds each layer's input to its output, from the second layer on, in encoder and decoder */
  readonly residual: boolean;
  readonly attention: Omit<AttentionOptions, 'initialize'>;
  /** how much the coverage loss counts, where the attention has coverage (λ of See et al. 2017, equation 13) */
  readonly coverageLoss: number;
  /** gives the decoder what it read out at the step before (Luong et al. 2015, section 3.3) */
  readonly inputFeeding: boolean;
  /** width of the attentional vector h̃ */
  readonly readout: number;
  /** rate on the recurrent states, one mask over time (Gal & Ghahramani 2016) */
  readonly recurrentDropout: number;
}

/**
 * The recurrent encoder–decoder with attention in the form of Luong, Pham, Manning 2015, with the cells, depths and
 * attentions that came of it: stacks of recurrent layers on both sides; the top decoder state h_t attends; what is
 * read out is h̃_t = tanh(W_c [c_t; h_t]) (equation 5), then the logits W_s h̃_t (equation 6). Every decoder layer
 * starts from where the encoder layer beside it ended, through a layer of its own.
 */
export function recurrent(sizes: RecurrentSizes): EncoderDecoder {
  const { hidden: H, readout: R, residual, inputFeeding } = sizes;
  const { states: carriedNames } = CELLS[sizes.cell];
  const init = INITIALIZATIONS[sizes.initialization];
  const { alignment, energy } = init;
  const attending = attention({
    ...sizes.attention,
    initialize: { keys: alignment, query: alignment, energy },
  });
  const layer = {
    cell: sizes.cell,
    initialize: init.weights,
    recurrentDropout: sizes.recurrentDropout,
    dropout: sizes.dropout,
    residual,
  };
  const { layers } = sizes.decoder;
  const depths = Array.from({ length: layers }, (_, i) => i + 1);
  /** Each layer's carried tensors as the flat names of a state: h1, c1, h2, … */
  const named = (states: readonly (readonly Value[])[]): Tensors =>
    Object.fromEntries(depths.flatMap((l, i) => carriedNames.map((name, k) => [name + l, states[i][k]])));
  const carriedIn = (state: Tensors): Value[][] =>
    depths.map((l) => carriedNames.map((name) => state[name + l]));
  const PREFIX = 'attention.';
  const prefixed = (tensors: Tensors): Tensors =>
    Object.fromEntries(Object.entries(tensors).map(([name, v]) => [PREFIX + name, v]));
  const unprefixed = (state: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(state).flatMap(([name, v]) =>
        name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), v]] : [],
      ),
    );

  return {
    targetVocabulary: sizes.targetVocabulary,
    copies: sizes.copy,

    encode(builder, source, mask) {
      const embedded = words(builder, sizes, 'encoder', source);
      const stack = { ...layer, ...sizes.encoder };
      const encoded = recurrentStack(builder.within('encoder'), embedded, mask, H, stack);
      const annotations = dropout(builder.within('encoder'), 'annotations', encoded.states, sizes.dropout);
      const memory = attending.memory(builder.within('attention'), annotations, mask);
      const first = depths.map((l) => {
        const ended = encoded.last[Math.min(l, encoded.last.length) - 1];
        const b = builder.within('decoder').within('initial').within(`layer${l}`);
        return ended.map((v, k) => {
          const bridged = linear(b.within(carriedNames[k]), v, H, { initialize: init.weights });
          // An output lies within ±1; a memory does not.
          return carriedNames[k] === 'h' ? tanh(bridged) : bridged;
        });
      });
      return {
        memory,
        state: {
          ...named(first),
          ...(inputFeeding && { fed: zeros([source.shape[1], R], builder.dtype) }),
          ...prefixed(attending.initial(memory)),
        },
      };
    },

    step(builder, previous, state, memory) {
      const b = builder.within('decoder');
      const word = words(builder, sizes, 'decoder', previous);
      const b1 = b.within('layer1');
      const fromWord = contribution(b1, word, H, layer);
      const width = fromWord.shape[1] as number;
      const x = inputFeeding
        ? add(fromWord, matmul(state.fed, b1.parameter('feeding', [R, width], init.weights)))
        : fromWord;
      const { states, output } = stackStep(b, x, carriedIn(state), { ...layer, layers });
      const attended = attending.attend(builder.within('attention'), output, memory, unprefixed(state));
      const c = attended.context;
      const mixed = linear(b.within('readout').within('hidden'), concat([c, output]), R, {
        initialize: init.weights,
      });
      const read = dropout(b.within('readout'), 'hidden', tanh(mixed), sizes.dropout);
      return {
        state: { ...named(states), ...(inputFeeding && { fed: read }), ...prefixed(attended.carried) },
        logits: wordLogits(builder, sizes, read),
        attention: attended.weights,
        ...(attended.loss && { loss: mul(attended.loss, sizes.coverageLoss) }),
        ...(sizes.copy && { gate: generationGate(builder, [c, output, word]) }),
      };
    },
  };
}
