import { decode } from 'jpeg-js';
import { orient, orientationOf } from './exif.ts';
import { brokenJpeg, readJpegHeader } from './jpegHeader.ts';
import type { Picture } from './picture.ts';

/** What jpeg-js counts for a pixel of four components, with room to spare. */
const PIXEL_BYTES = 48;

/**
 * Decodes a JPEG file, baseline or progressive, as it is to be seen (Exif orientation). Inks (CMYK, YCCK) are taken as
 * Adobe's programs write them, inverted, and laid over each other without a colour profile.
 *
 * @throws DataError as `readJpegHeader`, and for damaged data
 */
export function decodeJpeg(bytes: Uint8Array, name: string, maxPixels: number): Picture {
  const { width, height, rgb, exif } = readJpegHeader(bytes, name, maxPixels);
  // Blocks fill whole units of up to 32 × 32 pixels.
  const padded = (width + 32) * (height + 32);
  try {
    const { data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      ...(rgb && { colorTransform: false }),
      maxResolutionInMP: Math.ceil((width * height) / 1e6),
      maxMemoryUsageInMB: 16 + Math.ceil((padded * PIXEL_BYTES) / 2 ** 20),
    });
    const picture = { width, height, data };
    return exif ? orient(picture, orientationOf(exif)) : picture;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw brokenJpeg(name, `cannot be decoded (${reason})`);
  }
}
