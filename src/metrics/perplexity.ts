import { DataError } from '../errors.ts';

/**
 * exp(negative log-likelihood per token).
 *
 * @param totalNegativeLogLikelihoodNats summed over all tokens, natural logarithm
 * @param tokens how many tokens the sum runs over, end-of-sequence tokens included if the sum includes them
 * @returns 1 or more; Infinity when a token had probability 0
 * @throws DataError when there is no token or the sum is not a number
 */
export function perplexity(totalNegativeLogLikelihoodNats: number, tokens: number): number {
  if (!(tokens > 0) || Number.isNaN(totalNegativeLogLikelihoodNats)) {
    throw new DataError(
      `A negative log-likelihood of ${totalNegativeLogLikelihoodNats} over ${tokens} tokens`,
      'a number over at least one token',
      'Look for an empty data set, or a loss that is not a number.',
    );
  }
  return Math.exp(totalNegativeLogLikelihoodNats / tokens);
}
