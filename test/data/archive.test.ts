import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forgetArchives, openArchive } from '../../src/data/archive.node.ts';
import { archivePath, isArchive, similarNames, tarArchive, zipArchive } from '../../src/data/archive.ts';
import { corpusNamed } from '../../src/data/corpora.ts';
import { readBytes, readLines } from '../../src/data/corpus.node.ts';
import { findCorpusFile, heldIn } from '../../src/data/download.node.ts';
import { openFolder } from '../../src/data/folder.node.ts';
import { archiveFolder, type Folder } from '../../src/data/folder.ts';
import { DataError } from '../../src/errors.ts';
import { fromBase64, TAR_XZ, tarOf } from './archives.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

let folder = '';
const file = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heed-archive-'));
  const git = await tarOf('git');
  await writeFile(file('a.tar'), git);
  await writeFile(file('a.tar.gz'), gzipSync(git));
  await writeFile(file('a.TGZ'), gzipSync(git));
  await writeFile(file('a.tar.xz'), fromBase64(TAR_XZ.git));
  await writeFile(file('a.txz'), fromBase64(TAR_XZ.git));
  await writeFile(
    file('a.zip'),
    zipSync({
      'corpus-1a2b3c/README': strToU8('read me\n'),
      'corpus-1a2b3c/w/one/a.wav': strToU8('sound a\n'),
    }),
  );
  await mkdir(file('plain/w/one'), { recursive: true });
  await writeFile(file('plain/README'), 'read me\n');
  await writeFile(file('plain/w/one/a.wav'), 'sound a\n');
  await writeFile(file('text.tar.gz'), gzipSync('no archive'.repeat(100)));
  await writeFile(file('cut.tar.gz'), gzipSync(git).subarray(0, 100));
  await writeFile(file('cut.tar.xz'), fromBase64(TAR_XZ.git).subarray(0, 200));
  await writeFile(file('lies.tar.xz'), gzipSync(git));
});
afterAll(async () => {
  forgetArchives();
  await rm(folder, { recursive: true });
});

const ARCHIVES = ['a.tar', 'a.tar.gz', 'a.TGZ', 'a.tar.xz', 'a.txz', 'a.zip'];

describe('a path into an archive', () => {
  it.each([
    ['tatoeba/fra-eng.zip/fra.txt', 'tatoeba/fra-eng.zip', 'fra.txt'],
    ['a.zip/b/c.txt.gz', 'a.zip', 'b/c.txt.gz'],
    ['C:\\data\\A.ZIP\\b\\c.txt', 'C:\\data\\A.ZIP', 'b/c.txt'],
    ['an4/an4.tar.xz/wav/a.wav', 'an4/an4.tar.xz', 'wav/a.wav'],
    ['a.tar/b.tar.gz/c', 'a.tar', 'b.tar.gz/c'],
    ['a.tar.gz/b', 'a.tar.gz', 'b'],
    ['a.tgz/b', 'a.tgz', 'b'],
    ['a.txz/b', 'a.txz', 'b'],
  ])('%s', (path, archive, member) => {
    expect(archivePath(path)).toEqual({ archive, member });
    expect(isArchive(archive)).toBe(true);
  });

  it.each(['a.zip', 'a.zip/', 'a.zipper/b', 'b.txt', 'a.tar.bz2/b', 'a.tar', 'tar/b', 'a.gz/b'])(
    'is not %s',
    (path) => {
      expect(archivePath(path)).toBeUndefined();
    },
  );
});

describe('a file of an archive', () => {
  it.each(ARCHIVES)('is read as any file, of %s', async (name) => {
    expect(text(await readBytes(file(`${name}/corpus-1a2b3c/w/one/a.wav`)))).toBe('sound a\n');
    expect(await readLines(file(`${name}/corpus-1a2b3c/README`))).toEqual(['read me']);
    // Everything is in one folder, which may be left out.
    expect(await readLines(file(`${name}/README`))).toEqual(['read me']);
    expect(await readLines(file(`${name}/w/two/../one/./a.wav`))).toEqual(['sound a']);
  });

  it.each(ARCHIVES)('that is not in %s is told apart from those of similar names', async (name) => {
    const failed = readBytes(file(`${name}/w/one/b.wav`));
    await expect(failed).rejects.toThrow(DataError);
    await expect(failed).rejects.toThrow(
      new RegExp(`there is no w/one/b\\.wav in \\S+${name}.* corpus-1a2b3c/w/one/a\\.wav`),
    );
  });

  it.each([
    ['text.tar.gz', 'text.tar.gz is not a tar archive'],
    ['cut.tar.gz', 'cut.tar.gz cannot be unpacked (unexpected end of file)'],
    ['cut.tar.xz', 'cut.tar.xz breaks off'],
    ['lies.tar.xz', 'lies.tar.xz is not xz data'],
    ['none.tar.xz', 'there is no file'],
  ])('of %s cannot be read', async (name, message) => {
    await expect(readBytes(file(`${name}/b`))).rejects.toThrow(DataError);
    await expect(readBytes(file(`${name}/b`))).rejects.toThrow(message);
  });

  it('may be changed by its reader without changing the archive', async () => {
    for (const name of ['a.tar', 'a.zip']) {
      const bytes = await readBytes(file(`${name}/README`));
      expect(bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.length).toBe(true);
      bytes.fill(0);
      expect(text(await readBytes(file(`${name}/README`)))).toBe('read me\n');
    }
  });

  it('is not the folder that all others are in, when one is not', () => {
    const files = { 'c/a': strToU8('1'), b: strToU8('2') };
    expect(zipArchive(zipSync(files), 'a.zip').find('a')).toBeUndefined();
    expect(zipArchive(zipSync({ 'c/a': files['c/a'] }), 'a.zip').find('a')).toBe('c/a');
  });
});

describe('an opened archive', () => {
  it('is unpacked once, until it is forgotten or another file', async () => {
    const path = file('a.tar.xz');
    const first = await openArchive(path);
    expect(await openArchive(path)).toBe(first);
    const [one, two] = await Promise.all([openArchive(file('a.tar')), openArchive(file('a.tar'))]);
    expect(one).toBe(two);
    forgetArchives();
    expect(await openArchive(path)).not.toBe(first);
    await writeFile(file('b.tar'), await tarOf('v7'));
    expect((await openArchive(file('b.tar'))).files).toEqual(['mine.txt']);
    await writeFile(file('b.tar'), await tarOf('gnu'));
    expect((await openArchive(file('b.tar'))).files).toContain('c/a.txt');
  });

  it('that could not be read is tried anew', async () => {
    await expect(openArchive(file('c.tar'))).rejects.toThrow('there is no file');
    await writeFile(file('c.tar'), 'x');
    await expect(openArchive(file('c.tar'))).rejects.toThrow('is not a tar archive');
    await writeFile(file('c.tar'), await tarOf('v7'));
    expect((await openArchive(file('c.tar'))).files).toEqual(['mine.txt']);
  });

  it('is refused when it is too large', async () => {
    forgetArchives();
    for (const name of ['a.tar', 'a.tar.gz', 'a.tar.xz']) {
      await expect(openArchive(file(name), 10_239), name).rejects.toThrow(
        `${name} unpacks to more than 10239 bytes; expected at most 10239 bytes, since an archive is held in memory. Unpack it`,
      );
      expect((await openArchive(file(name), 10_240)).files).toHaveLength(2);
    }
  });

  it('drops ./ from names', async () => {
    const tar = await tarOf('v7');
    const other = tar.slice();
    other.set(new TextEncoder().encode('./mine.tx'), 0);
    const sum = (bytes: Uint8Array) => bytes.subarray(0, 100).reduce((total, byte) => total + byte, 0);
    const field = new TextDecoder().decode(tar.subarray(148, 154));
    const checksum = Number.parseInt(field, 8) + sum(other) - sum(tar);
    other.set(new TextEncoder().encode(checksum.toString(8).padStart(6, '0')), 148);
    expect(tarArchive(other, 'a.tar').files).toEqual(['mine.tx']);
  });
});

describe('a folder', () => {
  const same = async (opened: Folder) => {
    expect(await opened.has('README')).toBe(true);
    expect(await opened.has('w/one/a.wav')).toBe(true);
    expect(await opened.has('w/one/b.wav')).toBe(false);
    expect(text(await opened.read('w/one/a.wav'))).toBe('sound a\n');
    expect(await opened.list('')).toEqual(['README']);
    expect(await opened.list('w')).toEqual([]);
    expect(await opened.list('w/one')).toEqual(['w/one/a.wav']);
    await expect(opened.read('w/one/b.wav')).rejects.toThrow(DataError);
  };

  it.each(['plain', ...ARCHIVES])('is the same on the disk and in archives: %s', async (name) => {
    await same(await openFolder(file(name)));
  });

  it('may be one in an archive', async () => {
    for (const inner of ['w', 'w/one/..', 'corpus-1a2b3c/w']) {
      const opened = await openFolder(file(`a.tar.xz/${inner}`));
      expect(await opened.list('one')).toEqual(['one/a.wav']);
      expect(text(await opened.read('one/a.wav'))).toBe('sound a\n');
      expect(text(await opened.read('../README'))).toBe('read me\n');
    }
    await same(archiveFolder(await openArchive(file('a.zip')), 'corpus-1a2b3c'));
  });

  it('has files of the archives that lie in it', async () => {
    const opened = await openFolder(folder);
    expect(await opened.has('a.tar.xz/README')).toBe(true);
    expect(await opened.has('a.tar.xz/READYOU')).toBe(false);
    expect(await opened.has('none.tar.xz/README')).toBe(false);
    expect(text(await opened.read('a.tar.xz/README'))).toBe('read me\n');
  });

  it('has to be there', async () => {
    await expect(openFolder(file('nowhere'))).rejects.toThrow('there is no folder');
    await expect(openFolder(file('none.zip/a'))).rejects.toThrow('there is no folder');
    await expect(openFolder(file('plain/README'))).rejects.toThrow(
      'README is a file; expected a folder, or a',
    );
  });
});

it('similar names come first', () => {
  const names = ['etc/an4.dic', 'wav/x/cen1-x-b.wav', 'wav/x/an25-x-b.wav', 'wav/y/an251-y-b.wav'];
  expect(similarNames('wav/x/an251-x-b.wav', names, 2)).toEqual([
    'wav/x/an25-x-b.wav',
    'wav/y/an251-y-b.wav',
  ]);
  expect(similarNames('', [], 2)).toEqual([]);
});

describe("a corpus's archive under another name", () => {
  it('is found where the corpus lies', async () => {
    const env = { HEED_DATA: file('own'), XDG_CACHE_HOME: file('cache') };
    const find = (path: string) => findCorpusFile(path, { env });
    expect(() => find('an4/an4.tar.gz/etc/an4_train.fileids')).toThrow('heed data get an4');
    await mkdir(file('own/an4'), { recursive: true });
    await writeFile(file('own/an4/an4_wav16k.tar.xz'), fromBase64(TAR_XZ.git));
    expect(find('an4/an4.tar.gz')).toBe(file('own/an4/an4_wav16k.tar.xz'));
    expect(find('an4/an4.tar.gz/README')).toBe(file('own/an4/an4_wav16k.tar.xz/README'));
    expect(await readLines(find('an4/an4.tar.gz/README'))).toEqual(['read me']);
    expect(heldIn(corpusNamed('an4'), file('own'))).toEqual([file('own/an4/an4_wav16k.tar.xz')]);
    expect(heldIn(corpusNamed('fsdd'), file('own'))).toBeUndefined();
    // Its own name comes first.
    await writeFile(file('own/an4/an4.tar.gz'), gzipSync(await tarOf('git')));
    expect(find('an4/an4.tar.gz/README')).toBe(file('own/an4/an4.tar.gz/README'));
  });
});
