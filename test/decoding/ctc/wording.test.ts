import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CtcBeamOptions, ctcBeamSearch, ctcLexicon } from '../../../src/decoding/ctc/index.ts';
import { type LanguageModel, trainNgram } from '../../../src/decoding/language/index.ts';
import { DataError, UsageError } from '../../../src/errors.ts';
import { Random } from '../../../src/random.ts';
import { labellings, randomLogits } from './paths.ts';

const all = { beam: Number.POSITIVE_INFINITY, nBest: 1e6 };
const alphabet = 'a b';
const blank = 3;

/** Log-probabilities that are a function of the whole history. */
const fake: LanguageModel<readonly string[]> = {
  start: () => [],
  score: (state, token) => ({ state: [...state, token], logProb: hashed([...state, token]) }),
  end: (state) => hashed([...state, '</s>']),
};
function hashed(tokens: readonly string[]): number {
  const seed = [...tokens.join('|')].reduce((hash, c) => Math.imul(hash ^ c.charCodeAt(0), 0x9e3779b1), 5);
  return -5 * new Random(seed).uniform();
}
function scoreOf(model: LanguageModel<readonly string[]>, tokens: readonly string[]): number {
  let state = model.start();
  let sum = 0;
  for (const token of tokens) {
    const scored = model.score(state, token);
    [state, sum] = [scored.state, sum + scored.logProb];
  }
  return sum + model.end(state);
}
const wordsOf = (text: string) => text.split(' ').filter((word) => word !== '');

/** Every text with its score, best first; undefined takes one out. */
function expectedTexts(logits: number[][], bonus: (text: string) => number | undefined) {
  return [...labellings(logits, blank).values()]
    .map(({ labels, p }) => ({ text: labels.map((c) => alphabet[c]).join(''), logProb: Math.log(p) }))
    .flatMap(({ text, logProb }) => {
      const extra = bonus(text);
      return extra === undefined ? [] : [{ text, logProb, score: logProb + extra }];
    })
    .sort((a, b) => b.score - a.score);
}

function expectSame(
  options: CtcBeamOptions<never> | object,
  bonus: (text: string) => number | undefined,
): void {
  fc.assert(
    fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 5 }), (seed, frames) => {
      const logits = randomLogits(frames, 4, seed, 2);
      const expected = expectedTexts(logits, bonus);
      const found = ctcBeamSearch(logits, { ...all, alphabet, ...options });
      expect(found.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
      for (const [i, { logProb, score }] of found.entries()) {
        expect(logProb).toBeCloseTo(expected[i].logProb, 10);
        expect(score).toBeCloseTo(expected[i].score, 10);
      }
    }),
    { numRuns: 40 },
  );
}

describe('a language model in the beam', () => {
  it('of words scores each word as it ends, and the end', () => {
    const options = { languageModel: fake, languageModelWeight: 0.7, insertionBonus: 1.1 };
    expectSame(options, (text) => 0.7 * scoreOf(fake, wordsOf(text)) + 1.1 * wordsOf(text).length);
  });

  it('of labels scores each label, the space under the name it has there', () => {
    const options = { languageModel: fake, unit: 'label', languageModelWeight: 1.3, spaceToken: '<space>' };
    expectSame(options, (text) => {
      return (
        1.3 *
        scoreOf(
          fake,
          [...text].map((c) => (c === ' ' ? '<space>' : c)),
        )
      );
    });
  });

  it('weighs half by default, and nothing at weight 0, where the bonus still counts', () => {
    expectSame({ languageModel: fake }, (text) => 0.5 * scoreOf(fake, wordsOf(text)));
    const impossible = { ...fake, score: () => ({ state: [], logProb: Number.NEGATIVE_INFINITY }) };
    const options = { languageModel: impossible, languageModelWeight: 0, insertionBonus: 0.5 };
    expectSame(options, (text) => 0.5 * wordsOf(text).length);
  });

  it('works with n-gram models of words and of letters', () => {
    const sentences = [['ab', 'a'], ['ab', 'ba'], ['b'], ['ab', 'a', 'ab']];
    const smoothing = { type: 'kneserNey' } as const;
    const words = trainNgram(sentences, { order: 3, smoothing });
    expectSame({ languageModel: words }, (text) => 0.5 * words.logProb(wordsOf(text)));
    const letters = trainNgram(
      sentences.map((sentence) => [...sentence.join(' ')]),
      { order: 4, smoothing },
    );
    expectSame({ languageModel: letters, unit: 'label' }, (text) => 0.5 * letters.logProb([...text]));
  });

  it('that forbids unknown words is a lexicon', () => {
    const training = { order: 2, smoothing: { type: 'addK', k: 1 }, closedVocabulary: true } as const;
    const model = trainNgram([['ab', 'b']], { ...training, unknownLogProb: Number.NEGATIVE_INFINITY });
    expectSame({ languageModel: model }, (text) => {
      const score = model.logProb(wordsOf(text));
      return score > Number.NEGATIVE_INFINITY ? 0.5 * score : undefined;
    });
    const nothing = ctcBeamSearch(randomLogits(20, 4, 3, 3), { alphabet, beam: 2, languageModel: model });
    expect(wordsOf(nothing[0].text as string).every((word) => ['ab', 'b'].includes(word))).toBe(true);
  });

  it('has labels for words where the alphabet has no space', () => {
    const model = trainNgram(
      [
        ['yes', 'no', 'yes'],
        ['yes', 'no'],
      ],
      { order: 2, smoothing: { type: 'addK', k: 0.1 } },
    );
    const logits = randomLogits(6, 3, 11, 0.5);
    const options = { alphabet: ['yes', 'no'], languageModel: model, languageModelWeight: 2 };
    const [best] = ctcBeamSearch(logits, { ...options, beam: 1000 });
    const ranked = [...labellings(logits, 2).values()]
      .map(({ labels, p }) => Math.log(p) + 2 * model.logProb(labels.map((c) => ['yes', 'no'][c])))
      .sort((a, b) => b - a);
    expect(best.score).toBeCloseTo(ranked[0], 10);
    expect(best.text).toMatch(/^yes no/);
  });
});

describe('a lexicon in the beam', () => {
  const lexicon = ['ab', 'a', 'bba'];
  const fits = (text: string) => wordsOf(text).every((word) => lexicon.includes(word));

  it('leaves only its words, and spaces around them', () => {
    expectSame({ lexicon }, (text) => (fits(text) ? 0 : undefined));
    expectSame({ lexicon: ctcLexicon(new Set(lexicon)) }, (text) => (fits(text) ? 0 : undefined));
  });

  it('works together with models of words and of labels', () => {
    const options = { lexicon, languageModel: fake, insertionBonus: -0.3 };
    expectSame(options, (text) =>
      fits(text) ? 0.5 * scoreOf(fake, wordsOf(text)) - 0.3 * wordsOf(text).length : undefined,
    );
    expectSame({ ...options, unit: 'label' }, (text) =>
      fits(text) ? 0.5 * scoreOf(fake, [...text]) - 0.3 * [...text].length : undefined,
    );
  });

  it('always has an answer, however narrow the beam', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 3 }), (seed, beam) => {
        const logits = randomLogits(25, 4, seed, 4);
        for (const { text } of ctcBeamSearch(logits, {
          alphabet,
          lexicon: ['bba', 'abab'],
          beam,
          nBest: beam,
        })) {
          expect(wordsOf(text as string).filter((word) => word !== 'bba' && word !== 'abab')).toEqual([]);
        }
      }),
    );
  });

  it('is a list of labels where the alphabet has no space', () => {
    const logits = randomLogits(4, 4, 1, 1);
    const found = ctcBeamSearch(logits, {
      ...all,
      alphabet: ['yes', 'no', 'stop'],
      lexicon: ['yes', 'stop'],
    });
    const expected = [...labellings(logits, 3).values()]
      .filter(({ labels }) => !labels.includes(1))
      .sort((a, b) => b.p - a.p);
    expect(found.map(({ labels }) => labels)).toEqual(expected.map(({ labels }) => labels));
  });
});

describe('a lexicon of an alphabet of characters without a space', () => {
  it('leaves one of its words, or nothing', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 5 }), (seed, frames) => {
        const logits = randomLogits(frames, 4, seed, 2);
        const lexicon = ['ab', 'ba', 'b', 'cab'];
        const found = ctcBeamSearch(logits, { ...all, alphabet: 'abc', lexicon });
        const expected = [...labellings(logits, 3).values()]
          .map(({ labels, p }) => ({ text: labels.map((c) => 'abc'[c]).join(''), p }))
          .filter(({ text }) => text === '' || lexicon.includes(text))
          .sort((a, b) => b.p - a.p);
        expect(found.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
        for (const [i, { logProb }] of found.entries()) {
          expect(logProb).toBeCloseTo(Math.log(expected[i].p), 10);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a class that is never said', () => {
  it('is left out of every hypothesis; the others are as probable as before', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 5 }), fc.nat(2), (seed, frames, never) => {
        const logits = randomLogits(frames, 4, seed, 2);
        const found = ctcBeamSearch(logits, { ...all, never: [never] });
        const expected = [...labellings(logits, 3).values()]
          .filter(({ labels }) => !labels.includes(never))
          .sort((a, b) => b.p - a.p);
        expect(found.map(({ labels }) => labels)).toEqual(expected.map(({ labels }) => labels));
        for (const [i, { logProb }] of found.entries()) {
          expect(logProb).toBeCloseTo(Math.log(expected[i].p), 10);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('beam search refuses', () => {
  const model = trainNgram([['a']], { order: 1, smoothing: { type: 'kneserNey' } });
  it.each([
    [
      'a language model without an alphabet',
      { languageModel: model },
      UsageError,
      'A language model without an alphabet',
    ],
    ['a lexicon without an alphabet', { lexicon: ['a'] }, UsageError, 'A lexicon without an alphabet'],
    [
      'an unknown unit',
      { alphabet, unit: 'letter' },
      UsageError,
      'A unit "letter"; expected "word" or "label"',
    ],
    [
      'words without a space',
      { alphabet: 'abc', unit: 'word' },
      UsageError,
      'without a space in the alphabet',
    ],
    [
      'a model of labels without the space',
      { alphabet, unit: 'label', languageModel: model },
      UsageError,
      'does not know the space as " "',
    ],
    ['no words', { alphabet, lexicon: [] }, DataError, 'A lexicon without words'],
    ['an empty word', { alphabet, lexicon: ['a', ''] }, DataError, '"" in a lexicon'],
    ['a phrase', { alphabet, lexicon: ['a b'] }, DataError, '"a b" in a lexicon'],
    ['a word that cannot be spelt', { alphabet, lexicon: ['a', 'bac'] }, DataError, '"bac" in the lexicon'],
    [
      'a word that is no label',
      { alphabet: ['x', 'yy', 'z'], lexicon: ['yy', 'w'] },
      DataError,
      '"w" in the lexicon',
    ],
    [
      'spelling with labels of several characters',
      { alphabet: ['th', ' ', 'e'], lexicon: ['the'] },
      UsageError,
      'labels of one character',
    ],
  ])('%s', (_, options, kind, message) => {
    const search = () => ctcBeamSearch(randomLogits(3, 4, 1, 1), options as CtcBeamOptions);
    expect(search).toThrow(kind);
    expect(search).toThrow(message);
  });

  it('logits that allow no word of the lexicon', () => {
    const no = Number.NEGATIVE_INFINITY;
    // Something must be said, and it cannot be a whole word.
    const search = () => ctcBeamSearch([[0, no, no, no]], { alphabet, lexicon: ['ab'] });
    expect(search).toThrow(DataError);
    expect(search).toThrow('No hypothesis of the beam may end');
  });
});
