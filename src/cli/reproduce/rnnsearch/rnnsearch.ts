import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type Backend, openRuntime } from '../../../runtime/index.ts';
import { addRuntimeOptions, duration, integerOption, log, out } from '../../console.ts';
import { inspectDirectory } from '../../runDirectory.ts';
import { trainRun } from '../../train.ts';
import { longPairs, REPRODUCTION_CORPORA } from './corpora.ts';
import { isFinished, prepareFolder } from './folder.ts';
import {
  conditionsOf,
  MINUTES,
  type ReproduceOptions,
  type ReproductionModel,
  reproductionModels,
  STEPS,
} from './recipe.ts';
import { readReport, writeReport } from './report.ts';

/** `heed reproduce rnnsearch`: Table 1 and Figure 2 of Bahdanau et al. 2015. */
export function registerRnnsearch(reproduce: Command): void {
  const command = reproduce
    .command('rnnsearch')
    .description(
      'train RNNenc and RNNsearch on sentences of up to 30 and of up to 50 words and compare them by source length ' +
        '(Bahdanau et al. 2015, Table 1 and Figure 2)',
    )
    .addOption(
      new Option('--corpus <name>', 'embedded, or joined segments of a real one')
        .choices(REPRODUCTION_CORPORA)
        .default('embedded'),
    )
    .option('--out <dir>', 'where data, runs, table and figure go', join('runs', 'reproduce-rnnsearch'))
    .option('--seed <n>', 'of data and models', integerOption('--seed', 0), 1)
    .option('--steps <n>', `updates of each model (default: embedded ${STEPS})`, integerOption('--steps'))
    .addOption(
      new Option('--minutes <n>', `or train each so long (default: real corpora ${MINUTES})`)
        .argParser(integerOption('--minutes'))
        .conflicts('steps'),
    )
    .option('--pairs <n>', 'training pairs to generate (embedded)', integerOption('--pairs'), 60_000)
    .option(
      '--sentences <n>',
      'test sentences of every ten lengths (real corpora: at most)',
      integerOption('--sentences'),
      100,
    )
    .option('--set <path=value>', 'change a value of the four recipes', (v, all: string[]) => [...all, v], [])
    .option('--resume', 'go on with what is in the directory; finished models are taken as they are')
    .addOption(new Option('--force', 'delete the runs in the directory and start over').conflicts('resume'))
    .option('--json', 'all figures as one JSON object');
  addRuntimeOptions(command)
    .addHelpText('after', '\nExample:\n  heed reproduce rnnsearch --out runs/figure2')
    .action(reproduceRnnsearch);
}

async function reproduceRnnsearch(options: ReproduceOptions): Promise<void> {
  const begun = performance.now();
  const { corpus, out: directory, seed, pairs, sentences } = options;
  const models = reproductionModels(options);
  const data = await longPairs(corpus, { seed, pairs, perTenWords: sentences });
  await prepareFolder(models, data, options);
  const conditions = conditionsOf(models, data);
  for (const line of conditions) log(line);
  const backend = await openRuntime({ ...options, onFallback: log });
  for (const model of models) {
    if (options.resume && (await isFinished(model))) {
      log(`\n${model.name}: finished before`);
      continue;
    }
    log(`\n${model.name}`);
    if (await wasInterrupted(model, backend, options)) {
      log('the same command with --resume goes on from here');
      process.exitCode = 130;
      return;
    }
  }
  const report = await readReport(models, data, conditions);
  const seconds = (performance.now() - begun) / 1000;
  const ending = `seed ${seed}, ${backend.name}, ${duration(seconds)} ${options.resume ? 'since it was resumed' : 'in all'}`;
  const facts = { corpus, seed, seconds, resumed: options.resume === true, backend: backend.name };
  const { text, json, files } = await writeReport(report, data, { directory, ending, facts });
  out(options.json ? json : text);
  log(`\n${files.join('  ')}`);
}

async function wasInterrupted(
  { recipeText, directory }: ReproductionModel,
  backend: Backend,
  { resume }: ReproduceOptions,
): Promise<boolean> {
  const recipePath = join(directory, 'recipe.yaml');
  const isThere = (await inspectDirectory(directory)) === 'run';
  const { done } = await trainRun({ recipeText, recipePath, directory, backend, resume: resume && isThere });
  return done.reason === 'aborted';
}
