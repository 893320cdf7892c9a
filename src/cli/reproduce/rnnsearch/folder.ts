import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pair } from '../../../data/corpus.ts';
import { UsageError } from '../../../errors.ts';
import { cannotWrite, writeFileAtomic } from '../../../formats/atomic.node.ts';
import { inspectDirectory, readRun, removeRun } from '../../runDirectory.ts';
import type { LongPairs } from './corpora.ts';
import type { ReproduceOptions, ReproductionModel } from './recipe.ts';

/** What a reproduction leaves in its folder, beside data/ and the runs. */
export const REPORT_FILES = ['table.txt', 'figure2.svg', 'results.json'] as const;

const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

/**
 * Writes the data into the folder. With `force` the runs there are deleted first; with `resume` they have to be of
 * the same recipes and data.
 *
 * @throws UsageError for a folder that is not empty, or holds anything that is not a reproduction's; nothing is
 *   touched then
 */
export async function prepareFolder(
  models: readonly ReproductionModel[],
  data: LongPairs,
  { out: folder, resume, force }: ReproduceOptions,
): Promise<void> {
  const own = ['data', ...REPORT_FILES, ...models.map(({ name }) => name.toLowerCase())];
  const there = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.tmp-'));
  const foreign = there.find((name) => !own.includes(name));
  if (foreign !== undefined || (there.length > 0 && !resume && !force)) {
    throw new UsageError(
      foreign === undefined ? `${folder}, which exists` : `${folder}, which holds ${foreign}`,
      'a new directory, or that of a reproduction',
      foreign === undefined
        ? 'Go on with --resume, start over with --force (deletes its runs), or choose another with --out.'
        : 'Choose another with --out.',
    );
  }
  const written = (['train', 'validation', 'test'] as const).map((part) => ({
    path: join(folder, 'data', `${part}.tsv`),
    text: data[part].map((pair: Pair) => `${pair.source}\t${pair.target}\n`).join(''),
  }));
  for (const { directory, recipeText } of models) {
    const state = await inspectDirectory(directory);
    if (force && state === 'run') await removeRun(directory);
    if (!resume || state === 'empty') continue;
    const sameData = await Promise.all(written.map(async ({ path, text }) => (await read(path)) === text));
    if ((await readRun(directory)).recipeText === recipeText && sameData.every(Boolean)) continue;
    throw new UsageError(
      `--resume, but ${directory} was trained with another recipe or other data`,
      'the options it was begun with',
      'Give the same options, start over with --force, or choose another directory with --out.',
    );
  }
  await mkdir(join(folder, 'data'), { recursive: true }).catch((error) => {
    throw cannotWrite(folder, error, 'Nothing was changed.');
  });
  for (const { path, text } of written) await writeFileAtomic(path, text);
}

/** Trained and tested. */
export const isFinished = async ({ directory }: ReproductionModel): Promise<boolean> =>
  (await read(join(directory, 'results.json'))) !== undefined;
