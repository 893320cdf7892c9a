import type { Pair } from '../data/corpus.ts';
import { UsageError } from '../errors.ts';
import type { Recipe, WordVectors } from '../formats/index.ts';
import { BLEU_TOKENIZERS, type BleuOptions, bleu, perplexity } from '../metrics/index.ts';
import { type PairBatch, pairLoss } from '../programs/pairLoss.ts';
import { TrainingProgram } from '../programs/training.ts';
import type { Backend } from '../runtime/index.ts';
import {
  type CheckpointAveraging,
  type Optimizer,
  ownWordProbability,
  restoreSlots,
  type TrainerState,
  type TrainingEvent,
  train,
} from '../training/index.ts';
import { optimizerOf, plannedSteps, scheduleOf } from './optimization.ts';
import { buildModel, type Codecs, encodePairs, epochBatches, trainingPairs } from './pairs.ts';
import { exactMatchRate, type References, referenceStreams } from './references.ts';
import { Translator } from './translator.ts';
import { beginWithVectors, type Side, type VectorCoverage } from './vectors.ts';

/** What a checkpoint gives back to go on from. */
export interface SavedTraining {
  readonly parameters: Float32Array;
  readonly slots: Readonly<Record<string, Float32Array>>;
  readonly state: TrainerState;
}

export interface TranslationTraining {
  readonly program: TrainingProgram<PairBatch>;
  readonly optimizer: Optimizer;
  /** training pairs used, and those left out as too long */
  readonly pairs: { readonly used: number; readonly tooLong: number };
  /** steps of an epoch: updates, each of as many batches as the recipe accumulates */
  readonly stepsPerEpoch: number;
  /** steps of the whole run; undefined where only time or patience ends it */
  readonly plannedSteps: number | undefined;
  /** how many words began with a pretrained vector */
  readonly vectors: VectorCoverage;
  readonly events: AsyncGenerator<TrainingEvent, void, void>;
}

export interface TranslationOptions {
  readonly resume?: SavedTraining;
  readonly signal?: AbortSignal;
  /** pretrained word vectors that a new run begins with; a resumed one goes on with its own */
  readonly vectors?: Readonly<Partial<Record<Side, WordVectors>>>;
  /** the mean of the parameters saved at these steps; needed when the recipe averages checkpoints */
  readonly meanOfCheckpoints?: CheckpointAveraging['mean'];
}

/**
 * Sets a translation recipe going: compiles the model, and gives a stream of training events to be pulled.
 *
 * @param data pairs of text; `validation` is needed when the recipe stops by a metric
 * @throws UsageError when validation pairs or saved checkpoints are missing that the recipe asks for, or when its
 *   schedule has no end, DataError when no pair is short enough
 */
export async function trainTranslation(
  recipe: Recipe,
  data: { readonly train: readonly Pair[]; readonly validation?: readonly Pair[] },
  codecs: Codecs,
  backend: Backend,
  options: TranslationOptions = {},
): Promise<TranslationTraining> {
  const { training, seed } = recipe;
  const { resume, signal } = options;
  if (training.stop && !data.validation) {
    throw new UsageError('no validation pairs', 'validation pairs to stop by', 'Add data.validation.');
  }
  const averaging = averagingOf(recipe, options);
  const model = buildModel(recipe, codecs);
  const { labelSmoothing, scheduledSampling } = training;
  const pairs = trainingPairs(
    recipe,
    data.train,
    codecs,
    scheduledSampling && ownWordProbability(scheduledSampling),
  );
  const objective = { labelSmoothing, scheduledSampling: scheduledSampling !== undefined };
  const program = await TrainingProgram.compile(pairLoss(model, objective), backend, {
    seed,
    parameters: resume?.parameters,
    // parameters, gradients, two slots of an optimizer; raw weights; a sum of gradients
    arrays: 4 + (training.movingAverage ? 1 : 0) + (training.accumulate ? 1 : 0),
  });
  const vectors = resume ? {} : beginWithVectors(recipe, program, codecs, options.vectors ?? {});
  const optimizer = optimizerOf(recipe, program);
  if (resume) restoreSlots(optimizer, resume.slots);
  const { schedule, accumulate = 1 } = training;
  const stepsPerEpoch = Math.ceil(pairs.batches(1).length / accumulate);
  const planned = plannedSteps(recipe, stepsPerEpoch);
  const validation = data.validation;
  const events = train<PairBatch>({
    program,
    optimizer,
    batches: pairs.batches,
    accumulate,
    arena: program.arena,
    learningRate: scheduleOf(recipe, planned),
    plateau: schedule.type === 'plateau' ? schedule : undefined,
    clipNorm: training.clipNorm,
    maxEpochs: training.epochs,
    maxSteps: training.maxSteps,
    maxSeconds: training.maxMinutes === undefined ? undefined : 60 * training.maxMinutes,
    validateEvery: training.validateEvery,
    validate: validation && (() => validate(recipe, program, validation, codecs, backend)),
    stopping: training.stop && { ...training.stop, mode: training.stop.metric === 'loss' ? 'min' : 'max' },
    averaging,
    seed,
    resume: resume?.state,
    signal,
  });
  return {
    program,
    optimizer,
    pairs: { used: pairs.used, tooLong: pairs.tooLong },
    stepsPerEpoch,
    plannedSteps: planned,
    vectors,
    events,
  };
}

/** What the recipe wants averaged at the end. */
function averagingOf(
  { training }: Recipe,
  { meanOfCheckpoints: mean }: TranslationOptions,
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

/** Loss (mean nats per token) and perplexity of all pairs, BLEU and exact match of their greedy translations. */
async function validate(
  recipe: Recipe,
  program: TrainingProgram<PairBatch>,
  pairs: readonly Pair[],
  codecs: Codecs,
  backend: Backend,
): Promise<Record<string, number>> {
  const model = buildModel(recipe, codecs);
  const examples = encodePairs(pairs, codecs, { copies: model.copies });
  const batches = epochBatches(examples, { sentences: 64 }, 0, 0);
  let total = 0;
  let tokens = 0;
  for (let i = 0; i < batches.length; i++) {
    const found = await program.evaluate(batches.at(i) as PairBatch);
    total += found.loss * found.tokens;
    tokens += found.tokens;
  }
  // The trainer stops on it; of such weights nothing else can be measured.
  if (!Number.isFinite(total)) return { loss: total / tokens };
  const translator = new Translator(model, program, codecs, backend);
  try {
    const { maxLength } = recipe.decoding;
    const { sources, references } = askedOf(recipe, pairs, codecs);
    const found = await translator.translate(sources, { beam: 1, maxLength });
    const hypotheses = found.map(([best]) => best.text);
    return {
      loss: total / tokens,
      perplexity: perplexity(total, tokens),
      bleu: bleu(hypotheses, references, bleuOptions(recipe, codecs)).score,
      exactMatch: exactMatchRate(hypotheses, references),
    };
  } finally {
    await translator.dispose();
  }
}

/** What the model is asked, and the answers as it could write them: lower-cased when the target side is. */
export const askedOf = (recipe: Recipe, pairs: readonly Pair[], codecs: Codecs): References =>
  referenceStreams(pairs, {
    alternatives: recipe.data.alternatives,
    lowercase: codecs.target.tokenizer.lowercase,
  });

/** BLEU as the recipe has it measured. */
export const bleuOptions = (recipe: Recipe, codecs: Codecs): BleuOptions => ({
  lowercase: codecs.target.tokenizer.lowercase,
  tokenizer: BLEU_TOKENIZERS[recipe.evaluation.tokenize],
});
