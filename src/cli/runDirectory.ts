/** A run directory: recipe.yaml, tokenizers (source.json, target.json; tokenizers/), checkpoints/, metrics.jsonl, events. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TextCodec } from '../data/codec.ts';
import { DataError, FormatError, UsageError } from '../errors.ts';
import { cannotWrite, writeFileAtomic } from '../formats/atomic.node.ts';
import {
  type LoadedCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  type SaveOptions,
  saveAveraged,
  saveCheckpoint,
} from '../formats/checkpoint.node.ts';
import {
  type NamedTensor,
  parseRecipe,
  type StoredCodec,
  type TensorMap,
  tokenizerConfigJson,
  tokenizerJson,
} from '../formats/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import {
  CODECS,
  type ContentOf,
  contentOf,
  LANGUAGE_MODEL,
  LEXICON,
  type RunContent,
  type Task,
} from '../tasks/content.ts';
import { layoutOf } from '../tasks/layouts.ts';
import type { SavedTraining } from '../tasks/training.ts';
import { approach, type Optimizer, type TrainerState } from '../training/index.ts';
import { bundleAt } from './bundleFile.ts';

/** the same tokenizers as files for Hugging Face's tokenizers, where their format can say them */
const TOKENIZERS = 'tokenizers';
const RECIPE = 'recipe.yaml';

export { LANGUAGE_MODEL, LEXICON };

const KEPT = [LANGUAGE_MODEL, LEXICON];
const codecFile = (name: string): string => `${name}.json`;

/**
 * A file of a run.
 *
 * @param directory of the run, or a bundle, which holds the same by the same names
 * @throws DataError where there is no such file
 */
export async function readText(directory: string, name: string): Promise<string> {
  const bundle = await bundleAt(directory);
  if (bundle) {
    const codec = Object.keys(bundle.tokenizers).find((own) => codecFile(own) === name);
    const text = codec === undefined ? bundle.files[name] : JSON.stringify(bundle.tokenizers[codec]);
    if (name === RECIPE) return bundle.recipe;
    if (text !== undefined) return text;
    throw new DataError(
      `${directory}, a bundle without ${name}`,
      'one of a run that keeps it',
      'Export the run again, or use its directory.',
    );
  }
  try {
    return await readFile(join(directory, name), 'utf8');
  } catch {
    throw new DataError(
      `${directory}, which has no ${name}`,
      `a run directory made by 'heed train' (${RECIPE}, ${name === RECIPE ? '' : `${name}, `}checkpoints/)`,
      'Check the path.',
    );
  }
}

/** What is already there: nothing (or no such directory), a run, or something else that must not be touched. */
export async function inspectDirectory(directory: string): Promise<'empty' | 'run' | 'foreign'> {
  const entries = await readdir(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw new DataError(
      `${directory}, which cannot be read as a directory (${error.code})`,
      'a run directory, or a path where one can be made',
      'Check the path and its permissions.',
    );
  });
  if (entries.length === 0) return 'empty';
  return entries.every(isOwn) ? 'run' : 'foreign';
}

/** Names that Heed itself gives in a run directory; with any other in it, it is somebody's folder. */
const isOwn = (name: string): boolean =>
  [
    RECIPE,
    ...new Set(Object.values(CODECS).flat().map(codecFile)),
    ...KEPT,
    TOKENIZERS,
    'checkpoints',
    'metrics.jsonl',
    'results.json',
    'hypotheses.txt',
    'validation.jsonl',
    'test.jsonl',
    'ended.json',
    'shown.json',
    'report.html',
  ].includes(name as never) || /^(events\.out\.tfevents\.|\.tmp-)/.test(name);

/** Deletes a run, and nothing that is not Heed's. */
export async function removeRun(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (isOwn(name)) await rm(join(directory, name), { recursive: true });
  }
}

/** Writes recipe and tokenizers of a new run. */
export async function createRun(
  directory: string,
  recipeText: string,
  codecs: Readonly<Record<string, TextCodec>>,
  others: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((error) => {
    throw cannotWrite(directory, error, 'Nothing was changed.');
  });
  for (const [name, codec] of Object.entries(codecs)) {
    const text = `${JSON.stringify(codec.toJSON(), null, 1)}\n`;
    await writeFileAtomic(join(directory, codecFile(name)), text);
    // What else reads tokenizers: Hugging Face's AutoTokenizer.from_pretrained(RUN/tokenizers/source).
    if (codec.tokenizer.kind === 'word') continue;
    const folder = join(directory, TOKENIZERS, name);
    await mkdir(folder, { recursive: true });
    const stored = codec.toJSON() as StoredCodec;
    await writeFileAtomic(join(folder, 'tokenizer.json'), `${JSON.stringify(tokenizerJson(stored))}\n`);
    const config = `${JSON.stringify(tokenizerConfigJson(stored), null, 1)}\n`;
    await writeFileAtomic(join(folder, 'tokenizer_config.json'), config);
  }
  for (const [name, text] of Object.entries(others)) await writeFileAtomic(join(directory, name), text);
  await writeFileAtomic(join(directory, RECIPE), recipeText);
}

/**
 * Recipe and tokenizers of a run.
 *
 * @param directory of the run, or a bundle
 * @throws UsageError when there is nothing at the path, DataError or FormatError when it is no whole run
 */
export async function readRun(directory: string): Promise<RunContent & { recipeText: string }> {
  if (!(await bundleAt(directory)) && (await inspectDirectory(directory)) === 'empty') {
    throw new UsageError(
      `${directory}, where there is no run`,
      'a run directory',
      "Check the path, or make a run with 'heed train RECIPE'.",
    );
  }
  const recipeText = await readText(directory, RECIPE);
  const recipe = parseRecipe(recipeText, join(directory, RECIPE));
  const codecs: Record<string, TextCodec> = {};
  for (const name of CODECS[recipe.task]) codecs[name] = await readCodec(directory, name);
  return { recipeText, ...contentOf(recipe, codecs) };
}

/** The same, of one task. @param expected what is wanted, for the error @throws UsageError for a run of another task */
export async function readRunOf<T extends Task>(
  directory: string,
  task: T,
  expected: string,
): Promise<ContentOf<T>> {
  const run = await readRun(directory);
  if (run.task === task) return run as unknown as ContentOf<T>;
  throw new UsageError(
    `${directory}, a run of the task ${run.task}`,
    expected,
    'Name the run of another recipe.',
  );
}

async function readCodec(directory: string, name: string): Promise<TextCodec> {
  const text = await readText(directory, codecFile(name));
  const path = join(directory, codecFile(name));
  try {
    return TextCodec.fromJSON(JSON.parse(text));
  } catch (error) {
    if (error instanceof FormatError) {
      throw new FormatError(`${path}: ${error.arrived}`, error.expected, error.todo);
    }
    throw new FormatError(
      `${path}: ${(error as Error).message}`,
      'the tokenizer that was written with the run, as JSON',
      'The file is damaged: take it again from the run that wrote it.',
    );
  }
}

const flat = (shape: readonly number[], data: Float32Array): NamedTensor => ({
  dtype: 'float32',
  shape,
  data,
});

/** Saves the parameters by name, and the optimizer's slots. */
export async function saveTraining(
  directory: string,
  step: number,
  training: { layout: ParameterLayout; parameters: Float32Array; optimizer: Optimizer; state: TrainerState },
  options: Pick<SaveOptions, 'isBest' | 'keep' | 'keepSteps'>,
): Promise<void> {
  const slots = Object.entries(training.optimizer.slots).map(([name, data]) => [
    name,
    flat([data.length], data),
  ]);
  await saveCheckpoint(
    directory,
    step,
    {
      parameters: training.layout.views(training.parameters) as TensorMap,
      optimizer: Object.fromEntries(slots) as TensorMap,
      state: training.state,
    },
    options,
  );
}

/** How a mean of checkpoints came about; the state of an averaged checkpoint. */
export interface Averaged {
  /** of the checkpoints */
  readonly averaged: readonly number[];
  /** of the validation; absent where none was */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** Saves a mean of checkpoints as what to use of the run that has just ended at a step. */
export async function saveMean(
  directory: string,
  step: number,
  { layout, parameters, state }: { layout: ParameterLayout; parameters: Float32Array; state: Averaged },
): Promise<void> {
  const content = { parameters: layout.views(parameters) as TensorMap, optimizer: {}, state };
  await saveAveraged(directory, step, content);
}

/** The mean of the parameters of checkpoints, read one after the other. */
export async function meanOfCheckpoints(
  directory: string,
  layout: ParameterLayout,
  steps: readonly number[],
): Promise<Float32Array> {
  const mean = new Float32Array(layout.size);
  for (const [i, step] of steps.entries()) {
    approach(mean, collect(layout, await loadCheckpoint(directory, step)), 1 / (i + 1));
  }
  return mean;
}

const collect = (layout: ParameterLayout, { parameters, path }: LoadedCheckpoint): Float32Array =>
  layout.collect(parameters as Parameters<ParameterLayout['collect']>[0], path);

/** What a stopped run goes on from; undefined when it was stopped before its first checkpoint. */
export async function loadTraining(directory: string, run: RunContent): Promise<SavedTraining | undefined> {
  if ((await listCheckpoints(directory)).last === undefined) return undefined;
  const saved = await loadCheckpoint(directory, 'last');
  return {
    parameters: collect(layoutOf(run), saved),
    slots: Object.fromEntries(Object.entries(saved.optimizer).map(([n, t]) => [n, t.data as Float32Array])),
    state: saved.state as TrainerState,
  };
}

/**
 * The weights to predict with: of the averaged checkpoint, else the best, or the last where none was validated; or
 * those of a bundle.
 */
export async function loadWeights(
  directory: string,
  run: RunContent,
): Promise<{ step: number; weights: { layout: ParameterLayout; parameters: Float32Array } }> {
  const bundle = await bundleAt(directory);
  if (bundle) {
    const layout = layoutOf(run);
    const parameters = layout.collect(bundle.parameters, directory);
    return { step: bundle.about.step ?? 0, weights: { layout, parameters } };
  }
  const { best, averaged } = await listCheckpoints(directory);
  const saved = await loadCheckpoint(directory, averaged ? 'averaged' : best === undefined ? 'last' : 'best');
  const layout = layoutOf(run);
  return { step: saved.step, weights: { layout, parameters: collect(layout, saved) } };
}

/** What a run keeps to decode with, beside recipe, tokenizers and checkpoints. */
export async function keptFiles(directory: string): Promise<Record<string, string>> {
  const bundle = await bundleAt(directory);
  if (bundle) return { ...bundle.files };
  const there = new Set(await readdir(directory));
  const names = KEPT.filter((name) => there.has(name));
  const texts = names.map(async (name) => [name, await readText(directory, name)] as const);
  return Object.fromEntries(await Promise.all(texts));
}
