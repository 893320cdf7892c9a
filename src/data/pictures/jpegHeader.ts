import { DataError } from '../../errors.ts';
import { checkSize } from './picture.ts';

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colours, 4 inks */
  readonly components: 1 | 3 | 4;
  /** three components are red, green and blue themselves, not brightness and two differences */
  readonly rgb: boolean;
  /** the TIFF part of an Exif segment */
  readonly exif?: Uint8Array;
}

/** Ways to code that are not baseline or progressive Huffman, by their marker (ITU-T T.81, table B.1). */
const PROCESSES: Readonly<Record<number, string>> = {
  195: 'lossless',
  197: 'hierarchical',
  198: 'hierarchical progressive',
  199: 'hierarchical lossless',
  201: 'arithmetic',
  202: 'arithmetic progressive',
  203: 'arithmetic lossless',
  205: 'arithmetic hierarchical',
  206: 'arithmetic hierarchical',
  207: 'arithmetic hierarchical',
  247: 'JPEG-LS',
};

interface Segment {
  readonly marker: number;
  /** without its length */
  readonly body: Uint8Array;
  /** behind it */
  readonly end: number;
}

/**
 * Reads what a JPEG file says of itself before its pixels.
 *
 * @param maxPixels most pixels, by the header
 * @throws DataError for files that break off, for kinds that are not decoded (says which), and impossible sizes
 */
export function readJpegHeader(bytes: Uint8Array, name: string, maxPixels: number): JpegHeader {
  let frame: { width: number; height: number; components: 1 | 3 | 4; ids: readonly number[] } | undefined;
  let exif: Uint8Array | undefined;
  let adobe: number | undefined;
  let isJfif = false;
  for (let at = 2; ; ) {
    const segment = nextSegment(bytes, at, name);
    const { marker, body } = segment;
    at = segment.end;
    if (marker in PROCESSES) throw foreignJpeg(name, `of the kind ${PROCESSES[marker]}`);
    if (marker >= 0xc0 && marker <= 0xc2) {
      if (frame) throw brokenJpeg(name, 'has two headers');
      frame = readFrame(body, name, maxPixels);
    }
    if (marker === 0xe0 && startsWith(body, 'JFIF\0')) isJfif = true;
    if (marker === 0xe1 && startsWith(body, 'Exif\0\0')) exif ??= body.subarray(6);
    if (marker === 0xee && startsWith(body, 'Adobe') && body.length >= 12) adobe = body[11];
    if (marker !== 0xda) continue;
    if (frame === undefined) throw brokenJpeg(name, 'has pixels, but no header');
    if (!hasEnd(bytes, at)) throw brokenJpeg(name, `breaks off after ${bytes.length} bytes`);
    const { width, height, components, ids } = frame;
    if (components === 4 && adobe === undefined) {
      throw foreignJpeg(name, 'of four components, without the mark of Adobe that says what they are');
    }
    const namedRgb = !isJfif && ids.join() === '82,71,66';
    const rgb = components === 3 && (adobe === undefined ? namedRgb : adobe === 0);
    return { width, height, components, rgb, ...(exif && { exif }) };
  }
}

function nextSegment(bytes: Uint8Array, start: number, name: string): Segment {
  let at = start;
  // Between segments anything may fill the place.
  while (at < bytes.length && bytes[at] !== 0xff) at++;
  while (at < bytes.length && bytes[at] === 0xff) at++;
  const marker = bytes[at];
  const size = (bytes[at + 1] << 8) | bytes[at + 2];
  const alone = marker === 0x01 || marker === 0x00 || (marker >= 0xd0 && marker <= 0xd8);
  if (alone) return { marker, body: new Uint8Array(0), end: at + 1 };
  if (marker === 0xd9) throw brokenJpeg(name, 'ends before its pixels');
  if (at + 3 > bytes.length || at + 1 + size > bytes.length) {
    throw brokenJpeg(name, `breaks off after ${bytes.length} bytes, before its pixels`);
  }
  if (size < 2) throw brokenJpeg(name, `is damaged at byte ${at}: a segment of ${size} bytes`);
  return { marker, body: bytes.subarray(at + 3, at + 1 + size), end: at + 1 + size };
}

function readFrame(body: Uint8Array, name: string, maxPixels: number) {
  const [precision, h1, h0, w1, w0, components] = body;
  if (body.length < 6 + 3 * components || body.length < 6) throw brokenJpeg(name, 'has a header too short');
  if (precision !== 8) throw foreignJpeg(name, `of ${precision} bits a sample`);
  if (components !== 1 && components !== 3 && components !== 4) {
    throw foreignJpeg(name, `of ${components} components`);
  }
  const [width, height] = [(w1 << 8) | w0, (h1 << 8) | h0];
  checkSize(width, height, name, maxPixels);
  const ids = Array.from({ length: components }, (_, i) => body[6 + 3 * i]);
  return { width, height, components: components as 1 | 3 | 4, ids };
}

/** Whether the mark of the end stands somewhere behind. */
function hasEnd(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.indexOf(0xd9, from); at >= 0; at = bytes.indexOf(0xd9, at + 1)) {
    if (bytes[at - 1] === 0xff) return true;
  }
  return false;
}

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  Array.from(text).every((character, i) => bytes[i] === character.charCodeAt(0));

/** A JPEG file that is not whole. @param what is the matter, after its name */
export const brokenJpeg = (name: string, what: string): DataError =>
  new DataError(
    `${name}: a JPEG picture that ${what}`,
    'a whole JPEG file',
    'Copy or download it again, or leave it out.',
  );

const foreignJpeg = (name: string, kind: string): DataError =>
  new DataError(
    `${name}: a JPEG picture ${kind}`,
    'baseline or progressive JPEG of 8 bits: grey, colours, or the inks of Adobe',
    'Convert it to PNG, or save it as an ordinary JPEG.',
  );
