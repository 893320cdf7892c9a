import { questionLoss } from '../../programs/questionLoss.ts';
import { Answerer } from '../questionsAnswerer.ts';
import { buildQuestionModel } from '../questionsExamples.ts';
import { type OpenAs, type Opening, weightsOf } from './weights.ts';

export interface OpenedQuestions extends OpenAs<'questions'> {
  readonly answerer: Answerer;
}

export function openQuestions({ bundle, content, name, backend }: Opening<'questions'>): OpenedQuestions {
  const { recipe, codecs, task } = content;
  const weights = weightsOf(questionLoss(buildQuestionModel(recipe, codecs)), bundle, name);
  const answerer = new Answerer(recipe, codecs, weights, backend);
  return { task, content, about: bundle.about, weights, answerer };
}
