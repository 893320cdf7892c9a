import { UsageError } from '../errors.ts';
import type { Recipe } from '../formats/index.ts';
import { type TrainingLoss, TrainingProgram } from '../programs/training.ts';
import type { Backend } from '../runtime/index.ts';
import {
  type Batches,
  type CheckpointAveraging,
  type Material,
  type Optimizer,
  restoreSlots,
  type TrainerState,
  type TrainingEvent,
  train,
  type Validated,
} from '../training/index.ts';
import { optimizerOf, plannedSteps, scheduleOf } from './optimization.ts';

/** What a checkpoint gives back to go on from. */
export interface SavedTraining {
  readonly parameters: Float32Array;
  readonly slots: Readonly<Record<string, Float32Array>>;
  readonly state: TrainerState;
}

export interface TrainingOptions {
  readonly resume?: SavedTraining;
  readonly signal?: AbortSignal;
  /** makes of the schedule's learning rate the one of a step, so that it can be changed while training goes on */
  readonly learningRate?: (scheduled: number) => number;
  /** the mean of the parameters saved at these steps; needed when the recipe averages checkpoints */
  readonly meanOfCheckpoints?: CheckpointAveraging['mean'];
}

/** A recipe set going. */
export interface Training<Batch = never> {
  readonly program: TrainingProgram<Batch>;
  readonly optimizer: Optimizer;
  /** steps of an epoch: updates, each of as many batches as the recipe accumulates */
  readonly stepsPerEpoch: number;
  /** steps of the whole run; undefined where only time or patience ends it */
  readonly plannedSteps: number | undefined;
  readonly events: AsyncGenerator<TrainingEvent, void, void>;
  /** what of the samples that validations show is the same every time, where there is such */
  readonly material?: Material;
}

/** What a task trains on, and how it looks at what came of it. */
export interface TrainingWork<Batch> {
  readonly loss: TrainingLoss<Batch>;
  /** of an epoch, from 1 */
  batches(epoch: number): Batches<Batch>;
  /** metrics of the validation data, with or without its examples; absent where there are none */
  readonly validate?: (program: TrainingProgram<Batch>) => Promise<Validated>;
  /** which metrics are better the higher they are */
  readonly rising: readonly string[];
}

/**
 * Compiles a loss and gives a stream of training events to be pulled, with optimizer, schedule and limits as the recipe
 * has them.
 *
 * @throws UsageError when validation data or saved checkpoints are missing that the recipe asks for, or when its
 *   schedule has no end
 */
export async function startTraining<Batch>(
  recipe: Pick<Recipe, 'seed' | 'training'>,
  work: TrainingWork<Batch>,
  backend: Backend,
  options: TrainingOptions = {},
): Promise<Training<Batch>> {
  const { training, seed } = recipe;
  const { resume, signal, learningRate = (scheduled) => scheduled } = options;
  const { validate } = work;
  if (training.stop && !validate) {
    throw new UsageError('no validation data', 'validation data to stop by', 'Add data.validation.');
  }
  const averaging = averagingOf(recipe, options);
  const program = await TrainingProgram.compile(work.loss, backend, {
    seed,
    parameters: resume?.parameters,
    // parameters, gradients, two slots of an optimizer; raw weights; a sum of gradients
    arrays: 4 + (training.movingAverage ? 1 : 0) + (training.accumulate ? 1 : 0),
  });
  const optimizer = optimizerOf(recipe, program);
  if (resume) restoreSlots(optimizer, resume.slots);
  const { schedule, accumulate = 1 } = training;
  const stepsPerEpoch = Math.ceil(work.batches(1).length / accumulate);
  const planned = plannedSteps(recipe, stepsPerEpoch);
  const scheduledRate = scheduleOf(recipe, planned);
  const events = train<Batch>({
    program,
    optimizer,
    batches: work.batches,
    accumulate,
    arena: program.arena,
    learningRate: (step, epoch) => learningRate(scheduledRate(step, epoch)),
    plateau: schedule.type === 'plateau' ? schedule : undefined,
    clipNorm: training.clipNorm,
    maxEpochs: training.epochs,
    maxSteps: training.maxSteps,
    maxSeconds: training.maxMinutes === undefined ? undefined : 60 * training.maxMinutes,
    validateEvery: training.validateEvery,
    validate: validate && (() => validate(program)),
    stopping: training.stop && {
      ...training.stop,
      mode: work.rising.includes(training.stop.metric) ? 'max' : 'min',
    },
    averaging,
    seed,
    resume: resume?.state,
    signal,
  });
  return { program, optimizer, stepsPerEpoch, plannedSteps: planned, events };
}

/** What the recipe wants averaged at the end. */
function averagingOf(
  { training }: Pick<Recipe, 'training'>,
  { meanOfCheckpoints: mean }: TrainingOptions,
): CheckpointAveraging | undefined {
  const asked = training.averageCheckpoints;
  if (asked === undefined) return undefined;
  if ('best' in asked && !training.stop) {
    throw new UsageError(
      'training.averageCheckpoints of the best, without validation data',
      'validation data (data.validation), which say what is best',
      'Add data.validation, or average the last ones.',
    );
  }
  if (mean === undefined) {
    throw new UsageError(
      'training.averageCheckpoints where none are kept',
      'the option meanOfCheckpoints',
      'Give it, or leave training.averageCheckpoints out.',
    );
  }
  return 'best' in asked
    ? { which: 'best', count: asked.best, mean }
    : { which: 'last', count: asked.last, mean };
}
