import type { TextCodec } from '../data/codec.ts';
import type { Recipe, SpeechRecipe, TranslationRecipe } from '../formats/index.ts';
import { Builder } from '../nn/builder.ts';
import { pairLoss } from '../programs/pairLoss.ts';
import { ParameterLayout } from '../programs/parameters.ts';
import type { TrainingLoss } from '../programs/training.ts';
import { buildModel, type Codecs } from './pairs.ts';
import { buildSpeechModel, type SpeechCodecs, speechLoss } from './speechModel.ts';

/** A recipe with the tokenizers that came of its data: all that a model is, its parameters aside. */
export type RunContent =
  | { readonly task: 'translation'; readonly recipe: TranslationRecipe; readonly codecs: Codecs }
  | { readonly task: 'speech'; readonly recipe: SpeechRecipe; readonly codecs: SpeechCodecs };

export type Task = Recipe['task'];

/** The same of one task. */
export type ContentOf<T extends Task> = Extract<RunContent, { task: T }>;

/** The tokenizers of each task's runs, by name. */
export const CODECS = {
  translation: ['source', 'target'],
  speech: ['target'],
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
  }
}

/** The layout of a run's parameters. */
export function layoutOf(run: RunContent): ParameterLayout {
  const builder = new Builder();
  lossOf(run).graph(builder);
  return new ParameterLayout(builder.parameters.map((p) => p.spec));
}
