import { DataError, UsageError } from '../../errors.ts';

/** A picture, rows from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]`: red, green and blue of each pixel, 0 to 255 */
  readonly data: Uint8Array;
}

/** A width times height beyond this is refused before anything is decoded, unless another limit is given. */
export const MAX_PIXELS = 64_000_000;

/**
 * @param maxPixels most pixels that are decoded
 * @throws DataError for sizes of 0 and for more pixels than that
 */
export function checkSize(width: number, height: number, name: string, maxPixels: number): void {
  if (width === 0 || height === 0) {
    throw new DataError(
      `${name}: a picture of ${width}×${height} pixels`,
      'at least one pixel',
      'Leave it out, or save it again with the program that wrote it.',
    );
  }
  if (width * height <= maxPixels) return;
  throw new DataError(
    `${name}: a picture of ${width}×${height} pixels`,
    `at most ${maxPixels.toLocaleString('en-US')} pixels in all`,
    'Make it smaller before, or raise the limit if there is memory for it.',
  );
}

/** @throws UsageError unless width and height are whole numbers, 1 or more, whose product is at most 64 million */
export function checkTarget(width: number, height: number): void {
  const whole = [width, height].every((n) => Number.isInteger(n) && n >= 1);
  if (whole && width * height <= MAX_PIXELS) return;
  throw new UsageError(
    `pictures of ${width}×${height} pixels`,
    `whole numbers, 1 or more, and at most ${MAX_PIXELS.toLocaleString('en-US')} pixels in all`,
    'Correct width or height.',
  );
}

/** @throws DataError where there are not as many bytes as width and height ask for */
export function checkPicture({ width, height, data }: Picture, name = 'a picture'): void {
  checkSize(width, height, name, Number.POSITIVE_INFINITY);
  if (data.length === width * height * 3) return;
  throw new DataError(
    `${name}: ${data.length} bytes for ${width}×${height} pixels`,
    `${width * height * 3}, three a pixel`,
    'Give red, green and blue alone; transparency has no byte.',
  );
}
