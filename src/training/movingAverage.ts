import { approach, exchange } from './arrays.ts';
import { floats, type Optimizer, type OptimizerOptions } from './optimizers.ts';

/**
 * An optimizer that also keeps an exponential moving average of the weights (Polyak & Juditsky 1992 for the idea):
 * after update t, average ← average + (1 − d)(θ − average) with d = min(decay, (1 + t)/(10 + t)), so that the first
 * updates are soon forgotten (as TensorFlow's ExponentialMovingAverage has it).
 *
 * The trainer hands the average to whoever validates or saves. So a checkpoint holds the average as the parameters,
 * and what training goes on with as the slot `rawWeights`; between updates that slot holds the average.
 *
 * @param size number of parameters
 * @param options.decay e.g. 0.999, of 0 to below 1; the average reaches back some 1/(1 − decay) updates
 */
export function movingAverage(
  optimizer: Optimizer,
  size: number,
  { decay, arena }: { decay: number } & Pick<OptimizerOptions, 'arena'>,
): Optimizer {
  const other = floats(size, arena);
  return {
    name: optimizer.name,
    slots: { ...optimizer.slots, rawWeights: other },
    update(parameters, gradients, options) {
      optimizer.update(parameters, gradients, options);
      const { step } = options;
      approach(other, parameters, 1 - Math.min(decay, (1 + step) / (10 + step)));
    },
    average: {
      start: (parameters) => other.set(parameters),
      exchange: (parameters) => exchange(parameters, other),
    },
  };
}
