import type { Picture } from './picture.ts';

const ORIENTATION = 0x0112;

/**
 * The orientation, 1 to 8, that a camera wrote (Exif 2.32, section 4.6.4; TIFF 6.0, section 2); 1 where there is none, or
 * nothing that can be read.
 *
 * @param tiff from the byte order mark (`II` or `MM`) on
 */
export function orientationOf(tiff: Uint8Array): number {
  if (tiff.length < 14) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const directory = view.getUint32(4, little);
  if (view.getUint16(2, little) !== 42 || directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Turns and mirrors a picture as it is stored into what is to be seen. @param orientation 1 to 8 */
export function orient(picture: Picture, orientation: number): Picture {
  if (orientation === 1) return picture;
  const { width: W, height: H, data } = picture;
  // From 5 on rows and columns are exchanged.
  const turned = orientation >= 5;
  const [width, height] = turned ? [H, W] : [W, H];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const seen = new Uint8Array(data.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = turned ? [y, x] : [x, y];
      const from = 3 * ((fromBottom ? H - 1 - v : v) * W + (fromRight ? W - 1 - u : u));
      seen[to++] = data[from];
      seen[to++] = data[from + 1];
      seen[to++] = data[from + 2];
    }
  }
  return { width, height, data: seen };
}
