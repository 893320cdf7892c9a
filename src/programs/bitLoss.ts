import type { BitBatch } from '../data/algorithms.ts';
import { input, mul, softplus, sub, sum, unsqueeze, type Value } from '../graph/index.ts';
import type { BitTransducer } from '../models/ntm.ts';
import type { HostTensor } from '../runtime/index.ts';
import type { TrainingLoss } from './training.ts';

/** A graph input for a batch's inputs, [T, B, I]. */
export const bitInputs = ({ inputs }: BitTransducer, dtype: Value['dtype'] = 'float32'): Value =>
  input('inputs', dtype, ['T', 'B', inputs]);

/** What is fed to it. */
export const bitFeeds = ({ inputs, sizes: { T, B, I } }: BitBatch): Record<string, HostTensor> => ({
  inputs: { dtype: 'float32', shape: [T, B, I], data: inputs },
});

/** How many bits of the outputs count. */
export const countedBits = ({ mask, sizes: { O } }: BitBatch): number =>
  O * mask.reduce((total, m) => total + m, 0);

/**
 * Training by binary cross-entropy (Graves, Wayne, Danihelka 2014, section 4): −ln p of the target bits, a mean over the
 * bits that count, in nats. `bitsPerSequence` makes of it what the paper reports.
 */
export function bitLoss(model: BitTransducer): TrainingLoss<BitBatch> {
  return {
    graph(builder) {
      const { dtype } = builder;
      const { logits } = model.run(builder, bitInputs(model, dtype));
      const targets = input('targets', dtype, ['T', 'B', model.outputs]);
      const weights = input('weights', dtype, ['T', 'B']);
      // −ln σ(z) for a one, −ln(1 − σ(z)) for a zero.
      const costs = sub(softplus(logits), mul(targets, logits));
      return sum(mul(costs, unsqueeze(weights, [2])));
    },
    feeds(batch) {
      const { T, B, O } = batch.sizes;
      const tokens = countedBits(batch);
      const weights = batch.mask.map((m) => m / Math.max(1, tokens));
      return {
        feeds: {
          ...bitFeeds(batch),
          targets: { dtype: 'float32', shape: [T, B, O], data: batch.targets },
          weights: { dtype: 'float32', shape: [T, B], data: weights },
        },
        sizes: batch.sizes,
        tokens,
      };
    },
  };
}

/**
 * Cost of a sequence in bits, as the paper reports it: Σ −log₂ p over the bits that count, a mean over sequences.
 *
 * @param loss mean nats per counted bit
 * @param tokens counted bits, of all sequences
 */
export const bitsPerSequence = (loss: number, tokens: number, sequences: number): number =>
  (loss * tokens) / (Math.LN2 * sequences);
