import { UsageError } from '../errors.ts';
import type { Arena } from './arena.ts';
import type { LossProgram, TrainerState, Validated } from './events.ts';
import type { Optimizer } from './optimizers.ts';
import type { Plateau, Schedule } from './schedules.ts';
import type { Stopping } from './stopping.ts';

/** The batches of one epoch: an array, or anything that makes the i-th batch when asked. */
export interface Batches<Batch> {
  readonly length: number;
  at(index: number): Batch | undefined;
}

/** Averaging of checkpoints when the run has ended (as by Sockeye, OpenNMT and Vaswani et al. 2017, section 6.1). */
export interface CheckpointAveraging {
  /** the last ones, or the best by the stopping metric, of those saved after a validation */
  readonly which: 'last' | 'best';
  /** how many; of fewer than two there is no average */
  readonly count: number;
  /** The mean of the parameters that were saved at these steps; where they lie, the trainer does not know. */
  readonly mean: (steps: readonly number[]) => Promise<Float32Array>;
}

export interface TrainOptions<Batch> {
  readonly program: LossProgram<Batch>;
  /** with `movingAverage` around it, validation and checkpoints see the average */
  readonly optimizer: Optimizer;
  /**
   * The batches of an epoch (from 1), in order. The same epoch must give the same batches every time, so that a
   * position in it is enough to resume.
   */
  readonly batches: (epoch: number) => Batches<Batch>;
  /**
   * batches that make one update, each weighted by its tokens, as if they were one; what is left at the end of an
   * epoch makes one of fewer. Default 1
   */
  readonly accumulate?: number;
  /** where the sum of their gradients lies; the parameters' own, for speed. Default: an ordinary array */
  readonly arena?: Arena;
  readonly learningRate: Schedule;
  /** needs `stopping`, for its metric */
  readonly plateau?: Plateau;
  /** gradients with a larger global norm are scaled down to it */
  readonly clipNorm?: number;
  readonly maxEpochs?: number;
  readonly maxSteps?: number;
  /** wall time, counted on across resumes */
  readonly maxSeconds?: number;
  /** default `{ epochs: 1 }` */
  readonly validateEvery?: { readonly epochs: number } | { readonly steps: number };
  /** metrics by name; must not change the parameters, and draws no random numbers from the trainer's generator */
  readonly validate?: () => Promise<Validated>;
  /** without it no checkpoint is the best */
  readonly stopping?: Stopping;
  /** `best` needs `stopping`, for its metric */
  readonly averaging?: CheckpointAveraging;
  /** of the generator handed to `program.step` */
  readonly seed: number;
  /** go on from here; the caller has put back the parameters, and the slots with `restoreSlots` */
  readonly resume?: TrainerState;
  /** on abort the running step is finished and a checkpoint emitted */
  readonly signal?: AbortSignal;
}

/** @throws UsageError when the options do not fit each other */
export function checkOptions<Batch>(options: TrainOptions<Batch>): void {
  const { stopping, plateau, averaging, validate, resume, seed, optimizer } = options;
  const looking = [
    [stopping && !validate, 'early stopping without validation'],
    [plateau && !stopping, 'a plateau schedule without a stopping metric'],
    [
      averaging?.which === 'best' && !stopping,
      'an average of the best checkpoints without a stopping metric',
    ],
  ] as const;
  const blind = looking.find(([wrong]) => wrong);
  if (blind) {
    throw new UsageError(
      blind[1],
      'validation data and a stopping metric',
      'Add validation data and a metric to stop on, or leave out what looks at them.',
    );
  }
  if (resume && (resume.seed !== seed || resume.optimizer !== optimizer.name)) {
    throw new UsageError(
      `a checkpoint of a run with seed ${resume.seed} and optimizer ${resume.optimizer}`,
      `seed ${seed} and optimizer ${optimizer.name}, as asked for`,
      'Resume with the settings the run was started with, or start a new run.',
    );
  }
}
