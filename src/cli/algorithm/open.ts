import type { AlgorithmRecipe } from '../../formats/index.ts';
import { type AlgorithmTask, buildAlgorithm } from '../../tasks/algorithms.ts';
import type { BitWeights } from '../../tasks/algorithmsEvaluation.ts';
import { loadWeights, readRunOf } from '../runDirectory.ts';

/** A run on a generated task, with what it has learnt. */
export interface OpenedAlgorithm {
  readonly recipe: AlgorithmRecipe;
  readonly task: AlgorithmTask;
  readonly weights: BitWeights;
  /** at which the weights were saved */
  readonly step: number;
}

/** @throws UsageError for a run of another task, and as `readRun` */
export async function openAlgorithm(directory: string): Promise<OpenedAlgorithm> {
  const run = await readRunOf(directory, 'algorithm', 'a model of a generated task');
  const { step, weights } = await loadWeights(directory, run);
  return { recipe: run.recipe, task: buildAlgorithm(run.recipe), weights, step };
}
