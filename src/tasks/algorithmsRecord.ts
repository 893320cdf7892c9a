import { type BitBatch, drawBitBatch } from '../data/algorithms.ts';
import { BitProgram } from '../programs/bitProgram.ts';
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

/**
 * Runs a model on one sequence and writes down what it and its heads do.
 *
 * @throws UsageError for sizes that the task does not have, or that its memory cannot hold
 */
export async function recordSequence(
  task: AlgorithmTask,
  weights: BitWeights,
  backend: Backend,
  { seed, sizes }: Omit<EvaluationRequest, 'sequences'>,
): Promise<SequenceRecord> {
  checkLocations(task, { ...task.algorithm.largest, ...sizes });
  const batch: BitBatch = drawBitBatch(task.algorithm, { seed, index: 0, sequences: 1, sizes });
  const { T, I, O } = batch.sizes;
  const program = await BitProgram.compile(task.model, weights, backend);
  try {
    const { logits, heads, attention } = await program.answer(batch);
    const outputs = Array.from(logits.data as Float32Array, (z) => 1 / (1 + Math.exp(-z)));
    const perHead = (weights: HostTensor, vectors: HostTensor): HeadRecord[] =>
      Array.from({ length: weights.shape[2] }, (_, h) => ({
        weights: rowsOf(weights.data as Float32Array, T, weights.shape[3], h),
        vectors: rowsOf(vectors.data as Float32Array, T, vectors.shape[3], h),
      }));
    return {
      steps: T,
      inputs: rowsOf(batch.inputs, T, I),
      targets: rowsOf(batch.targets, T, O),
      outputs: rowsOf(outputs, T, O),
      mask: Array.from(batch.mask),
      ...(heads && {
        heads: {
          read: perHead(heads.readWeights, heads.reads),
          write: perHead(heads.writeWeights, heads.added),
        },
      }),
      ...(attention && { attention: byStep(attention.data as Float32Array, T) }),
    };
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

/** Block number `block`, `width` wide, of each of T steps, as rows over time. */
function rowsOf(data: ArrayLike<number>, T: number, width: number, block = 0): number[][] {
  const stride = data.length / T;
  return Array.from({ length: width }, (_, row) =>
    Array.from({ length: T }, (_, t) => data[t * stride + block * width + row]),
  );
}
