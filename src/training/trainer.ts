import { DataError, TrainingError, UsageError } from '../errors.ts';
import { Random } from '../random.ts';
import { globalNorm } from './arrays.ts';
import type { Best, DoneEvent, LossProgram, StepEvent, TrainerState, TrainingEvent } from './events.ts';
import type { Optimizer } from './optimizers.ts';
import { noPlateau, observePlateau, type Plateau, type Schedule } from './schedules.ts';
import { nothingSeen, observe, type Stopping } from './stopping.ts';

/** The batches of one epoch: an array, or anything that makes the i-th batch when asked. */
export interface Batches<Batch> {
  readonly length: number;
  at(index: number): Batch | undefined;
}

export interface TrainOptions<Batch> {
  readonly program: LossProgram<Batch>;
  readonly optimizer: Optimizer;
  /**
   * The batches of an epoch (from 1), in order. The same epoch must give the same batches every time, so that a
   * position in it is enough to resume.
   */
  readonly batches: (epoch: number) => Batches<Batch>;
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
  readonly validate?: () => Promise<Readonly<Record<string, number>>>;
  /** without it no checkpoint is the best */
  readonly stopping?: Stopping;
  /** of the generator handed to `program.step` */
  readonly seed: number;
  /** go on from here; the caller has put back the parameters, and the slots with `restoreSlots` */
  readonly resume?: TrainerState;
  /** on abort the running step is finished and a checkpoint emitted */
  readonly signal?: AbortSignal;
}

/**
 * Trains until a limit, the patience or the signal ends it, and says what happens as events; the consumer
 * draws, logs and saves. Every validation is followed by a checkpoint, and so is the end of the run: one that
 * ends off the validation rhythm by `maxSteps` or `maxSeconds` validates once more, which can make a new best
 * but does not count against any patience.
 *
 * @throws TrainingError when the loss or the gradient norm is not finite, before any parameter is changed; when a
 *   metric or a parameter is not, before the checkpoint that would hold it
 * @throws DataError when an epoch has no batches, or fewer than the position to resume at
 * @throws UsageError when `resume` belongs to a run with another seed or optimizer, when the stopping metric is
 *   not among the validation's, or when stopping or plateau have nothing to look at
 */
export async function* train<Batch>(options: TrainOptions<Batch>): AsyncGenerator<TrainingEvent, void, void> {
  checkOptions(options);
  const { program, optimizer, stopping, plateau, validate, resume, signal } = options;
  const random = new Random(options.seed);
  if (resume) random.state = resume.random;
  const every = options.validateEvery ?? { epochs: 1 };
  const started = performance.now();
  const elapsed = () => (resume?.elapsedSeconds ?? 0) + (performance.now() - started) / 1000;
  let at: TrainerState = resume ?? {
    step: 0,
    epoch: 1,
    batchIndex: 0,
    seed: options.seed,
    optimizer: optimizer.name,
    random: random.state,
    stopping: nothingSeen,
    plateau: noPlateau,
    validatedStep: 0,
    elapsedSeconds: 0,
  };
  let savedStep = resume?.step ?? -1;
  let loadedEpoch = 0;
  let batches: Batches<Batch> = [];

  const best = (): Best | null =>
    stopping && at.stopping.best !== null
      ? { step: at.stopping.bestStep, metric: stopping.metric, value: at.stopping.best }
      : null;
  const checkpoint = (isBest: boolean): TrainingEvent => {
    const norm = globalNorm(program.parameters);
    if (!Number.isFinite(norm)) throw notFinite(`parameters of norm ${norm} after step ${at.step}`);
    savedStep = at.step;
    const state = { ...at, random: random.state, elapsedSeconds: elapsed() };
    return { type: 'checkpoint', step: at.step, state, isBest };
  };

  /** The numbers have left the range of floating point; what is at hand now must not be saved. */
  function notFinite(arrived: string): TrainingError {
    const rate = options.learningRate(at.step + 1) * at.plateau.scale;
    const { clipNorm } = options;
    const clip = clipNorm === undefined ? 'set clipNorm (e.g. 1)' : `lower clipNorm (now ${clipNorm})`;
    const saved = savedStep > 0 ? `go on from the checkpoint of step ${savedStep}` : 'start again';
    return new TrainingError(
      arrived,
      'a finite number',
      `Lower the learning rate (now ${rate}) or ${clip}, and ${saved}.`,
    );
  }

  async function* validation(counts: boolean): AsyncGenerator<TrainingEvent, void, void> {
    at = { ...at, validatedStep: at.step };
    let improved = false;
    if (validate) {
      const metrics = await validate();
      const broken = Object.keys(metrics).find((name) => !Number.isFinite(metrics[name]));
      if (broken !== undefined)
        throw notFinite(`validation ${broken} ${metrics[broken]} after step ${at.step}`);
      if (stopping) {
        const value = stoppingMetric(stopping, metrics);
        const watch = observe(at.stopping, stopping.mode, value, at.step);
        improved = watch.waited === 0;
        at = { ...at, stopping: counts ? watch : { ...watch, waited: at.stopping.waited } };
        if (plateau && counts) {
          at = { ...at, plateau: observePlateau(plateau, at.plateau, stopping.mode, value, at.step) };
        }
      }
      yield { type: 'validation', step: at.step, epochs: at.epoch - 1, metrics, improved, best: best() };
    }
    yield checkpoint(improved);
  }

  function due(): boolean {
    if (at.step === 0 || at.validatedStep === at.step) return false;
    return 'steps' in every
      ? at.step % every.steps === 0
      : at.batchIndex === 0 && (at.epoch - 1) % every.epochs === 0;
  }

  function ended(): DoneEvent['reason'] | undefined {
    if (stopping?.patience !== undefined && at.stopping.waited >= stopping.patience) return 'patience';
    if (at.epoch > (options.maxEpochs ?? Infinity)) return 'epochs';
    if (at.step >= (options.maxSteps ?? Infinity)) return 'steps';
    if (elapsed() >= (options.maxSeconds ?? Infinity)) return 'time';
    return undefined;
  }

  async function step(): Promise<StepEvent> {
    const begun = performance.now();
    if (at.epoch !== loadedEpoch) {
      batches = options.batches(at.epoch);
      loadedEpoch = at.epoch;
    }
    const batch = batches.at(at.batchIndex);
    if (batch === undefined) throw noSuchBatch(at, batches.length);
    const ran = performance.now();
    const { loss, tokens } = await program.step(batch, random);
    const run = (performance.now() - ran) / 1000;

    const gradientNorm = globalNorm(program.gradients);
    const learningRate = options.learningRate(at.step + 1) * at.plateau.scale;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      const what = Number.isFinite(loss) ? `gradient norm ${gradientNorm}` : `loss ${loss}`;
      const place = `step ${at.step + 1} (epoch ${at.epoch}, batch ${at.batchIndex + 1} of ${batches.length})`;
      throw notFinite(`${what} at ${place}`);
    }
    const clip = options.clipNorm ?? Infinity;
    const scale = gradientNorm > clip ? clip / gradientNorm : 1;
    optimizer.update(program.parameters, program.gradients, { step: at.step + 1, learningRate, scale });

    const { epoch } = at;
    const last = at.batchIndex + 1 === batches.length;
    at = {
      ...at,
      step: at.step + 1,
      epoch: last ? epoch + 1 : epoch,
      batchIndex: last ? 0 : at.batchIndex + 1,
    };
    const seconds = (performance.now() - begun) / 1000;
    return {
      type: 'step',
      step: at.step,
      epoch,
      loss,
      gradientNorm,
      learningRate,
      tokens,
      tokensPerSecond: tokens / seconds,
      seconds: { run, rest: seconds - run },
    };
  }

  for (;;) {
    if (signal?.aborted) {
      if (savedStep !== at.step) yield checkpoint(false);
      yield { type: 'done', reason: 'aborted', step: at.step, best: best() };
      return;
    }
    if (due()) {
      yield* validation(true);
      continue; // the consumer may have aborted meanwhile
    }
    const reason = ended();
    if (reason) {
      if (at.step > 0 && at.validatedStep !== at.step) yield* validation(false);
      yield { type: 'done', reason, step: at.step, best: best() };
      return;
    }
    yield await step();
  }
}

function checkOptions<Batch>(options: TrainOptions<Batch>): void {
  const { stopping, plateau, validate, resume, seed, optimizer } = options;
  if ((stopping && !validate) || (plateau && !stopping)) {
    throw new UsageError(
      stopping ? 'early stopping without validation' : 'a plateau schedule without a stopping metric',
      'validation data and a stopping metric',
      'Add validation data and a metric to stop on, or leave early stopping and the plateau schedule out.',
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

function stoppingMetric({ metric }: Stopping, metrics: Readonly<Record<string, number>>): number {
  if (Object.hasOwn(metrics, metric)) return metrics[metric];
  throw new UsageError(
    `stopping metric ${JSON.stringify(metric)}`,
    `one that the validation measures: ${Object.keys(metrics).join(', ')}`,
    'Name one of these as the metric to stop on.',
  );
}

function noSuchBatch(at: TrainerState, count: number): DataError {
  return count === 0
    ? new DataError(
        `no batches in epoch ${at.epoch}`,
        'at least one',
        'Give more training examples, or allow longer ones.',
      )
    : new DataError(
        `a run to resume at batch ${at.batchIndex + 1} of epoch ${at.epoch}, which has ${count} batches`,
        'the training data and batch size the run was started with',
        'Put the data back as they were, or start a new run.',
      );
}
