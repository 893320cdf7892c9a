import type { Raster } from './raster.ts';

/** Weights below half a step are level 0. */
const weightSteps = 32;
const energySteps = 15;
const maxBands = 40;
/** Quantiles drawn as white and black: a click must not take the contrast of all the rest. */
const [pale, dark] = [0.1, 0.995];

/**
 * Attention as a grid of at most `maxColumns`, each the largest of the weights it covers, in steps of 1/32 from 0 to 1.
 *
 * @param weights `[T][U]`
 */
export function weightRaster(weights: readonly ArrayLike<number>[], maxColumns: number): Raster {
  const length = weights[0].length;
  const columns = Math.min(length, maxColumns);
  const levels = new Uint8Array(weights.length * columns);
  for (const [t, row] of weights.entries()) {
    for (let x = 0; x < columns; x++) {
      let largest = 0;
      for (let u = partStart(x, columns, length); u < partStart(x + 1, columns, length); u++) {
        largest = Math.max(largest, row[u]);
      }
      levels[t * columns + x] = Math.round(weightSteps * Math.min(1, largest));
    }
  }
  return { levels, columns, rows: weights.length, steps: weightSteps };
}

/**
 * A spectrogram as a grid of at most `maxColumns` by 40, each cell the mean of the frames and channels it covers, high
 * frequencies at the top, in 16 levels between the 10 % and the 99.5 % quantile of the cells.
 *
 * @param data log mel energies, `[frames, channels]` row-major, low channel first
 */
export function spectrogramRaster(
  data: Float32Array,
  [frames, channels]: readonly [number, number],
  maxColumns: number,
): Raster {
  const columns = Math.min(frames, maxColumns);
  // As few channels a row as fit, and about as many in each.
  const rows = Math.ceil(channels / Math.ceil(channels / maxBands));
  const cells = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    const band = rows - 1 - y;
    const [lowest, above] = [partStart(band, rows, channels), partStart(band + 1, rows, channels)];
    for (let x = 0; x < columns; x++) {
      const [first, end] = [partStart(x, columns, frames), partStart(x + 1, columns, frames)];
      let sum = 0;
      for (let frame = first; frame < end; frame++) {
        for (let channel = lowest; channel < above; channel++) sum += data[frame * channels + channel];
      }
      cells[y * columns + x] = sum / ((end - first) * (above - lowest));
    }
  }
  const [low, high] = contrast(cells);
  const levels = Uint8Array.from(cells, (value) => {
    if (high === low) return 0;
    return Math.min(energySteps, Math.max(0, Math.floor(((value - low) / (high - low)) * (energySteps + 1))));
  });
  return { levels, columns, rows, steps: energySteps };
}

function contrast(cells: Float32Array): [low: number, high: number] {
  const sorted = cells.toSorted();
  const floor = sorted[0];
  // The lowest value is where the logarithm was cut off: how much of it there is says nothing about the sound.
  const heard = sorted.filter((value) => value > floor);
  if (heard.length === 0) return [floor, floor];
  const [low, high] = [pale, dark].map((q) => heard[Math.round(q * (heard.length - 1))]);
  return [low < high ? low : floor, high];
}

/** The level of most cells. */
export function mostFrequent({ levels, steps }: Raster): number {
  const counts = new Array<number>(steps + 1).fill(0);
  for (const level of levels) counts[level]++;
  return counts.indexOf(Math.max(...counts));
}

/** Where part `i` begins when `length` things are dealt out in order to at most as many parts, nearly equal ones. */
function partStart(i: number, parts: number, length: number): number {
  return Math.floor((i * length) / parts);
}
