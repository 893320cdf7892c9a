import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { ALGORITHMS } from '../../../data/algorithms.ts';
import { TrainingError } from '../../../errors.ts';
import { writeFileAtomic } from '../../../formats/atomic.node.ts';
import { headsSvg } from '../../../plots/index.ts';
import { type Backend, openRuntime } from '../../../runtime/index.ts';
import { recordSequence } from '../../../tasks/algorithmsRecord.ts';
import { testSeed } from '../../../tasks/algorithmsTraining.ts';
import { openAlgorithm } from '../../algorithm/open.ts';
import { sizesShown } from '../../algorithm/sizes.ts';
import { addRuntimeOptions, duration, integerOption, log, out } from '../../console.ts';
import { inspectDirectory } from '../../runDirectory.ts';
import { trainRun } from '../../train.ts';
import { headsFile, isFinished, prepareFolder } from './folder.ts';
import { type MeasuredRun, measureRun } from './measured.ts';
import { folderOf, type NtmOptions, type NtmRun, ntmRuns } from './recipe.ts';
import { writeReport } from './report.ts';

/** `heed reproduce ntm`: the learning curves, the generalisation and the head maps of Graves et al. 2014. */
export function registerNtm(reproduce: Command): void {
  const collect = (v: string, all: string[]) => [...all, v];
  const command = reproduce
    .command('ntm')
    .description(
      'train Neural Turing Machines on a generated task, with several seeds, and LSTMs beside them: learning curves, ' +
        'generalisation to longer sequences, where the heads were (Graves, Wayne, Danihelka 2014, section 4)',
    )
    .addOption(new Option('--task <name>', 'what is learnt').choices(ALGORITHMS).default('copy'))
    .option('--seeds <n>', 'machines, of the seeds 1 to n', integerOption('--seeds'), 2)
    .addOption(
      new Option('--controller <type>', 'of the machines (default: as in the recipe)').choices([
        'lstm',
        'feedForward',
      ]),
    )
    .option(
      '--sequences <n>',
      'training sequences of each run (default: as in the recipe, copy 200,000)',
      integerOption('--sequences'),
    )
    .option('--no-baseline', 'leave the LSTM out')
    .option('--out <dir>', 'where runs, table and figures go (default: runs/reproduce-ntm)')
    .option(
      '--set <path=value>',
      'change a value of the recipes; of model, optimizer and clipNorm the machines’ alone',
      collect,
      [],
    )
    .option('--set-baseline <path=value>', 'change a value of the LSTM’s recipe alone', collect, [])
    .option('--resume', 'go on with what is in the directory; finished runs are taken as they are')
    .addOption(new Option('--force', 'delete the runs in the directory and start over').conflicts('resume'))
    .option('--json', 'all figures as one JSON object');
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed reproduce ntm --seeds 10 --out runs/ntm' +
        '\n  heed reproduce ntm --seeds 10 --out runs/ntm --resume',
    )
    .action(reproduceNtm);
}

async function reproduceNtm(options: NtmOptions): Promise<void> {
  const begun = performance.now();
  const folder = folderOf(options);
  const runs = await ntmRuns(options);
  await prepareFolder(folder, runs, options);
  const backend = await openRuntime({ ...options, onFallback: log });
  const measured: MeasuredRun[] = [];
  let written: Awaited<ReturnType<typeof writeReport>> | undefined;
  for (const run of runs) {
    log(`\n${run.name}`);
    const ended = await trained(run, backend, options.resume);
    if (ended === 'aborted') {
      log('the same command with --resume goes on from here');
      process.exitCode = 130;
      return;
    }
    measured.push(await measureRun(run, ended));
    if (run.kind === 'ntm' && ended === undefined) await drawHeads(run, backend, folder);
    const seconds = (performance.now() - begun) / 1000;
    const facts = { seeds: options.seeds, seconds, resumed: options.resume === true, backend: backend.name };
    // After each: what is there can be looked at while the others train.
    written = await writeReport({ task: options.task, runs, measured, facts }, folder);
  }
  if (!written) return;
  out(options.json ? written.json : written.text);
  const seconds = (performance.now() - begun) / 1000;
  log(`\n${duration(seconds)} ${options.resume ? 'since it was resumed' : 'in all'}, on ${backend.name}`);
  log(written.files.join('  '));
}

/** Trains and tests a run, unless it is. @returns why it failed, or that it was interrupted; undefined when it is done */
async function trained(run: NtmRun, backend: Backend, resume?: boolean): Promise<string | undefined> {
  const { recipeText, directory } = run;
  if (await isFinished(run)) {
    log('finished before');
    return undefined;
  }
  const isThere = (await inspectDirectory(directory)) === 'run';
  const recipePath = join(directory, 'recipe.yaml');
  try {
    const { done } = await trainRun({
      recipeText,
      recipePath,
      directory,
      backend,
      resume: resume && isThere,
    });
    return done.reason === 'aborted' ? 'aborted' : undefined;
  } catch (error) {
    // A seed whose numbers leave their range is one of the results, not the end of the others.
    if (!(error instanceof TrainingError)) throw error;
    log(`heed: ${error.message}`);
    return `failed: ${error.arrived}`;
  }
}

/** One sequence as long as the longest of the training. */
async function drawHeads({ directory, name }: NtmRun, backend: Backend, folder: string): Promise<void> {
  const { recipe, task, weights } = await openAlgorithm(directory);
  const sizes = task.algorithm.largest;
  const record = await recordSequence(task, weights, backend, { seed: testSeed(recipe), sizes });
  const title = `${name}: ${recipe.data.train.type}, ${sizesShown(sizes)}`;
  await writeFileAtomic(join(folder, headsFile(recipe.seed)), `${headsSvg({ ...record, title })}\n`);
}
