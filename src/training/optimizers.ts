import type { Arena } from './arena.ts';
import { checkLengths, runKernel } from './kernels.ts';
import { adaDeltaPass, adamPass, momentumPass, negligible, sgdPass } from './passes.ts';
import { type Decay, decayStretches } from './weightDecay.ts';

/** What one call of `update` needs beside the arrays. */
export interface UpdateOptions {
  /** number of this update, counted from 1 (Adam's bias correction reads it) */
  readonly step: number;
  readonly learningRate: number;
  /** the gradients are multiplied by this first: 1, or less where the global norm is clipped */
  readonly scale: number;
}

/**
 * A rule that turns gradients into new parameters. It owns nothing but its slots, each a Float32Array of the
 * parameters' length; together with the step they are its whole state, so a checkpoint saves `slots` and
 * `restoreSlots` writes them back. It computes in float32 with SIMD kernels, fastest where parameters, gradients and
 * slots lie in one arena; where they lie changes no bit of the result.
 */
export interface Optimizer {
  readonly name: string;
  readonly slots: Readonly<Record<string, Float32Array>>;
  /** Changes `parameters` and `slots` in place, in one pass; `gradients` is only read. */
  update(parameters: Float32Array, gradients: Float32Array, options: UpdateOptions): void;
  /** of the weights, where an average of them is what shall be used in the end: see `movingAverage` */
  readonly average?: WeightAverage;
}

/** Two sets of weights, those that are trained and their average: while one is in use the other waits. */
export interface WeightAverage {
  /** Of a new run: the average begins at the weights it starts with. */
  start(parameters: Float32Array): void;
  /** The average takes the place of the weights in `parameters`, or the other way round. */
  exchange(parameters: Float32Array): void;
}

/** What every optimizer can be given beside its own constants. */
export interface OptimizerOptions extends Decay {
  /** where the slots lie; the parameters' own, for speed. Default: ordinary arrays */
  readonly arena?: Arena;
}

/** An array for every slot, of zeros. */
export const floats = (size: number, arena: Arena | undefined): Float32Array =>
  arena?.allocate(size) ?? new Float32Array(size);
const { fround } = Math;

/**
 * The `update` of an optimizer: `pass` over all arrays at once, or, where only some parameters decay, over one stretch
 * of each after the other. `decay` is the share that the parameters of a stretch lose, a float32 value.
 */
function updateOf(
  size: number,
  slots: Optimizer['slots'],
  options: Decay,
  pass: (arrays: readonly Float32Array[], decay: number, options: UpdateOptions) => void,
): Optimizer['update'] {
  const stretches = decayStretches(size, options);
  const names = ['gradients', 'parameters', ...Object.keys(slots)];
  return (parameters, gradients, update) => {
    const arrays = [gradients, parameters, ...Object.values(slots)];
    checkLengths(arrays, names, size);
    for (const { start, end, weightDecay } of stretches) {
      const part = stretches.length === 1 ? arrays : arrays.map((array) => array.subarray(start, end));
      pass(part, fround(update.learningRate * weightDecay), update);
    }
  };
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1, with the bias corrections folded into the step size as at the end of
 * their section 2; `epsilon` is scaled with them, so the result is algorithm 1's). With `weightDecay` AdamW
 * (Loshchilov & Hutter 2019, algorithm 2), the decay scaled by the whole rate as in PyTorch, where the paper has the
 * schedule's multiplier alone.
 *
 * @param size number of parameters
 * @param options beta1 0.9, beta2 0.999, epsilon 1e-8 by default, as in the paper
 * @throws UsageError when the ranges that decay are not ascending or reach beyond the parameters
 */
export function adam(
  size: number,
  options: { beta1?: number; beta2?: number; epsilon?: number } & OptimizerOptions = {},
): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, arena } = options;
  const slots = { firstMoment: floats(size, arena), secondMoment: floats(size, arena) };
  return {
    name: 'adam',
    slots,
    update: updateOf(size, slots, options, (arrays, decay, update) => {
      const { step, learningRate, scale } = update;
      const correction2 = Math.sqrt(1 - beta2 ** step);
      const numbers = [
        fround(scale),
        fround(1 - beta1),
        fround(1 - beta2),
        fround((learningRate * correction2) / (1 - beta1 ** step)),
        fround(epsilon * correction2),
        decay,
      ] as const;
      const [gradients, parameters, firstMoment, secondMoment] = arrays;
      const done = runKernel(arrays, (kernels, addresses, count) =>
        kernels.adam(...addresses, count, ...numbers, negligible),
      );
      adamPass(gradients, parameters, firstMoment, secondMoment, done, ...numbers);
    }),
  };
}

/**
 * AdaDelta (Zeiler 2012, algorithm 1), the optimizer of Bahdanau et al. 2015 (appendix B.2), with its values.
 * The paper has no learning rate; `learningRate` multiplies the step it computes, and 1 is the paper's rule.
 *
 * @param size number of parameters
 * @param options rho 0.95, epsilon 1e-6 by default
 * @throws UsageError when the ranges that decay are not ascending or reach beyond the parameters
 */
export function adaDelta(
  size: number,
  options: { rho?: number; epsilon?: number } & OptimizerOptions = {},
): Optimizer {
  const { rho = 0.95, epsilon = 1e-6, arena } = options;
  const slots = { squaredGradient: floats(size, arena), squaredStep: floats(size, arena) };
  return {
    name: 'adadelta',
    slots,
    update: updateOf(size, slots, options, (arrays, decay, { learningRate, scale }) => {
      const numbers = [fround(scale), fround(1 - rho), fround(learningRate), fround(epsilon), decay] as const;
      const [gradients, parameters, squaredGradient, squaredStep] = arrays;
      const done = runKernel(arrays, (kernels, addresses, count) =>
        kernels.adaDelta(...addresses, count, ...numbers, negligible),
      );
      adaDeltaPass(gradients, parameters, squaredGradient, squaredStep, done, ...numbers);
    }),
  };
}

/**
 * Stochastic gradient descent, plain or with momentum (Polyak 1964): v ← momentum · v + g, θ ← θ − learningRate · v.
 * A new learning rate holds for the whole velocity, as in PyTorch; Sutskever et al. 2013 have it inside the velocity.
 *
 * @param size number of parameters
 * @param options momentum 0 by default: no slot at all
 * @throws UsageError when the ranges that decay are not ascending or reach beyond the parameters
 */
export function sgd(size: number, options: { momentum?: number } & OptimizerOptions = {}): Optimizer {
  const { momentum = 0, arena } = options;
  if (momentum === 0) {
    return {
      name: 'sgd',
      slots: {},
      update: updateOf(size, {}, options, (arrays, decay, { learningRate, scale }) => {
        const numbers = [fround(scale), fround(learningRate), decay] as const;
        const [gradients, parameters] = arrays;
        const done = runKernel(arrays, (kernels, addresses, count) =>
          kernels.sgd(...addresses, count, ...numbers),
        );
        sgdPass(gradients, parameters, done, ...numbers);
      }),
    };
  }
  const slots = { velocity: floats(size, arena) };
  return {
    name: 'sgd',
    slots,
    update: updateOf(size, slots, options, (arrays, decay, { learningRate, scale }) => {
      const numbers = [fround(scale), fround(momentum), fround(learningRate), decay] as const;
      const [gradients, parameters, velocity] = arrays;
      const done = runKernel(arrays, (kernels, addresses, count) =>
        kernels.momentum(...addresses, count, ...numbers, negligible),
      );
      momentumPass(gradients, parameters, velocity, done, ...numbers);
    }),
  };
}
