import type { PictureMap } from './pictureMap.ts';

type Places = Pick<PictureMap, 'grid' | 'centres'>;

/** What is left of the light where nothing was looked at. */
const DIMMED = 0.22;

/** Four neighbouring cells of a pixel along one axis, and what each counts; sum 1. */
interface Taps {
  readonly cells: readonly number[];
  readonly shares: readonly number[];
}

/**
 * Cubic B-spline over the cells' middles: twice continuously differentiable, nowhere below 0, close to making weights
 * larger and smoothing them by a Gaussian, as the paper's figures do. Beyond the edge the outermost cells go on.
 */
function taps(pixels: number, centres: readonly number[]): Taps[] {
  const last = centres.length - 1;
  const spacing = last > 0 ? (centres[last] - centres[0]) / last : 1;
  return Array.from({ length: pixels }, (_, pixel) => {
    const place = ((pixel + 0.5) / pixels - centres[0]) / spacing;
    const first = Math.floor(place);
    const u = place - first;
    const shares = [(1 - u) ** 3, 3 * u ** 3 - 6 * u ** 2 + 4, 1 + 3 * u + 3 * u ** 2 - 3 * u ** 3, u ** 3];
    return {
      cells: [-1, 0, 1, 2].map((k) => Math.min(last, Math.max(0, first + k))),
      shares: shares.map((share) => share / 6),
    };
  });
}

/** The middles of so many equal parts. */
const inParts = (parts: number): number[] => Array.from({ length: parts }, (_, i) => (i + 0.5) / parts);

/**
 * Weights of cells, smooth over pixels, and their largest 1 (all 0 where all weights are).
 *
 * @param weights `[rows × columns]`
 * @returns `[height × width]`
 */
export function smoothLevels(
  weights: ArrayLike<number>,
  { grid: [rows, columns], centres = [inParts(rows), inParts(columns)] }: Places,
  { width, height }: { readonly width: number; readonly height: number },
): Float64Array {
  const across = taps(width, centres[1]);
  const wide = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (const [x, { cells, shares }] of across.entries()) {
      for (let k = 0; k < 4; k++) wide[row * width + x] += shares[k] * weights[row * columns + cells[k]];
    }
  }
  const levels = new Float64Array(height * width);
  let largest = 0;
  for (const [y, { cells, shares }] of taps(height, centres[0]).entries()) {
    for (let x = 0; x < width; x++) {
      let level = 0;
      for (let k = 0; k < 4; k++) level += shares[k] * wide[cells[k] * width + x];
      levels[y * width + x] = level;
      largest = Math.max(largest, level);
    }
  }
  return largest > 0 ? levels.map((level) => level / largest) : levels;
}

/** The picture, as it is where the weight is largest and ever darker where it is less: `[height, width, 3]` bytes. */
export function lit(
  { data, ...size }: PictureMap['picture'],
  weights: ArrayLike<number>,
  places: Places,
): Uint8Array {
  const levels = smoothLevels(weights, places, size);
  return data.map((value, i) => Math.round(value * (DIMMED + (1 - DIMMED) * levels[Math.floor(i / 3)])));
}

/** What `lit` takes of the light, as black of an opacity in coarser pixels: `[height, width, 2]` bytes, grey and alpha. */
export function shade(
  weights: ArrayLike<number>,
  places: Places,
  size: { readonly width: number; readonly height: number },
): Uint8Array {
  const levels = smoothLevels(weights, places, size);
  const bytes = new Uint8Array(2 * levels.length);
  for (const [i, level] of levels.entries()) bytes[2 * i + 1] = Math.round(255 * (1 - DIMMED) * (1 - level));
  return bytes;
}
