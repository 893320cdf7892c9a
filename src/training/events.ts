import type { Random } from '../random.ts';
import type { PlateauState } from './schedules.ts';
import type { Watch } from './stopping.ts';

/** What the trainer trains: parameters and gradients are one flat Float32Array each, of one layout. */
export interface LossProgram<Batch> {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /**
   * Forward and backward: fills `gradients` with the gradient of the batch's mean loss. Dropout masks are drawn
   * from `random` and from nowhere else, or a resumed run would differ.
   */
  step(batch: Batch, random: Random): Promise<{ loss: number /* mean nats per token */; tokens: number }>;
}

/**
 * Where a run stands; plain JSON. With the parameters and the optimizer's slots of the same moment it is all
 * that is needed to go on as if never stopped.
 */
export interface TrainerState {
  /** updates done */
  readonly step: number;
  /** epoch of the next batch, from 1 */
  readonly epoch: number;
  /** index of the next batch within its epoch, from 0 */
  readonly batchIndex: number;
  readonly seed: number;
  readonly optimizer: string;
  /** state of the generator the program draws from */
  readonly random: readonly [number, number, number, number];
  /** what early stopping has seen */
  readonly stopping: Watch;
  readonly plateau: PlateauState;
  /** the checkpoints that would be averaged if the run ended now, their steps ascending; only where some shall be */
  readonly toAverage?: readonly Candidate[];
  /** last step after which a validation was run (0: none yet) */
  readonly validatedStep: number;
  /** wall time of the run so far, those before a resume included */
  readonly elapsedSeconds: number;
}

/** A checkpoint that may be averaged. */
export interface Candidate {
  readonly step: number;
  /** of the stopping metric; null without one */
  readonly value: number | null;
}

/** The best validation so far, by the stopping metric. */
export interface Best {
  readonly step: number;
  readonly metric: string;
  readonly value: number;
  /** true when it is that of an average of checkpoints, made at this step */
  readonly averaged?: true;
}

export interface StepEvent {
  readonly type: 'step';
  /** updates done, this one included */
  readonly step: number;
  /** from 1 */
  readonly epoch: number;
  /** of its batch or batches, mean nats per token, before the update */
  readonly loss: number;
  /** before clipping */
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  /** time in `program.step`, and in the rest of the step: the batch, the norm, the optimizer */
  readonly seconds: { readonly run: number; readonly rest: number };
}

/** An example of the validation data and what the model makes of it; plain JSON. */
export interface Sample {
  /** a text, or the name of what was read */
  readonly source: string;
  /** what would be right, one or several */
  readonly references: readonly string[];
  readonly output: string;
  /** of the output, where the model tells it */
  readonly probability?: number;
  /** what examples are told apart by, such as a task among several */
  readonly group?: string;
  /**
   * only of the few that are shown, the same at every validation: what a drawing needs, as the task has it, but for what
   * is told once (`Material`); or `{}`
   */
  readonly shown?: object;
}

/** Of the examples that are shown, by source, what is the same at every validation, such as a picture; plain JSON. */
export type Material = Readonly<Record<string, object>>;

/** What a validation finds: metrics by name, and the examples that they are of. */
export interface Validation {
  readonly metrics: Readonly<Record<string, number>>;
  readonly samples?: readonly Sample[];
}

/** The same, or the metrics alone. */
export type Validated = Readonly<Record<string, number>> | Validation;

export interface ValidationEvent {
  readonly type: 'validation';
  readonly step: number;
  /** epochs completed */
  readonly epochs: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly improved: boolean;
  /** null without a stopping metric, or before it was finite once */
  readonly best: Best | null;
  /** where the validation tells them: all of its examples */
  readonly samples?: readonly Sample[];
}

/**
 * Save now: parameters and slots hold still until the next event is asked for. The checkpoints that `state.toAverage`
 * names must be kept. `isBest` is true when the validation just done is the best so far.
 */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly state: TrainerState;
  readonly isBest: boolean;
}

/**
 * The mean of some checkpoints was validated, after the last step. While the event lasts the parameters are the mean;
 * save them when `improved`, as what to use of the run but not to go on from.
 */
export interface AveragedEvent {
  readonly type: 'averaged';
  readonly step: number;
  /** of the checkpoints */
  readonly steps: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
  /** better than the best checkpoint by the stopping metric; true where there is none to go by */
  readonly improved: boolean;
}

export interface DoneEvent {
  readonly type: 'done';
  readonly reason: 'epochs' | 'steps' | 'time' | 'patience' | 'aborted';
  readonly step: number;
  readonly best: Best | null;
}

export type TrainingEvent = StepEvent | ValidationEvent | CheckpointEvent | AveragedEvent | DoneEvent;
