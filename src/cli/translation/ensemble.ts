import { type Command, Option } from 'commander';
import { ENSEMBLE_MEANS, type EnsembleMean } from '../../decoding/index.ts';
import { UsageError } from '../../errors.ts';
import type { TranslationRecipe } from '../../formats/index.ts';
import type { Backend } from '../../runtime/index.ts';
import type { Codecs } from '../../tasks/pairs.ts';
import { Translator } from '../../tasks/translator.ts';
import { openTranslator } from './open.ts';

/** What commands that can use several runs as one are given beside the first run. */
export interface EnsembleFlags {
  readonly ensemble?: readonly string[];
  readonly ensembleMean?: EnsembleMean;
}

export interface OpenedModel {
  readonly translator: Translator;
  /** of the first run */
  readonly recipe: TranslationRecipe;
  readonly codecs: Codecs;
  /** whether one of them does */
  readonly attends: boolean;
  /** steps of each run */
  readonly steps: readonly number[];
  /** of all runs together */
  readonly parameters: number;
}

/** `--ensemble` and `--ensemble-mean`. */
export const addEnsembleOptions = (command: Command): Command =>
  command
    .option('--ensemble <dir...>', 'more run directories, decoded together with the first')
    .addOption(
      new Option(
        '--ensemble-mean <mean>',
        'of probabilities, or of log-probabilities (default: arithmetic)',
      ).choices(ENSEMBLE_MEANS),
    );

/** Opens a run, or several as one. @throws UsageError when they do not write text alike */
export async function openModels(
  model: string,
  { ensemble = [], ensembleMean }: EnsembleFlags,
  backend: Backend,
): Promise<OpenedModel> {
  if (ensembleMean !== undefined && ensemble.length === 0) {
    throw new UsageError('--ensemble-mean without --ensemble', 'both', 'Add --ensemble, or leave it out.');
  }
  const first = await openTranslator(model, backend);
  const opened = [first];
  for (const directory of ensemble) opened.push(await openTranslator(directory, backend));
  const translators = opened.map(({ translator }) => translator);
  return {
    translator:
      opened.length > 1 ? Translator.ensemble(translators, { mean: ensembleMean }) : first.translator,
    recipe: first.recipe,
    codecs: first.codecs,
    attends: opened.some(({ recipe }) => recipe.model.type !== 'rnnenc'),
    steps: opened.map(({ step }) => step),
    parameters: opened.reduce((sum, { parameters }) => sum + parameters, 0),
  };
}
