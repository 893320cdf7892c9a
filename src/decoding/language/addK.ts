import { UsageError } from '../../errors.ts';
import { continuations, LOG10_ZERO, type NgramCounts, type Smoothed, START_ID } from './counts.ts';
import { ROOT } from './trie.ts';

/** More n-grams than this are refused: single words already need one for every pair of words that occur. */
const MOST = 2 ** 23;

/**
 * Additive smoothing (Lidstone; Laplace for k = 1): p(w | h) = (c(h w) + k) / (c(h) + k V) where h is the longest end
 * of the history that occurred before a word, and V counts the vocabulary with `</s>` and `<unk>`.
 *
 * In back-off form all words that never followed h must have the probability p0(h) = k / (c(h) + k V). For those that
 * never followed h's own suffix either, the back-off weight p0(h) / p0(suffix) gives that; so words which followed the
 * suffix get entries after h, whether they followed h or not. These are added to the trie of `counted`.
 *
 * @param k above 0
 * @throws UsageError where that would take more than 2²³ n-grams
 */
export function addK(counted: NgramCounts, k: number): Smoothed {
  const { trie, counts, order, vocabularySize } = counted;
  const v = vocabularySize - 1;
  const suffixes = trie.suffixes();
  const following = continuations(counted);
  const levels = trie.byLength();
  const contexts = levels
    .slice(1, order)
    .flat()
    .filter((node) => following[node].length > 0);
  const seen = following.map((nodes) => nodes.filter((node) => counts[node] > 0));
  checkSize(contexts.reduce((sum, context) => sum + seen[suffixes[context]].length, v));

  const log10Probs = new Array<number>(trie.size).fill(Number.NaN);
  const log10Backoffs = new Array<number>(trie.size).fill(0);
  const totals = seen.map((nodes) => nodes.reduce((sum, node) => sum + counts[node], 0));
  const smoothed = (count: number, context: number) => Math.log10((count + k) / (totals[context] + k * v));
  for (const node of following[ROOT]) log10Probs[node] = smoothed(counts[node], ROOT);
  log10Probs[trie.child(ROOT, START_ID)] = LOG10_ZERO;
  for (const context of contexts) {
    for (const shorter of seen[suffixes[context]]) {
      const node = trie.add(context, trie.words[shorter]);
      log10Probs[node] = smoothed(counts[node] ?? 0, context);
      log10Backoffs[node] ??= 0;
    }
    log10Backoffs[context] = smoothed(0, context) - smoothed(0, suffixes[context]);
  }
  return { log10Probs, log10Backoffs };
}

function checkSize(ngrams: number): void {
  if (ngrams <= MOST) return;
  throw new UsageError(
    `Add-k smoothing that needs ${ngrams} n-grams`,
    `at most ${MOST}`,
    'Take Kneser–Ney smoothing, which needs only those that occur, a smaller vocabulary or a lower order.',
  );
}
