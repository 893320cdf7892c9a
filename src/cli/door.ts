import type { Recipe } from '../formats/index.ts';
import type { ReportPicture, ReportSection } from '../plots/index.ts';
import type { Backend } from '../runtime/index.ts';
import type { RunContent } from '../tasks/content.ts';
import type { Training, TrainingOptions } from '../tasks/training.ts';
import type { Sample } from '../training/index.ts';
import type { History } from './report/history.ts';
import type { Results } from './report/stored.ts';

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

/** What a command does with models of one task. */
export interface TaskCommand<Arguments extends readonly unknown[]> {
  /** of the command's options those that mean something for it, as commander calls them; others are refused */
  readonly options: readonly string[];
  run(...args: Arguments): Promise<void>;
}

/** What a task tells in the report of its runs, beside what all runs have. */
export interface TaskReport {
  /** what the loss is the mean of; default `nats a token` */
  readonly lossUnit?: string;
  /** of the training's steps what the validation measures as a metric, to be drawn with it */
  readonly ofSteps?: (
    content: RunContent,
  ) => { readonly metric: string; value(step: History['steps'][number]): number } | undefined;
  /** which examples are shown at every validation, in a sentence; default: that they are decoded greedily */
  readonly samplesNote?: string;
  /** what the model made of an example, in a line; default: its output, marked where it is right */
  readonly told?: (sample: Sample) => string;
  /**
   * the drawing of an example as an `<svg>` element, from its `shown`; undefined where there is nothing to draw
   *
   * @param id to be used in the drawing, of which each has another
   */
  readonly draw?: (sample: Sample, id: string) => string | undefined;
  /** what an example is about, where that is a picture */
  readonly picture?: (sample: Sample) => ReportPicture | undefined;
  /** what all examples of the test, or of a validation, tell; report/examples.ts has parts for it */
  readonly examples?: (samples: readonly Sample[], content: RunContent) => readonly ReportSection[];
  /** what results.json tells that all runs do not have; undefined fields are not there */
  readonly results?: (results: Results, content: RunContent) => readonly ReportSection[];
}

/** What the commands do with the recipes and runs of one task; each folder here is one. */
export interface Door {
  /** @param stored tokenizers of a run to go on with; default: everything is made anew of the data */
  prepare(recipe: Recipe, stored?: RunContent['codecs']): Promise<PreparedRun>;
  readonly predict: TaskCommand<[model: string, inputs: readonly string[], flags: object]>;
  readonly evaluate: TaskCommand<[model: string, flags: object]>;
  readonly inspect: TaskCommand<[model: string, flags: { readonly out: string }]>;
  readonly report?: TaskReport;
}
