import { continuations, LOG10_ZERO, type NgramCounts, type Smoothed, START_ID } from './counts.ts';
import { ROOT } from './trie.ts';

/** What is taken off counts of 1, of 2, and of 3 and more. */
export type Discounts = readonly [one: number, two: number, more: number];

/** Taken where a corpus is too small to estimate discounts from. */
export const FALLBACK_DISCOUNTS: Discounts = [0.5, 1, 1.5];

/**
 * Interpolated modified Kneser–Ney smoothing (Chen & Goodman 1998, section 3):
 *
 *     p(w | h) = max(c(h w) − D(c(h w)), 0) / Σ c(h ·) + γ(h) p(w | h without its first word)
 *     γ(h) = (D1 N1(h ·) + D2 N2(h ·) + D3+ N3+(h ·)) / Σ c(h ·)
 *
 * where c counts occurrences for the longest n-grams and for those that begin with `<s>`, and for all others in how
 * many different words' company they occur, N1+(· h w). Single words are interpolated with the uniform distribution
 * over the vocabulary, so that words which never occurred have a probability too. Every length has its own discounts.
 *
 * @returns the numbers in back-off form: p itself for n-grams that occurred, γ as back-off weight
 */
export function kneserNey(counted: NgramCounts): Smoothed {
  const { trie, vocabularySize } = counted;
  const suffixes = trie.suffixes();
  const counts = adjustedCounts(counted, suffixes);
  const following = continuations(counted);
  const levels = trie.byLength();
  const discounts = levels.map((level, length) =>
    estimateDiscounts(
      level.filter((node) => length !== 1 || trie.words[node] !== START_ID).map((n) => counts[n]),
    ),
  );
  const discount = (node: number) => {
    const count = counts[node];
    return count === 0 ? 0 : discounts[trie.lengths[node]][Math.min(count, 3) - 1];
  };
  const probs = new Array<number>(trie.size).fill(Number.NaN);
  const gammas = new Array<number>(trie.size).fill(1);
  for (const context of levels.flat()) {
    const nodes = following[context];
    if (nodes.length === 0) continue;
    const total = nodes.reduce((sum, node) => sum + counts[node], 0);
    const gamma = nodes.reduce((sum, node) => sum + discount(node), 0) / total;
    gammas[context] = gamma;
    for (const node of nodes) {
      const lower = context === ROOT ? 1 / (vocabularySize - 1) : probs[suffixes[node]];
      probs[node] = (counts[node] - discount(node)) / total + gamma * lower;
    }
  }
  const log10Probs = probs.map(Math.log10);
  log10Probs[trie.child(ROOT, START_ID)] = LOG10_ZERO;
  const log10Backoffs = gammas.map(Math.log10);
  log10Backoffs[ROOT] = 0;
  return { log10Probs, log10Backoffs };
}

/** Occurrences of the longest n-grams and of those at the beginning of a sentence; of others the words before. */
function adjustedCounts({ trie, counts, order }: NgramCounts, suffixes: Int32Array): number[] {
  const adjusted = counts.map((count, node) =>
    trie.lengths[node] === order || trie.ngram(node)[0] === START_ID ? count : 0,
  );
  for (let node = 1; node < trie.size; node++) {
    if (trie.lengths[node] > 1) adjusted[suffixes[node]]++;
  }
  return adjusted;
}

/**
 * Chen & Goodman 1998, equation 26: from how many n-grams occur once, twice, three and four times.
 *
 * @returns the fallback where one of these does not occur, or a discount would not be above 0
 */
export function estimateDiscounts(counts: readonly number[]): Discounts {
  const [n1, n2, n3, n4] = [1, 2, 3, 4].map((n) => counts.filter((count) => count === n).length);
  const y = n1 / (n1 + 2 * n2);
  const discounts: Discounts = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3];
  // Counts of counts of 0 give NaN, or a discount of the whole count; smaller than 0 they would add probability.
  return n1 * n2 * n3 * n4 > 0 && discounts.every((d) => d > 0) ? discounts : FALLBACK_DISCOUNTS;
}
