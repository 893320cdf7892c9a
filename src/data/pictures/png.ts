import { Unzlib } from 'fflate';
import { orient, orientationOf } from './exif.ts';
import type { Picture } from './picture.ts';
import { brokenPng, PNG_CHANNELS, type PngChunks, type PngHeader, readPngChunks } from './pngChunks.ts';
import { pngRowWriter } from './pngRows.ts';

/** Of the compressed data unpacked at a time: deflate makes at most 1032 times as much of it. */
const PIECE = 1 << 12;

/** Every so many pixels of a row and rows, from where on. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}
const WHOLE: readonly Pass[] = [{ x: 0, y: 0, dx: 1, dy: 1 }];
/** Adam7 (section 8.1). */
const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

/**
 * Decodes a PNG file of any kind row by row, so that beside the picture itself only a row is in memory, whatever the
 * file unpacks to: what comes after the last row is not unpacked. Transparency is laid over white; of an animated file
 * it is the first picture; colour profiles are left aside.
 *
 * Why not fast-png, which writes them: it unpacks whatever there is before it looks at the size, and takes interlaced
 * pictures of fewer than 8 bits for others.
 *
 * @throws DataError as `readPngChunks`, and where pixels are missing
 */
export function decodePng(bytes: Uint8Array, name: string, maxPixels: number): Picture {
  const chunks = readPngChunks(bytes, name, maxPixels);
  const { header, exif } = chunks;
  const { width, height } = header;
  const picture = { width, height, data: new Uint8Array(width * height * 3) };
  const reader = new RowReader(header, chunks, picture, name);
  const unzlib = new Unzlib((unpacked) => reader.push(unpacked));
  try {
    for (const [part, last] of pieces(chunks.data)) {
      unzlib.push(part, last);
      if (reader.done) break;
    }
  } catch (error) {
    if (reader.refused) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw brokenPng(name, `cannot be unpacked (${reason})`);
  }
  if (!reader.done) throw brokenPng(name, `ends at row ${reader.row} of ${height}`);
  return exif ? orient(picture, orientationOf(exif)) : picture;
}

/** The parts, none of them long, and whether it is the last. */
function* pieces(parts: readonly Uint8Array[]): Generator<readonly [Uint8Array, boolean]> {
  for (const [i, part] of parts.entries()) {
    for (let at = 0; at < Math.max(1, part.length); at += PIECE) {
      const isLast = i === parts.length - 1 && at + PIECE >= part.length;
      yield [part.subarray(at, at + PIECE), isLast];
    }
  }
}

/** Makes rows of what is unpacked, however it comes in pieces, and writes them into a picture. */
class RowReader {
  done = false;
  /** an error was thrown here, not by what unpacks */
  refused = false;
  private readonly name: string;
  private readonly header: PngHeader;
  private readonly passes: readonly Pass[];
  private readonly write: ReturnType<typeof pngRowWriter>;
  private pass = -1;
  private y = 0;
  private filter = -1;
  private filled = 0;
  /** this row as it is read, and the one before */
  private line = new Uint8Array(0);
  private before = new Uint8Array(0);

  constructor(header: PngHeader, chunks: PngChunks, picture: Picture, name: string) {
    this.header = header;
    this.name = name;
    this.passes = header.interlaced ? ADAM7 : WHOLE;
    this.write = pngRowWriter(chunks, picture);
    this.nextPass();
  }

  /** Of the picture, the one to be read next. */
  get row(): number {
    const { y, dy } = this.passes[Math.min(this.pass, this.passes.length - 1)];
    return y + this.y * dy;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.done) {
      if (this.filter < 0) {
        this.filter = bytes[at++];
        if (this.filter > 4) {
          this.refused = true;
          throw brokenPng(this.name, `is damaged: row ${this.row} has the filter ${this.filter}, of 0 to 4`);
        }
        continue;
      }
      const count = Math.min(bytes.length - at, this.line.length - this.filled);
      this.line.set(bytes.subarray(at, at + count), this.filled);
      at += count;
      this.filled += count;
      if (this.filled === this.line.length) this.endRow();
    }
  }

  private endRow(): void {
    const { depth, colour, height } = this.header;
    const pixelBytes = Math.ceil((depth * PNG_CHANNELS[colour]) / 8);
    unfilter(this.filter, this.line, this.before, pixelBytes);
    const { x, dx, dy } = this.passes[this.pass];
    this.write(this.line, this.row, x, dx);
    [this.line, this.before] = [this.before, this.line];
    this.filter = -1;
    this.filled = 0;
    this.y++;
    if (this.passes[this.pass].y + this.y * dy >= height) this.nextPass();
  }

  /** The next one that has pixels. */
  private nextPass(): void {
    const { width, height, depth, colour } = this.header;
    this.y = 0;
    for (;;) {
      this.pass++;
      const pass = this.passes[this.pass];
      if (pass === undefined) {
        this.done = true;
        return;
      }
      const columns = Math.ceil((width - pass.x) / pass.dx);
      if (columns <= 0 || pass.y >= height) continue;
      const length = Math.ceil((columns * PNG_CHANNELS[colour] * depth) / 8);
      this.line = new Uint8Array(length);
      this.before = new Uint8Array(length);
      return;
    }
  }
}

/** Takes a row's filter back, in place (section 9). @param n bytes of a pixel, at least 1 */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, n: number): void {
  switch (filter) {
    case 1:
      for (let i = n; i < line.length; i++) line[i] += line[i - n];
      break;
    case 2:
      for (let i = 0; i < line.length; i++) line[i] += above[i];
      break;
    case 3:
      for (let i = 0; i < line.length; i++) line[i] += ((i < n ? 0 : line[i - n]) + above[i]) >> 1;
      break;
    case 4:
      for (let i = 0; i < line.length; i++) {
        line[i] += i < n ? above[i] : paeth(line[i - n], above[i], above[i - n]);
      }
      break;
  }
}

/** Of left, above and above left the nearest to left + above − above left. */
function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}
