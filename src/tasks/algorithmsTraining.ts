import { type BitBatch, drawBitBatch } from '../data/algorithms.ts';
import { UsageError } from '../errors.ts';
import { bitLoss, bitsPerSequence } from '../programs/bitLoss.ts';
import type { TrainingProgram } from '../programs/training.ts';
import type { Backend } from '../runtime/index.ts';
import type { StepEvent } from '../training/index.ts';
import { type AlgorithmRecipe, type AlgorithmTask, buildAlgorithm, checkLocations } from './algorithms.ts';
import { evaluateBits } from './algorithmsEvaluation.ts';
import { sequenceMaterial, sequenceSamples, shownSizes } from './algorithmsSamples.ts';
import { startTraining, type Training, type TrainingOptions } from './training.ts';

/** The streams of batches that a seed has, one for each use, so that what is measured was not trained on. */
const STREAMS = { training: 0, validation: 0x76616c69, test: 0x74657374 } as const;
const seedOf = (seed: number, stream: keyof typeof STREAMS): number => (seed ^ STREAMS[stream]) >>> 0;

/** Batch number `index` that a recipe trains on; it follows from the recipe and the number alone. */
export const trainingBatch = (
  recipe: AlgorithmRecipe,
  { algorithm }: AlgorithmTask,
  index: number,
): BitBatch =>
  drawBitBatch(algorithm, {
    seed: seedOf(recipe.seed, 'training'),
    index,
    sequences: batchSize(recipe),
  });

function batchSize({ training: { batch } }: AlgorithmRecipe): number {
  if (!('tokens' in batch)) return batch.sentences;
  throw new UsageError(
    'a batch measured in tokens',
    'training.batch.sentences: sequences in a batch',
    'Generated sequences have no tokens; say how many sequences.',
  );
}

/**
 * Sets a recipe going: compiles the model and gives a stream of training events to be pulled. Validation measures `loss`
 * (nats a bit), `bits` (of a sequence) and `bitErrors` (percent); `costCurve` makes a learning curve of the steps.
 *
 * @throws UsageError as `buildAlgorithm` and `startTraining`, and for a batch measured in tokens
 */
export async function trainAlgorithm(
  recipe: AlgorithmRecipe,
  backend: Backend,
  options: TrainingOptions = {},
): Promise<Training & { readonly task: AlgorithmTask }> {
  const task = buildAlgorithm(recipe);
  const { epoch: perEpoch = 10_000, validation = {} } = recipe.data;
  const length = Math.max(1, Math.round(perEpoch / batchSize(recipe)));
  checkLocations(task, { ...task.algorithm.largest, ...validation.sizes });
  const seed = seedOf(recipe.seed, 'validation');
  const shown = shownSizes(task, seed);
  const training = await startTraining(
    recipe,
    {
      loss: bitLoss(task.model),
      batches: (epoch) => ({
        length,
        at: (i) => trainingBatch(recipe, task, (epoch - 1) * length + i),
      }),
      validate: async (program: TrainingProgram<BitBatch>) => {
        const measured = await evaluateBits(task, program, backend, { seed, ...validation });
        const metrics = { loss: measured.loss, bits: measured.bits, bitErrors: 100 * measured.bitErrors };
        // The trainer stops on it; of such weights nothing else can be measured.
        if (!Number.isFinite(measured.loss)) return { metrics };
        return { metrics, samples: await sequenceSamples(task, program, backend, { seed, sizes: shown }) };
      },
      rising: [],
    },
    backend,
    options,
  );
  return { ...training, task, material: sequenceMaterial(task, seed, shown) };
}

/** The seed of test sequences, which are neither trained on nor validated with. */
export const testSeed = ({ seed }: Pick<AlgorithmRecipe, 'seed'>): number => seedOf(seed, 'test');

/** A point of a learning curve: cost of a sequence of the training batches, a mean since the point before. */
export interface CostPoint {
  /** sequences trained on so far */
  readonly sequences: number;
  readonly bits: number;
}

/**
 * Makes a learning curve while training goes on, as in figure 3 of the paper: give it every step event, and it returns a
 * point whenever so many sequences have gone by.
 *
 * @param options.batch sequences of a step
 * @param options.every sequences from point to point; default 1,000
 */
export function costCurve(options: {
  readonly batch: number;
  readonly every?: number;
}): (event: Pick<StepEvent, 'step' | 'loss' | 'tokens'>) => CostPoint | undefined {
  const { batch, every = 1_000 } = options;
  let sum = 0;
  let steps = 0;
  return ({ step, loss, tokens }) => {
    sum += bitsPerSequence(loss, tokens, batch);
    steps++;
    const sequences = step * batch;
    if (Math.floor(sequences / every) === Math.floor((sequences - batch) / every)) return undefined;
    const point = { sequences, bits: sum / steps };
    sum = 0;
    steps = 0;
    return point;
  };
}
