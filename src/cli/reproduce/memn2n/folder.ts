import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../../errors.ts';
import { cannotWrite } from '../../../formats/atomic.node.ts';
import { inspectDirectory, readRun, removeRun } from '../../runDirectory.ts';
import type { Memn2nOptions, Restart, RestartedModel } from './recipe.ts';

/** What the reproduction leaves in its folder, beside the runs. */
export const REPORT_FILES = ['table.md', 'attention.svg', 'results.json'] as const;

const isRun = (name: string): boolean => /^(?:joint|task\d+)-seed\d+$/.test(name);

/**
 * Makes the folder. With `force` the runs asked for are deleted first; with `resume` they have to be of the same recipes.
 *
 * @throws UsageError for a folder that is not empty, or holds anything that is not a reproduction's; nothing is
 *   touched then
 */
export async function prepareFolder(
  models: readonly RestartedModel[],
  { out: folder, resume, force }: Memn2nOptions,
): Promise<void> {
  const there = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.tmp-'));
  const foreign = there.find((name) => !isRun(name) && !REPORT_FILES.includes(name as never));
  if (foreign !== undefined || (there.length > 0 && !resume && !force)) {
    throw new UsageError(
      foreign === undefined ? `${folder}, which exists` : `${folder}, which holds ${foreign}`,
      'a new directory, or that of a reproduction',
      foreign === undefined
        ? 'Go on with --resume, start over with --force (deletes its runs), or choose another with --out.'
        : 'Choose another with --out.',
    );
  }
  for (const { directory, recipeText } of models.flatMap(({ restarts }) => restarts)) {
    const state = await inspectDirectory(directory);
    if (force && state === 'run') await removeRun(directory);
    if (!resume || state === 'empty' || (await readRun(directory)).recipeText === recipeText) continue;
    throw new UsageError(
      `--resume, but ${directory} was trained with another recipe`,
      'the options it was begun with',
      'Give the same options, start over with --force, or choose another directory with --out.',
    );
  }
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw cannotWrite(folder, error, 'Nothing was changed.');
  });
}

/** Trained and tested. */
export const isFinished = ({ directory }: Restart): Promise<boolean> =>
  readFile(join(directory, 'results.json')).then(
    () => true,
    () => false,
  );
