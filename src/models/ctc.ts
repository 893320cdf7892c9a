import type { CellName } from '../nn/cells.ts';
import { dropout, linear } from '../nn/layers.ts';
import { framesOf, pyramidStack, type Reduction } from '../nn/pyramid.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { FrameLabeller } from './model.ts';

/** What a labeller of frames is made of. */
export interface LabellerSizes {
  /** F, numbers in a frame */
  readonly width: number;
  /** V; the blank comes on top */
  readonly labels: number;
  /** H, of every layer; half of it each way */
  readonly hidden: number;
  readonly layers: number;
  /** default lstm */
  readonly cell?: CellName;
  /** width of a tanh layer above every recurrent one; default: none */
  readonly projection?: number;
  /** rate between layers and below the output, one mask over time */
  readonly dropout: number;
  /** rate on the recurrent states, one mask over time (Gal & Ghahramani 2016); default 0 */
  readonly recurrentDropout?: number;
  /** frames that become one, halving time between the lowest layers: fewer halvings than layers; default 1 */
  readonly reduction?: Reduction;
  /** see INITIALIZATIONS */
  readonly initialization: 'paper' | 'glorot';
}

/**
 * Deep bidirectional recurrent layers and a softmax over labels and the blank at every frame, to be trained with CTC
 * (Graves et al. 2006; Graves, Mohamed, Hinton 2013, "Speech recognition with deep recurrent neural networks", section
 * 2 and 3.1).
 */
export function ctcLabeller(sizes: LabellerSizes): FrameLabeller {
  const { cell = 'lstm', reduction = 1, labels } = sizes;
  const { weights: initialize } = INITIALIZATIONS[sizes.initialization];
  return {
    source: { dtype: 'float32', shape: [framesOf(reduction), 'B', sizes.width] },
    labels,

    label(builder, source, mask) {
      const b = builder.within('encoder');
      const encoded = pyramidStack(b, source, mask, sizes.hidden, { ...sizes, cell, initialize });
      const annotations = dropout(b, 'annotations', encoded.states, sizes.dropout);
      return {
        logits: linear(builder.within('ctc'), annotations, labels + 1, { initialize }),
        mask: encoded.mask,
      };
    },
  };
}
