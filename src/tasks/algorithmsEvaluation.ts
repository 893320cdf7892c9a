import { type BitBatch, drawBitBatch, type Sizes } from '../data/algorithms.ts';
import { optimalNgramBits } from '../data/algorithmsNgrams.ts';
import { bitsPerSequence, countedBits } from '../programs/bitLoss.ts';
import { BitProgram } from '../programs/bitProgram.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend, HostTensor } from '../runtime/index.ts';
import { type AlgorithmTask, checkLocations } from './algorithms.ts';

/** What came of answers that were compared with the targets. */
export interface BitScores {
  /** mean nats of a bit that counts */
  readonly loss: number;
  /** cost of a sequence, Σ −log₂ p, a mean over sequences */
  readonly bits: number;
  /** share of the bits that count that are wrong when the likelier one is taken, 0 to 1 */
  readonly bitErrors: number;
  /** share of the sequences without a wrong bit, 0 to 1 */
  readonly perfect: number;
}

/** Compares logits [T, B, O] with the targets of each batch. */
export function scoreBits(answered: readonly { batch: BitBatch; logits: HostTensor }[]): BitScores {
  let nats = 0;
  let wrong = 0;
  let counted = 0;
  let sequences = 0;
  let perfect = 0;
  for (const { batch, logits } of answered) {
    const { T, B, O } = batch.sizes;
    const wrongIn = new Float64Array(B);
    for (let at = 0; at < T * B * O; at++) {
      const place = Math.floor(at / O);
      if (batch.mask[place] === 0) continue;
      const z = Number(logits.data[at]);
      const y = batch.targets[at];
      nats += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - y * z;
      if (z > 0 !== y > 0.5) wrongIn[place % B]++;
    }
    counted += countedBits(batch);
    sequences += B;
    wrong += wrongIn.reduce((a, b) => a + b);
    perfect += wrongIn.filter((n) => n === 0).length;
  }
  const loss = nats / counted;
  return {
    loss,
    bits: bitsPerSequence(loss, counted, sequences),
    bitErrors: wrong / counted,
    perfect: perfect / sequences,
  };
}

/** What is drawn to measure by. */
export interface EvaluationRequest {
  readonly seed: number;
  /** default 320 */
  readonly sequences?: number;
  /** those that shall not be drawn from the task's ranges, e.g. `{ length: 120 }` */
  readonly sizes?: Sizes;
}

/** Sequences in a batch of those that are measured. */
const AT_ONCE = 16;

/** The batches of a request, the same for every model. */
export function evaluationBatches({ algorithm }: AlgorithmTask, request: EvaluationRequest): BitBatch[] {
  const { seed, sequences = 320, sizes } = request;
  return Array.from({ length: Math.ceil(sequences / AT_ONCE) }, (_, index) => {
    const count = Math.min(AT_ONCE, sequences - index * AT_ONCE);
    return drawBitBatch(algorithm, { seed, index, sequences: count, sizes });
  });
}

/** The weights to measure: a training program has both. */
export interface BitWeights {
  readonly layout: ParameterLayout;
  readonly parameters: Float32Array;
}

/**
 * Measures a model on sequences of its task.
 *
 * @throws UsageError for sizes that the task does not have, or that its memory cannot hold
 */
export async function evaluateBits(
  task: AlgorithmTask,
  weights: BitWeights,
  backend: Backend,
  request: EvaluationRequest,
): Promise<BitScores> {
  checkLocations(task, { ...task.algorithm.largest, ...request.sizes });
  const { layout, parameters } = weights;
  const program = await BitProgram.compile(task.model, { layout, parameters, heads: false }, backend);
  try {
    const answered = [];
    for (const batch of evaluationBatches(task, request)) {
      answered.push({ batch, logits: (await program.answer(batch)).logits });
    }
    return scoreBits(answered);
  } finally {
    await program.dispose();
  }
}

/**
 * What the best predictor of dynamic n-grams costs on the same sequences, in bits a sequence (equation 10): the line
 * that a model's `bits` may come down to. Undefined for other tasks, whose answers can be known.
 */
export function optimalBits(task: AlgorithmTask, request: EvaluationRequest): number | undefined {
  if (task.options.type !== 'dynamicNgrams') return undefined;
  const { order = 6 } = task.options;
  let cost = 0;
  let sequences = 0;
  for (const { inputs, targets, sizes } of evaluationBatches(task, request)) {
    const { T, B } = sizes;
    for (let b = 0; b < B; b++) {
      const read = Array.from({ length: T }, (_, t) => inputs[t * B + b]);
      cost += optimalNgramBits([...read, targets[(T - 1) * B + b]], order);
    }
    sequences += B;
  }
  return cost / sequences;
}
