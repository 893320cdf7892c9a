import { NgramTrie, ROOT } from './trie.ts';

/** Ids that every trained vocabulary begins with. */
export const START_ID = 0;
export const END_ID = 1;

/** N-grams of the corpus of all lengths up to the order, and how often each occurs. */
export interface NgramCounts {
  order: number;
  /** Words that can be predicted are all but `<s>`. */
  vocabularySize: number;
  trie: NgramTrie;
  /** One a node. */
  counts: number[];
}

/** The smoothed numbers of an n-gram model, one a node of the trie. */
export interface Smoothed {
  log10Probs: number[];
  log10Backoffs: number[];
}

/** log₁₀ that ARPA files give to what never is predicted. */
export const LOG10_ZERO = -99;

/**
 * Counts n-grams of `<s>` sentence `</s>`. The vocabulary's words are nodes even where they do not occur.
 *
 * @param sentences word ids, without `<s>` and `</s>`
 */
export function countNgrams(
  sentences: readonly (readonly number[])[],
  order: number,
  vocabularySize: number,
): NgramCounts {
  const trie = new NgramTrie();
  for (let word = 0; word < vocabularySize; word++) trie.add(ROOT, word);
  const counts = new Array<number>(trie.size).fill(0);
  for (const sentence of sentences) {
    const words = [START_ID, ...sentence, END_ID];
    for (let first = 0; first < words.length; first++) {
      let node = ROOT;
      for (let last = first; last < words.length && last < first + order; last++) {
        node = trie.add(node, words[last]);
        if (node === counts.length) counts.push(0);
        counts[node]++;
      }
    }
  }
  return { order, vocabularySize, trie, counts };
}

/** For each node the nodes that go on from it by one word; `<s>`, which follows nothing, left out. */
export function continuations({ trie }: NgramCounts): number[][] {
  const following = Array.from({ length: trie.size }, (): number[] => []);
  for (let node = 1; node < trie.size; node++) {
    if (trie.words[node] !== START_ID) following[trie.parents[node]].push(node);
  }
  return following;
}
