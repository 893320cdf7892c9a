/** A phrase to look for in a growing sequence (Knuth, Morris & Pratt 1977). */
export interface Matcher {
  readonly phrase: readonly number[];
  /** For each length k of a matched beginning, the length of the longest shorter one that also ends there. */
  readonly borders: readonly number[];
}

/** @param phrase one token or more */
export function matcher(phrase: readonly number[]): Matcher {
  const borders = [0, 0];
  const found = { phrase, borders };
  for (let k = 1; k < phrase.length; k++) borders.push(nextMatched(found, borders[k], phrase[k]));
  return found;
}

/**
 * How many tokens of the phrase's beginning the sequence ends with, after one more token.
 *
 * @param k the same before that token; from 0 to the phrase's length
 */
export function nextMatched({ phrase, borders }: Matcher, k: number, token: number): number {
  let length = k;
  while (length > 0 && phrase[length] !== token) length = borders[length];
  return phrase[length] === token ? length + 1 : 0;
}

/** Whether the sequence contains the phrase. */
export function matched(phrase: Matcher, sequence: readonly number[]): boolean {
  let k = 0;
  return sequence.some((token) => {
    k = nextMatched(phrase, k, token);
    return k === phrase.phrase.length;
  });
}
