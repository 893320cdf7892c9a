import type { TextCodec } from '../data/codec.ts';
import type {
  AlgorithmRecipe,
  CaptionRecipe,
  QuestionsRecipe,
  Recipe,
  SpeechRecipe,
  TranslationRecipe,
} from '../formats/index.ts';
import type { CaptionCodecs } from './captionsModel.ts';
import type { Codecs } from './pairs.ts';
import type { QuestionCodecs } from './questionsExamples.ts';
import type { SpeechCodecs } from './speechModel.ts';

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
