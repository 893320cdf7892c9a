/** What of a recipe's data section becomes which pairs; the files are this test's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPairs } from '../../src/cli/translation/data.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { parseTranslationRecipe } from '../../src/formats/index.ts';

let folder = '';
const load = (data: string, seed = 1) => {
  const text = `task: translation\ndata: ${data.replaceAll('DIR', folder)}\n`;
  return loadPairs(parseTranslationRecipe(text, 'r.yaml').data, seed);
};
const tsv = 'Go.\tVa !\nGo.\tMarche.\nHi.\tSalut !\ngo. \tBouge !\nRun!\tCours !\nWow!\tÇa alors !\n';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heed-load-'));
  await writeFile(join(folder, 'a.tsv'), tsv);
  const files = { 'fra.txt': tsv, 'en.txt': 'one\ntwo\n', 'fr.txt': 'un\ndeux\n' };
  await writeFile(
    join(folder, 'a.zip'),
    zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe('pairs of a recipe', () => {
  it('come from files, also of an archive', async () => {
    const { train, ...others } = await load('{ train: { tsv: DIR/a.tsv } }');
    expect(train).toHaveLength(6);
    expect(others).toEqual({});
    expect(await load('{ train: { tsv: DIR/a.zip/fra.txt } }')).toEqual({ train });
    expect(await load('{ train: { source: DIR/a.zip/en.txt, target: DIR/a.zip/fr.txt } }')).toEqual({
      train: [
        { source: 'one', target: 'un', line: 1 },
        { source: 'two', target: 'deux', line: 2 },
      ],
    });
    await expect(load('{ train: { tsv: DIR/a.zip/deu.txt } }')).rejects.toThrow(
      'expected one of fra.txt, en.txt, fr.txt.',
    );
  });

  it('held out are not in training, in any spelling, and do not change with the seed', async () => {
    const data = '{ train: { tsv: DIR/a.tsv }, validation: { heldOut: 1 }, test: { heldOut: 2 } }';
    const parts = await load(data);
    const { train, validation = [], test = [] } = parts;
    const keys = [train, validation, test].map(
      (part) => new Set(part.map(({ source }) => source.trim().toLowerCase())),
    );
    expect(keys.map(({ size }) => size)).toEqual([1, 1, 2]);
    expect(new Set(keys.flatMap((part) => [...part]))).toEqual(new Set(['go.', 'hi.', 'run!', 'wow!']));
    expect(train.length + validation.length + test.length).toBe(6);
    expect(await load(data, 99)).toEqual(parts);
  });

  it('held out may stand beside files', async () => {
    const data = '{ train: { tsv: DIR/a.tsv }, validation: { tsv: DIR/a.tsv }, test: { heldOut: 1 } }';
    const { train, validation, test = [] } = await load(data);
    expect(validation).toHaveLength(6);
    expect([...train, ...test].sort((a, b) => a.line - b.line)).toEqual(validation);
    expect(train.length).toBeLessThan(6);
  });

  it('must be more than are held out', async () => {
    const data = '{ train: { tsv: DIR/a.tsv }, validation: { heldOut: 2 }, test: { heldOut: 2 } }';
    await expect(load(data)).rejects.toThrow(DataError);
    await expect(load(data)).rejects.toThrow(
      'data.train has 4 distinct sources (but for case and space around them); expected more than the 4',
    );
  });

  it('are generated together, and may be held out of generated ones', async () => {
    const data =
      '{ train: { generated: dates, count: 200 }, validation: { heldOut: 20 }, test: { generated: dates, count: 9 } }';
    const { train, validation = [], test } = await load(data);
    expect(test).toHaveLength(9);
    expect(train.length + validation.length).toBe(200);
    expect(new Set(validation.map(({ source }) => source.toLowerCase())).size).toBe(20);
    await expect(load('{ train: { tsv: DIR/a.tsv }, test: { generated: dates, count: 9 } }')).rejects.toThrow(
      UsageError,
    );
  });
});
