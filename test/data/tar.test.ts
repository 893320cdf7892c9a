import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPath, tarEntries } from '../../src/data/tar.ts';
import { DataError } from '../../src/errors.ts';
import { tarOf } from './archives.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Contents by name. */
function contents(archive: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    tarEntries(archive, 'a.tar').map(({ name, offset, size }) => [
      name,
      decode(archive.subarray(offset, offset + size)),
    ]),
  );
}

/** A ustar archive of regular files, from POSIX's table of the header. */
function ustar(files: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array {
  const blocks = files.flatMap(([name, content]) => {
    const header = new Uint8Array(512);
    const put = (text: string, at: number) => header.set(encode(text), at);
    put(name, 0);
    put('0000644\0', 100);
    put(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    put('0', 156);
    put('ustar\x0000', 257);
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const body = new Uint8Array(Math.ceil(content.length / 512) * 512);
    body.set(content);
    return [header, body];
  });
  return Uint8Array.from(Buffer.concat([...blocks, new Uint8Array(1024)]));
}

const short = {
  'c/a.txt': 'alpha\n',
  [`c/${'d'.repeat(60)}/${'e'.repeat(60)}/b.txt`]: 'beta\n'.repeat(200),
  'c/empty': '',
  'c/twice': 'new',
  'c/hard': 'alpha\n',
  'c/soft': 'alpha\n',
};
const long = `c/${'f'.repeat(300)}.txt`;

describe('a tar archive', () => {
  it.each([
    ['ustar, a name in two halves', 'ustar', short],
    [
      'GNU, long names',
      'gnu',
      { ...short, [long]: 'long\n', 'c/ünï漢.txt': 'unicode\n', 'c/longhard': 'long\n' },
    ],
    ['pax', 'pax', { ...short, [long]: 'long\n', 'c/ünï漢.txt': 'unicode\n', 'c/longhard': 'long\n' }],
    [
      'git, a global header',
      'git',
      { 'corpus-1a2b3c/README': 'read me\n', 'corpus-1a2b3c/w/one/a.wav': 'sound a\n' },
    ],
    ['Unix version 7', 'v7', { 'mine.txt': 'of version 7\n' }],
  ] as const)('of %s: files, links resolved, the later of two', async (_, name, expected) => {
    expect(contents(await tarOf(name))).toEqual(expected);
  });

  it('gives every file of any size, wherever the archive lies in its buffer', () => {
    const file = fc.tuple(
      fc.stringMatching(/^[a-z][a-z/]{0,40}[a-z]$/),
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(511, 512, 513, 1024).map((n) => new Uint8Array(n).fill(n)),
      ),
    );
    const files = fc.uniqueArray(file, { maxLength: 6, selector: ([name]) => name });
    fc.assert(
      fc.property(files, fc.nat(9), (all, before) => {
        const archive = ustar(all);
        const inside = new Uint8Array(before + archive.length + 3).fill(1);
        inside.set(archive, before);
        const view = inside.subarray(before, before + archive.length);
        const found = tarEntries(view, 'a.tar');
        expect(found.map(({ name }) => name)).toEqual(all.map(([name]) => name));
        found.forEach(({ offset, size }, i) => {
          expect(view.slice(offset, offset + size)).toEqual(all[i][1]);
        });
      }),
    );
  });

  it('of no files has none', () => {
    expect(tarEntries(ustar([]), 'a.tar')).toEqual([]);
  });

  it('that breaks off anywhere is refused', async () => {
    const archive = ustar([
      ['a', encode('alpha')],
      ['b', new Uint8Array(513)],
    ]);
    // Two headers, one and two blocks of content; what follows closes the archive.
    const whole = 5 * 512;
    for (const length of [0, 1, 511]) {
      expect(() => tarEntries(archive.subarray(0, length), 'a.tar')).toThrow('a.tar is not a tar archive');
    }
    for (let length = 512; length < whole + 512; length += 64) {
      const read = () => tarEntries(archive.subarray(0, length), 'a.tar');
      expect(read).toThrow(DataError);
      expect(read).toThrow(`a.tar breaks off after ${length} bytes; expected a whole tar archive`);
    }
    expect(tarEntries(archive.subarray(0, whole + 512), 'a.tar')).toHaveLength(2);
  });

  it('of other bytes is refused', () => {
    const page = encode('<!doctype html><title>404</title>'.repeat(50));
    expect(() => tarEntries(page, 'a.tar')).toThrow(/^a\.tar is not a tar archive: .*error page/);
    const archive = ustar([
      ['a', encode('alpha')],
      ['b', encode('beta')],
    ]);
    for (let at = 1024; at < 1536; at++) {
      const damaged = archive.slice();
      damaged[at] ^= 0x40;
      // In the checksum itself a NUL or space behind the digits does not count.
      if (at === 1024 + 154 || at === 1024 + 155) continue;
      expect(() => tarEntries(damaged, 'a.tar'), String(at)).toThrow('a.tar is damaged at byte 1024');
    }
  });

  it('with a sparse file is refused', async () => {
    for (const name of ['sparseGnu', 'sparsePax'] as const) {
      const archive = await tarOf(name);
      expect(() => tarEntries(archive, 'a.tar')).toThrow(/hole in a\.tar is a sparse file/);
    }
  });
});

it.each([
  ['./a//b/../c', 'a/c'],
  ['/a/b/', 'a/b'],
  ['../../a', 'a'],
  ['.', ''],
])('the path %s is %s', (path, normal) => {
  expect(normalPath(path)).toBe(normal);
});
