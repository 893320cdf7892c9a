import { DataError } from '../../errors.ts';
import type { LanguageModel } from './contract.ts';

export interface NgramPerplexity {
  /** exp(−log-probability a token). */
  perplexity: number;
  /** Natural log-probability of all sentences. */
  logProb: number;
  /** How many the mean runs over: every sentence's tokens and its end. */
  tokens: number;
  /** Of these, not in the model's vocabulary; they count with the probability that the model gives them. */
  unknown: number;
}

/**
 * Perplexity of sentences under a language model, their ends included.
 *
 * @throws DataError where there is no sentence
 */
export function ngramPerplexity<State>(
  model: LanguageModel<State>,
  sentences: readonly (readonly string[])[],
): NgramPerplexity {
  if (sentences.length === 0) {
    throw new DataError('No sentences', 'at least one to predict', 'Look for an empty file.');
  }
  let [logProb, tokens, unknown] = [0, 0, 0];
  for (const sentence of sentences) {
    let state = model.start();
    for (const token of sentence) {
      const scored = model.score(state, token);
      state = scored.state;
      logProb += scored.logProb;
      if (model.has?.(token) === false) unknown++;
    }
    logProb += model.end(state);
    tokens += sentence.length + 1;
  }
  return { perplexity: Math.exp(-logProb / tokens), logProb, tokens, unknown };
}
