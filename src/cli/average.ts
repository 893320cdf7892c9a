import type { Command } from 'commander';
import { DataError, UsageError } from '../errors.ts';
import { listCheckpoints, saveCheckpoint } from '../formats/checkpoint.node.ts';
import type { TensorMap } from '../formats/index.ts';
import { layoutOf } from '../tasks/layouts.ts';
import { bundleAt } from './bundleFile.ts';
import { integerOption, log } from './console.ts';
import {
  type Averaged,
  createRun,
  inspectDirectory,
  keptFiles,
  meanOfCheckpoints,
  readRun,
} from './runDirectory.ts';

interface AverageOptions {
  readonly last?: number;
  readonly out: string;
}

/** `heed average`: a run's newest checkpoints as one model, in a directory of its own. */
export function registerAverage(program: Command): void {
  program
    .command('average')
    .argument('<run>', 'a run directory')
    .description("average the parameters of a run's checkpoints into a new directory, to predict with")
    .option(
      '--last <n>',
      'the newest so many checkpoints (default: all there are)',
      integerOption('--last', 2),
    )
    .requiredOption('--out <dir>', 'directory to make')
    .addHelpText(
      'after',
      '\nHow many a run keeps its recipe says (training.keepCheckpoints); training.averageCheckpoints averages at' +
        '\nthe end of training and uses the mean if it is better.' +
        '\n\nExample:\n  heed average runs/multi30k-de-en --last 3 --out runs/multi30k-de-en-mean',
    )
    .action(average);
}

async function average(run: string, { last, out }: AverageOptions): Promise<void> {
  const { recipeText, ...content } = await readRun(run);
  if (await bundleAt(run)) {
    throw new UsageError(
      `${run}, a bundle`,
      'a run directory',
      'A bundle holds one model, and no checkpoints.',
    );
  }
  const { steps } = await listCheckpoints(run);
  const wanted = last ?? Math.max(2, steps.length);
  if (steps.length < wanted) {
    throw new DataError(
      `${run}, which has ${steps.length === 1 ? 'one checkpoint' : `${steps.length} checkpoints`}`,
      `at least ${wanted} to average`,
      'Train with a larger training.keepCheckpoints, or ask for fewer with --last.',
    );
  }
  if ((await inspectDirectory(out)) !== 'empty') {
    throw new UsageError(`${out}, which exists`, 'a new directory', 'Choose another with --out.');
  }
  const averaged = steps.slice(-wanted);
  const layout = layoutOf(content);
  const parameters = layout.views(await meanOfCheckpoints(run, layout, averaged)) as TensorMap;
  const state: Averaged = { averaged };
  await createRun(out, recipeText, content.codecs, await keptFiles(run));
  const step = averaged[averaged.length - 1];
  await saveCheckpoint(out, step, { parameters, optimizer: {}, state }, { isBest: true, keep: 1 });
  log(`${out}: the mean of the checkpoints of steps ${averaged.join(', ')}`);
}
