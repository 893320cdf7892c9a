import { ctc, input, mul, sum } from '../graph/index.ts';
import type { FrameLabeller } from '../models/index.ts';
import { sourceFeeds, sourceInputs } from './sources.ts';
import type { TrainingLoss } from './training.ts';

/** Sequences of frames with their labels, padded, time-major. */
export interface FrameBatch {
  /** [S, B, F], S a multiple of what the model reduces time by */
  readonly source: Float32Array;
  /** [S, B] */
  readonly sourceMask: Float32Array;
  /** int32 [L, B] */
  readonly labels: Int32Array;
  /** [L, B] */
  readonly labelMask: Float32Array;
  readonly sizes: { readonly B: number; readonly S: number; readonly L: number };
}

/** Training by CTC (Graves et al. 2006): −ln p(labels | frames), per label, in nats. */
export function frameLoss(model: FrameLabeller): TrainingLoss<FrameBatch> {
  return {
    graph(builder) {
      const { source, sourceMask } = sourceInputs(model, builder.dtype);
      const { logits, mask } = model.label(builder, source, sourceMask);
      const labels = input('labels', 'int32', ['L', 'B']);
      const labelMask = input('labelMask', builder.dtype, ['L', 'B']);
      const weights = input('weights', builder.dtype, ['B']);
      return sum(mul(ctc(logits, mask, labels, labelMask), weights));
    },
    feeds(batch) {
      const { B, L } = batch.sizes;
      const tokens = batch.labelMask.reduce((total, m) => total + m, 0);
      return {
        feeds: {
          ...sourceFeeds(batch),
          labels: { dtype: 'int32', shape: [L, B], data: batch.labels },
          labelMask: { dtype: 'float32', shape: [L, B], data: batch.labelMask },
          weights: { dtype: 'float32', shape: [B], data: new Float32Array(B).fill(1 / Math.max(1, tokens)) },
        },
        sizes: batch.sizes,
        tokens,
      };
    },
  };
}
