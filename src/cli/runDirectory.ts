/** A run directory: recipe.yaml, source.json and target.json (tokenizers), tokenizers/, checkpoints/, metrics.jsonl, events. */
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
  type Recipe,
  type StoredCodec,
  type TensorMap,
  tokenizerConfigJson,
  tokenizerJson,
} from '../formats/index.ts';
import { Builder } from '../nn/builder.ts';
import { ParameterLayout } from '../programs/parameters.ts';
import { lossGraph } from '../programs/pairLoss.ts';
import type { Backend } from '../runtime/index.ts';
import { buildModel, type Codecs } from '../tasks/pairs.ts';
import type { SavedTraining } from '../tasks/translation.ts';
import { Translator } from '../tasks/translator.ts';
import { approach, type Optimizer, type TrainerState } from '../training/index.ts';

/** the same tokenizers as files for Hugging Face's tokenizers, where their format can say them */
const TOKENIZERS = 'tokenizers';
const files = { recipe: 'recipe.yaml', source: 'source.json', target: 'target.json' } as const;

async function readText(directory: string, name: string): Promise<string> {
  try {
    return await readFile(join(directory, name), 'utf8');
  } catch {
    throw new DataError(
      `${directory}, which has no ${name}`,
      `a run directory made by 'heed train' (${Object.values(files).join(', ')}, checkpoints/)`,
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
    ...Object.values(files),
    TOKENIZERS,
    'checkpoints',
    'metrics.jsonl',
    'results.json',
    'hypotheses.txt',
    'report.html',
  ].includes(name as never) || /^(events\.out\.tfevents\.|\.tmp-)/.test(name);

/** Deletes a run, and nothing that is not Heed's. */
export async function removeRun(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (isOwn(name)) await rm(join(directory, name), { recursive: true });
  }
}

/** Writes recipe and tokenizers of a new run. */
export async function createRun(directory: string, recipeText: string, codecs: Codecs): Promise<void> {
  await mkdir(directory, { recursive: true }).catch((error) => {
    throw cannotWrite(directory, error, 'Nothing was changed.');
  });
  for (const side of ['source', 'target'] as const) {
    await writeFileAtomic(
      join(directory, files[side]),
      `${JSON.stringify(codecs[side].toJSON(), null, 1)}\n`,
    );
    // What else reads tokenizers: Hugging Face's AutoTokenizer.from_pretrained(RUN/tokenizers/source).
    if (codecs[side].tokenizer.kind === 'word') continue;
    const folder = join(directory, TOKENIZERS, side);
    await mkdir(folder, { recursive: true });
    const stored = codecs[side].toJSON() as StoredCodec;
    await writeFileAtomic(join(folder, 'tokenizer.json'), `${JSON.stringify(tokenizerJson(stored))}\n`);
    const config = `${JSON.stringify(tokenizerConfigJson(stored), null, 1)}\n`;
    await writeFileAtomic(join(folder, 'tokenizer_config.json'), config);
  }
  await writeFileAtomic(join(directory, files.recipe), recipeText);
}

/** @throws UsageError when there is nothing at the path, DataError or FormatError when it is no whole run */
export async function readRun(
  directory: string,
): Promise<{ recipeText: string; recipe: Recipe; codecs: Codecs }> {
  if ((await inspectDirectory(directory)) === 'empty') {
    throw new UsageError(
      `${directory}, where there is no run`,
      'a run directory',
      "Check the path, or make a run with 'heed train RECIPE'.",
    );
  }
  const recipeText = await readText(directory, files.recipe);
  const codec = async (side: 'source' | 'target') => {
    const text = await readText(directory, files[side]);
    const path = join(directory, files[side]);
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
  };
  return {
    recipeText,
    recipe: parseRecipe(recipeText, join(directory, files.recipe)),
    codecs: { source: await codec('source'), target: await codec('target') },
  };
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

/** The layout of a recipe's model over these tokenizers. */
export function layoutOf(recipe: Recipe, codecs: Codecs): ParameterLayout {
  const builder = new Builder();
  lossGraph(buildModel(recipe, codecs), builder);
  return new ParameterLayout(builder.parameters.map((p) => p.spec));
}

const collect = (layout: ParameterLayout, { parameters, path }: LoadedCheckpoint): Float32Array =>
  layout.collect(parameters as Parameters<ParameterLayout['collect']>[0], path);

/** What a stopped run goes on from; undefined when it was stopped before its first checkpoint. */
export async function loadTraining(
  directory: string,
  recipe: Recipe,
  codecs: Codecs,
): Promise<SavedTraining | undefined> {
  if ((await listCheckpoints(directory)).last === undefined) return undefined;
  const saved = await loadCheckpoint(directory, 'last');
  return {
    parameters: collect(layoutOf(recipe, codecs), saved),
    slots: Object.fromEntries(Object.entries(saved.optimizer).map(([n, t]) => [n, t.data as Float32Array])),
    state: saved.state as TrainerState,
  };
}

/** A model to predict with: the averaged checkpoint, else the best, or the last where none was validated. */
export async function openModel(
  directory: string,
  backend: Backend,
): Promise<{ recipe: Recipe; codecs: Codecs; translator: Translator; step: number; parameters: number }> {
  const { recipe, codecs } = await readRun(directory);
  const { best, averaged } = await listCheckpoints(directory);
  const saved = await loadCheckpoint(directory, averaged ? 'averaged' : best === undefined ? 'last' : 'best');
  const layout = layoutOf(recipe, codecs);
  const weights = { layout, parameters: collect(layout, saved) };
  const translator = new Translator(buildModel(recipe, codecs), weights, codecs, backend);
  return { recipe, codecs, translator, step: saved.step, parameters: layout.size };
}
