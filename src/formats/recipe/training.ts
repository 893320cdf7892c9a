import * as z from 'zod';
import type { Issues } from './checks.ts';
import { count, positive, share } from './fields.ts';

const weightDecay = z
  .number()
  .min(0)
  .optional()
  .describe(
    'decoupled weight decay: every update also takes learningRate × this of each matrix away, but not of biases and gains; default 0',
  );

const optimizer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('adam').describe('Kingma & Ba 2015; with weightDecay AdamW (Loshchilov & Hutter 2019)'),
    learningRate: positive().default(0.001).describe('of the schedule at its highest'),
    beta1: share().default(0.9).describe('what the mean of the gradients keeps of itself'),
    beta2: share().default(0.999).describe('what the mean of their squares keeps of itself'),
    epsilon: positive().default(1e-8).describe('added to the root of that mean'),
    weightDecay,
  }),
  z.strictObject({
    type: z.literal('adadelta').describe('Zeiler 2012, as in Bahdanau et al. 2015'),
    learningRate: positive().default(1).describe("multiplies the rule's own step; 1 is the paper's"),
    rho: share().default(0.95).describe('what the means of the squares keep of themselves'),
    epsilon: positive().default(1e-6).describe('added to those means'),
    weightDecay,
  }),
  z.strictObject({
    type: z.literal('sgd').describe('stochastic gradient descent, as in Luong et al. 2015'),
    learningRate: positive().default(1).describe('of the schedule at its highest'),
    momentum: share().default(0).describe('what the velocity keeps of itself; 0 for plain descent'),
    weightDecay,
  }),
]);

const warmupSteps = count()
  .optional()
  .describe('so many steps the rate first rises linearly, from almost 0; default none');
const epochsOrSteps = () =>
  z.union([z.strictObject({ epochs: count() }), z.strictObject({ steps: count() })]);

const schedule = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant'), warmupSteps }),
  z.strictObject({
    type: z
      .literal('warmupInverseSquareRoot')
      .describe('rises to the learning rate, then falls with 1/√step'),
    warmupSteps: count().default(4000).describe('steps of the rise'),
  }),
  z.strictObject({
    type: z
      .literal('cosine')
      .describe(
        'falls to finalRate at the last step of maxSteps or epochs, with half a period of the cosine',
      ),
    warmupSteps,
    finalRate: z.number().min(0).default(0).describe('the learning rate at the end'),
  }),
  z.strictObject({
    type: z
      .literal('halving')
      .describe('multiplies the rate by factor after so long, and again and again (Luong et al. 2015)'),
    after: epochsOrSteps().prefault({ epochs: 8 }).describe('how long the whole rate holds'),
    every: epochsOrSteps().prefault({ epochs: 1 }).describe('how long each lower one, in the same unit'),
    factor: z.number().gt(0).lt(1).default(0.5).describe('what the rate is multiplied by'),
    warmupSteps,
  }),
  z.strictObject({
    type: z.literal('plateau').describe('lowers the rate when the stopping metric no longer improves'),
    factor: z.number().gt(0).lt(1).default(0.5).describe('what the rate is multiplied by'),
    patience: count().default(1).describe('validations without improvement'),
    warmupSteps,
  }),
]);

const batch = z.union([
  z.strictObject({ sentences: count().describe('sentence pairs in a batch') }),
  z.strictObject({
    tokens: count().describe('most tokens on either side of a batch, padding included'),
    sentences: count().optional().describe('and most sentence pairs'),
  }),
]);

const stop = <Metric extends string>(metrics: readonly Metric[]) =>
  z.strictObject({
    metric: z
      .enum(['loss' as const, ...metrics] as readonly ('loss' | Metric)[])
      .default('loss' as never) // one of them, which the type of a generic enum does not know
      .describe('what says which checkpoint is best'),
    patience: count()
      .default(5)
      .describe('validations in a row without improvement, after which training ends'),
  });

const averaged = () => count().min(2);

const sampling = z
  .discriminatedUnion('decay', [
    z.strictObject({
      decay: z.literal('inverseSigmoid').describe("k / (k + exp(step / k)) of the words are the target's"),
      k: z.number().min(1).describe('half of them at step k · ln k'),
    }),
    z.strictObject({
      decay: z.literal('exponential').describe("k to the power of the step of the words are the target's"),
      k: z.number().gt(0).lt(1).describe('close below 1'),
    }),
    z.strictObject({
      decay: z.literal('linear').describe("the target's share falls from 1 to minimum"),
      steps: count().describe('in so many steps'),
      minimum: share().default(0).describe('where it stays'),
    }),
  ])
  .describe('scheduled sampling (Bengio et al. 2015): the decoder is given its own words ever more often');

/** The keys of it; `metrics` are what a task can stop by, the loss aside. */
export const trainingKeys = <Metric extends string>(metrics: readonly Metric[]) => ({
  optimizer: optimizer.prefault({ type: 'adam' }).describe('what turns gradients into new weights'),
  schedule: schedule.prefault({ type: 'constant' }).describe('how the learning rate changes'),
  batch: batch.prefault({ sentences: 64 }).describe('how large a batch is'),
  accumulate: count()
    .optional()
    .describe('batches that make one update (step), as if they were one batch; default 1'),
  clipNorm: positive().default(1).describe('gradients with a larger global norm are scaled down to it'),
  labelSmoothing: share()
    .optional()
    .describe(
      'this share of what each word is asked for is spread over all words (Szegedy et al. 2016); default 0',
    ),
  scheduledSampling: sampling.optional(),
  epochs: count().optional().describe('default 20, unless maxSteps or maxMinutes is given'),
  maxSteps: count().optional().describe('updates after which training ends'),
  maxMinutes: positive().optional().describe('time after which it ends, before a resume included'),
  validateEvery: epochsOrSteps()
    .prefault({ epochs: 1 })
    .describe('how often to validate and save a checkpoint'),
  stop: stop(metrics)
    .optional()
    .describe('early stopping; with validation data the default is loss and patience 5'),
  keepCheckpoints: count().default(3).describe('the newest so many are kept, the best besides'),
  movingAverage: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe(
      'decay, e.g. 0.999, of an exponential moving average of the weights: it is validated, saved and predicted with',
    ),
  averageCheckpoints: z
    .union([
      z.strictObject({ last: averaged().describe('the last so many that were validated') }),
      z.strictObject({ best: averaged().describe('the best so many by the stopping metric') }),
    ])
    .optional()
    .describe('at the end the mean of so many checkpoints is used, if it is better than the best of them'),
});

type Schedule = z.output<typeof schedule>;

interface Limits {
  readonly epochs?: number;
  readonly maxSteps?: number;
  readonly maxMinutes?: number;
}

/** Whether the schedule has an end, and one unit. */
export function checkSchedule(
  { schedule, epochs, maxSteps, maxMinutes }: Limits & { readonly schedule: Schedule },
  { addIssue }: Issues,
): void {
  if (
    schedule.type === 'cosine' &&
    epochs === undefined &&
    maxSteps === undefined &&
    maxMinutes !== undefined
  ) {
    const message = 'training.maxSteps or training.epochs beside it, because minutes tell no last step';
    addIssue({ code: 'custom', path: ['schedule'], message });
  }
  if (schedule.type === 'halving' && 'epochs' in schedule.after !== 'epochs' in schedule.every) {
    const unit = 'epochs' in schedule.after ? 'epochs' : 'steps';
    addIssue({ code: 'custom', path: ['schedule', 'every'], message: `${unit}, as in after` });
  }
}

/** Training that has no other limit takes 20 epochs. */
export function limited<Given extends Limits>({ epochs, ...rest }: Given) {
  const limited = rest.maxSteps !== undefined || rest.maxMinutes !== undefined;
  return { ...rest, epochs: epochs ?? (limited ? undefined : 20) };
}

/** How a model is trained. */
export const training = <Metric extends string>(metrics: readonly Metric[]) =>
  z.strictObject(trainingKeys(metrics)).superRefine(checkSchedule).transform(limited);

/** A recipe that says nothing of stopping stops by the validation loss, where there is any. */
export function stoppedByLoss<
  Data extends { validation?: unknown },
  Metric extends string,
  Rest extends { data: Data; training: z.output<ReturnType<typeof training<Metric>>> },
>({ training, ...rest }: Rest) {
  const byLoss = rest.data.validation ? { metric: 'loss' as const, patience: 5 } : undefined;
  return { ...rest, training: { ...training, stop: training.stop ?? byLoss } };
}
