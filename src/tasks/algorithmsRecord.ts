import { type BitBatch, drawBitBatch } from '../data/algorithms.ts';
import { type BitAnswers, BitProgram } from '../programs/bitProgram.ts';
import type { Backend, HostTensor } from '../runtime/index.ts';
import { type AlgorithmTask, checkLocations } from './algorithms.ts';
import type { BitWeights, EvaluationRequest } from './algorithmsEvaluation.ts';

/** Rows over time: entry [row][step]. */
export type OverTime = readonly (readonly number[])[];

/** One sequence with everything that can be drawn of it (figures 4 to 6 of the paper); time runs along the rows. */
export interface SequenceRecord {
  /** steps; each row below has as many entries */
  readonly steps: number;
  /** [I] rows */
  readonly inputs: OverTime;
  /** [O] rows */
  readonly targets: OverTime;
  /** probabilities of a one, [O] rows */
  readonly outputs: OverTime;
  /** 1 where outputs count */
  readonly mask: readonly number[];
  /** what each head did; absent for a model without a memory */
  readonly heads?: {
    readonly read: readonly HeadRecord[];
    readonly write: readonly HeadRecord[];
  };
  /** how much the outputs of each step were attended to at every step, [T] rows; only where a model looks at its past */
  readonly attention?: OverTime;
}

export interface HeadRecord {
  /** where it looked, [N] rows */
  readonly weights: OverTime;
  /** what was read or added, [M] rows */
  readonly vectors: OverTime;
}

/** Which sequence is recorded. */
export type RecordRequest = Omit<EvaluationRequest, 'sequences'>;

/**
 * Runs a model on one sequence and writes down what it and its heads do.
 *
 * @throws UsageError for sizes that the task does not have, or that its memory cannot hold
 */
export async function recordSequence(
  task: AlgorithmTask,
  weights: BitWeights,
  backend: Backend,
  request: RecordRequest,
): Promise<SequenceRecord> {
  const [record] = await recordSequences(task, weights, backend, [request]);
  return record;
}

/** The same of several sequences: the model is compiled once. */
export async function recordSequences(
  task: AlgorithmTask,
  weights: BitWeights,
  backend: Backend,
  requests: readonly RecordRequest[],
): Promise<SequenceRecord[]> {
  for (const { sizes } of requests) checkLocations(task, { ...task.algorithm.largest, ...sizes });
  const batches = requests.map((request) => drawnAlone(task, request));
  const program = await BitProgram.compile(task.model, weights, backend);
  try {
    const records: SequenceRecord[] = [];
    for (const batch of batches) records.push(recordOf(batch, await program.answer(batch)));
    return records;
  } finally {
    await program.dispose();
  }
}

/** From weights by how far back, [T, L], the step before first, to rows of the steps looked at. */
function byStep(data: Float32Array, T: number): number[][] {
  const L = data.length / T;
  const at = (t: number, back: number) => (back >= 0 && back < L ? data[t * L + back] : 0);
  return Array.from({ length: T }, (_, s) => Array.from({ length: T }, (_, t) => at(t, t - 1 - s)));
}

const drawnAlone = ({ algorithm }: AlgorithmTask, { seed, sizes }: RecordRequest): BitBatch =>
  drawBitBatch(algorithm, { seed, index: 0, sequences: 1, sizes });

/** What a model is asked: of a record all that needs no model. */
export type AskedSequence = Pick<SequenceRecord, 'steps' | 'inputs' | 'targets' | 'mask'>;

/** The sequence of a request, which nobody has answered yet. */
export const askedSequence = (task: AlgorithmTask, request: RecordRequest): AskedSequence =>
  askedOf(drawnAlone(task, request));

const askedOf = ({ sizes: { T, I, O }, ...batch }: BitBatch): AskedSequence => ({
  steps: T,
  inputs: rowsOf(batch.inputs, T, I),
  targets: rowsOf(batch.targets, T, O),
  mask: Array.from(batch.mask),
});

/** @param batch of one sequence */
function recordOf(batch: BitBatch, { logits, heads, attention }: BitAnswers): SequenceRecord {
  const { T, O } = batch.sizes;
  const outputs = Array.from(logits.data as Float32Array, (z) => 1 / (1 + Math.exp(-z)));
  const perHead = (weights: HostTensor, vectors: HostTensor): HeadRecord[] =>
    Array.from({ length: weights.shape[2] }, (_, h) => ({
      weights: rowsOf(weights.data as Float32Array, T, weights.shape[3], h),
      vectors: rowsOf(vectors.data as Float32Array, T, vectors.shape[3], h),
    }));
  return {
    ...askedOf(batch),
    outputs: rowsOf(outputs, T, O),
    ...(heads && {
      heads: {
        read: perHead(heads.readWeights, heads.reads),
        write: perHead(heads.writeWeights, heads.added),
      },
    }),
    ...(attention && { attention: byStep(attention.data as Float32Array, T) }),
  };
}

/** Block number `block`, `width` wide, of each of T steps, as rows over time. */
function rowsOf(data: ArrayLike<number>, T: number, width: number, block = 0): number[][] {
  const stride = data.length / T;
  return Array.from({ length: width }, (_, row) =>
    Array.from({ length: T }, (_, t) => data[t * stride + block * width + row]),
  );
}
