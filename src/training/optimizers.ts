import type { Arena } from './arena.ts';
import { kernelsOf, runKernel, wholeVectors } from './kernels.ts';
import { adaDeltaPass, adamPass, negligible, sumOfSquares } from './passes.ts';

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
}

/** What every optimizer can be given beside its own constants. */
export interface OptimizerOptions {
  /** where the slots lie; the parameters' own, for speed. Default: ordinary arrays */
  readonly arena?: Arena;
}

const floats = (size: number, arena: Arena | undefined) => arena?.allocate(size) ?? new Float32Array(size);
const { fround } = Math;

/**
 * Adam (Kingma & Ba 2015, algorithm 1, with the bias corrections folded into the step size as at the end of
 * their section 2; `epsilon` is scaled with them, so the result is algorithm 1's).
 *
 * @param size number of parameters
 * @param options beta1 0.9, beta2 0.999, epsilon 1e-8 by default, as in the paper
 */
export function adam(
  size: number,
  {
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    arena,
  }: { beta1?: number; beta2?: number; epsilon?: number } & OptimizerOptions = {},
): Optimizer {
  const firstMoment = floats(size, arena);
  const secondMoment = floats(size, arena);
  return {
    name: 'adam',
    slots: { firstMoment, secondMoment },
    update(parameters, gradients, { step, learningRate, scale }) {
      const correction2 = Math.sqrt(1 - beta2 ** step);
      const numbers = [
        fround(scale),
        fround(1 - beta1),
        fround(1 - beta2),
        fround((learningRate * correction2) / (1 - beta1 ** step)),
        fround(epsilon * correction2),
      ] as const;
      const arrays = [gradients, parameters, firstMoment, secondMoment] as const;
      const done = runKernel(arrays, (kernels, addresses, count) =>
        kernels.adam(...addresses, count, ...numbers, negligible),
      );
      adamPass(...arrays, done, ...numbers);
    },
  };
}

/**
 * AdaDelta (Zeiler 2012, algorithm 1), the optimizer of Bahdanau et al. 2015 (appendix B.2), with its values.
 * The paper has no learning rate; `learningRate` multiplies the step it computes, and 1 is the paper's rule.
 *
 * @param size number of parameters
 * @param options rho 0.95, epsilon 1e-6 by default
 */
export function adaDelta(
  size: number,
  { rho = 0.95, epsilon = 1e-6, arena }: { rho?: number; epsilon?: number } & OptimizerOptions = {},
): Optimizer {
  const squaredGradient = floats(size, arena);
  const squaredStep = floats(size, arena);
  return {
    name: 'adadelta',
    slots: { squaredGradient, squaredStep },
    update(parameters, gradients, { learningRate, scale }) {
      const numbers = [fround(scale), fround(1 - rho), fround(learningRate), fround(epsilon)] as const;
      const arrays = [gradients, parameters, squaredGradient, squaredStep] as const;
      const done = runKernel(arrays, (kernels, addresses, count) =>
        kernels.adaDelta(...addresses, count, ...numbers, negligible),
      );
      adaDeltaPass(...arrays, done, ...numbers);
    },
  };
}

/** The Euclidean norm of all gradients together, summed in double precision. Not finite if any of them is not. */
export function globalNorm(gradients: Float32Array): number {
  const whole = wholeVectors(gradients.length);
  const kernels = kernelsOf(gradients);
  let sum = kernels ? kernels.sumOfSquares(gradients.byteOffset, whole) : sumOfSquares(gradients, whole);
  for (let i = whole; i < gradients.length; i++) sum += gradients[i] * gradients[i];
  return Math.sqrt(sum);
}
