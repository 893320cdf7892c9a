import { DataError } from '../../errors.ts';

/** First bytes of kinds of file, with their offset: as text, or in hexadecimal after `0x`. */
const SIGNATURES: readonly [offset: number, bytes: string, kind: string][] = [
  [0, '0x89504e470d0a1a0a', 'PNG'],
  [0, '0xffd8ff', 'JPEG'],
  [0, 'GIF8', 'GIF'],
  [8, 'WEBP', 'WebP'],
  [4, 'ftypavi', 'AVIF'],
  [4, 'ftyphei', 'HEIC'],
  [4, 'ftyphev', 'HEIC'],
  [4, 'ftypmif1', 'HEIF (HEIC or AVIF)'],
  [4, 'ftypmsf1', 'HEIF (HEIC or AVIF)'],
  [4, 'ftyp', 'an MP4 video'],
  [0, 'II*\0', 'TIFF'],
  [0, 'MM\0*', 'TIFF'],
  [0, 'II+\0', 'BigTIFF'],
  [0, 'MM\0+', 'BigTIFF'],
  [0, '%PDF', 'PDF'],
  [0, 'BM', 'BMP'],
  [0, '0x0000000c4a584c20', 'JPEG XL'],
  [0, '0xff0a', 'JPEG XL'],
  [0, '0x0000000c6a502020', 'JPEG 2000'],
  [0, '0xff4fff51', 'JPEG 2000'],
  [0, '0x00000100', 'an icon (ICO)'],
  [0, '8BPS', 'Photoshop (PSD)'],
  [0, '0x8a4d4e470d0a1a0a', 'MNG'],
  [0, 'P4', 'Netpbm'],
  [0, 'P5', 'Netpbm'],
  [0, 'P6', 'Netpbm'],
  [0, '<svg', 'SVG'],
  [0, '<?xml', 'XML, perhaps SVG'],
  [0, '<!', 'HTML, perhaps an error page'],
  [0, '<html', 'HTML, perhaps an error page'],
  [0, 'version https://git-lfs', 'a pointer of Git LFS, not the file itself'],
  [0, '0x1f8b', 'gzip'],
  [0, 'PK', 'a zip archive'],
  [0, '{', 'JSON'],
];

/** What a file is by its first bytes: `PNG`, `JPEG`, another kind by its name, or undefined. */
export function pictureFormat(bytes: Uint8Array): string | undefined {
  return SIGNATURES.find(([offset, signature]) => startsWith(bytes, offset, signature))?.[2];
}

/** The error for bytes that are neither PNG nor JPEG: says what they look like. */
export function foreignPicture(bytes: Uint8Array, name: string): DataError {
  const kind = pictureFormat(bytes);
  const first = JSON.stringify(String.fromCharCode(...bytes.subarray(0, 8)));
  const arrived =
    bytes.length === 0
      ? 'an empty file'
      : kind === undefined
        ? `no picture of a known kind: it begins with ${first}`
        : `looks like ${kind}`;
  return new DataError(
    `${name}: ${arrived}`,
    'a PNG or JPEG picture',
    kind === undefined || bytes.length === 0
      ? 'Check the file with a picture viewer.'
      : 'Convert it to PNG or JPEG. (Where the package sharp is installed, Node also reads WebP, GIF, AVIF and TIFF.)',
  );
}

const startsWith = (bytes: Uint8Array, offset: number, signature: string): boolean => {
  const expected = signature.startsWith('0x')
    ? (signature.slice(2).match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16))
    : Array.from(signature, (character) => character.charCodeAt(0));
  return expected.every((byte, i) => bytes[offset + i] === byte);
};
