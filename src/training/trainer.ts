import { DataError, TrainingError } from '../errors.ts';
import { Random } from '../random.ts';
import { gradientAccumulator } from './accumulation.ts';
import { exchange, globalNorm } from './arrays.ts';
import { chooseCandidates } from './averaging.ts';
import type {
  AveragedEvent,
  Best,
  Candidate,
  CheckpointEvent,
  DoneEvent,
  StepEvent,
  TrainerState,
  TrainingEvent,
  Validated,
  Validation,
} from './events.ts';
import { type Batches, checkOptions, type TrainOptions } from './options.ts';
import { noPlateau, observePlateau } from './schedules.ts';
import { nothingSeen, observe, stoppingValue } from './stopping.ts';

/**
 * Trains until a limit, the patience or the signal ends it, and says what happens as events; the consumer
 * draws, logs and saves. Every validation is followed by a checkpoint, and so is the end of the run: one that
 * ends off the validation rhythm by `maxSteps` or `maxSeconds` validates once more, which can make a new best
 * but does not count against any patience. Last of all checkpoints are averaged, where that is asked for.
 *
 * Where the optimizer keeps a moving average, the parameters are that average while a `validation`, `checkpoint` or
 * `done` event lasts, and afterwards; a checkpoint so saved is what `resume` expects.
 *
 * @throws TrainingError when the loss or the gradient norm is not finite, before any parameter is changed; when a
 *   metric or a parameter is not, before the checkpoint that would hold it
 * @throws DataError when an epoch has no batches, or fewer than the position to resume at
 * @throws UsageError when `resume` belongs to a run with another seed or optimizer, when the stopping metric is
 *   not among the validation's, or when stopping, plateau or averaging have nothing to look at
 */
export async function* train<Batch>(options: TrainOptions<Batch>): AsyncGenerator<TrainingEvent, void, void> {
  checkOptions(options);
  const {
    program,
    optimizer,
    stopping,
    plateau,
    averaging,
    validate,
    resume,
    signal,
    accumulate = 1,
  } = options;
  const { parameters } = program;
  const { average } = optimizer;
  const gradientOf = gradientAccumulator(program, options.arena);
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
  const chosen = (saved: readonly Candidate[]) =>
    averaging && chooseCandidates(averaging, saved, stopping?.mode);
  at = { ...at, toAverage: chosen(at.toAverage ?? []) };
  if (resume) average?.exchange(parameters);
  else average?.start(parameters);
  let savedStep = resume?.step ?? -1;
  let loadedEpoch = 0;
  let batches: Batches<Batch> = [];

  const best = (): Best | null =>
    stopping && at.stopping.best !== null
      ? { step: at.stopping.bestStep, metric: stopping.metric, value: at.stopping.best }
      : null;
  const checkpoint = (isBest: boolean): CheckpointEvent => {
    const norm = globalNorm(parameters);
    if (!Number.isFinite(norm)) throw notFinite(`parameters of norm ${norm} after step ${at.step}`);
    savedStep = at.step;
    const state = { ...at, random: random.state, elapsedSeconds: elapsed() };
    return { type: 'checkpoint', step: at.step, state, isBest };
  };

  /** The numbers have left the range of floating point; what is at hand now must not be saved. */
  function notFinite(arrived: string): TrainingError {
    const rate = options.learningRate(at.step + 1, at.epoch) * at.plateau.scale;
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
    let seen: number | null = null;
    if (validate) {
      const { metrics, samples } = told(await validate());
      const broken = Object.keys(metrics).find((name) => !Number.isFinite(metrics[name]));
      if (broken !== undefined)
        throw notFinite(`validation ${broken} ${metrics[broken]} after step ${at.step}`);
      if (stopping) {
        const value = stoppingValue(stopping, metrics);
        seen = value;
        const watch = observe(at.stopping, stopping.mode, value, at.step);
        improved = watch.waited === 0;
        at = { ...at, stopping: counts ? watch : { ...watch, waited: at.stopping.waited } };
        if (plateau && counts) {
          at = { ...at, plateau: observePlateau(plateau, at.plateau, stopping.mode, value, at.step) };
        }
      }
      yield {
        type: 'validation',
        step: at.step,
        epochs: at.epoch - 1,
        metrics,
        improved,
        best: best(),
        ...(samples && { samples }),
      };
    }
    at = { ...at, toAverage: chosen([...(at.toAverage ?? []), { step: at.step, value: seen }]) };
    yield checkpoint(improved);
  }

  /** The mean of checkpoints, in the parameters while the event lasts; undefined where there are not two. */
  async function* averaged(): AsyncGenerator<AveragedEvent, Best | null, void> {
    const steps = (at.toAverage ?? []).map((candidate) => candidate.step);
    if (averaging === undefined || steps.length < 2) return best();
    const mean = await averaging.mean(steps);
    exchange(parameters, mean);
    const { metrics } = told((await validate?.()) ?? {});
    const value = stopping && stoppingValue(stopping, metrics);
    const improved =
      stopping === undefined ||
      value === undefined ||
      observe(at.stopping, stopping.mode, value, at.step).waited === 0;
    yield { type: 'averaged', step: at.step, steps, metrics, improved };
    exchange(parameters, mean);
    return improved && stopping && value !== undefined
      ? { step: at.step, metric: stopping.metric, value, averaged: true }
      : best();
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

  /** The batches from the next one to before `until`, each made when its turn comes. */
  function* these(until: number): Generator<Batch, void, void> {
    for (let i = at.batchIndex; i < until; i++) {
      const batch = batches.at(i);
      if (batch === undefined) throw noSuchBatch(at, batches.length);
      yield batch;
    }
  }

  async function step(): Promise<StepEvent> {
    const begun = performance.now();
    if (at.epoch !== loadedEpoch) {
      batches = options.batches(at.epoch);
      loadedEpoch = at.epoch;
    }
    const until = Math.max(at.batchIndex + 1, Math.min(at.batchIndex + accumulate, batches.length));
    const { loss, tokens, gradients, seconds: run } = await gradientOf(these(until), random);

    const gradientNorm = globalNorm(gradients);
    const learningRate = options.learningRate(at.step + 1, at.epoch) * at.plateau.scale;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      const what = Number.isFinite(loss) ? `gradient norm ${gradientNorm}` : `loss ${loss}`;
      const place = `step ${at.step + 1} (epoch ${at.epoch}, batch ${at.batchIndex + 1} of ${batches.length})`;
      throw notFinite(`${what} at ${place}`);
    }
    const clip = options.clipNorm ?? Infinity;
    const scale = gradientNorm > clip ? clip / gradientNorm : 1;
    optimizer.update(parameters, gradients, { step: at.step + 1, learningRate, scale });

    const { epoch } = at;
    const last = until === batches.length;
    at = {
      ...at,
      step: at.step + 1,
      epoch: last ? epoch + 1 : epoch,
      batchIndex: last ? 0 : until,
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
      average?.exchange(parameters);
      if (savedStep !== at.step) yield checkpoint(false);
      yield { type: 'done', reason: 'aborted', step: at.step, best: best() };
      return;
    }
    if (due()) {
      average?.exchange(parameters);
      yield* validation(true);
      average?.exchange(parameters);
      continue; // the consumer may have aborted meanwhile
    }
    const reason = ended();
    if (reason) {
      average?.exchange(parameters);
      if (at.step > 0 && at.validatedStep !== at.step) yield* validation(false);
      const found = yield* averaged();
      yield { type: 'done', reason, step: at.step, best: found };
      return;
    }
    yield await step();
  }
}

/** Both forms that a validation answers in as one. */
const told = (found: Validated): Validation => (isValidation(found) ? found : { metrics: found });

const isValidation = (found: Validated): found is Validation => typeof found.metrics === 'object';

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
