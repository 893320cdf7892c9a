import { UsageError } from '../../errors.ts';
import type { Random } from '../../random.ts';

/** How pictures are varied in training, each part drawn uniformly; what is left out is not done. */
export interface PictureAugmentation {
  /** half of the pictures are mirrored, left to right; not for pictures of text, and not where captions say left or right */
  readonly flip?: boolean;
  /** moved by up to this share of width and of height */
  readonly shift?: number;
  /** made larger or smaller by up to this share */
  readonly zoom?: number;
  /** turned by up to so many degrees, either way */
  readonly rotate?: number;
  /** lightened or darkened by up to this share of white */
  readonly brightness?: number;
  /** contrast changed by up to this share */
  readonly contrast?: number;
}

/** Most of each: beyond, little is left to be seen. */
const MOST = { shift: 0.5, zoom: 0.9, rotate: 180, brightness: 1, contrast: 0.9 } as const;

/** @throws UsageError for values out of range */
export function checkAugmentation(options: PictureAugmentation): void {
  for (const [key, most] of Object.entries(MOST)) {
    const value = options[key as keyof typeof MOST] ?? 0;
    if (value >= 0 && value <= most) continue;
    throw new UsageError(`a ${key} of ${value}`, `a number from 0 to ${most}`, `Correct ${key}.`);
  }
}

/** Pixels of one size, interleaved. */
interface Size {
  readonly width: number;
  readonly height: number;
  /** 1 or 3 */
  readonly channels: number;
}

/**
 * A picture varied by chance: mirrored, then turned, zoomed and moved in one resampling (bilinear; what comes in at the
 * border repeats the edge), then brightness and contrast. Without turning and zooming, it moves by whole pixels, so that
 * nothing blurs.
 *
 * @param pixels `[height, width, channels]`, left as they are
 * @param random as many numbers are drawn whatever they are, so that equal states give equal pictures
 * @throws UsageError as `checkAugmentation`
 */
export function augmentPixels(
  pixels: Uint8Array,
  size: Size,
  options: PictureAugmentation,
  random: Random,
): Uint8Array {
  checkAugmentation(options);
  const { flip = false, shift = 0, zoom = 0, rotate = 0, brightness = 0, contrast = 0 } = options;
  const { width, height } = size;
  const between = (most: number) => most * (2 * random.uniform() - 1);
  const mirrored = random.uniform() < 0.5 && flip;
  const [dx, dy] = [between(shift) * width, between(shift) * height];
  const scale = 1 + between(zoom);
  const angle = (between(rotate) * Math.PI) / 180;
  const [light, steepness] = [255 * between(brightness), 1 + between(contrast)];

  const isWhole = angle === 0 && scale === 1;
  const [right, down] = isWhole ? [Math.round(dx), Math.round(dy)] : [dx, dy];
  const moved = mirrored || right !== 0 || down !== 0 || !isWhole;
  const seen = moved ? warped(pixels, size, { mirrored, right, down, scale, angle }) : pixels.slice();
  if (light !== 0 || steepness !== 1) {
    // One table, for there are more pixels than values.
    const table = Uint8ClampedArray.from({ length: 256 }, (_, v) => 127.5 + (v - 127.5) * steepness + light);
    for (let i = 0; i < seen.length; i++) seen[i] = table[seen[i]];
  }
  return seen;
}

interface Motion {
  readonly mirrored: boolean;
  readonly right: number;
  readonly down: number;
  readonly scale: number;
  readonly angle: number;
}

/** Each pixel from where it was before, around the middle. */
function warped(
  pixels: Uint8Array,
  { width, height, channels }: Size,
  { mirrored, right, down, scale, angle }: Motion,
): Uint8Array {
  const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const seen = new Uint8Array(pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [mx, my] = [x - cx - right, y - cy - down];
      const px = cos * mx + sin * my;
      const u = clamp(cx + (mirrored ? -px : px), width - 1);
      const v = clamp(cy - sin * mx + cos * my, height - 1);
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const [a, b] = [u - left, v - top];
      const from = (top * width + left) * channels;
      const nextX = left + 1 < width ? channels : 0;
      const nextY = top + 1 < height ? width * channels : 0;
      for (let c = 0; c < channels; c++) {
        const above = (1 - a) * pixels[from + c] + a * pixels[from + nextX + c];
        const below = (1 - a) * pixels[from + nextY + c] + a * pixels[from + nextY + nextX + c];
        seen[to++] = Math.round((1 - b) * above + b * below);
      }
    }
  }
  return seen;
}

const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));
