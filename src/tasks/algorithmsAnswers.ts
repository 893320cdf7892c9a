import { bitBatch, type WrittenSequence } from '../data/algorithms.ts';
import { BitProgram } from '../programs/bitProgram.ts';
import type { Backend } from '../runtime/index.ts';
import { type AlgorithmTask, checkLocations } from './algorithms.ts';
import type { BitWeights } from './algorithmsEvaluation.ts';

/** What a model answers to a sequence that somebody wrote; only the steps that count. */
export interface BitAnswer {
  /** probabilities of a one, [steps][O] */
  readonly probabilities: readonly (readonly number[])[];
  /** the likelier bits, [steps][O] */
  readonly bits: readonly (readonly number[])[];
  /** what would be right, [steps][O]; absent where that is not known */
  readonly expected?: readonly (readonly number[])[];
}

/**
 * Answers sequences of a task, each in a batch of its own.
 *
 * @throws UsageError for one that the memory cannot hold
 */
export async function answerSequences(
  task: AlgorithmTask,
  weights: BitWeights,
  backend: Backend,
  written: readonly WrittenSequence[],
): Promise<BitAnswer[]> {
  for (const { sizes } of written) checkLocations(task, sizes);
  const { layout, parameters } = weights;
  const program = await BitProgram.compile(task.model, { layout, parameters, heads: false }, backend);
  try {
    const answers: BitAnswer[] = [];
    for (const { sequence, isKnown } of written) {
      const batch = bitBatch([sequence]);
      const { logits } = await program.answer(batch);
      const { O } = batch.sizes;
      const counted = sequence.mask.flatMap((m, t) => (m === 1 ? [t] : []));
      const rows = counted.map((t) => Array.from(logits.data.slice(t * O, (t + 1) * O), Number));
      answers.push({
        probabilities: rows.map((row) => row.map((z) => 1 / (1 + Math.exp(-z)))),
        bits: rows.map((row) => row.map((z) => (z > 0 ? 1 : 0))),
        ...(isKnown && { expected: counted.map((t) => sequence.targets[t]) }),
      });
    }
    return answers;
  } finally {
    await program.dispose();
  }
}
