import type { AlgorithmRecipe } from '../../formats/index.ts';
import { Random } from '../../random.ts';
import { buildAlgorithm, checkLocations } from '../../tasks/algorithms.ts';
import { trainAlgorithm } from '../../tasks/algorithmsTraining.ts';
import type { PreparedRun } from '../door.ts';
import { writeAlgorithmResults } from './evaluation.ts';

/** A recipe of a generated task. @throws UsageError for sizes that make no task, or that the memory cannot hold */
export async function prepareAlgorithm(recipe: AlgorithmRecipe): Promise<PreparedRun> {
  const task = buildAlgorithm(recipe);
  // What could not be measured at the end is found out at the beginning.
  for (const sizes of recipe.data.test.sizes) {
    checkLocations(task, { ...task.algorithm.largest, ...sizes });
    task.algorithm.draw(new Random(0), { ...task.algorithm.largest, ...sizes });
  }
  const { inputs, outputs } = task.algorithm;
  return {
    content: { task: 'algorithm', recipe, codecs: {} },
    async train(backend, options) {
      const training = await trainAlgorithm(recipe, backend, options);
      const size = `${recipe.data.train.type}: ${inputs} input channels, ${outputs} output bits`;
      return { ...training, size, remarks: [] };
    },
    test: writeAlgorithmResults,
  };
}
