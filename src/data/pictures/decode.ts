import { encode } from 'fast-png';
import { foreignPicture, pictureFormat } from './format.ts';
import { decodeJpeg } from './jpeg.ts';
import { checkPicture, MAX_PIXELS, type Picture } from './picture.ts';
import { decodePng } from './png.ts';

export interface DecodeOptions {
  /** Of the file: errors begin with it. Default 'picture'. */
  readonly name?: string;
  /** Most pixels; a file whose header says more is refused before it is decoded. Default 64 million. */
  readonly maxPixels?: number;
}

/**
 * Decodes a PNG or JPEG file, which of them its first bytes say: all kinds of PNG (transparency over white, 16 bits
 * reduced to 8, of animated ones the first picture), JPEG baseline and progressive (grey, colours, Adobe's inks), turned
 * as its Exif orientation says. Memory: for PNG 3 bytes a pixel beside the file, for JPEG up to 35.
 *
 * @param bytes the whole file
 * @throws DataError beginning with the name: no picture or one of another kind (says which), broken off, damaged,
 *   without pixels, or with more than `maxPixels`
 */
export function decodePicture(bytes: Uint8Array, options: DecodeOptions = {}): Picture {
  const { name = 'picture', maxPixels = MAX_PIXELS } = options;
  switch (pictureFormat(bytes)) {
    case 'PNG':
      return decodePng(bytes, name, maxPixels);
    case 'JPEG':
      return decodeJpeg(bytes, name, maxPixels);
    default:
      throw foreignPicture(bytes, name);
  }
}

/** A picture as a PNG file. @throws DataError where width, height and data do not fit */
export function encodePng(picture: Picture): Uint8Array {
  checkPicture(picture);
  const { width, height, data } = picture;
  return encode({ width, height, data, channels: 3, depth: 8 });
}
