import { UsageError } from '../../errors.ts';
import type { Random } from '../../random.ts';
import { checkWhole } from './checks.ts';
import type { Frames } from './frames.ts';

/** Parameters of the policies in Table 1 of Park et al. 2019, time warping left out; defaults are its policy SM. */
export interface SpecAugmentOptions {
  /** Most channels of a frequency mask. Default 15. */
  F?: number;
  /** Frequency masks. Default 2. */
  mF?: number;
  /** Most frames of a time mask. Default 70. */
  T?: number;
  /** Time masks. Default 2. */
  mT?: number;
  /** Most of a time mask as a part of the utterance, 0 to 1. Default 0.2. */
  p?: number;
  /**
   * Sets of the same channels that a row is made of: (1 + deltas) · stack. A frequency mask hides its channels in each
   * of them. Default 1.
   */
  groups?: number;
  /** What masked places become: a number (0 is the mean of normalised features) or each column's mean. Default 0. */
  fill?: number | 'mean';
}

/**
 * SpecAugment (Park et al. 2019, section 2): hides bands of channels and stretches of time, as training examples that
 * need less of the sound. A frequency mask covers f channels, f uniform from 0 to F, from a uniform place on; a time
 * mask covers t frames, t uniform from 0 to T, no more than the part p of all frames. Masks may overlap.
 *
 * @param frames never changed
 * @param random equal states give equal masks
 * @returns new frames of the same shape
 * @throws UsageError for parameters out of range, or a width that is no multiple of `groups`
 */
export function specAugment(frames: Frames, options: SpecAugmentOptions, random: Random): Frames {
  const { F = 15, mF = 2, T = 70, mT = 2, p = 0.2, groups = 1, fill = 0 } = options;
  const [count, width] = frames.shape;
  checkParameters({ F, mF, T, mT, p, groups, fill }, width);
  const channels = width / groups;
  const values = fill === 'mean' ? columnMeans(frames) : new Float32Array(width).fill(fill);
  const data = frames.data.slice();

  for (let mask = 0; mask < mF; mask++) {
    const [from, to] = interval(Math.min(F, channels), channels, random);
    for (let t = 0; t < count; t++) {
      for (let group = 0; group < width; group += channels) {
        for (let c = group + from; c < group + to; c++) data[t * width + c] = values[c];
      }
    }
  }
  for (let mask = 0; mask < mT; mask++) {
    const [from, to] = interval(Math.min(T, Math.floor(p * count)), count, random);
    for (let t = from; t < to; t++) data.set(values, t * width);
  }
  return { data, shape: [count, width] };
}

/** Of a length uniform from 0 to `longest`, somewhere within 0 to `size`. */
function interval(longest: number, size: number, random: Random): [from: number, to: number] {
  const length = random.integer(longest + 1);
  const from = random.integer(size - length + 1);
  return [from, from + length];
}

function columnMeans({ data, shape: [count, width] }: Frames): Float32Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < data.length; at++) sums[at % width] += data[at];
  return Float32Array.from(sums, (sum) => (count === 0 ? 0 : sum / count));
}

function checkParameters(
  { F, mF, T, mT, p, groups, fill }: Required<SpecAugmentOptions>,
  width: number,
): void {
  checkWhole('F', F, 0, 4096);
  checkWhole('mF', mF, 0, 100);
  checkWhole('T', T, 0, 1e6);
  checkWhole('mT', mT, 0, 100);
  checkWhole('groups', groups, 1, width);
  if (width % groups !== 0) {
    throw new UsageError(
      `frames of ${width} coefficients in ${groups} groups`,
      'groups of equal size',
      'Set groups to (1 + deltas) · stack.',
    );
  }
  if (!(p >= 0 && p <= 1)) {
    throw new UsageError(`p ${p}`, 'a part from 0 to 1', 'Set for example 0.2.');
  }
  if (fill !== 'mean' && !Number.isFinite(fill)) {
    throw new UsageError(`fill ${fill}`, "a finite number or 'mean'", 'Leave it out for 0.');
  }
}
