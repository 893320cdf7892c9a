/** A run directory: recipe.yaml, tokenizers (source.json, target.json; tokenizers/), checkpoints/, metrics.jsonl, events. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TextCodec } from '../data/codec.ts';
import { parseArpa } from '../decoding/index.ts';
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
  type SpeechRecipe,
  type StoredCodec,
  type TensorMap,
  type TranslationRecipe,
  tokenizerConfigJson,
  tokenizerJson,
} from '../formats/index.ts';
import { Builder } from '../nn/builder.ts';
import { pairLoss } from '../programs/pairLoss.ts';
import { ParameterLayout } from '../programs/parameters.ts';
import type { Backend } from '../runtime/index.ts';
import { buildModel, type Codecs } from '../tasks/pairs.ts';
import { type RecognitionOptions, Recognizer } from '../tasks/recognizer.ts';
import { languageOptions } from '../tasks/speechLanguage.ts';
import { parseLexicon } from '../tasks/speechLexicon.ts';
import { buildSpeechModel, type SpeechCodecs, speechLoss } from '../tasks/speechModel.ts';
import type { SavedTraining } from '../tasks/training.ts';
import { Translator } from '../tasks/translator.ts';
import { approach, type Optimizer, type TrainerState } from '../training/index.ts';

/** the same tokenizers as files for Hugging Face's tokenizers, where their format can say them */
const TOKENIZERS = 'tokenizers';
const RECIPE = 'recipe.yaml';
/** of a speech run that has one */
export const LANGUAGE_MODEL = 'language.arpa';
/** the words that it may say, one a line; of a speech run that has a lexicon */
export const LEXICON = 'lexicon.txt';
/** the tokenizers of a task's runs, each in a file of its name */
const CODECS = { translation: ['source', 'target'], speech: ['target'] } as const satisfies Record<
  Recipe['task'],
  readonly string[]
>;
const codecFile = (name: string): string => `${name}.json`;

/** A recipe with the tokenizers that came of it. */
export type RunContent =
  | { readonly task: 'translation'; readonly recipe: TranslationRecipe; readonly codecs: Codecs }
  | { readonly task: 'speech'; readonly recipe: SpeechRecipe; readonly codecs: SpeechCodecs };

async function readText(directory: string, name: string): Promise<string> {
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
    LANGUAGE_MODEL,
    LEXICON,
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

/** @throws UsageError when there is nothing at the path, DataError or FormatError when it is no whole run */
export async function readRun(directory: string): Promise<RunContent & { recipeText: string }> {
  if ((await inspectDirectory(directory)) === 'empty') {
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
  return { recipeText, task: recipe.task, recipe, codecs } as unknown as RunContent & { recipeText: string };
}

/** The same, of a model that translates. @throws UsageError for another */
export async function readTranslationRun(
  directory: string,
): Promise<Extract<RunContent, { task: 'translation' }>> {
  const run = await readRun(directory);
  if (run.task === 'translation') return run;
  throw otherTask(directory, run.task, 'a model that translates text');
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

/** The layout of a run's model. */
export function layoutOf(run: RunContent): ParameterLayout {
  const builder = new Builder();
  const loss =
    run.task === 'translation'
      ? pairLoss(buildModel(run.recipe, run.codecs))
      : speechLoss(buildSpeechModel(run.recipe, run.codecs));
  loss.graph(builder);
  return new ParameterLayout(builder.parameters.map((p) => p.spec));
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

/** The weights to predict with: of the averaged checkpoint, else the best, or the last where none was validated. */
async function loadWeights(
  directory: string,
  run: RunContent,
): Promise<{ step: number; weights: { layout: ParameterLayout; parameters: Float32Array } }> {
  const { best, averaged } = await listCheckpoints(directory);
  const saved = await loadCheckpoint(directory, averaged ? 'averaged' : best === undefined ? 'last' : 'best');
  const layout = layoutOf(run);
  return { step: saved.step, weights: { layout, parameters: collect(layout, saved) } };
}

/** A model that translates. */
export async function openTranslator(
  directory: string,
  backend: Backend,
): Promise<{
  recipe: TranslationRecipe;
  codecs: Codecs;
  translator: Translator;
  step: number;
  parameters: number;
}> {
  const run = await readTranslationRun(directory);
  const { recipe, codecs } = run;
  const { step, weights } = await loadWeights(directory, run);
  const translator = new Translator(buildModel(recipe, codecs), weights, codecs, backend);
  return { recipe, codecs, translator, step, parameters: weights.layout.size };
}

/** A model that recognises speech. */
export async function openRecognizer(
  directory: string,
  backend: Backend,
): Promise<{
  recipe: SpeechRecipe;
  codecs: SpeechCodecs;
  recognizer: Recognizer;
  step: number;
  parameters: number;
}> {
  const run = await readRun(directory);
  if (run.task !== 'speech') throw otherTask(directory, run.task, 'a model that recognises speech');
  const { recipe, codecs } = run;
  const { step, weights } = await loadWeights(directory, run);
  const recognizer = new Recognizer(recipe, codecs, weights, backend);
  return { recipe, codecs, recognizer, step, parameters: weights.layout.size };
}

/** What a run keeps to decode with, beside recipe, tokenizers and checkpoints. */
export async function keptFiles(directory: string, recipe: Recipe): Promise<Record<string, string>> {
  if (recipe.task !== 'speech') return {};
  const { languageModel, lexicon } = recipe.decoding;
  const names = [...(languageModel ? [LANGUAGE_MODEL] : []), ...(lexicon === undefined ? [] : [LEXICON])];
  const texts = names.map(async (name) => [name, await readText(directory, name)] as const);
  return Object.fromEntries(await Promise.all(texts));
}

/** The language model that a speech run keeps, asked as its recipe says; undefined where it has none. */
export async function languageModelOf(
  directory: string,
  { decoding }: SpeechRecipe,
): Promise<RecognitionOptions['languageModel']> {
  if (!decoding.languageModel) return undefined;
  const path = join(directory, LANGUAGE_MODEL);
  return languageOptions(decoding.languageModel, parseArpa(await readText(directory, LANGUAGE_MODEL), path));
}

/** The lexicon that a speech run keeps; undefined where it has none. */
export async function lexiconOf(
  directory: string,
  { decoding }: SpeechRecipe,
  codecs: SpeechCodecs,
): Promise<RecognitionOptions['lexicon']> {
  if (decoding.lexicon === undefined) return undefined;
  const lines = (await readText(directory, LEXICON)).split('\n');
  return parseLexicon(lines, join(directory, LEXICON), codecs);
}

const otherTask = (directory: string, task: Recipe['task'], expected: string): UsageError =>
  new UsageError(`${directory}, a run of the task ${task}`, expected, 'Name the run of another recipe.');
