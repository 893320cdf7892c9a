import type { AttentionOptions } from '../nn/attention/attention.ts';
import type { CellName } from '../nn/cells.ts';
import { dropout, linear } from '../nn/layers.ts';
import { framesOf, pyramidStack, type Reduction } from '../nn/pyramid.ts';
import { type DecoderSizes, recurrentDecoder } from './decoder.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder } from './model.ts';

type ListenerAttention = Omit<AttentionOptions, 'initialize' | 'size'> & { readonly size?: number };

/** What a listener is made of. */
export interface ListenerSizes
  extends Omit<DecoderSizes, 'cell' | 'attention' | 'residual' | 'copy' | 'tie'> {
  /** F, numbers in a frame */
  readonly width: number;
  /** H, of every layer; in the encoder half of it each way */
  readonly hidden: number;
  /** default lstm */
  readonly cell?: CellName;
  readonly encoder: {
    readonly layers: number;
    /** frames that become one, halving time between the lowest layers: fewer halvings than layers */
    readonly reduction: Reduction;
    /** width of a tanh layer above every recurrent one; default: none */
    readonly projection?: number;
  };
  /** default: additive with location, 10 filters over 15 frames; A is H where it has none of its own */
  readonly attention?: Omit<AttentionOptions, 'initialize' | 'size'> &
    Partial<Pick<AttentionOptions, 'size'>>;
  readonly tie?: 'none' | 'target';
  /** the encoder labels its frames too, V and the blank, for training with CTC (Watanabe et al. 2017); default false */
  readonly ctc?: boolean;
}

/** Chorowski et al. 2015, section 2.3; their filters span 201 frames of 10 ms, before which time was not reduced. */
const LOCATION_AWARE: ListenerAttention = { score: 'additive', location: { filters: 10, width: 15 } };

/**
 * Listen, Attend and Spell (Chan et al. 2016): the listener is a pyramid of bidirectional layers over frames, the
 * speller a recurrent decoder s_i = RNN(s_{i−1}, y_{i−1}, c_{i−1}), c_i = AttentionContext(s_i, h), and an MLP over s_i
 * and c_i (equations 6–8; the states begin at zero). Its attention is by default that of Chorowski et al. 2015, which
 * knows where it looked before.
 */
export function listener(sizes: ListenerSizes): EncoderDecoder {
  const { cell = 'lstm', attention = LOCATION_AWARE, encoder, targetVocabulary: V } = sizes;
  const { weights: initialize } = INITIALIZATIONS[sizes.initialization];
  const { hidden: H, dropout: rate, recurrentDropout } = sizes;
  const attending = { ...attention, size: attention.size ?? H };
  const speller = recurrentDecoder({ ...sizes, cell, attention: attending }, 'context');
  const stack = { ...encoder, cell, initialize, recurrentDropout, dropout: rate };
  return {
    source: { dtype: 'float32', shape: [framesOf(encoder.reduction), 'B', sizes.width] },
    targetVocabulary: V,

    encode(builder, source, mask) {
      const b = builder.within('encoder');
      const encoded = pyramidStack(b, source, mask, H, stack);
      const annotations = dropout(b, 'annotations', encoded.states, rate);
      const memory = speller.memory(builder, annotations, encoded.mask);
      const state = speller.state(builder, memory);
      if (!sizes.ctc) return { memory, state };
      const logits = linear(builder.within('ctc'), annotations, V + 1, { initialize });
      return { memory, state, frames: { logits, mask: encoded.mask } };
    },

    step: speller.step,
  };
}
