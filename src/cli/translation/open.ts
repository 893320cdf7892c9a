import type { TranslationRecipe } from '../../formats/index.ts';
import type { Backend } from '../../runtime/index.ts';
import { buildModel, type Codecs } from '../../tasks/pairs.ts';
import { Translator } from '../../tasks/translator.ts';
import { loadWeights, readRunOf } from '../runDirectory.ts';

/** A model that translates. @throws UsageError for another, and as `readRun` */
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

export const readTranslationRun = (directory: string) =>
  readRunOf(directory, 'translation', 'a model that translates text');
