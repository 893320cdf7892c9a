import { DataError, ShapeError } from '../../errors.ts';
import type { Frames } from './frames.ts';

/** Of each coefficient, over frames. */
export interface FeatureStatistics {
  /** Frames seen. */
  count: number;
  /** `[coefficients]` float64. */
  mean: Float64Array;
  /** Of the frames themselves (divided by `count`), `[coefficients]` float64. */
  variance: Float64Array;
}

/**
 * Mean and variance over the frames of all utterances, of a speaker or a corpus, in one pass and float64 (Welford
 * 1962).
 *
 * @throws DataError when there are no frames, ShapeError when utterances differ in width
 */
export function featureStatistics(utterances: Iterable<Frames>): FeatureStatistics {
  let count = 0;
  let mean = new Float64Array(0);
  let squares = new Float64Array(0);
  for (const { data, shape } of utterances) {
    const [frames, width] = shape;
    if (count === 0) {
      mean = new Float64Array(width);
      squares = new Float64Array(width);
    }
    checkWidth(width, mean.length, 'the utterances before');
    for (let t = 0; t < frames; t++) {
      count++;
      for (let c = 0; c < width; c++) {
        const value = data[t * width + c];
        const distance = value - mean[c];
        mean[c] += distance / count;
        squares[c] += distance * (value - mean[c]);
      }
    }
  }
  if (count === 0) {
    throw new DataError('statistics of no frames', 'at least one utterance', 'Give utterances with sound.');
  }
  return { count, mean, variance: squares.map((sum) => sum / count) };
}

/**
 * Cepstral mean and variance normalisation: each coefficient less its mean, over its standard deviation. One that does
 * not vary (but for float32's rounding) only loses its mean, and so is 0.
 *
 * @param statistics whose mean and variance; default: of these frames, for mean 0 and variance 1
 * @returns new frames of the same shape
 * @throws ShapeError when the statistics are of another width
 */
export function normaliseFrames(frames: Frames, statistics = featureStatistics([frames])): Frames {
  const normalised: Frames = { data: frames.data.slice(), shape: [...frames.shape] };
  normaliseInPlace(normalised, statistics);
  return normalised;
}

/** `normaliseFrames` into the frames given, where nobody else holds them. */
export function normaliseInPlace({ data, shape }: Frames, { mean, variance }: FeatureStatistics): void {
  const [count, width] = shape;
  checkWidth(width, mean.length, 'the statistics');
  const gain = variance.map((v, c) => {
    const deviation = Math.sqrt(v);
    return deviation > 1e-6 * (1 + Math.abs(mean[c])) ? 1 / deviation : 1;
  });
  for (let t = 0; t < count; t++) {
    for (let c = 0; c < width; c++) {
      data[t * width + c] = (data[t * width + c] - mean[c]) * gain[c];
    }
  }
}

function checkWidth(width: number, expected: number, whose: string): void {
  if (width === expected) return;
  throw new ShapeError(
    `frames of ${width} coefficients`,
    `${expected}, as ${whose} have`,
    'Extract all with the same options.',
  );
}
