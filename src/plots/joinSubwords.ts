import { DataError } from '../errors.ts';
import type { AttentionMap } from './attentionMap.ts';

/** Which tokens begin a word; a token that does not belongs to the word before. */
export interface WordStarts {
  /** S */
  readonly source: readonly boolean[];
  /** T */
  readonly target: readonly boolean[];
}

/**
 * A map of pieces of words as one of words. A row is a distribution over the source, so the weight of a source word is
 * the sum over its pieces: how probable it is that the decoder looked anywhere in it. A target word is several rows, and
 * their mean is again a distribution; so rows of joined maps sum to 1 as those of pieces do.
 *
 * @throws DataError when there are not as many starts as tokens
 */
export function joinSubwords(map: AttentionMap, starts: WordStarts): AttentionMap {
  const source = groups(starts.source, map.source);
  const target = groups(starts.target, map.target);
  return {
    source: source.map((pieces) => word(pieces, map.source)),
    target: target.map((pieces) => word(pieces, map.target)),
    weights: target.map((rows) =>
      source.map((columns) => {
        let total = 0;
        for (const t of rows) for (const s of columns) total += map.weights[t][s];
        return total / rows.length;
      }),
    ),
  };
}

/** Positions of the pieces of each word. */
function groups(starts: readonly boolean[], tokens: readonly string[]): number[][] {
  if (starts.length !== tokens.length) {
    throw new DataError(
      `${starts.length} beginnings of words for ${tokens.length} tokens`,
      'one a token',
      'Say of every token whether a word begins with it.',
    );
  }
  const found: number[][] = [];
  for (const [i, begins] of starts.entries()) {
    if (begins || found.length === 0) found.push([i]);
    else found[found.length - 1].push(i);
  }
  return found;
}

/** A space in front of a word is where it begins, not part of it; a space that is the whole word stays. */
function word(pieces: readonly number[], tokens: readonly string[]): string {
  const joined = pieces.map((i) => tokens[i]).join('');
  return joined.trim() === '' ? joined : joined.trim();
}
