import type { StoryQuestion } from '../data/stories.ts';
import { UsageError } from '../errors.ts';
import { type AnsweredQuestion, type QuestionBatch, questionLoss } from '../programs/questionLoss.ts';
import type { TrainingProgram } from '../programs/training.ts';
import { Random } from '../random.ts';
import type { Backend } from '../runtime/index.ts';
import {
  type Batches,
  constant,
  type Sample,
  type TrainerState,
  train as trainer,
} from '../training/index.ts';
import { noPlateau } from '../training/schedules.ts';
import { nothingSeen } from '../training/stopping.ts';
import { epochRandom } from './pairs.ts';
import { Answerer } from './questionsAnswerer.ts';
import {
  buildQuestionModel,
  type QuestionCodecs,
  type QuestionsSettings,
  StoryEncoder,
} from './questionsExamples.ts';
import { type LinearStartState, linearlyStarted, positionOf } from './questionsLinearStart.ts';
import { questionMaterial, questionSamples, type TaskOf } from './questionsSamples.ts';
import { startTraining, type Training, type TrainingOptions } from './training.ts';

/** Questions to train on, and to look at meanwhile. */
export interface QuestionData {
  readonly train: readonly StoryQuestion[];
  readonly validation?: readonly StoryQuestion[];
  /** which task a question is of, where they are of several: what validations tell apart */
  readonly taskOf?: TaskOf;
}

/**
 * Sets a recipe of questions going: compiles the model, and gives a stream of training events to be pulled. With a
 * linear start the stream is that of two trainings, one after the other; the validation loss of the first is that of the
 * linear model, and epochs, schedule and limits of the recipe are those of the second.
 *
 * @throws UsageError when a linear start has patience and there are no validation data, and as `startTraining`
 */
export async function trainQuestions(
  recipe: QuestionsSettings,
  data: QuestionData,
  codecs: QuestionCodecs,
  backend: Backend,
  options: TrainingOptions = {},
): Promise<Training<QuestionBatch>> {
  const { seed, training } = recipe;
  const { linearStart, accumulate } = training;
  if (linearStart?.patience !== undefined && !data.validation) {
    throw new UsageError(
      'training.linearStart.patience without validation data',
      'validation data, whose loss says when it ends',
      'Add data.validation, or leave patience out.',
    );
  }
  const encoder = new StoryEncoder(codecs, recipe.model.memory);
  const examples = data.train.map((question) => encoder.answered(question));
  const { validation } = data;
  const unseen = validation?.map((question) => encoder.answered(question));
  const position = linearStart && positionOf(options.resume?.state as LinearStartState | undefined);
  let before = 0; // steps of the linear start
  const { resume, meanOfCheckpoints } = options;
  const material = validation && questionMaterial(validation, recipe.model.memory, data.taskOf);
  const compiled = await startTraining(
    recipe,
    {
      loss: questionLoss(buildQuestionModel(recipe, codecs), training),
      batches: (epoch) => questionBatches(examples, recipe, epoch, false),
      validate:
        validation &&
        unseen &&
        (async (program) => {
          const loss = await meanLoss(program, unseen, false);
          const { exactMatch, samples } = await answered(
            recipe,
            { ...data, validation },
            codecs,
            program,
            backend,
          );
          return { metrics: { loss, exactMatch }, samples };
        }),
      rising: ['exactMatch'],
    },
    backend,
    {
      ...options,
      resume: resume && {
        ...resume,
        // Its own training comes after the linear one, which goes on first.
        state: position?.phase === 'linear' ? fresh(recipe) : (position?.state ?? resume.state),
      },
      meanOfCheckpoints:
        meanOfCheckpoints && ((steps) => meanOfCheckpoints(steps.map((step) => step + before))),
    },
  );
  const started = { ...compiled, ...(material && { material }) };
  if (linearStart === undefined || position === undefined) return started;
  const { program, optimizer, stepsPerEpoch, plannedSteps } = started;
  const { learningRate = training.optimizer.learningRate, patience } = linearStart;
  const linear = trainer<QuestionBatch>({
    program,
    optimizer,
    batches: (epoch) => questionBatches(examples, recipe, epoch, true),
    accumulate,
    arena: program.arena,
    learningRate: constant(learningRate),
    clipNorm: training.clipNorm,
    maxEpochs: linearStart.epochs,
    validate: unseen && (async () => ({ loss: await meanLoss(program, unseen, true) })),
    stopping: unseen && { metric: 'loss', mode: 'min', patience },
    seed: seed ^ LINEAR,
    resume: position.phase === 'linear' ? position.state : undefined,
    signal: options.signal,
  });
  const most = linearStart.epochs * stepsPerEpoch;
  return {
    ...started,
    plannedSteps: plannedSteps === undefined ? undefined : plannedSteps + most,
    events: linearlyStarted(position, {
      linear,
      softmax(took) {
        before = took.steps;
        if (position.phase === 'linear') {
          // Training begins anew, from the weights alone.
          optimizer.average?.exchange(program.parameters);
          for (const slot of Object.values(optimizer.slots)) slot.fill(0);
          optimizer.average?.start(program.parameters);
        }
        return started.events;
      },
    }),
  };
}

/** Tells the linear start's random numbers from those of the rest. */
const LINEAR = 0x6c696e;

/** Where a run stands that has not begun. */
const fresh = ({ seed, training }: QuestionsSettings): TrainerState => ({
  step: 0,
  epoch: 1,
  batchIndex: 0,
  seed,
  optimizer: training.optimizer.type,
  random: new Random(seed).state,
  stopping: nothingSeen,
  plateau: noPlateau,
  validatedStep: 0,
  elapsedSeconds: 0,
});

/** The batches of an epoch: all questions in an order that follows from seed and epoch. */
export function questionBatches(
  questions: readonly AnsweredQuestion[],
  { seed, training }: Pick<QuestionsSettings, 'seed' | 'training'>,
  epoch: number,
  linear: boolean,
): Batches<QuestionBatch> {
  const size = training.batch.sentences ?? BATCH;
  const order = epochRandom(linear ? seed ^ LINEAR : seed, epoch).shuffle([...questions.keys()]);
  return {
    length: Math.ceil(order.length / size),
    at(i) {
      const chosen = order.slice(i * size, (i + 1) * size);
      return chosen.length > 0 ? { questions: chosen.map((k) => questions[k]), linear } : undefined;
    },
  };
}

/** 4.2, where the recipe does not say. */
const BATCH = 32;
const EVALUATION_BATCH = 100;

/** Mean nats of an answer. */
export async function meanLoss(
  program: TrainingProgram<QuestionBatch>,
  questions: readonly AnsweredQuestion[],
  linear: boolean,
): Promise<number> {
  let total = 0;
  for (let at = 0; at < questions.length; at += EVALUATION_BATCH) {
    const batch = questions.slice(at, at + EVALUATION_BATCH);
    const { loss } = await program.evaluate({ questions: batch, linear });
    total += loss * batch.length;
  }
  return total / questions.length;
}

/** What is answered to the validation's questions, and the share that is right, 0 to 1. */
async function answered(
  recipe: QuestionsSettings,
  { validation, taskOf }: Required<Pick<QuestionData, 'validation'>> & Pick<QuestionData, 'taskOf'>,
  codecs: QuestionCodecs,
  program: TrainingProgram<QuestionBatch>,
  backend: Backend,
): Promise<{ exactMatch: number; samples: Sample[] }> {
  const answerer = new Answerer(recipe, codecs, program, backend);
  try {
    const answers = await answerer.answer(validation);
    const right = answers.filter((answer, i) => answerer.isRight(answer, validation[i])).length;
    return {
      exactMatch: right / validation.length,
      samples: questionSamples(validation, answers, codecs, taskOf),
    };
  } finally {
    await answerer.dispose();
  }
}
