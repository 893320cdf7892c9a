import { PriorityQueue } from './bpeQueue.ts';
import { compareCodePoints } from './vocabulary.ts';

/** Two neighbouring symbols that become one, their concatenation. */
export type Merge = readonly [left: string, right: string];

/** A pair of neighbours: how often it is seen, and in which words (some of them perhaps no longer). */
interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  words: number[];
}

/** Merges are numbered below 2^26, so two symbols fit in an integer that a number holds exactly. */
const SYMBOLS = 2 ** 26;

/**
 * Learns byte pair encoding (Sennrich, Haddow & Birch 2016, algorithm 1): again and again the most frequent pair
 * of neighbouring symbols becomes a new symbol. Among equally frequent pairs the greatest by code points goes
 * first (the left symbol, then the right), as in subword-nmt, whose merges these are.
 *
 * Statistics are kept up to date: a merge touches only the words that hold its pair.
 *
 * @param words each distinct word once, as its symbols (none empty), with how often it occurs
 * @param minFrequency learning ends where no pair is seen this often; default 2
 * @returns merges in the order they are to be applied; take as many as are wanted
 */
export function* learnBpe(
  words: Iterable<readonly [symbols: readonly string[], count: number]>,
  minFrequency = 2,
): Generator<Merge, void, void> {
  const symbols: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (symbol: string): number => {
    let id = ids.get(symbol);
    if (id === undefined) {
      id = symbols.push(symbol) - 1;
      ids.set(symbol, id);
    }
    return id;
  };

  const corpus: number[][] = [];
  const counts: number[] = [];
  const pairs = new Map<number, Pair>();
  /** Pairs seen more often than when they were last queued. */
  const grown = new Set<Pair>();
  const seen = (left: number, right: number, word: number) => {
    const key = left * SYMBOLS + right;
    let pair = pairs.get(key);
    if (pair === undefined) {
      pair = { left, right, count: 0, words: [] };
      pairs.set(key, pair);
    }
    pair.count += counts[word];
    if (pair.words[pair.words.length - 1] !== word) pair.words.push(word);
    grown.add(pair);
  };
  const gone = (left: number, right: number, word: number) => {
    (pairs.get(left * SYMBOLS + right) as Pair).count -= counts[word];
  };

  for (const [word, count] of words) {
    const index = corpus.push(word.map(idOf)) - 1;
    counts.push(count);
    for (let i = 1; i < word.length; i++) seen(corpus[index][i - 1], corpus[index][i], index);
  }

  /** An entry's count is what the pair had when it was queued, never less than it has now. */
  const queue = new PriorityQueue<{ pair: Pair; count: number }>((a, b) => {
    if (a.count !== b.count) return a.count > b.count;
    const order =
      compareCodePoints(symbols[a.pair.left], symbols[b.pair.left]) ||
      compareCodePoints(symbols[a.pair.right], symbols[b.pair.right]);
    return order > 0;
  });
  const enqueue = (pair: Pair) => {
    if (pair.count >= minFrequency && pair.count > 0) queue.push({ pair, count: pair.count });
  };

  for (;;) {
    grown.forEach(enqueue);
    grown.clear();
    const entry = queue.pop();
    if (entry === undefined) return;
    const { pair } = entry;
    if (pair.count !== entry.count) {
      enqueue(pair);
      continue;
    }
    const { left, right } = pair;
    yield [symbols[left], symbols[right]];
    const merged = idOf(symbols[left] + symbols[right]);
    const { words: affected } = pair;
    pair.words = [];
    for (const index of affected) {
      const word = corpus[index];
      let length = 0;
      for (let i = 0; i < word.length; i++) {
        let symbol = word[i];
        if (symbol === left && word[i + 1] === right) {
          symbol = merged;
          gone(left, right, index);
          if (length > 0) {
            gone(word[length - 1], left, index);
            seen(word[length - 1], merged, index);
          }
          if (i + 2 < word.length) {
            gone(right, word[i + 2], index);
            seen(merged, word[i + 2], index);
          }
          i++;
        }
        // Never ahead of what is read: a word is rewritten in its own place.
        word[length++] = symbol;
      }
      word.length = length;
    }
  }
}
