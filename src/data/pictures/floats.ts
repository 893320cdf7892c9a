import { DataError, UsageError } from '../../errors.ts';
import type { Picture } from './picture.ts';

/** Pixels as a model takes them: of one size, grey or coloured. */
export interface PixelForm {
  /** 1: grey; 3: red, green, blue */
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

/** How bytes become numbers: (byte / 255 − mean) / deviation, one of each a channel. */
export interface PixelScale {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** To −1 … 1. */
export const PLAIN_SCALE: PixelScale = { mean: [0.5], deviation: [0.5] };

/** A picture's bytes `[height, width, channels]`; grey is the luma of Rec. 601. */
export function pixelsOf({ width, height, data }: Picture, channels: 1 | 3): Uint8Array {
  if (channels === 3) return data;
  return Uint8Array.from({ length: width * height }, (_, i) =>
    Math.round(0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2]),
  );
}

/**
 * Pixels as a convolution reads them: float32 `[B, channels, height, width]`.
 *
 * @param pixels of each picture, `[height, width, channels]`
 * @param scale one number for all channels, or one each; default −1 … 1
 * @throws DataError for pixels of another size, UsageError for a scale of another number of channels or with a deviation
 *   that is not above 0
 */
export function pixelFloats(
  pixels: readonly Uint8Array[],
  { channels, height, width }: PixelForm,
  scale: PixelScale = PLAIN_SCALE,
): Float32Array {
  const area = height * width;
  const tables = Array.from({ length: channels }, (_, c) => scaleTable(scale, c, channels));
  const floats = new Float32Array(pixels.length * channels * area);
  for (const [b, bytes] of pixels.entries()) {
    if (bytes.length !== channels * area) {
      throw new DataError(
        `picture ${b} of a batch, of ${bytes.length} bytes`,
        `${channels * area}: ${height} × ${width} pixels of ${channels}`,
        'Bring all pictures to one size.',
      );
    }
    for (const [c, table] of tables.entries()) {
      const to = (b * channels + c) * area;
      for (let i = 0; i < area; i++) floats[to + i] = table[bytes[i * channels + c]];
    }
  }
  return floats;
}

/** What each of the 256 bytes becomes. */
function scaleTable({ mean, deviation }: PixelScale, c: number, channels: number): Float32Array {
  for (const [name, values] of Object.entries({ mean, deviation })) {
    const counts = values.length === 1 || values.length === channels;
    if (counts && values.every((v) => Number.isFinite(v) && (name === 'mean' || v > 0))) continue;
    throw new UsageError(
      `a ${name} of ${values.join(', ')}`,
      `one number or ${channels}, of brightness 0 to 1${name === 'mean' ? '' : ', above 0'}`,
      'Correct it, or leave it out.',
    );
  }
  const [m, d] = [mean[c] ?? mean[0], deviation[c] ?? deviation[0]];
  return Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / d);
}

/**
 * Mean and standard deviation of each channel over many pictures, of brightness 0 to 1.
 *
 * @param pixels of each picture, `[height, width, channels]`
 * @throws DataError where there are none
 */
export function pixelStatistics(pixels: readonly Uint8Array[], channels: 1 | 3): PixelScale {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  for (const bytes of pixels) for (let i = 0; i < bytes.length; i++) counts[i % channels][bytes[i]]++;
  const moments = counts.map((count) => {
    const total = count.reduce((sum, n) => sum + n, 0);
    const mean = count.reduce((sum, n, v) => sum + n * v, 0) / total / 255;
    const variance = count.reduce((sum, n, v) => sum + n * (v / 255 - mean) ** 2, 0) / total;
    return { total, mean, deviation: Math.sqrt(variance) };
  });
  if (!(moments[0].total > 0)) {
    throw new DataError('no pictures to take the mean of', 'at least one', 'Give the training pictures.');
  }
  // A channel that never varies says nothing, and must not divide by zero.
  return {
    mean: moments.map(({ mean }) => mean),
    deviation: moments.map(({ deviation }) => Math.max(deviation, 1 / 255)),
  };
}
