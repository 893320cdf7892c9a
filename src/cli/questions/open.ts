import type { QuestionsRecipe } from '../../formats/index.ts';
import type { Backend } from '../../runtime/index.ts';
import { Answerer } from '../../tasks/questionsAnswerer.ts';
import type { QuestionCodecs } from '../../tasks/questionsExamples.ts';
import { loadWeights, readRunOf } from '../runDirectory.ts';

/** A model that answers questions. @throws UsageError for another, and as `readRun` */
export async function openAnswerer(
  directory: string,
  backend: Backend,
): Promise<{
  recipe: QuestionsRecipe;
  codecs: QuestionCodecs;
  answerer: Answerer;
  step: number;
  parameters: number;
}> {
  const run = await readRunOf(directory, 'questions', 'a model that answers questions about stories');
  const { recipe, codecs } = run;
  const { step, weights } = await loadWeights(directory, run);
  const answerer = new Answerer(recipe, codecs, weights, backend);
  return { recipe, codecs, answerer, step, parameters: weights.layout.size };
}
