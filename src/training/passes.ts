/**
 * The passes over all parameters as plain loops, for engines without WebAssembly SIMD and for the odd last elements.
 * Every operation is rounded to float32 (`fround`), so that both give the same bits: whoever changes one changes both.
 */
const { fround } = Math;

/**
 * A moment whose gradient stays zero (a word not seen for long) decays into the denormal range and sticks there,
 * where many processors are a hundred times slower. Below this size it is of no consequence to an update, so it is
 * made zero. The comparison is on the magnitude: on the sign it would be mispredicted.
 */
export const negligible = fround(1e-30);

/** What a parameter loses: the step, and a share of itself. Without decay the step alone, to the bit. */
function withDecay(step: number, decay: number, parameter: number): number {
  return decay === 0 ? step : fround(step + fround(decay * parameter));
}

/** Σ g² of the first `size` gradients, a multiple of four, in double precision. */
export function sumOfSquares(gradients: Float32Array, size: number): number {
  // four sums, because one would wait for its own last addition at every element
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0; i < size; i += 4) {
    a += gradients[i] * gradients[i];
    b += gradients[i + 1] * gradients[i + 1];
    c += gradients[i + 2] * gradients[i + 2];
    d += gradients[i + 3] * gradients[i + 3];
  }
  return a + b + c + d;
}

/**
 * One Adam update of everything from element `start` on. Scalars are float32 values.
 *
 * @param take1 1 − β1; moving towards the gradient by it, instead of weighting both by β1 and 1 − β1, keeps the
 *   rounding of two constants out of the moment's mean
 * @param rate the learning rate, with both bias corrections
 * @param epsilon with the bias correction of the second moment
 * @param decay share of each parameter that it loses besides
 */
export function adamPass(
  gradients: Float32Array,
  parameters: Float32Array,
  firstMoment: Float32Array,
  secondMoment: Float32Array,
  start: number,
  scale: number,
  take1: number,
  take2: number,
  rate: number,
  epsilon: number,
  decay: number,
): void {
  for (let i = start; i < parameters.length; i++) {
    const g = fround(gradients[i] * scale);
    let m = firstMoment[i];
    m = fround(m + fround(take1 * fround(g - m)));
    if (Math.abs(m) < negligible) m = 0;
    let v = secondMoment[i];
    v = fround(v + fround(take2 * fround(fround(g * g) - v)));
    if (Math.abs(v) < negligible) v = 0;
    firstMoment[i] = m;
    secondMoment[i] = v;
    const step = fround(fround(rate * m) / fround(fround(Math.sqrt(v)) + epsilon));
    parameters[i] -= withDecay(step, decay, parameters[i]);
  }
}

/** One AdaDelta update of everything from element `start` on. Scalars are float32 values; `take` is 1 − ρ. */
export function adaDeltaPass(
  gradients: Float32Array,
  parameters: Float32Array,
  squaredGradient: Float32Array,
  squaredStep: Float32Array,
  start: number,
  scale: number,
  take: number,
  rate: number,
  epsilon: number,
  decay: number,
): void {
  for (let i = start; i < parameters.length; i++) {
    const g = fround(gradients[i] * scale);
    let gg = squaredGradient[i];
    gg = fround(gg + fround(take * fround(fround(g * g) - gg)));
    if (Math.abs(gg) < negligible) gg = 0;
    let ss = squaredStep[i];
    // RMS[step] / RMS[gradient], under one root
    const ratio = fround(fround(ss + epsilon) / fround(gg + epsilon));
    const step = fround(fround(Math.sqrt(ratio)) * g);
    ss = fround(ss + fround(take * fround(fround(step * step) - ss)));
    if (Math.abs(ss) < negligible) ss = 0;
    squaredGradient[i] = gg;
    squaredStep[i] = ss;
    parameters[i] -= withDecay(fround(rate * step), decay, parameters[i]);
  }
}

/** One step of gradient descent of everything from element `start` on. Scalars are float32 values. */
export function sgdPass(
  gradients: Float32Array,
  parameters: Float32Array,
  start: number,
  scale: number,
  rate: number,
  decay: number,
): void {
  for (let i = start; i < parameters.length; i++) {
    const step = fround(rate * fround(gradients[i] * scale));
    parameters[i] -= withDecay(step, decay, parameters[i]);
  }
}

/** The same with momentum; `keep` is what the velocity keeps of itself. */
export function momentumPass(
  gradients: Float32Array,
  parameters: Float32Array,
  velocity: Float32Array,
  start: number,
  scale: number,
  keep: number,
  rate: number,
  decay: number,
): void {
  for (let i = start; i < parameters.length; i++) {
    let v = fround(fround(keep * velocity[i]) + fround(gradients[i] * scale));
    if (Math.abs(v) < negligible) v = 0;
    velocity[i] = v;
    parameters[i] -= withDecay(fround(rate * v), decay, parameters[i]);
  }
}

/** Moves every element of `mean` from `start` on by the share `take`, a float32 value, of its way to `towards`. */
export function approachPass(towards: Float32Array, mean: Float32Array, start: number, take: number): void {
  for (let i = start; i < mean.length; i++) {
    mean[i] = fround(mean[i] + fround(take * fround(towards[i] - mean[i])));
  }
}
