/** Attention as one sets it by hand: weights over the positions of a source, its end included. */
import { UsageError } from '../errors.ts';

/** Weights by position, as they shall be used; the same weight everywhere; or none at all, so that the context is 0. */
export type GivenAttention = Float32Array | 'uniform' | 'none';

/**
 * The weights [S] of a request.
 *
 * @param positions S; undefined for a model without attention
 * @throws UsageError for weights that are too many or few, negative or no numbers, and where nothing attends
 */
export function givenWeights(attention: GivenAttention, positions: number | undefined): Float32Array {
  if (positions === undefined) {
    throw new UsageError(
      'attention for a model that has none',
      'a model that attends, such as rnnsearch',
      'Leave it out, or open another model.',
    );
  }
  if (attention === 'none') return new Float32Array(positions);
  if (attention === 'uniform') return new Float32Array(positions).fill(1 / positions);
  const wrong = attention.findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (attention.length !== positions || wrong >= 0) {
    throw new UsageError(
      attention.length === positions
        ? `a weight of ${attention[wrong]} at position ${wrong}`
        : `${attention.length} weights for ${positions} positions`,
      'a number of at least 0 for each position, the end of the source included',
      "Change the 'weights' of a step, or use pinned or dragged.",
    );
  }
  return attention;
}

/** All weight on one position. @param positions S @throws UsageError for a position that is not there */
export function pinned(positions: number, position: number): Float32Array {
  checkPosition(positions, position);
  const weights = new Float32Array(positions);
  weights[position] = 1;
  return weights;
}

/**
 * One weight set, the others scaled so that all add up to 1; where the others are 0 they share what is left alike.
 *
 * @param value 0 to 1
 * @throws UsageError for a position that is not there, or another value
 */
export function dragged(weights: Float32Array, position: number, value: number): Float32Array {
  checkPosition(weights.length, position);
  if (!(value >= 0 && value <= 1)) {
    throw new UsageError(`a weight of ${value}`, 'a number from 0 to 1', 'Drag less far.');
  }
  if (weights.length === 1) return Float32Array.of(1);
  const others = weights.reduce((sum, weight, j) => (j === position ? sum : sum + weight), 0);
  const alike = (1 - value) / (weights.length - 1);
  return weights.map((weight, j) => {
    if (j === position) return value;
    return others > 0 ? (weight * (1 - value)) / others : alike;
  });
}

function checkPosition(positions: number, position: number): void {
  if (Number.isInteger(position) && position >= 0 && position < positions) return;
  throw new UsageError(
    `position ${position}`,
    `0 to ${positions - 1}, the end of the source last`,
    'Choose one of the source.',
  );
}
