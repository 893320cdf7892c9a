/** When tokens and words were said. */
import { describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { ctcAlign } from '../../src/decoding/index.ts';
import { spansOf, wordSpans } from '../../src/tasks/speechSpans.ts';

/** One span a token, of a second each. */
const seconds = (tokens: readonly string[]) => tokens.map((_, i) => ({ from: i, to: i + 1 }));
const tokenizerOf = (kind: 'character' | 'word' | 'space') => createTokenizer({ kind });
const words = (tokens: readonly string[], kind: 'character' | 'word' | 'space') =>
  wordSpans(tokens, seconds(tokens), tokenizerOf(kind)).map(({ word, from, to }) => [word, from, to]);

describe('wordSpans', () => {
  it('goes from the first character of a word to the last, whatever spaces there are', () => {
    expect(words([...'ab c'], 'character')).toEqual([
      ['ab', 0, 2],
      ['c', 3, 4],
    ]);
    expect(words([...'  ab   c '], 'character')).toEqual([
      ['ab', 2, 4],
      ['c', 7, 8],
    ]);
    expect(words([...'   '], 'character')).toEqual([]);
    expect(words([], 'character')).toEqual([]);
  });

  it('joins the parts that subwords cut a text into', () => {
    const texts = ['low lower', 'new lower new', 'newest low lower'];
    const codec = TextCodec.buildSubwords(texts, { vocabularySize: 280 });
    for (const text of [...texts, 'slow  west']) {
      const tokens = codec.tokens(text);
      const found = wordSpans(tokens, seconds(tokens), codec.tokenizer);
      expect(found.map(({ word }) => word)).toEqual(text.split(/ +/));
      // Each begins where the one before has ended, or a token of nothing but space later.
      for (const [i, { from, to }] of found.entries()) {
        expect(to).toBeGreaterThan(from);
        expect(from).toBeGreaterThanOrEqual(i === 0 ? 0 : found[i - 1].to);
      }
      expect(found.at(-1)?.to).toBe(tokens.length);
    }
  });

  it('takes other tokens as words', () => {
    expect(words(['yes', ',', 'no'], 'word')).toEqual([
      ['yes', 0, 1],
      [',', 1, 2],
      ['no', 2, 3],
    ]);
    expect(words(['a', 'b'], 'space')).toHaveLength(2);
  });
});

describe('spansOf', () => {
  const logits = [
    [9, 0, 0],
    [0, 0, 9],
    [0, 9, 0],
    [0, 9, 0],
  ];
  it('is where the best path says each label, cut at the end of the sound', () => {
    const times = { frameSeconds: 0.5, soundSeconds: 2 };
    expect(spansOf([0, 1], logits, times)).toEqual([
      { from: 0, to: 0.5 },
      { from: 1, to: 2 },
    ]);
    expect(ctcAlign(logits, [0, 1]).frames.at(-1)).toEqual({ first: 2, last: 3 });
    expect(spansOf([0, 1], logits, { ...times, soundSeconds: 1.7 })?.[1]).toEqual({ from: 1, to: 1.7 });
  });

  it('is not known where labels do not fit into the frames', () => {
    const times = { frameSeconds: 0.5, soundSeconds: 2 };
    expect(spansOf([0, 0, 1], logits, times)).toHaveLength(3);
    expect(spansOf([0, 0, 1, 1], logits, times)).toBeUndefined();
  });
});
