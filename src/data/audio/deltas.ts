import { checkWhole } from './checks.ts';
import type { Frames } from './frames.ts';

/** Frames on each side that a slope is taken over. */
const DELTA_WINDOW = 2;

/**
 * Appends slopes over time: dₜ = Σₙ n (cₜ₊ₙ − cₜ₋ₙ) / (2 Σₙ n²), n = 1, 2 (Young et al., The HTK Book, equation 5.16),
 * the first and last frame standing for those before and after.
 *
 * @param order 0: none, 1: the slopes, 2: also the slopes of the slopes
 * @returns `[frames, coefficients · (1 + order)]`, the frames themselves first; the very frames where `order` is 0
 * @throws UsageError for another order
 */
export function appendDeltas(frames: Frames, order: number): Frames {
  checkWhole('deltas', order, 0, 2);
  if (order === 0) return frames;
  const [count, width] = frames.shape;
  const wide = width * (1 + order);
  const data = new Float32Array(count * wide);
  for (let t = 0; t < count; t++) {
    data.set(frames.data.subarray(t * width, (t + 1) * width), t * wide);
  }
  for (let from = 0; from < order * width; from += width) {
    for (let t = 0; t < count; t++) {
      for (let c = from; c < from + width; c++) {
        let slope = 0;
        let squares = 0;
        for (let n = 1; n <= DELTA_WINDOW; n++) {
          const after = Math.min(t + n, count - 1);
          const before = Math.max(t - n, 0);
          slope += n * (data[after * wide + c] - data[before * wide + c]);
          squares += 2 * n * n;
        }
        data[t * wide + c + width] = slope / squares;
      }
    }
  }
  return { data, shape: [count, wide] };
}

/**
 * Puts neighbouring frames side by side, for fewer and wider ones (Sak et al. 2015, section 2.3): row i is the frames
 * i·stride … i·stride + stack − 1, the last frame standing for those after it.
 *
 * @returns `[⌈frames / stride⌉, stack · coefficients]`; the very frames where both are 1
 * @throws UsageError unless both are whole numbers from 1 to 100
 */
export function stackFrames(frames: Frames, stack: number, stride: number): Frames {
  checkWhole('stack', stack, 1, 100);
  checkWhole('stride', stride, 1, 100);
  if (stack === 1 && stride === 1) return frames;
  const [count, width] = frames.shape;
  const rows = Math.ceil(count / stride);
  const data = new Float32Array(rows * stack * width);
  for (let row = 0; row < rows; row++) {
    for (let n = 0; n < stack; n++) {
      const t = Math.min(row * stride + n, count - 1);
      data.set(frames.data.subarray(t * width, (t + 1) * width), (row * stack + n) * width);
    }
  }
  return { data, shape: [rows, stack * width] };
}
