import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { BABI_TASKS } from '../../../data/babi.ts';
import { UsageError } from '../../../errors.ts';
import { writeFileAtomic } from '../../../formats/atomic.node.ts';
import { type Backend, openRuntime } from '../../../runtime/index.ts';
import { addRuntimeOptions, duration, integerOption, log, out } from '../../console.ts';
import { errorTable } from '../../questions/table.ts';
import { inspectDirectory } from '../../runDirectory.ts';
import { trainRun } from '../../train.ts';
import { versions } from '../../versions.ts';
import { isFinished, prepareFolder, REPORT_FILES } from './folder.ts';
import { type Memn2nOptions, type Restart, type RestartedModel, restartedModels } from './recipe.ts';
import {
  attentionFigure,
  type FinishedModel,
  markdownTable,
  mean,
  readModels,
  taskResults,
} from './report.ts';

/** `heed reproduce memn2n`: Table 1 of Sukhbaatar et al. 2015. */
export function registerMemn2n(reproduce: Command): void {
  const command = reproduce
    .command('memn2n')
    .description(
      'train end-to-end memory networks on bAbI, 1,000 questions a task, all tasks together or each alone, and hold ' +
        "their errors beside the paper's (Sukhbaatar et al. 2015, Table 1)",
    )
    .option(
      '--data <path>',
      'bAbI as it is published, a folder or an archive (default: as `heed data get babi` fetches it, looked for in HEED_DATA too)',
    )
    .option(
      '--instead <folder>',
      'whose files of a task (qaN_…_train….txt, qaN_…_test….txt) are read instead (default: those beside the default archive)',
    )
    .option('--tasks <numbers>', 'which tasks, e.g. 1,2 (default: all)', tasksOption, allTasks)
    .option('--alone', 'a model of each task, instead of one of all')
    .option(
      '--restarts <n>',
      'trainings from different weights, of which the one with the lowest training loss is taken; the paper has 10',
      integerOption('--restarts'),
      5,
    )
    .option('--seed <n>', 'of the first one; they rise by one', integerOption('--seed', 0), 1)
    .option('--out <dir>', 'where runs, table and figure go', join('runs', 'reproduce-memn2n'))
    .option('--set <path=value>', 'change a value of all recipes', (v, all: string[]) => [...all, v], [])
    .option('--resume', 'go on with what is in the directory; finished runs are taken as they are')
    .addOption(new Option('--force', 'delete the runs in the directory and start over').conflicts('resume'))
    .option('--json', 'all figures as one JSON object');
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed reproduce memn2n --threads 1\n  heed reproduce memn2n --alone --tasks 1,2 --restarts 2 --out runs/alone',
    )
    .action(reproduceMemn2n);
}

const allTasks: readonly number[] = BABI_TASKS.map((_, i) => i + 1);

function tasksOption(text: string): number[] {
  const tasks = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const wrong = tasks.some((task) => !allTasks.includes(task)) || new Set(tasks).size < tasks.length;
  if (!wrong) return tasks.sort((a, b) => a - b);
  throw new UsageError(`--tasks ${text}`, 'numbers from 1 to 20, each once', 'Give some, e.g. --tasks 1,2.');
}

async function reproduceMemn2n(options: Memn2nOptions): Promise<void> {
  const begun = performance.now();
  const models = restartedModels(options);
  await prepareFolder(models, options);
  const backend = await openRuntime({ ...options, onFallback: log });
  for (const model of models) {
    for (const [i, restart] of model.restarts.entries()) {
      log(`\n${model.name}, training ${i + 1} of ${model.restarts.length} (seed ${restart.seed})`);
      if (options.resume && (await isFinished(restart))) {
        log('finished before');
        continue;
      }
      if (await wasInterrupted(restart, backend, options)) {
        log('the same command with --resume goes on from here');
        process.exitCode = 130;
        return;
      }
    }
  }
  await report(models, backend, options, (performance.now() - begun) / 1000);
}

async function wasInterrupted(
  { recipeText, directory }: Restart,
  backend: Backend,
  { resume }: Memn2nOptions,
): Promise<boolean> {
  const recipePath = join(directory, 'recipe.yaml');
  const isThere = (await inspectDirectory(directory)) === 'run';
  const { done } = await trainRun({ recipeText, recipePath, directory, backend, resume: resume && isThere });
  return done.reason === 'aborted';
}

async function report(
  models: readonly RestartedModel[],
  backend: Backend,
  options: Memn2nOptions,
  seconds: number,
): Promise<void> {
  const { alone = false, out: directory, json, seed, restarts, resume = false } = options;
  const finished = await readModels(models);
  const tasks = taskResults(finished, !alone);
  const conditions = conditionsOf(finished, options, seconds, backend.name);
  const contents = [
    markdownTable(tasks, conditions),
    await attentionFigure(finished, backend),
    JSON.stringify(
      {
        reproduces: 'Sukhbaatar, Szlam, Weston, Fergus 2015 (arXiv:1503.08895), Table 1',
        alone,
        seed,
        restarts,
        // of all models together
        parameters: finished.reduce((sum, { chosen }) => sum + chosen.run.parameters, 0),
        metrics: { meanError: mean(tasks.map(({ error }) => error)) },
        paper: { meanError: mean(tasks.map(({ paper }) => paper)) },
        tasks,
        models: finished.map(({ name, tasks, chosen, restarts }) => ({
          name,
          tasks,
          parameters: chosen.run.parameters,
          chosen: chosen.directory,
          recipe: chosen.recipeText,
          restarts: restarts.map(({ seed, directory, trainingLoss, run }) => ({
            seed,
            directory,
            trainingLoss,
            meanError: run.metrics.meanError,
            trainingSeconds: run.trainingSeconds,
          })),
        })),
        seconds,
        resumed: resume,
        backend: backend.name,
        versions: versions(),
      },
      null,
      2,
    ),
  ];
  const files = REPORT_FILES.map((name) => join(directory, name));
  for (const [i, path] of files.entries()) await writeFileAtomic(path, `${contents[i]}\n`);
  if (json) out(contents[2]);
  else for (const line of ['', ...errorTable(tasks, !alone), '', ...conditions]) out(line);
  log(`\n${files.join('  ')}`);
}

function conditionsOf(
  models: readonly FinishedModel[],
  { alone, seed, restarts, resume }: Memn2nOptions,
  seconds: number,
  backend: string,
): string[] {
  const last = seed + restarts - 1;
  const seeds = restarts === 1 ? `seed ${seed}` : `seeds ${seed} to ${last}`;
  const [{ chosen }] = models;
  const [lowest, highest] = [Math.min, Math.max].map((of) =>
    of(...models[0].restarts.map(({ run }) => run.metrics.meanError)).toFixed(1),
  );
  return [
    `${alone ? 'A model of each task' : 'One model of all tasks'}, ${seeds}; of ${restarts === 1 ? 'one training' : `${restarts} trainings the one with the lowest training loss`}, as the paper of ten.`,
    ...(alone || restarts === 1
      ? []
      : [
          `Taken: seed ${chosen.seed}, ${chosen.run.metrics.meanError.toFixed(1)} % in the mean; the trainings have ${lowest} to ${highest} %.`,
        ]),
    'A tenth of the training questions is held out. Settings are those of the paper (4.2) and, where it names none, of its authors’ program.',
    `${backend}, ${duration(seconds)} ${resume ? 'since it was resumed' : 'in all'}.`,
  ];
}
