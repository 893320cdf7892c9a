import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import {
  type BundleAbout,
  encodeBundle,
  recipeSchemaId,
  WEIGHT_TYPES,
  type WeightType,
} from '../formats/index.ts';
import { bundleOf } from '../tasks/bundle.ts';
import type { Task } from '../tasks/content.ts';
import { bundleAt } from './bundleFile.ts';
import { log } from './console.ts';
import { keptFiles, loadWeights, readRun } from './runDirectory.ts';
import { readVersion } from './versions.ts';

interface ExportOptions {
  readonly out: string;
  readonly weights: WeightType;
  readonly licence?: string;
  readonly attribution?: string;
}

/** `heed export`: a trained model as one file. */
export function registerExport(program: Command): void {
  program
    .command('export')
    .argument('<model>', 'a run directory, or a bundle')
    .description('write a trained model, with all it needs to predict, as one file (a bundle)')
    .requiredOption('--out <file.heed>', 'file to write')
    .addOption(
      new Option('--weights <type>', 'how weights are stored; float32 keeps every bit')
        .choices(WEIGHT_TYPES)
        .default('float16'),
    )
    .option('--licence <text>', 'under which the model may be used, kept in the file')
    .option('--attribution <text>', 'who is to be named, such as the makers of the data, kept in the file')
    .addHelpText(
      'after',
      '\nfloat16 is half as large as float32, int8 about a quarter; README.md says what they lose.' +
        '\nThe file holds the recipe as it is, the paths of its data included. Every command that reads a model reads it:' +
        '\npredict, evaluate, inspect, and in a browser openBundle.' +
        '\n\nExample:\n  heed export runs/dates --out dates.heed --licence CC0-1.0\n  heed predict dates.heed "9. November 1989"',
    )
    .action(exportModel);
}

async function exportModel(model: string, { out, weights, ...texts }: ExportOptions): Promise<void> {
  await checkPlace(out, model);
  const { bytes, parameters, step } = await bundleBytes(model, weights, texts);
  await writeFileAtomic(out, bytes);
  const size = (bytes.length / 1e6).toFixed(2);
  log(`${out}: ${size} MB, ${parameters.toLocaleString('en')} parameters as ${weights}, of step ${step}`);
}

/** A run, or another bundle, as the bytes of a bundle. @throws as `readRun` and `loadWeights` */
export async function bundleBytes(
  model: string,
  weights: WeightType,
  texts: Pick<BundleAbout, 'licence' | 'attribution'> = {},
): Promise<{ bytes: Uint8Array; task: Task; parameters: number; step: number }> {
  const { recipeText, ...content } = await readRun(model);
  const { step, weights: loaded } = await loadWeights(model, content);
  const { layout, parameters } = loaded;
  const about: BundleAbout = {
    ...(await knownOf(model)),
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)),
    step,
    madeWith: `heed ${readVersion()}`,
  };
  const files = await keptFiles(model);
  const bundle = bundleOf(content, layout, parameters, {
    recipeText,
    schema: recipeSchemaId(),
    files,
    about,
  });
  return {
    bytes: encodeBundle(bundle, { weights }),
    task: content.task,
    parameters: parameters.length,
    step,
  };
}

/** A bundle is a file, and not one of the run's. */
async function checkPlace(out: string, model: string): Promise<void> {
  const inRun = !(await bundleAt(model)) && resolve(out).startsWith(join(resolve(model), '/'));
  const isDirectory = (await stat(out).catch(() => undefined))?.isDirectory() ?? false;
  if (!inRun && !isDirectory) return;
  throw new UsageError(
    `--out ${out}, ${isDirectory ? 'a directory' : 'in the run directory'}`,
    'a file elsewhere',
    'Name one, e.g. --out model.heed.',
  );
}

/** What is known already: of a bundle what it says itself, of a run the figures of its test. */
async function knownOf(model: string): Promise<BundleAbout> {
  const bundle = await bundleAt(model);
  if (bundle) return bundle.about;
  const text = await readFile(join(model, 'results.json'), 'utf8').catch(() => '{}');
  const { metrics } = JSON.parse(text) as BundleAbout;
  return metrics ? { metrics } : {};
}
