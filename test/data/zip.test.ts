import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { unzipMember, zipMembers } from '../../src/data/zip.ts';
import { DataError } from '../../src/errors.ts';
import { sharedData } from './shared.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const long = 'Go.\tVa !\n'.repeat(500);

/** One file deflated, one stored, one in a folder, one empty. */
const archive = zipSync({
  '_about.txt': [strToU8('read me'), { level: 0 }],
  'fra.txt': strToU8(long),
  'sub/': new Uint8Array(),
  'sub/ünï.txt': strToU8('à\tb\n'),
  'empty.txt': new Uint8Array(),
});

describe('a zip archive', () => {
  it('gives the files in it', () => {
    expect(zipMembers(archive, 'a.zip')).toEqual(['_about.txt', 'fra.txt', 'sub/ünï.txt', 'empty.txt']);
    expect(text(unzipMember(archive, '_about.txt', 'a.zip'))).toBe('read me');
    expect(text(unzipMember(archive, 'fra.txt', 'a.zip'))).toBe(long);
    expect(text(unzipMember(archive, 'sub/ünï.txt', 'a.zip'))).toBe('à\tb\n');
    expect(unzipMember(archive, 'empty.txt', 'a.zip')).toHaveLength(0);
  });

  it('may lie anywhere in its buffer and end in a comment', () => {
    const comment = strToU8('of Tatoeba');
    const inside = new Uint8Array(7 + archive.length + comment.length);
    inside.set(archive, 7);
    inside.set(comment, 7 + archive.length);
    inside[7 + archive.length - 2] = comment.length;
    expect(text(unzipMember(inside.subarray(7), 'fra.txt', 'a.zip'))).toBe(long);
  });

  it('names its files when another is asked for', () => {
    const wrong = () => unzipMember(archive, 'deu.txt', 'a.zip');
    expect(wrong).toThrow(DataError);
    expect(wrong).toThrow(
      'there is no deu.txt in a.zip; expected one of _about.txt, fra.txt, sub/ünï.txt, empty.txt.',
    );
    const many = zipSync(
      Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`f${i}`, new Uint8Array()])),
    );
    expect(() => unzipMember(many, 'x', 'a.zip')).toThrow(/f18, f19 and 5 more\./);
    expect(() => unzipMember(zipSync({}), 'x', 'a.zip')).toThrow('an archive with files in it');
  });

  it('is refused when it is cut off or none', () => {
    for (const length of [0, 10, archive.length / 2, archive.length - 1]) {
      const cut = () => unzipMember(archive.subarray(0, length), 'fra.txt', 'a.zip');
      expect(cut).toThrow(DataError);
      expect(cut).toThrow('a.zip has no directory of its files');
    }
    const behind = archive.subarray(100);
    expect(() => unzipMember(behind, 'fra.txt', 'a.zip')).toThrow(/a\.zip .*breaks off after 0 of 5 files/);
  });

  it('is never read wrong, whichever byte is damaged', () => {
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = archive.slice();
        damaged[at] ^= change;
        let found: string;
        try {
          found = text(unzipMember(damaged, 'fra.txt', 'a.zip'));
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          return;
        }
        expect(found).toBe(long);
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused when encrypted or compressed by another method', () => {
    const at = (offset: number, value: number) => {
      const changed = archive.slice();
      const directory = changed.findIndex(
        (_, i) =>
          text(changed.subarray(i, i + 4)) === 'PK\x01\x02' &&
          text(changed.subarray(i + 46, i + 53)) === 'fra.txt',
      );
      changed[directory + offset] = value;
      return () => unzipMember(changed, 'fra.txt', 'a.zip');
    };
    expect(at(8, 1)).toThrow('fra.txt in a.zip is encrypted');
    expect(at(10, 12)).toThrow('fra.txt in a.zip is compressed by method 12');
  });

  const tatoeba = sharedData('tatoeba/fra-eng.zip');
  it.skipIf(!tatoeba)(
    `of Tatoeba holds what unzip says${tatoeba ? '' : ' (no shared data here)'}`,
    async () => {
      const bytes = await readFile(tatoeba as string);
      expect(zipMembers(bytes, 'fra-eng.zip')).toEqual(['_about.txt', 'fra.txt']);
      const content = unzipMember(bytes, 'fra.txt', 'fra-eng.zip');
      expect(content.length).toBe(10_009_515);
      expect(text(content.subarray(0, 9))).toBe('Go.\tVa !\n');
      expect(text(unzipMember(bytes, '_about.txt', 'fra-eng.zip'))).toContain('manythings.org');
    },
  );
});
