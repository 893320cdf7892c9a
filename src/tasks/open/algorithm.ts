import { bitLoss } from '../../programs/bitLoss.ts';
import { type AlgorithmTask, buildAlgorithm } from '../algorithms.ts';
import { type OpenAs, type Opening, weightsOf } from './weights.ts';

export interface OpenedAlgorithm extends OpenAs<'algorithm'> {
  /** for `answerSequences`, `evaluateBits` and `recordSequence`, with the weights */
  readonly algorithm: AlgorithmTask;
}

export function openAlgorithm({ bundle, content, name }: Opening<'algorithm'>): OpenedAlgorithm {
  const algorithm = buildAlgorithm(content.recipe);
  const weights = weightsOf(bitLoss(algorithm.model), bundle, name);
  return { task: content.task, content, about: bundle.about, weights, algorithm };
}
