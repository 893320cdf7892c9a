import { decodePicture } from './decode.ts';
import { foreignPicture, pictureFormat } from './format.ts';
import { checkTarget, type Picture } from './picture.ts';
import { type Fit, resizePicture } from './resize.ts';

/** What is used of sharp, whose types are there only where it is installed. */
export interface SharpImage {
  rotate(): SharpImage;
  flatten(options: { background: string }): SharpImage;
  toColourspace(space: string): SharpImage;
  resize(width: number, height: number, options: { fit: Fit; background: string }): SharpImage;
  removeAlpha(): SharpImage;
  raw(): SharpImage;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}
export type Sharp = (
  bytes: Uint8Array,
  options: { failOn: 'truncated'; limitInputPixels: number; pages: number },
) => SharpImage;

/** sharp makes pictures smaller while it reads them, so the limit can be higher. */
const SHARP_PIXELS = 512_000_000;

let installed: Promise<Sharp | undefined> | undefined;

/** The package sharp, undefined where it is not installed or does not load. */
export function loadSharp(): Promise<Sharp | undefined> {
  // The name in a variable: the compiler must not look for a package that need not be there.
  const name = 'sharp';
  installed ??= import(name).then(
    (module: { default: Sharp }) => module.default,
    () => undefined,
  );
  return installed;
}

/**
 * A file's picture in the size wanted. With sharp (an optional package) large pictures take little memory and time, and
 * WebP, GIF, AVIF and TIFF are read too; colours may differ a little from those of `decodePicture` and `resizePicture`,
 * which are used where it is not there.
 *
 * @param options.name of the file, for errors; default 'picture'
 * @param options.fit default cover
 * @param options.sharp undefined: do without it; default: where it is installed
 * @throws DataError as `decodePicture`
 */
export async function loadPicture(
  bytes: Uint8Array,
  width: number,
  height: number,
  options: { readonly name?: string; readonly fit?: Fit; readonly sharp?: Sharp } = {},
): Promise<Picture> {
  const { name = 'picture', fit = 'cover' } = options;
  checkTarget(width, height);
  const sharp = 'sharp' in options ? options.sharp : await loadSharp();
  if (sharp) {
    try {
      const { data, info } = await sharp(bytes, {
        failOn: 'truncated',
        limitInputPixels: SHARP_PIXELS,
        pages: 1,
      })
        .rotate()
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        .resize(width, height, { fit, background: '#ffffff' })
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
    } catch {
      // Of the two kinds that are read here too, the error is said as everywhere.
      if (!['PNG', 'JPEG'].includes(pictureFormat(bytes) ?? '')) throw foreignPicture(bytes, name);
    }
  }
  return resizePicture(decodePicture(bytes, { name }), width, height, { fit });
}

/** Grey pictures can come as one number a pixel. */
function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data);
  const pixels = data.length / channels;
  return Uint8Array.from({ length: 3 * pixels }, (_, i) => data[Math.floor(i / 3) * channels]);
}
