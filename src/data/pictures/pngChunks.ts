import { DataError } from '../../errors.ts';
import { checkSize } from './picture.ts';

/** Samples of a pixel by the colour type of IHDR. */
export const PNG_CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** bits of a sample */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha */
  readonly colour: keyof typeof PNG_CHANNELS;
  readonly interlaced: boolean;
}

/** The chunks of a PNG file that its first picture needs. */
export interface PngChunks {
  readonly header: PngHeader;
  /** PLTE: three bytes an entry */
  readonly palette?: Uint8Array;
  /** tRNS */
  readonly transparency?: Uint8Array;
  /** eXIf */
  readonly exif?: Uint8Array;
  /** IDAT, in order: parts of one zlib stream */
  readonly data: readonly Uint8Array[];
}

const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const READ = ['IHDR', 'PLTE', 'tRNS', 'eXIf', 'IDAT', 'IEND'];

/**
 * Reads a PNG file's chunks (PNG specification, third edition, sections 5 and 11). Of an animated one the frames behind
 * the first lie in chunks of their own (fdAT), which are left out.
 *
 * @param maxPixels most pixels, by the header
 * @throws DataError for files that break off, are damaged (CRC-32), or say impossible things of themselves
 */
export function readPngChunks(bytes: Uint8Array, name: string, maxPixels: number): PngChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<string, Uint8Array>();
  const data: Uint8Array[] = [];
  let header: PngHeader | undefined;
  for (let at = 8; ; ) {
    // Every decoder takes a file whose last chunk is missing.
    if (at + 8 > bytes.length && data.length > 0) break;
    if (at + 8 > bytes.length) throw brokenPng(name, `breaks off after ${bytes.length} bytes`);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) {
      throw brokenPng(
        name,
        `breaks off after ${bytes.length} bytes, of ${at + 12 + length} or more (chunk ${printable(type)})`,
      );
    }
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (
      READ.includes(type) &&
      crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)
    ) {
      throw brokenPng(name, `has a damaged chunk ${type} at byte ${at} (its CRC-32 is another)`);
    }
    if (header === undefined) {
      if (type !== 'IHDR' || length !== 13) throw brokenPng(name, 'does not begin with its header, IHDR');
      header = readHeader(body, name, maxPixels);
    } else if (type === 'IDAT') data.push(body);
    else if (type === 'IEND') break;
    else if (!found.has(type)) found.set(type, body);
    at += 12 + length;
  }
  if (header === undefined || data.length === 0) throw brokenPng(name, 'has no pixels (no chunk IDAT)');
  const palette = found.get('PLTE');
  if (header.colour === 3 && !(palette && palette.length >= 3)) {
    throw brokenPng(name, 'has numbers of colours, but no palette (PLTE)');
  }
  return { header, palette, transparency: found.get('tRNS'), exif: found.get('eXIf'), data };
}

function readHeader(body: Uint8Array, name: string, maxPixels: number): PngHeader {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = body.subarray(8);
  if (!DEPTHS[colour]?.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1) {
    throw brokenPng(
      name,
      `has a header that is none: colour type ${colour} with ${depth} bits, compression ${compression}, filter ${filter}, interlacing ${interlace}`,
    );
  }
  checkSize(width, height, name, maxPixels);
  return { width, height, depth, colour: colour as PngHeader['colour'], interlaced: interlace === 1 };
}

/** A PNG file that is not whole. @param what is the matter, after its name */
export const brokenPng = (name: string, what: string): DataError =>
  new DataError(
    `${name}: a PNG picture that ${what}`,
    'a whole PNG file',
    'Copy or download it again, or leave it out.',
  );

const printable = (type: string): string => JSON.stringify(type);

/** CRC-32 of IEEE 802.3, reflected, polynomial 0xedb88320 (PNG, annex D). */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
