import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../../errors.ts';
import { cannotWrite } from '../../../formats/atomic.node.ts';
import { inspectDirectory, readRun, removeRun } from '../../runDirectory.ts';
import type { NtmOptions, NtmRun } from './recipe.ts';

/** What a reproduction leaves in its folder, beside the runs; and a head map of each machine. */
export const REPORT_FILES = { table: 'table.md', curves: 'curves.svg', results: 'results.json' } as const;
export const headsFile = (seed: number): string => `heads-seed${seed}.svg`;

/** Runs of more seeds than are asked for now may lie there too. */
const isOwn = (name: string): boolean =>
  Object.values(REPORT_FILES).includes(name as never) ||
  /^(lstm|ntm-seed\d+|heads-seed\d+\.svg|\.tmp-.*)$/.test(name);

/**
 * Makes the folder. With `force` the runs there are deleted first; with `resume` they have to be of the same recipes.
 *
 * @throws UsageError for a folder that is not empty, or holds anything that is not a reproduction's; nothing is
 *   touched then
 */
export async function prepareFolder(
  folder: string,
  runs: readonly NtmRun[],
  { resume, force }: Pick<NtmOptions, 'resume' | 'force'>,
): Promise<void> {
  const there = await readdir(folder).catch((): string[] => []);
  const foreign = there.find((name) => !isOwn(name));
  if (foreign !== undefined || (there.length > 0 && !resume && !force)) {
    throw new UsageError(
      foreign === undefined ? `${folder}, which exists` : `${folder}, which holds ${foreign}`,
      'a new directory, or that of a reproduction',
      foreign === undefined
        ? 'Go on with --resume, start over with --force (deletes its runs), or choose another with --out.'
        : 'Choose another with --out.',
    );
  }
  if (force) {
    for (const name of there.filter((name) => /^(lstm|ntm-seed\d+)$/.test(name))) {
      if ((await inspectDirectory(join(folder, name))) === 'run') await removeRun(join(folder, name));
    }
  }
  for (const { directory, recipeText } of runs) {
    if ((await inspectDirectory(directory)) === 'empty') continue;
    if ((await readRun(directory)).recipeText === recipeText) continue;
    throw new UsageError(
      `--resume, but ${directory} was trained with another recipe`,
      'the options it was begun with (--seeds may differ)',
      'Give the same options, start over with --force, or choose another directory with --out.',
    );
  }
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw cannotWrite(folder, error, 'Nothing was changed.');
  });
}

/** Trained and tested. */
export const isFinished = ({ directory }: NtmRun): Promise<boolean> =>
  readFile(join(directory, 'results.json')).then(
    () => true,
    () => false,
  );
