/** The font that figures are written with where there is no browser to bring one: DejaVu Sans. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { FormatError } from '../errors.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';

export const FONT_FAMILY = 'DejaVu Sans';

const PACKAGE = '@fontsource/dejavu-sans';
const WEIGHTS = [400, 700] as const;

/** A font as it is drawn with, and what it can write. */
export interface FigureFont {
  /** TrueType files */
  readonly files: readonly string[];
  /** whether it has a glyph for the code point */
  has(codePoint: number): boolean;
}

/**
 * The font as files that a renderer can open: the package has it for browsers, packed, and so it is unpacked once into
 * the folder for temporary files.
 */
export async function figureFont(folder = join(tmpdir(), 'heed-fonts')): Promise<FigureFont> {
  const require = createRequire(import.meta.url);
  await mkdir(folder, { recursive: true });
  const fonts = await Promise.all(
    WEIGHTS.map(async (weight) => {
      const packed = require.resolve(`${PACKAGE}/files/dejavu-sans-latin-${weight}-normal.woff`);
      const font = unpackWoff(await readFile(packed));
      const file = join(folder, `DejaVuSans-${weight}.ttf`);
      const there = await stat(file).catch(() => undefined);
      if (there?.size !== font.length) await writeFileAtomic(file, font);
      return { file, font };
    }),
  );
  const ranges = charactersOf(fonts[0].font);
  return {
    files: fonts.map(({ file }) => file),
    has: (codePoint) => ranges.some(([from, to]) => codePoint >= from && codePoint <= to),
  };
}

/**
 * WOFF 1.0 (W3C Recommendation, 2012) as the TrueType font that it packs: a directory, and each table compressed with
 * zlib where that makes it shorter.
 *
 * @throws FormatError when it is none
 */
export function unpackWoff(bytes: Uint8Array): Uint8Array {
  const packed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (packed.length < 44 || packed.toString('latin1', 0, 4) !== 'wOFF') {
    throw new FormatError('a font that is not WOFF', 'a WOFF 1.0 font', 'Install the package again.');
  }
  const count = packed.readUInt16BE(12);
  const tables = Array.from({ length: count }, (_, i) => {
    const at = 44 + 20 * i;
    const [offset, size, length] = [4, 8, 12].map((field) => packed.readUInt32BE(at + field));
    const data = packed.subarray(offset, offset + size);
    return {
      tag: packed.subarray(at, at + 4),
      checksum: packed.readUInt32BE(at + 16),
      data: size < length ? inflateSync(data) : data,
    };
  });
  const header = Buffer.alloc(12 + 16 * count);
  packed.copy(header, 0, 4, 8);
  const power = 2 ** Math.floor(Math.log2(count));
  for (const [i, value] of [count, 16 * power, Math.log2(power), 16 * (count - power)].entries()) {
    header.writeUInt16BE(value, 4 + 2 * i);
  }
  const parts: Uint8Array[] = [header];
  let offset = header.length;
  for (const [i, { tag, checksum, data }] of tables.entries()) {
    const at = 12 + 16 * i;
    tag.copy(header, at);
    header.writeUInt32BE(checksum, at + 4);
    header.writeUInt32BE(offset, at + 8);
    header.writeUInt32BE(data.length, at + 12);
    const padding = (4 - (data.length % 4)) % 4;
    parts.push(data, new Uint8Array(padding));
    offset += data.length + padding;
  }
  return Buffer.concat(parts);
}

/** The code points that a TrueType font has glyphs for, as ranges: its `cmap` of format 12. */
function charactersOf(bytes: Uint8Array): [from: number, to: number][] {
  const font = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const tables = Array.from({ length: font.readUInt16BE(4) }, (_, i) => 12 + 16 * i);
  const entry = tables.find((at) => font.toString('latin1', at, at + 4) === 'cmap');
  const cmap = entry === undefined ? 0 : font.readUInt32BE(entry + 8);
  const maps = Array.from(
    { length: font.readUInt16BE(cmap + 2) },
    (_, i) => cmap + font.readUInt32BE(cmap + 8 + 8 * i),
  );
  const at = maps.find((map) => font.readUInt16BE(map) === 12);
  if (at === undefined) return [];
  return Array.from({ length: font.readUInt32BE(at + 12) }, (_, i) => {
    const group = at + 16 + 12 * i;
    return [font.readUInt32BE(group), font.readUInt32BE(group + 4)];
  });
}
