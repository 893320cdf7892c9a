/** Passes over whole flat arrays, with SIMD kernels where they reach; where the arrays lie changes no bit. */
import { kernelsOf, runKernel, wholeVectors } from './kernels.ts';
import { approachPass, sumOfSquares } from './passes.ts';

/** The Euclidean norm of all gradients together, summed in double precision. Not finite if any of them is not. */
export function globalNorm(gradients: Float32Array): number {
  const whole = wholeVectors(gradients.length);
  const kernels = kernelsOf(gradients);
  let sum = kernels ? kernels.sumOfSquares(gradients.byteOffset, whole) : sumOfSquares(gradients, whole);
  for (let i = whole; i < gradients.length; i++) sum += gradients[i] * gradients[i];
  return Math.sqrt(sum);
}

/**
 * Moves every element of `mean` by the share `take` of its way to `towards`, an array of its length. So means are
 * kept: with 1/k for the k-th array the plain mean, with a constant share an exponential moving average.
 */
export function approach(mean: Float32Array, towards: Float32Array, take: number): void {
  const share = Math.fround(take);
  const done = runKernel([towards, mean], (kernels, addresses, size) =>
    kernels.approach(addresses[0], addresses[1], size, share),
  );
  approachPass(towards, mean, done, share);
}

/** Each of two arrays of one length gets what the other holds. */
export function exchange(a: Float32Array, b: Float32Array): void {
  const piece = new Float32Array(16384);
  for (let start = 0; start < a.length; start += piece.length) {
    const [from, to] = [a, b].map((array) => array.subarray(start, start + piece.length));
    piece.set(from);
    from.set(to);
    to.set(piece.subarray(0, to.length));
  }
}
