import type { Recipe } from '../formats/index.ts';
import type { Backend } from '../runtime/index.ts';
import type { Training, TrainingOptions } from '../tasks/training.ts';
import type { RunContent } from './runDirectory.ts';
import { prepareSpeech } from './speechRun.ts';
import { prepareTranslation } from './translationRun.ts';

/** What training took, as results tell it. */
export interface TrainingFacts {
  readonly trainingSeconds: number;
  readonly backend: string;
}

/** A recipe with its data, ready to be trained: all that `heed train` knows of a task. */
export interface PreparedRun {
  readonly content: RunContent;
  /** what the run directory holds besides, by name */
  readonly files?: Readonly<Record<string, string>>;
  train(backend: Backend, options: TrainingOptions): Promise<TrainingRun>;
  /** measures the test data with the run's best checkpoint, and leaves results.json; absent where there are none */
  readonly test?: (directory: string, backend: Backend, training: TrainingFacts) => Promise<void>;
}

export interface TrainingRun extends Training {
  /** vocabularies and examples, in words */
  readonly size: string;
  /** what else is worth a line */
  readonly remarks: readonly string[];
}

/** @param stored of a run to go on with; default: everything is made anew of the data */
export function prepareRun(recipe: Recipe, stored?: RunContent): Promise<PreparedRun> {
  if (recipe.task === 'speech') {
    return prepareSpeech(recipe, stored?.task === 'speech' ? stored.codecs : undefined);
  }
  return prepareTranslation(recipe, stored?.task === 'translation' ? stored.codecs : undefined);
}
