/** A language model beside a decoder: what its scores add up to is what the model says of the whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NgramModel, trainNgram } from '../../../src/decoding/index.ts';
import { languageScorer } from '../../../src/decoding/language/scorer.ts';

const TOKENS = ['</s>', ' ', 'a', 'b', 'c'];
const EOS = 0;
const smoothing = { type: 'addK', k: 0.5 } as const;
const letters = trainNgram(
  ['abba', 'cab', 'ab', 'acab'].map((word) => [...word]),
  { order: 3, smoothing, vocabulary: ['a', 'b', 'c', '▁'], closedVocabulary: true },
);
const words = trainNgram([['ab', 'ba'], ['ab', 'c', 'ab'], ['c']], { order: 2, smoothing });

/** Sum of the scores of these tokens, one after the other, and of the end. */
function total(model: NgramModel, unit: 'token' | 'word', said: readonly number[], tokens = TOKENS): number {
  const scorer = languageScorer(model, { tokens, eos: EOS, unit });
  let [state, sum] = [scorer.start(0), 0];
  for (const token of said) {
    sum += scorer.scores(state)[token];
    state = scorer.extend(state, token);
  }
  return sum + scorer.scores(state)[EOS];
}

const sayable = fc.array(fc.integer({ min: 1, max: TOKENS.length - 1 }), { maxLength: 9 });

describe('languageScorer', () => {
  it('of tokens: a sentence adds up to its log-probability, end included', () => {
    const named = TOKENS.map((token) => (token === ' ' ? '▁' : token));
    fc.assert(
      fc.property(sayable, (said) => {
        const sentence = said.map((token) => named[token]);
        expect(total(letters, 'token', said, named)).toBeCloseTo(letters.logProb(sentence), 10);
      }),
    );
  });

  it('of tokens: all that may follow sums to 1', () => {
    const named = TOKENS.map((token) => (token === ' ' ? '▁' : token));
    const scorer = languageScorer(letters, { tokens: named, eos: EOS, unit: 'token' });
    let state = scorer.start(0);
    for (const token of [2, 3, 3, 1, 4, 4]) {
      const scores = scorer.scores(state);
      expect(scores.reduce((sum, score) => sum + Math.exp(score), 0)).toBeCloseTo(1, 10);
      state = scorer.extend(state, token);
    }
  });

  it('of words: a text adds up to the log-probability of its words, whatever spaces are around them', () => {
    fc.assert(
      fc.property(sayable, (said) => {
        const text = said.map((token) => TOKENS[token]).join('');
        const expected = words.logProb(text.split(' ').filter((word) => word !== ''));
        expect(total(words, 'word', said)).toBeCloseTo(expected, 10);
      }),
    );
  });

  it('of words: letters say nothing, a space and the end judge the word before them', () => {
    const scorer = languageScorer(words, { tokens: TOKENS, eos: EOS, unit: 'word' });
    const [a, b] = [2, 3];
    const inside = scorer.extend(scorer.start(0), a);
    expect(Array.from(scorer.scores(inside).slice(2))).toEqual([0, 0, 0]);
    const known = scorer.scores(scorer.extend(inside, b));
    const unknown = scorer.scores(scorer.extend(inside, a));
    for (const token of [EOS, 1]) expect(known[token]).toBeGreaterThan(unknown[token]);
    expect(known[1]).toBeCloseTo(words.score(words.start(), 'ab').logProb, 12);
  });

  it('of words, without a space among the tokens: the whole is one word', () => {
    expect(total(words, 'word', [1, 2], ['</s>', 'a', 'b'])).toBeCloseTo(words.logProb(['ab']), 12);
  });

  it('leaves the states it extends as they were', () => {
    for (const [model, unit] of [
      [words, 'word'],
      [letters, 'token'],
    ] as const) {
      const scorer = languageScorer(model, { tokens: TOKENS, eos: EOS, unit });
      const state = scorer.extend(scorer.start(0), 2);
      const before = scorer.scores(state);
      for (const token of [1, 2, 3]) scorer.extend(scorer.extend(state, token), 1);
      expect(scorer.scores(state)).toEqual(before);
    }
  });
});
