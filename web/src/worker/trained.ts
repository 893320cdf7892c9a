import { bundleOf, type ContentOf, contentOf, encodeBundle } from 'heed';
import type { ModelInfo, PageCalls } from '../calls.ts';
import { keep } from './models.ts';
import { pageRecipeText } from './recipe.ts';
import { currentTraining, type PageTraining, unwatched } from './train.ts';

const trainedContent = ({ recipe, codecs }: PageTraining): ContentOf<'translation'> =>
  contentOf(unwatched(recipe), codecs) as ContentOf<'translation'>;

/** A model as it was trained here, with weights of its own: the training may go on. */
export function keepTrained(trained: PageTraining, steps: number): ModelInfo {
  const { layout, parameters } = trained.training.program;
  const weights = { layout, parameters: parameters.slice() };
  const data = trained.recipe.data.train;
  const name = `${'tsv' in data ? data.tsv : 'dates'}, trained here (${steps} steps)`;
  return keep(name, { content: trainedContent(trained), weights }, { bytes: 0 });
}

export async function bundleOfTraining(argument: PageCalls['bundle']['argument']): Promise<Uint8Array> {
  if ('model' in argument) {
    throw new Error('Only a model that was trained in this page can be downloaded.');
  }
  const trained = currentTraining();
  if (trained === undefined) throw new Error('Nothing was trained yet. Train first.');
  const { layout, parameters } = trained.training.program;
  const about = { madeWith: 'the Heed playground' };
  const content = trainedContent(trained);
  const recipeText = pageRecipeText(content.recipe);
  return encodeBundle(
    bundleOf(content, layout, parameters.slice(), { about, recipeText, schema: RECIPE_SCHEMA }),
  );
}
