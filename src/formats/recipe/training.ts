import * as z from 'zod';
import { count, positive } from './fields.ts';

const optimizer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('adam'),
    learningRate: positive().default(0.001),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: positive().default(1e-8),
  }),
  z.strictObject({
    type: z.literal('adadelta'),
    learningRate: positive().default(1).describe("multiplies the rule's own step; 1 is the paper's"),
    rho: z.number().min(0).lt(1).default(0.95),
    epsilon: positive().default(1e-6),
  }),
]);

const schedule = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant') }),
  z.strictObject({
    type: z
      .literal('warmupInverseSquareRoot')
      .describe('rises to the learning rate, then falls with 1/√step'),
    warmupSteps: count().default(4000),
  }),
  z.strictObject({
    type: z.literal('plateau').describe('lowers the rate when the stopping metric no longer improves'),
    factor: z.number().gt(0).lt(1).default(0.5),
    patience: count().default(1).describe('validations without improvement'),
  }),
]);

const batch = z.union([
  z.strictObject({ sentences: count().describe('sentence pairs in a batch') }),
  z.strictObject({
    tokens: count().describe('most tokens on either side of a batch, padding included'),
    sentences: count().optional().describe('and most sentence pairs'),
  }),
]);

const stop = z.strictObject({
  metric: z
    .enum(['loss', 'bleu', 'exactMatch'])
    .default('loss')
    .describe('what says which checkpoint is best'),
  patience: count()
    .default(5)
    .describe('validations in a row without improvement, after which training ends'),
});

export const training = z
  .strictObject({
    optimizer: optimizer.prefault({ type: 'adam' }),
    schedule: schedule.prefault({ type: 'constant' }),
    batch: batch.prefault({ sentences: 64 }),
    clipNorm: positive().default(1).describe('gradients with a larger global norm are scaled down to it'),
    epochs: count().optional().describe('default 20, unless maxSteps or maxMinutes is given'),
    maxSteps: count().optional(),
    maxMinutes: positive().optional(),
    validateEvery: z
      .union([z.strictObject({ epochs: count() }), z.strictObject({ steps: count() })])
      .prefault({ epochs: 1 })
      .describe('how often to validate and save a checkpoint'),
    stop: stop.optional().describe('early stopping; with validation data the default is loss and patience 5'),
    keepCheckpoints: count().default(3).describe('the newest so many are kept, the best besides'),
  })
  .transform(({ epochs, ...rest }) => {
    const limited = rest.maxSteps !== undefined || rest.maxMinutes !== undefined;
    return { ...rest, epochs: epochs ?? (limited ? undefined : 20) };
  });
