import type { TranslationRecipe } from '../../formats/index.ts';
import { buildCodecs, type Codecs } from '../../tasks/pairs.ts';
import { trainTranslation } from '../../tasks/translation.ts';
import type { PreparedRun } from '../door.ts';
import { loadPairs, loadVectors } from './data.ts';
import { evaluateModel, writeResults } from './evaluation.ts';

/** A translation recipe with its pairs, and with a run's tokenizers or new ones. */
export async function prepareTranslation(recipe: TranslationRecipe, stored?: Codecs): Promise<PreparedRun> {
  const data = await loadPairs(recipe.data, recipe.seed);
  const codecs = stored ?? buildCodecs(recipe, data.train);
  const { test } = data;
  return {
    content: { task: 'translation', recipe, codecs },
    async train(backend, options) {
      const vectors = options.resume ? undefined : await loadVectors(recipe, codecs);
      const training = await trainTranslation(recipe, data, codecs, backend, { ...options, vectors });
      const { pairs } = training;
      const { maxLength } = recipe.data;
      const tooLong = pairs.tooLong > 0 ? ` (${pairs.tooLong} longer than ${maxLength} tokens left out)` : '';
      return {
        ...training,
        size: `vocabularies ${codecs.source.vocabulary.size} and ${codecs.target.vocabulary.size}, ${pairs.used} pairs${tooLong}`,
        remarks: Object.entries(training.vectors).map(
          ([side, { found, words }]) => `${side}: vectors for ${found} of ${words} words`,
        ),
      };
    },
    test:
      test &&
      (async (directory, backend, training) =>
        writeResults(directory, await evaluateModel(directory, test, backend, recipe.decoding), training)),
  };
}
