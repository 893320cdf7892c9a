import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import type { Pair } from '../data/corpus.ts';
import { UsageError } from '../errors.ts';
import { cannotWrite, writeFileAtomic } from '../formats/atomic.node.ts';
import { applySettings, parseRecipe } from '../formats/index.ts';
import { curveSvg } from '../plots/index.ts';
import { type Backend, openRuntime } from '../runtime/index.ts';
import {
  COMPARED,
  type Compared,
  figureTwo,
  findings,
  type Measured,
  measure,
  tableOne,
  testSentences,
} from '../tasks/reproduction.ts';
import { bleuOptions } from '../tasks/translation.ts';
import { addRuntimeOptions, duration, integerOption, log, out, type RuntimeFlags } from './console.ts';
import {
  type LongPairs,
  longPairs,
  REPRODUCTION_CORPORA,
  type ReproductionCorpus,
} from './reproduceCorpora.ts';
import { inspectDirectory, readRun } from './runDirectory.ts';
import { trainRun } from './train.ts';
import { versions } from './versions.ts';

interface ReproduceOptions extends RuntimeFlags {
  readonly corpus: ReproductionCorpus;
  readonly out: string;
  readonly seed: number;
  readonly steps?: number;
  readonly minutes?: number;
  readonly pairs: number;
  readonly sentences: number;
  readonly set: readonly string[];
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `heed reproduce rnnsearch`: Table 1 and Figure 2 of Bahdanau et al. 2015. */
export function registerReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .addArgument(new Argument('<name>', 'what to reproduce').choices(['rnnsearch']))
    .description(
      "a paper's table and figure: rnnsearch trains RNNenc and RNNsearch on sentences of up to 30 and of up to 50 " +
        'words and compares them by source length (Bahdanau et al. 2015, Table 1 and Figure 2)',
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
    .action((_name: string, options: ReproduceOptions) => reproduce(options));
}

const STEPS = 1800;
const MINUTES = 45;

async function reproduce(options: ReproduceOptions): Promise<void> {
  const begun = performance.now();
  const { corpus, out: directory, seed, pairs, sentences } = options;
  const data = await longPairs(corpus, { seed, pairs, perTenWords: sentences });
  const models = COMPARED.map((model) => {
    const text = recipeText(model, options, directory);
    return {
      model,
      text: applySettings(text, options.set, model.name),
      directory: join(directory, model.name.toLowerCase()),
    };
  });
  await checkRuns(models, options);
  await writeData(directory, data);
  const conditions = described(data, options);
  for (const line of conditions) log(line);
  const backend = await openRuntime({ ...options, onFallback: log });
  for (const each of models) {
    if (options.resume && (await isFinished(each))) {
      log(`\n${each.model.name}: finished before`);
      continue;
    }
    log(`\n${each.model.name}`);
    if (!(await trained(each, backend, options))) {
      log('the same command with --resume goes on from here');
      process.exitCode = 130;
      return;
    }
  }
  const [first] = models;
  const { codecs, recipe } = await readRun(first.directory);
  const asked = testSentences(data.test, codecs);
  const found = await Promise.all(
    models.map(async (each) => {
      const hypotheses = await readFile(join(each.directory, 'hypotheses.txt'), 'utf8');
      const run = JSON.parse(await readFile(join(each.directory, 'results.json'), 'utf8')) as RunResults;
      const lines = hypotheses.split('\n').slice(0, -1);
      return { ...each, run, measured: measure(each.model, lines, asked, bleuOptions(recipe, codecs)) };
    }),
  );
  const measured = found.map((each) => each.measured);
  const seconds = (performance.now() - begun) / 1000;
  const text = [
    ...conditions,
    '',
    tableOne(measured, asked),
    '',
    figureTwo(measured),
    '',
    ...findings(measured),
    '',
    `seed ${seed}, ${backend.name}, ${duration(seconds)} in all${options.resume ? ' since it was resumed' : ''}`,
  ].join('\n');
  const results = {
    reproduces: 'Bahdanau, Cho, Bengio 2015 (arXiv:1409.0473), Table 1 and Figure 2',
    corpus: {
      name: corpus,
      description: data.description,
      joined: data.joined,
      train: data.train.length,
      validation: data.validation.length,
      test: data.test.length,
      testWithoutUnknown: asked.isKnown.filter(Boolean).length,
      vocabularies: { source: codecs.source.vocabulary.size, target: codecs.target.vocabulary.size },
    },
    conditions,
    seed,
    seconds,
    backend: backend.name,
    versions: versions(),
    models: found.map(({ model, measured: figures, run, ...each }) => ({
      ...figures,
      published: model.published,
      directory: each.directory,
      hypotheses: join(each.directory, 'hypotheses.txt'),
      parameters: run.parameters,
      checkpoint: run.steps[0],
      trainingSeconds: run.trainingSeconds,
      decoding: run.decoding,
      recipe: each.text,
    })),
    findings: findings(measured),
  };
  const json = `${JSON.stringify(results, null, 2)}\n`;
  await writeFileAtomic(join(directory, 'results.json'), json);
  await writeFileAtomic(join(directory, 'table.txt'), `${text}\n`);
  await writeFileAtomic(join(directory, 'figure2.svg'), figure(measured, data));
  out(options.json ? json.trimEnd() : text);
  log(`\n${['table.txt', 'figure2.svg', 'results.json'].map((name) => join(directory, name)).join('  ')}`);
}

/** What a run says of itself, as far as it is passed on. */
interface RunResults {
  readonly parameters: number;
  /** of the checkpoints used: one */
  readonly steps: readonly number[];
  readonly trainingSeconds: number;
  readonly decoding: unknown;
}

interface Model {
  readonly model: Compared;
  readonly text: string;
  readonly directory: string;
}

/** False when it was interrupted. */
async function trained({ text, directory }: Model, backend: Backend, options: ReproduceOptions) {
  const isThere = (await inspectDirectory(directory)) === 'run';
  const { done } = await trainRun({
    recipeText: text,
    recipePath: join(directory, 'recipe.yaml'),
    directory,
    backend,
    resume: options.resume && isThere,
    force: options.force,
  });
  return done.reason !== 'aborted';
}

/** Its results are there, and they are of this recipe. */
async function isFinished({ directory }: Model): Promise<boolean> {
  return readFile(join(directory, 'results.json')).then(
    () => true,
    () => false,
  );
}

/** Refuses before anything is written: data of another seed under a model would be a wrong result. */
async function checkRuns(models: readonly Model[], { resume, force }: ReproduceOptions): Promise<void> {
  if (force) return;
  for (const { directory, text } of models) {
    if ((await inspectDirectory(directory)) === 'empty') continue;
    if (!resume) {
      throw new UsageError(
        `${directory}, which exists`,
        'a new directory',
        'Go on with --resume, start over with --force (deletes the runs), or choose another with --out.',
      );
    }
    const { recipeText: before } = await readRun(directory);
    if (before === text) continue;
    throw new UsageError(
      `--resume, but ${directory} was trained with another recipe`,
      'the options it was begun with',
      'Give the same options, start over with --force, or choose another directory with --out.',
    );
  }
}

async function writeData(directory: string, data: LongPairs): Promise<void> {
  const folder = join(directory, 'data');
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw cannotWrite(folder, error, 'Nothing was changed.');
  });
  const tsv = (pairs: readonly Pair[]) => pairs.map((p) => `${p.source}\t${p.target}\n`).join('');
  for (const part of ['train', 'validation', 'test'] as const) {
    await writeFileAtomic(join(folder, `${part}.tsv`), tsv(data[part]));
  }
}

/** One of the four recipes: they differ in the model and in the longest sentence alone. */
function recipeText(model: Compared, options: ReproduceOptions, directory: string): string {
  const isEmbedded = options.corpus === 'embedded';
  const steps = options.steps ?? (isEmbedded && !options.minutes ? STEPS : undefined);
  const file = (part: string) => JSON.stringify(join(directory, 'data', `${part}.tsv`));
  const attention = (size: number) => (model.type === 'rnnsearch' ? `, attention: ${size}` : '');
  const shortlists = isEmbedded ? [900, 1200] : [8000, 8000];
  const sizes = isEmbedded
    ? `embedding: 64, hidden: 192, readout: 64, dropout: 0${attention(64)}`
    : `embedding: 256, hidden: 512, readout: 256, dropout: 0.3${attention(256)}`;
  const warmup = steps && Math.floor(steps / 18);
  const [limit, schedule, validation] = steps
    ? [
        `maxSteps: ${steps}`,
        `{ type: cosine${warmup ? `, warmupSteps: ${warmup}` : ''} }`,
        `{ steps: ${Math.ceil(steps / 4)} }`,
      ]
    : [
        `maxMinutes: ${options.minutes ?? MINUTES}`,
        '{ type: plateau, factor: 0.5, patience: 1 }',
        '{ epochs: 1 }',
      ];
  return `# ${model.name}, of Table 1 and Figure 2 in Bahdanau et al. 2015. Made by \`heed reproduce rnnsearch\`.
task: translation
seed: ${options.seed}
data:
  train: { tsv: ${file('train')} }
  validation: { tsv: ${file('validation')} }
  test: { tsv: ${file('test')} }
  maxLength: ${model.maxLength}
# Vocabularies are of all training sentences, whatever their length: the four models have the same.
source: { tokens: word, lowercase: true, maxSize: ${shortlists[0]} }
target: { tokens: word, lowercase: true, maxSize: ${shortlists[1]} }
model: { type: ${model.type}, ${sizes} }
training:
  optimizer: { type: adam, learningRate: ${isEmbedded ? 0.003 : 0.001} }
  schedule: ${schedule}
  batch: { sentences: 64 }
  clipNorm: 1
  ${limit}
  validateEvery: ${validation}
  # All train equally long: patience never ends it, the best checkpoint by validation loss is used.
  stop: { metric: loss, patience: 1000 }
  keepCheckpoints: 1
decoding: { beam: 3, lengthPenalty: 1, maxLength: 120 }
`;
}

/** What is compared, in words for the reader. */
function described(data: LongPairs, options: ReproduceOptions): string[] {
  const recipe = parseRecipe(
    applySettings(recipeText(COMPARED[0], options, options.out), options.set, 'recipe'),
    'recipe',
  );
  const { maxSteps, maxMinutes, batch } = recipe.training;
  const limits = [maxSteps && `${maxSteps} updates`, maxMinutes && `${maxMinutes} minutes`].filter(Boolean);
  return [
    `Corpus: ${data.description}.`,
    `${data.train.length} pairs for training, ${data.validation.length} for validation, ${data.test.length} for the test.`,
    'Compared: RNNenc (the sentence in one vector) and RNNsearch (attention), each trained on sentences of up to 30 ' +
      'and of up to 50 words on both sides.',
    `The same for all four: data but for the length limit, vocabularies, sizes (E ${recipe.model.embedding}, ` +
      `H ${recipe.model.hidden}), seed, optimizer, ${limits.join(', ')} of batches of ` +
      `${batch.sentences ?? ''} sentences, beam ${recipe.decoding.beam}.`,
  ];
}

function figure(measured: readonly Measured[], data: LongPairs): string {
  const last = Math.max(...measured.flatMap(({ byLength }) => byLength.map(({ to }) => to)));
  return curveSvg({
    title: `BLEU against source length${data.joined ? ' (joined segments)' : ''}`,
    series: measured.map(({ name, byLength }) => ({
      name,
      dashed: name.startsWith('RNNenc'),
      points: byLength.map(({ from, to, bleu }) => [(from + to - 1) / 2, bleu] as const),
    })),
    xLabel: 'source sentence length (words)',
    yLabel: 'BLEU',
    xRange: [0, last],
  });
}
