import type { TextCodec } from '../data/codec.ts';
import type {
  AlgorithmRecipe,
  CaptionRecipe,
  QuestionsRecipe,
  Recipe,
  SpeechRecipe,
  TranslationRecipe,
} from '../formats/index.ts';
import { Builder } from '../nn/builder.ts';
import { bitLoss } from '../programs/bitLoss.ts';
import { pairLoss } from '../programs/pairLoss.ts';
import { ParameterLayout } from '../programs/parameters.ts';
import { questionLoss } from '../programs/questionLoss.ts';
import type { TrainingLoss } from '../programs/training.ts';
import { buildAlgorithm } from './algorithms.ts';
import { buildCaptioner, type CaptionCodecs, captionLoss } from './captionsModel.ts';
import { buildModel, type Codecs } from './pairs.ts';
import { buildQuestionModel, type QuestionCodecs } from './questionsExamples.ts';
import { buildSpeechModel, type SpeechCodecs, speechLoss } from './speechModel.ts';

/** A recipe with the tokenizers that came of its data: all that a model is, its parameters aside. */
export type RunContent =
  | { readonly task: 'translation'; readonly recipe: TranslationRecipe; readonly codecs: Codecs }
  | { readonly task: 'speech'; readonly recipe: SpeechRecipe; readonly codecs: SpeechCodecs }
  | { readonly task: 'captions'; readonly recipe: CaptionRecipe; readonly codecs: CaptionCodecs }
  | { readonly task: 'questions'; readonly recipe: QuestionsRecipe; readonly codecs: QuestionCodecs }
  | {
      readonly task: 'algorithm';
      readonly recipe: AlgorithmRecipe;
      readonly codecs: Readonly<Record<never, TextCodec>>;
    };

export type Task = Recipe['task'];

/** The same of one task. */
export type ContentOf<T extends Task> = Extract<RunContent, { task: T }>;

/** The tokenizers of each task's runs, by name. */
export const CODECS = {
  translation: ['source', 'target'],
  speech: ['target'],
  captions: ['target'],
  questions: ['target'],
  algorithm: [],
} as const satisfies Record<Task, readonly string[]>;

/** What a run may keep to decode with, by name: of speech a language model and the words that may be said, one a line. */
export const LANGUAGE_MODEL = 'language.arpa';
export const LEXICON = 'lexicon.txt';

/** Recipe and tokenizers as one. @param codecs those that `CODECS` names for the recipe's task */
export const contentOf = (recipe: Recipe, codecs: Readonly<Record<string, TextCodec>>): RunContent =>
  ({ task: recipe.task, recipe, codecs }) as unknown as RunContent;

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
export function layoutOf(run: RunContent): ParameterLayout {
  const builder = new Builder();
  lossOf(run).graph(builder);
  return new ParameterLayout(builder.parameters.map((p) => p.spec));
}
