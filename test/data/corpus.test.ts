import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBytes, readLines, readParallel, readTsv } from '../../src/data/corpus.node.ts';
import {
  decodeUtf8,
  firstInvalidUtf8,
  MAX_LINE_CHARACTERS,
  parseLines,
  parseParallel,
  parseTsv,
} from '../../src/data/corpus.ts';
import { DataError } from '../../src/errors.ts';
import { sharedData } from './shared.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const parallel = (source: string, target: string) =>
  parseParallel(utf8(source), 'a.de', utf8(target), 'a.en');

/** What was thrown is a DataError whose message holds all of these. */
function expectDataError(action: () => unknown, ...parts: string[]): void {
  expect(action).toThrow(DataError);
  for (const part of parts) expect(action).toThrow(part);
}

describe('UTF-8', () => {
  it('drops a byte order mark and reads any script', () => {
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), 'f')).toBe('a');
    expect(decodeUtf8(utf8('日本 😀 ü'), 'f')).toBe('日本 😀 ü');
  });

  it.each([
    ['Latin-1', [0x61, 0xfc, 0x62], 1],
    ['a lone continuation byte', [0x80], 0],
    ['an overlong form', [0x61, 0x62, 0xc0, 0xaf], 2],
    ['an overlong form of three', [0xe0, 0x80, 0x80], 0],
    ['a surrogate', [0x61, 0xed, 0xa0, 0x80], 1],
    ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
    ['a sequence cut at the end', [0x61, 0xe6, 0x97], 1],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00], 0],
  ])('names file and byte: %s', (_, bytes, offset) => {
    expectDataError(() => decodeUtf8(Uint8Array.from(bytes), 'corpus.de'), 'corpus.de', `at byte ${offset} `);
  });

  it('finds an invalid byte exactly where the platform refuses', () => {
    const accepts = (bytes: Uint8Array) => {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const interesting = fc.constantFrom(
      0x61,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc2,
      0xe0,
      0xed,
      0xf0,
      0xf4,
    );
    const bytes = fc.array(fc.oneof(interesting, fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
    fc.assert(
      fc.property(bytes, (values) => {
        const sequence = Uint8Array.from(values);
        const offset = firstInvalidUtf8(sequence);
        expect(offset === -1).toBe(accepts(sequence));
        if (offset >= 0) {
          expect(accepts(sequence.subarray(0, offset))).toBe(true);
          for (let end = offset + 1; end <= sequence.length; end++) {
            expect(accepts(sequence.subarray(0, end))).toBe(false);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('lines', () => {
  it('end with LF or CRLF, the last with or without', () => {
    for (const text of ['a\nb', 'a\nb\n', 'a\r\nb\r\n', '\ufeffa\r\nb']) {
      expect(parseLines(utf8(text), 'f')).toEqual(['a', 'b']);
    }
    expect(parseLines(utf8('a\n\n'), 'f')).toEqual(['a', '']);
  });

  it('an empty file is refused', () => {
    expectDataError(() => parseLines(new Uint8Array(), 'void.txt'), 'void.txt is empty');
    expectDataError(() => parseTsv(utf8('\ufeff'), 'void.tsv'), 'void.tsv is empty');
  });

  it('a line of 100,000 characters is refused, one at the limit is not', () => {
    const text = `ok\n${'x'.repeat(100_000)}\n`;
    expectDataError(() => parseLines(utf8(text), 'long.txt'), 'long.txt:2', '100000 characters', '"xxx');
    expect(() => parseLines(utf8(text), 'long.txt')).toThrow(/^.{0,300}$/);
    expect(parseLines(utf8('x'.repeat(MAX_LINE_CHARACTERS)), 'f')[0]).toHaveLength(MAX_LINE_CHARACTERS);
  });
});

describe('TSV', () => {
  it('gives pairs with their lines and ignores further columns', () => {
    expect(parseTsv(utf8('a b\tc\r\nd\te\t1\tx\n'), 'f')).toEqual([
      { source: 'a b', target: 'c', line: 1 },
      { source: 'd', target: 'e', line: 2 },
    ]);
  });

  it.each([
    ['a\tb\nno tab here at all\n', 'f.tsv:2', 'no tab', '"no tab here at all"'],
    ['a\tb\n\nc\td', 'f.tsv:2', 'no tab', 'is empty'],
    ['a\tb\n \tb', 'f.tsv:2', 'empty source', '" \\tb"'],
    ['a\t', 'f.tsv:1', 'empty target', '"a\\t"'],
  ])('%j is refused', (text, ...parts) => {
    expectDataError(() => parseTsv(utf8(text), 'f.tsv'), ...parts);
  });
});

describe('parallel files', () => {
  it('pair line by line', () => {
    expect(parallel('eins\nzwei\n', 'one\r\ntwo')).toEqual([
      { source: 'eins', target: 'one', line: 1 },
      { source: 'zwei', target: 'two', line: 2 },
    ]);
  });

  it('of different lengths are refused with both counts', () => {
    expectDataError(() => parallel('a\nb\nc\n', 'x\ny\n'), 'a.de has 3 lines', 'a.en has 2');
  });

  it('with a blank side are refused with both places', () => {
    expectDataError(() => parallel('a\nb\n', 'x\n \n'), 'a.en:2 is blank', 'a.de:2');
    expectDataError(() => parallel('\nb\n', 'x\ny\n'), 'a.de:1 is blank', 'a.en:1');
  });
});

describe('files', () => {
  let folder = '';
  const file = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heed-corpus-'));
    await writeFile(file('a.tsv'), 'x\ty\n');
    await writeFile(file('a.tsv.gz'), gzipSync('x\ty\n'));
    await writeFile(file('cut.gz'), gzipSync('x'.repeat(1000)).subarray(0, 20));
    await writeFile(file('plain.gz'), 'not gzip');
    const packed = { 'b.tsv': strToU8('x\ty\n'), 'sub/b.tsv.gz': gzipSync('x\ty\n') };
    await writeFile(file('a.zip'), zipSync(packed));
    await writeFile(file('plain.zip'), 'not zip');
    await mkdir(file('folder.zip'));
    await writeFile(file('folder.zip/b.tsv'), 'x\ty\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are read plain, gzipped and from a zip archive', async () => {
    for (const name of ['a.tsv', 'a.tsv.gz', 'a.zip/b.tsv', 'a.zip/sub/b.tsv.gz', 'folder.zip/b.tsv']) {
      expect(await readTsv(file(name))).toEqual([{ source: 'x', target: 'y', line: 1 }]);
      expect(await readLines(file(name))).toEqual(['x\ty']);
    }
    expect(await readParallel(file('a.tsv'), file('a.tsv.gz'))).toEqual([
      { source: 'x\ty', target: 'x\ty', line: 1 },
    ]);
  });

  it.each([
    ['none.txt', 'there is no file'],
    ['.', 'cannot be read'],
    ['cut.gz', 'cut.gz cannot be unpacked'],
    ['plain.gz', 'plain.gz cannot be unpacked'],
    ['plain.zip/b.tsv', 'plain.zip has no directory'],
    ['a.zip/c.tsv', 'a.zip; expected one of b.tsv, sub/b.tsv.gz.'],
    ['none.zip/b.tsv', 'there is no file'],
  ])('%s is refused', async (name, message) => {
    await expect(readBytes(file(name))).rejects.toThrow(DataError);
    await expect(readBytes(file(name))).rejects.toThrow(message);
    await expect(readBytes(file(name))).rejects.toThrow(file(name.replace(/(\.zip).*/, '$1')));
  });

  const source = sharedData('multi30k/raw/train.de.gz');
  const target = sharedData('multi30k/raw/train.en.gz');
  it.skipIf(!source || !target)(
    `Multi30k has 29,000 pairs${source ? '' : ' (no shared data here)'}`,
    async () => {
      const pairs = await readParallel(source as string, target as string);
      expect(pairs).toHaveLength(29_000);
      expect(pairs[0].target).toBe('Two young, White males are outside near many bushes.');
    },
  );
});
