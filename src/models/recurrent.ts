import { tanh } from '../graph/index.ts';
import { CELLS } from '../nn/cells.ts';
import { dropout, linear } from '../nn/layers.ts';
import { recurrentStack, type StackOptions } from '../nn/recurrent.ts';
import { type DecoderSizes, recurrentDecoder } from './decoder.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder } from './model.ts';
import { words } from './parts.ts';

/** What a recurrent encoder–decoder is made of. */
export interface RecurrentSizes extends DecoderSizes {
  readonly sourceVocabulary: number;
  /** H, of every layer; a bidirectional one has half each way, so that annotations and states are equally wide */
  readonly hidden: number;
  readonly encoder: { readonly layers: number; readonly direction: StackOptions['direction'] };
  /** adds each layer's input to its output, from the second layer on, in encoder and decoder */
  readonly residual: boolean;
  readonly coverageLoss: number;
  /** gives the decoder what it read out at the step before (Luong et al. 2015, section 3.3) */
  readonly inputFeeding: boolean;
  readonly recurrentDropout: number;
}

/**
 * The recurrent encoder–decoder with attention in the form of Luong, Pham, Manning 2015, with the cells, depths and
 * attentions that came of it: stacks of recurrent layers on both sides; the top decoder state h_t attends; what is
 * read out is h̃_t = tanh(W_c [c_t; h_t]) (equation 5), then the logits W_s h̃_t (equation 6). Every decoder layer
 * starts from where the encoder layer beside it ended, through a layer of its own.
 */
export function recurrent(sizes: RecurrentSizes): EncoderDecoder {
  const { hidden: H, cell, recurrentDropout, residual } = sizes;
  const { states: carriedNames } = CELLS[cell];
  const { weights: initialize } = INITIALIZATIONS[sizes.initialization];
  const decoder = recurrentDecoder(sizes, sizes.inputFeeding ? 'readout' : 'nothing');
  const stack = { cell, initialize, recurrentDropout, dropout: sizes.dropout, residual, ...sizes.encoder };

  return {
    targetVocabulary: sizes.targetVocabulary,
    copies: sizes.copy,

    encode(builder, source, mask) {
      const embedded = words(builder, sizes, 'encoder', source);
      const encoded = recurrentStack(builder.within('encoder'), embedded, mask, H, stack);
      const annotations = dropout(builder.within('encoder'), 'annotations', encoded.states, sizes.dropout);
      const memory = decoder.memory(builder, annotations, mask);
      const first = Array.from({ length: sizes.decoder.layers }, (_, i) => {
        const ended = encoded.last[Math.min(i, encoded.last.length - 1)];
        const b = builder
          .within('decoder')
          .within('initial')
          .within(`layer${i + 1}`);
        return ended.map((v, k) => {
          const bridged = linear(b.within(carriedNames[k]), v, H, { initialize });
          // An output lies within ±1; a memory does not.
          return carriedNames[k] === 'h' ? tanh(bridged) : bridged;
        });
      });
      return { memory, state: decoder.state(builder, memory, first) };
    },

    step: decoder.step,
  };
}
