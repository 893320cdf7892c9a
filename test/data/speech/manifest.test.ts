import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readManifestFile } from '../../../src/data/speech/manifest.node.ts';
import { parseManifest, readManifest } from '../../../src/data/speech/manifest.ts';
import { DataError } from '../../../src/errors.ts';
import { memoryFolder, utf8 } from './files.ts';

const parse = (text: string) => parseManifest(utf8(text), 'm.tsv');
const audioText = async (audio: Promise<unknown>) => new TextDecoder().decode((await audio) as Uint8Array);

describe('a manifest', () => {
  it('has a path, a text and maybe a speaker a line', () => {
    expect(parse('a/b.wav\tGO ON\tfash\r\n c.WAV \t été \n\uFEFFd.wav\tx\t\n')).toEqual([
      { id: 'a/b', path: 'a/b.wav', text: 'GO ON', speaker: 'fash' },
      { id: 'c', path: 'c.WAV', text: 'été' },
      { id: 'd', path: 'd.wav', text: 'x' },
    ]);
  });

  it.each([
    ['a.wav\tx\nb.wav y\n', 'm.tsv:2 has no tab and begins "b.wav y"'],
    ['a.wav\tx\n\nb.wav\ty\n', 'm.tsv:2 has no tab and begins ""'],
    ['a.wav\tx\ty\tz\n', 'm.tsv:1 has 4 columns'],
    ['a.wav\tx\nb.wav\t \tfash\n', 'm.tsv:2 has an empty text for b.wav'],
    ['\tx\n', 'm.tsv:1 has an empty path'],
    ['a.wav\tx\nb.wav\tx\na.wav\ty\n', 'm.tsv:3 names a.wav, as line 1 does'],
    ['', 'm.tsv is empty'],
  ])('%j is refused', (text, message) => {
    expect(() => parse(text)).toThrow(DataError);
    expect(() => parse(text)).toThrow(message);
  });

  it('is read with its sounds, whose paths start from it', async () => {
    const folder = memoryFolder({
      'lists/train.tsv': 'wav/a.wav\tGO\tfash\nb.wav\tSTOP\n',
      'lists/wav/a.wav': 'sound a',
      'lists/b.wav': 'sound b',
    });
    const [a, b] = await readManifest(folder, 'lists/train.tsv');
    expect({ ...a, audio: await audioText(a.audio()) }).toEqual({
      id: 'wav/a',
      text: 'GO',
      speaker: 'fash',
      audio: 'sound a',
    });
    expect(await audioText(b.audio())).toBe('sound b');
    expect(b).not.toHaveProperty('speaker');
  });

  it('names only sounds that are there, or is refused before any is read', async () => {
    const folder = memoryFolder({
      'train.tsv': 'wav/a.wav\tGO\nwav/a2.wav\tGO\nwav/b2.wav\tGO\n',
      'wav/a.wav': '',
      'wav/b.wav': '',
    });
    await expect(readManifest(folder, 'train.tsv')).rejects.toThrow(
      'corpus lacks 2 of the 3 sounds that corpus/train.tsv names, first wav/a2.wav; expected files as they are called there, such as wav/a.wav, wav/b.wav.',
    );
  });

  it('lies on the disk or in an archive, and may name sounds in an archive', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heed-manifest-'));
    await mkdir(join(folder, 'own'));
    const files = { 'sub/a.wav': strToU8('sound a'), 'sub/m.tsv': strToU8('a.wav\tGO\n'), b: strToU8('') };
    await writeFile(join(folder, 'c.zip'), zipSync(files));
    await writeFile(join(folder, 'own/m.tsv'), `../c.zip/sub/a.wav\tGO\n${join(folder, 'own/b.wav')}\tON\n`);
    await writeFile(join(folder, 'own/b.wav'), 'sound b');
    const [inside] = await readManifestFile(join(folder, 'c.zip/sub/m.tsv'));
    expect(await audioText(inside.audio())).toBe('sound a');
    const own = await readManifestFile(join(folder, 'own/m.tsv'));
    expect(await Promise.all(own.map((one) => audioText(one.audio())))).toEqual(['sound a', 'sound b']);
    await rm(join(folder, 'own/b.wav'));
    await expect(readManifestFile(join(folder, 'own/m.tsv'))).rejects.toThrow('lacks 1 of the 2 sounds');
    await expect(readManifestFile(join(folder, 'own/n.tsv'))).rejects.toThrow('there is no file');
    await rm(folder, { recursive: true });
  });
});
