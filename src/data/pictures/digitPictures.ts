import { DataError, UsageError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { hashOf } from '../heldOut.ts';
import type { CaptionedPicture } from './captioned.ts';
import { DIGIT_SIDE, type Digit } from './mnist.ts';
import { checkTarget, type Picture } from './picture.ts';
import { resizePicture } from './resize.ts';

export interface DigitPictureOptions {
  readonly seed: number;
  /** Pictures to make. */
  readonly count: number;
  /** Fewest and most digits of one, uniform; default 1 to 6. */
  readonly length?: readonly [fewest: number, most: number];
  /** Height and width; default 32 by 128. */
  readonly size?: readonly [height: number, width: number];
  /** Of the part: of one seed other names give other pictures, and ids begin with it. Default `digits`. */
  readonly name?: string;
}

/** A rectangle in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A picture of digits, with where each of them is. */
export interface DigitPicture extends CaptionedPicture {
  readonly boxes: readonly Box[];
  picture(): Promise<Picture>;
}

/** A digit is between these shares of the picture high. */
const HEIGHTS = [0.45, 0.8] as const;
/** Between two digits, and at both ends, in pixels. */
const LEAST_GAP = 1;
/** Ink from which on a pixel counts as written on. */
const INKED = 64;

/**
 * Strings of handwritten digits on one sheet each, left to right, at varied places and sizes, dark on light; the caption
 * is the digits with spaces between. Seed and name alone decide: picture n is the same however many are made.
 *
 * Made of training digits for training and of the others for validation and test, no digit is seen in two parts.
 *
 * @throws UsageError for impossible options, or a sheet too small for the longest string; DataError without digits
 */
export function digitPictures(digits: readonly Digit[], options: DigitPictureOptions): DigitPicture[] {
  const { seed, count, length = [1, 6], size = [32, 128], name = 'digits' } = options;
  const [height, width] = size;
  checkOptions({ count, length, size });
  if (digits.length === 0) {
    throw new DataError('no digits to make pictures of', 'at least one', 'Check the part of the data set.');
  }
  const random = new Random(seed + hashOf(name));
  return Array.from({ length: count }, (_, n): DigitPicture => {
    const own = new Random(random.uint32());
    const chosen = Array.from({ length: length[0] + own.integer(length[1] - length[0] + 1) }, () => {
      const { label, ink } = digits[own.integer(digits.length)];
      return { label, ink, crop: cropOf(ink) };
    });
    const boxes = placed(
      chosen.map(({ crop }) => crop),
      [height, width],
      own,
    );
    const [paper, darkness] = [225 + own.integer(31), 0.7 + 0.3 * own.uniform()];
    return {
      id: `${name}-${n}`,
      captions: [chosen.map(({ label }) => label).join(' ')],
      boxes,
      picture: async () => {
        const data = new Uint8Array(width * height * 3).fill(paper);
        for (const [i, { ink, crop }] of chosen.entries())
          write(data, width, ink, crop, boxes[i], darkness * paper);
        return { width, height, data };
      },
    };
  });
}

function checkOptions({
  count,
  length,
  size,
}: Required<Pick<DigitPictureOptions, 'count' | 'length' | 'size'>>) {
  const [height, width] = size;
  checkTarget(width, height);
  if (!(Number.isInteger(count) && count >= 0)) {
    throw new UsageError(`${count} pictures`, 'a whole number, 0 or more', 'Change count.');
  }
  if (!(length.every(Number.isInteger) && length[0] >= 1 && length[1] >= length[0])) {
    throw new UsageError(`strings of ${length.join(' to ')} digits`, '1 ≤ fewest ≤ most', 'Change length.');
  }
  const least = [10, length[1] * 8];
  if (height >= least[0] && width >= least[1]) return;
  throw new UsageError(
    `pictures ${width} wide and ${height} high of up to ${length[1]} digits`,
    `at least ${least[1]} wide and ${least[0]} high, to be readable`,
    'Change size or length.',
  );
}

/** The part of a digit's picture with ink in it; all of it where there is none. */
function cropOf(ink: Uint8Array): Box {
  let [left, top, right, bottom] = [DIGIT_SIDE, DIGIT_SIDE, -1, -1];
  for (let y = 0; y < DIGIT_SIDE; y++) {
    for (let x = 0; x < DIGIT_SIDE; x++) {
      if (ink[y * DIGIT_SIDE + x] < INKED) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  if (right < 0) return { left: 0, top: 0, width: DIGIT_SIDE, height: DIGIT_SIDE };
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Sizes and places on a sheet, drawn so that all fit side by side. */
function placed(crops: readonly Box[], [height, width]: readonly [number, number], random: Random): Box[] {
  const heights = crops.map(() => height * (HEIGHTS[0] + (HEIGHTS[1] - HEIGHTS[0]) * random.uniform()));
  const widths = crops.map((crop, i) => (heights[i] * crop.width) / crop.height);
  const room = width - LEAST_GAP * (crops.length + 1);
  // What is too wide together becomes smaller together.
  const shrink = Math.min(1, room / widths.reduce((sum, w) => sum + Math.ceil(w), 0));
  const sizes = crops.map((_, i) => ({
    width: Math.max(2, Math.floor(widths[i] * shrink)),
    height: Math.max(6, Math.round(heights[i] * shrink)),
  }));
  const free = Math.max(0, room - sizes.reduce((sum, each) => sum + each.width, 0));
  // What is left over lies at the ends and between, cut at random places.
  const cuts = crops.map(() => random.integer(free + 1)).sort((a, b) => a - b);
  let left = 0;
  return sizes.map((each, i) => {
    left += LEAST_GAP + cuts[i] - (cuts[i - 1] ?? 0) + (i > 0 ? sizes[i - 1].width : 0);
    return { ...each, left, top: random.integer(height - each.height + 1) };
  });
}

/** Lays a digit's ink over the sheet. */
function write(
  sheet: Uint8Array,
  width: number,
  ink: Uint8Array,
  crop: Box,
  box: Box,
  darkness: number,
): void {
  const cut = new Uint8Array(crop.width * crop.height * 3);
  for (let i = 0; i < cut.length; i++) {
    const [x, y] = [Math.floor(i / 3) % crop.width, Math.floor(i / 3 / crop.width)];
    cut[i] = ink[(crop.top + y) * DIGIT_SIDE + crop.left + x];
  }
  const { data } = resizePicture(
    { width: crop.width, height: crop.height, data: cut },
    box.width,
    box.height,
    {
      fit: 'fill',
    },
  );
  for (let y = 0; y < box.height; y++) {
    for (let i = 0; i < box.width * 3; i++) {
      const at = ((box.top + y) * width + box.left) * 3 + i;
      sheet[at] -= Math.round((data[y * box.width * 3 + i] / 255) * darkness);
    }
  }
}
