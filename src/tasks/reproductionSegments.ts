import type { Pair } from '../data/corpus.ts';
import { createTokenizer } from '../data/tokenizer.ts';
import type { Random } from '../random.ts';

const tokenizer = createTokenizer({ kind: 'word' });

/** Words as the tokenizer `word` counts them, punctuation included. */
export const wordsOf = (text: string): number => tokenizer.tokenize(text).length;

/**
 * Long segments of short pairs: neighbours are joined, source to source and target to target. How many follows from a
 * length drawn for each segment, uniform from 1 to `maxLength`: as many as do not exceed it on the source side, but
 * at least one. Every pair is in one segment, and the order stays.
 */
export function joinNeighbours(pairs: readonly Pair[], maxLength: number, random: Random): Pair[] {
  const segments: Pair[] = [];
  for (let at = 0; at < pairs.length; ) {
    const limit = 1 + random.integer(maxLength);
    let length = wordsOf(pairs[at].source);
    let end = at + 1;
    while (end < pairs.length) {
      length += wordsOf(pairs[end].source);
      if (length > limit) break;
      end++;
    }
    const joined = pairs.slice(at, end);
    segments.push({
      source: joined.map((pair) => pair.source.trim()).join(' '),
      target: joined.map((pair) => pair.target.trim()).join(' '),
      line: segments.length + 1,
    });
    at = end;
  }
  return segments;
}

/** The first so many pairs of every ten source lengths up to the longest; longer ones are left out. */
export function perTenWords(pairs: readonly Pair[], most: number, maxLength: number): Pair[] {
  const found = new Map<number, number>();
  return pairs.filter(({ source }) => {
    const length = wordsOf(source);
    const bucket = Math.ceil(length / 10);
    const before = found.get(bucket) ?? 0;
    if (length > maxLength || before >= most) return false;
    found.set(bucket, before + 1);
    return true;
  });
}
