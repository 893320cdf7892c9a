import { UsageError } from '../../errors.ts';
import { checkPicture, checkTarget, type Picture } from './picture.ts';

export const FITS = ['cover', 'contain', 'fill'] as const;

/**
 * How a picture gets another shape: `cover` cuts off what is too much, the middle stays; `contain` leaves white on two
 * sides; `fill` stretches it.
 */
export type Fit = (typeof FITS)[number];

/** Which pixels make one, along one axis. */
interface Taps {
  readonly first: number;
  /** of `first` and the ones behind it; sum 1 */
  readonly weights: readonly number[];
}

/**
 * A picture of another size. Along an axis that shrinks, a pixel is the mean of all it covers, parts of pixels by their
 * share; along one that grows, it lies between the centres of its two neighbours (bilinear), at the edge of one. Values
 * are averaged as they are stored, not as light.
 *
 * @param options.fit default cover
 * @throws DataError for a picture without pixels or with too few bytes; UsageError for impossible sizes
 */
export function resizePicture(
  picture: Picture,
  width: number,
  height: number,
  { fit = 'cover' }: { readonly fit?: Fit } = {},
): Picture {
  checkPicture(picture);
  checkTarget(width, height);
  if (!FITS.includes(fit)) {
    throw new UsageError(`fit ${JSON.stringify(fit)}`, `one of ${FITS.join(', ')}`, 'Set one of these.');
  }
  const { width: W, height: H } = picture;
  if (W === width && H === height) return picture;
  if (fit === 'fill') return resample(picture, [0, W], [0, H], width, height);
  if (fit === 'cover') {
    // The largest part of the shape wanted.
    const scale = Math.max(width / W, height / H);
    return resample(picture, middle(W, width / scale), middle(H, height / scale), width, height);
  }
  const scale = Math.min(width / W, height / H);
  const inner = [W, H].map((size) => Math.max(1, Math.round(size * scale)));
  const [innerWidth, innerHeight] = [Math.min(width, inner[0]), Math.min(height, inner[1])];
  return framed(resample(picture, [0, W], [0, H], innerWidth, innerHeight), width, height);
}

type Span = readonly [from: number, to: number];

/** So much of a size, from its middle. */
const middle = (size: number, part: number): Span => {
  const margin = Math.max(0, (size - part) / 2);
  return [margin, size - margin];
};

/** Part of a picture, stretched. */
function resample(
  { width: W, height: H, data }: Picture,
  xs: Span,
  ys: Span,
  width: number,
  height: number,
): Picture {
  const columns = tapsOf(xs, W, width);
  const rows = tapsOf(ys, H, height);
  const resized = new Uint8Array(width * height * 3);
  const sums = new Float64Array(width * 3);
  // A row is needed by one pixel or by two; what it becomes is kept for the next.
  const narrowed = new Map<number, Float64Array>();
  for (const [y, { first, weights }] of rows.entries()) {
    for (const row of narrowed.keys()) if (row < first) narrowed.delete(row);
    sums.fill(0);
    for (const [k, weight] of weights.entries()) {
      const row = first + k;
      const line = narrowed.get(row) ?? narrow(data.subarray(row * W * 3, (row + 1) * W * 3), columns);
      if (k === weights.length - 1 || weights.length <= 2) narrowed.set(row, line);
      for (let i = 0; i < sums.length; i++) sums[i] += weight * line[i];
    }
    for (let i = 0; i < sums.length; i++) resized[y * width * 3 + i] = Math.round(sums[i]);
  }
  return { width, height, data: resized };
}

/** A row of another width. */
function narrow(row: Uint8Array, columns: readonly Taps[]): Float64Array {
  const line = new Float64Array(columns.length * 3);
  for (const [x, { first, weights }] of columns.entries()) {
    let [red, green, blue] = [0, 0, 0];
    for (let k = 0; k < weights.length; k++) {
      const at = 3 * (first + k);
      red += weights[k] * row[at];
      green += weights[k] * row[at + 1];
      blue += weights[k] * row[at + 2];
    }
    line[3 * x] = red;
    line[3 * x + 1] = green;
    line[3 * x + 2] = blue;
  }
  return line;
}

/** Of `size` pixels the part `from` … `to` as `count`. */
function tapsOf([from, to]: Span, size: number, count: number): Taps[] {
  const step = (to - from) / count;
  return Array.from({ length: count }, (_, i): Taps => {
    if (step < 1) {
      const centre = Math.min(size - 1, Math.max(0, from + (i + 0.5) * step - 0.5));
      const first = Math.min(Math.floor(centre), size - 1);
      const share = centre - first;
      return share === 0 ? { first, weights: [1] } : { first, weights: [1 - share, share] };
    }
    const [start, end] = [from + i * step, from + (i + 1) * step];
    const first = Math.min(Math.floor(start), size - 1);
    const last = Math.max(first, Math.min(Math.ceil(end), size) - 1);
    const covered = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, Math.min(end, first + k + 1) - Math.max(start, first + k)),
    );
    const total = covered.reduce((sum, share) => sum + share, 0);
    return { first, weights: covered.map((share) => share / total) };
  });
}

/** A picture in the middle of a white one. */
function framed(inner: Picture, width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3).fill(255);
  const left = Math.floor((width - inner.width) / 2);
  const top = Math.floor((height - inner.height) / 2);
  for (let y = 0; y < inner.height; y++) {
    const row = inner.data.subarray(y * inner.width * 3, (y + 1) * inner.width * 3);
    data.set(row, ((top + y) * width + left) * 3);
  }
  return { width, height, data };
}
