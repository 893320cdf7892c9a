import { bitLoss } from '../programs/bitLoss.ts';
import { pairLoss } from '../programs/pairLoss.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import { questionLoss } from '../programs/questionLoss.ts';
import type { TrainingLoss } from '../programs/training.ts';
import { buildAlgorithm } from './algorithms.ts';
import { buildCaptioner, captionLoss } from './captionsModel.ts';
import type { RunContent } from './content.ts';
import { layoutOfLoss } from './open/weights.ts';
import { buildModel } from './pairs.ts';
import { buildQuestionModel } from './questionsExamples.ts';
import { buildSpeechModel, speechLoss } from './speechModel.ts';

/** The loss of a model whose batches are not needed: what says which parameters it has. */
function lossOf(run: RunContent): TrainingLoss<never> {
  switch (run.task) {
    case 'translation':
      return pairLoss(buildModel(run.recipe, run.codecs));
    case 'speech':
      return speechLoss(buildSpeechModel(run.recipe, run.codecs));
    case 'captions':
      return captionLoss(buildCaptioner(run.recipe, run.codecs));
    case 'questions':
      return questionLoss(buildQuestionModel(run.recipe, run.codecs));
    case 'algorithm':
      return bitLoss(buildAlgorithm(run.recipe).model);
  }
}

/** The layout of a run's parameters. */
export const layoutOf = (run: RunContent): ParameterLayout => layoutOfLoss(lossOf(run));
