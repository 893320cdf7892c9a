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
 * `restoreSlots` writes them back. Another implementation (SIMD) only has to keep this interface.
 */
export interface Optimizer {
  readonly name: string;
  readonly slots: Readonly<Record<string, Float32Array>>;
  /** Changes `parameters` and `slots` in place, in one pass; `gradients` is only read. */
  update(parameters: Float32Array, gradients: Float32Array, options: UpdateOptions): void;
}

// A moment whose gradient stays zero (a word not seen for long) decays into the denormal range and sticks
// there, where many processors are a hundred times slower. Below this size it is of no consequence to an
// update, so it is made zero. The comparison is on the magnitude: on the sign it would be mispredicted.
const negligible = 1e-30;

/**
 * Adam (Kingma & Ba 2015, algorithm 1, with the bias corrections folded into the step size as at the end of
 * their section 2; `epsilon` is scaled with them, so the result is algorithm 1's).
 *
 * @param size number of parameters
 * @param options beta1 0.9, beta2 0.999, epsilon 1e-8 by default, as in the paper
 */
export function adam(
  size: number,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: { beta1?: number; beta2?: number; epsilon?: number } = {},
): Optimizer {
  const firstMoment = new Float32Array(size);
  const secondMoment = new Float32Array(size);
  return {
    name: 'adam',
    slots: { firstMoment, secondMoment },
    update(parameters, gradients, { step, learningRate, scale }) {
      const correction2 = Math.sqrt(1 - beta2 ** step);
      const rate = (learningRate * correction2) / (1 - beta1 ** step);
      adamPass(
        parameters,
        gradients,
        firstMoment,
        secondMoment,
        beta1,
        (1 - beta1) * scale,
        beta2,
        (1 - beta2) * scale * scale,
        rate,
        epsilon * correction2,
      );
    },
  };
}

function adamPass(
  parameters: Float32Array,
  gradients: Float32Array,
  first: Float32Array,
  second: Float32Array,
  keep1: number,
  take1: number,
  keep2: number,
  take2: number,
  rate: number,
  epsilon: number,
): void {
  const size = parameters.length;
  for (let i = 0; i < size; i++) {
    const g = gradients[i];
    let m = keep1 * first[i] + take1 * g;
    let v = keep2 * second[i] + take2 * g * g;
    if (Math.abs(m) < negligible) m = 0;
    if (v < negligible) v = 0;
    first[i] = m;
    second[i] = v;
    parameters[i] -= (rate * m) / (Math.sqrt(v) + epsilon);
  }
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
  { rho = 0.95, epsilon = 1e-6 }: { rho?: number; epsilon?: number } = {},
): Optimizer {
  const squaredGradient = new Float32Array(size);
  const squaredStep = new Float32Array(size);
  return {
    name: 'adadelta',
    slots: { squaredGradient, squaredStep },
    update(parameters, gradients, { learningRate, scale }) {
      adaDeltaPass(parameters, gradients, squaredGradient, squaredStep, rho, epsilon, learningRate, scale);
    },
  };
}

function adaDeltaPass(
  parameters: Float32Array,
  gradients: Float32Array,
  squaredGradient: Float32Array,
  squaredStep: Float32Array,
  rho: number,
  epsilon: number,
  learningRate: number,
  scale: number,
): void {
  const size = parameters.length;
  const take = 1 - rho;
  for (let i = 0; i < size; i++) {
    const g = gradients[i] * scale;
    let gg = rho * squaredGradient[i] + take * g * g;
    if (gg < negligible) gg = 0;
    // RMS[step] / RMS[gradient], under one root
    const step = Math.sqrt((squaredStep[i] + epsilon) / (gg + epsilon)) * g;
    let ss = rho * squaredStep[i] + take * step * step;
    if (ss < negligible) ss = 0;
    squaredGradient[i] = gg;
    squaredStep[i] = ss;
    parameters[i] -= learningRate * step;
  }
}

/** The Euclidean norm of all gradients together, summed in double precision. Not finite if any of them is not. */
export function globalNorm(gradients: Float32Array): number {
  // four sums, because one would wait for its own last addition at every element
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = gradients.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += gradients[i] * gradients[i];
    b += gradients[i + 1] * gradients[i + 1];
    c += gradients[i + 2] * gradients[i + 2];
    d += gradients[i + 3] * gradients[i + 3];
  }
  for (let i = whole; i < gradients.length; i++) a += gradients[i] * gradients[i];
  return Math.sqrt(a + b + c + d);
}
