import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NgramSmoothing, trainNgram } from '../../../src/decoding/language/index.ts';
import { estimateDiscounts, FALLBACK_DISCOUNTS } from '../../../src/decoding/language/kneserNey.ts';
import { DataError, UsageError } from '../../../src/errors.ts';
import { histories, predictable, smallCorpora, zipfCorpus } from './corpora.ts';
import { DirectKneserNey, directAddK } from './direct.ts';

const kneserNey: NgramSmoothing = { type: 'kneserNey' };
const smoothings = fc.oneof(
  fc.constant(kneserNey),
  fc.double({ min: 0.01, max: 3, noNaN: true }).map((k): NgramSmoothing => ({ type: 'addK', k })),
);
const orders = fc.integer({ min: 1, max: 5 });
const seen = ['a', 'b', 'c', 'd e'];

describe('a trained model', () => {
  it('sums to 1 after every history', () => {
    fc.assert(
      fc.property(smallCorpora, orders, smoothings, fc.boolean(), (sentences, order, smoothing, closed) => {
        const model = trainNgram(sentences, { order, smoothing, closedVocabulary: closed });
        const words = predictable(sentences, closed ? [] : ['<unk>']);
        expect([...model.vocabulary].sort()).toEqual([...words, '<s>'].sort());
        for (const history of histories(seen, 3)) {
          const state = model.stateOf(history);
          const sum = words.reduce((total, word) => total + Math.exp(model.score(state, word).logProb), 0);
          expect(sum).toBeCloseTo(1, 9);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('sums to 1 over a given vocabulary, in the company of words that never occurred', () => {
    const vocabulary = ['a', 'b', 'never'];
    for (const smoothing of [kneserNey, { type: 'addK', k: 0.5 } as const]) {
      const sentences = [['a', 'b', 'z'], ['z', 'y', 'a'], []];
      const model = trainNgram(sentences, { order: 3, smoothing, vocabulary });
      expect(model.has('z')).toBe(false);
      for (const history of [[], ['<s>'], ['a'], ['<s>', 'q'], ['b', 'q'], ['never', 'a']]) {
        const state = model.stateOf(history);
        const probs = [...vocabulary, '<unk>', '</s>'].map((word) =>
          Math.exp(model.score(state, word).logProb),
        );
        expect(probs.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
        expect(Math.min(...probs)).toBeGreaterThan(0);
        expect(model.score(state, 'z')).toEqual(model.score(state, '<unk>'));
      }
    }
  });

  it('has the probabilities of the additive formula', () => {
    fc.assert(
      fc.property(
        smallCorpora,
        orders,
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        (sentences, order, k) => {
          const model = trainNgram(sentences, { order, smoothing: { type: 'addK', k } });
          const words = predictable(sentences, ['<unk>']);
          for (const history of histories(['a', 'b'], 4)) {
            const state = model.stateOf(history);
            for (const word of words) {
              const known = history.map((token) =>
                words.includes(token) || token === '<s>' ? token : '<unk>',
              );
              const expected = directAddK(sentences, order, k, words.length, known, word);
              expect(Math.exp(model.score(state, word).logProb)).toBeCloseTo(expected, 12);
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('has the probabilities of modified Kneser–Ney on small corpora, with fallback discounts', () => {
    fc.assert(
      fc.property(smallCorpora, orders, (sentences, order) => {
        const model = trainNgram(sentences, { order, smoothing: kneserNey });
        const words = predictable(sentences, ['<unk>']);
        const direct = new DirectKneserNey(sentences, order, words.length);
        for (const history of histories(seen, 2)) {
          const state = model.stateOf(history);
          for (const word of words) {
            expect(Math.exp(model.score(state, word).logProb)).toBeCloseTo(direct.prob(history, word), 12);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has the probabilities of modified Kneser–Ney on a corpus that estimates its discounts', () => {
    const sentences = zipfCorpus(120, 3);
    const model = trainNgram(sentences, { order: 3, smoothing: kneserNey });
    const words = predictable(sentences, ['<unk>']);
    const direct = new DirectKneserNey(sentences, 3, words.length);
    expect(direct.discounts.slice(1).filter((d) => d[1] !== 0.5).length).toBeGreaterThanOrEqual(2);
    for (const sentence of [...sentences.slice(0, 4), ['w1', 'w59', 'w2', 'w0']]) {
      for (let i = 0; i <= sentence.length; i++) {
        const history = ['<s>', ...sentence.slice(0, i)];
        const state = model.stateOf(history);
        let sum = 0;
        for (const word of words) {
          const prob = Math.exp(model.score(state, word).logProb);
          expect(prob).toBeCloseTo(direct.prob(history, word), 12);
          sum += prob;
        }
        expect(sum).toBeCloseTo(1, 9);
      }
    }
  });

  it('does not count <s> among the words when it estimates discounts', () => {
    const words = zipfCorpus(60, 8).flat();
    const sentences = [words.slice(0, 80), words.slice(80, 170), words.slice(170)];
    for (const order of [1, 2]) {
      const model = trainNgram(sentences, { order, smoothing: kneserNey });
      const direct = new DirectKneserNey(sentences, order, predictable(sentences, ['<unk>']).length);
      expect(direct.discounts[1]).not.toEqual([0, 0.5, 1, 1.5]);
      for (const word of ['w1', 'w59', '<unk>', '</s>']) {
        const { logProb } = model.score(model.stateOf(['w1']), word);
        expect(Math.exp(logProb)).toBeCloseTo(direct.prob(['w1'], word), 12);
      }
    }
  });

  it('predicts letters as it predicts words', () => {
    const letters = zipfCorpus(300, 5).map((sentence) => [...sentence.join(' ')]);
    const model = trainNgram(letters.slice(50), { order: 4, smoothing: kneserNey });
    expect(model.has(' ')).toBe(true);
    const mean = (text: readonly string[]) => model.logProb(text) / (text.length + 1);
    const held = letters.slice(0, 50).map(mean);
    expect(held.reduce((a, b) => a + b) / held.length).toBeGreaterThan(-1.5);
    expect(mean([...'7w 77ww'])).toBeLessThan(-2);
  });
});

describe('discounts', () => {
  it('are those of equation 26', () => {
    // n1…n4 = 4, 2, 1, 1: Y = 1/2
    expect(estimateDiscounts([1, 1, 1, 1, 2, 2, 3, 4, 9, 0])).toEqual([0.5, 1.25, 1]);
  });

  it('fall back where a count of counts is missing or a discount not above 0', () => {
    expect(estimateDiscounts([])).toBe(FALLBACK_DISCOUNTS);
    expect(estimateDiscounts([1, 1, 2, 3])).toBe(FALLBACK_DISCOUNTS);
    expect(estimateDiscounts([1, 1, 2, 3, 3, 3, 4])).toBe(FALLBACK_DISCOUNTS);
  });
});

describe('training refuses', () => {
  const train = (sentences: string[][], options: object) => () =>
    trainNgram(sentences, { order: 2, smoothing: kneserNey, ...options });

  it.each([
    ['an order', { order: 0 }, 'order of 0; expected a whole number, 1 or more'],
    ['half an order', { order: 1.5 }, 'order of 1.5'],
    ['k', { smoothing: { type: 'addK', k: 0 } }, 'k of 0; expected a number above 0'],
    ['no k', { smoothing: { type: 'addK' } }, 'k of undefined'],
    ['an unknown smoothing', { smoothing: { type: 'wittenBell' } }, 'wittenBell'],
    ['a floor above 1', { unknownLogProb: 0.1 }, 'unknownLogProb of 0.1'],
  ])('%s', (_, options, message) => {
    expect(train([['a']], options)).toThrow(UsageError);
    expect(train([['a']], options)).toThrow(message);
  });

  it.each([
    ['no sentence', [], {}, 'No sentences'],
    ['an empty token', [['a', '']], {}, 'A token "" in sentence 1'],
    ['marks', [['a'], ['</s>']], {}, 'A token "</s>" in sentence 2'],
    ['marks in a vocabulary', [['a']], { vocabulary: ['<s>'] }, 'A token "<s>" in the vocabulary'],
    [
      'tokens outside a closed vocabulary',
      [['a', 'b']],
      { vocabulary: ['a'], closedVocabulary: true },
      '"b" in',
    ],
  ])('%s', (_, sentences, options, message) => {
    expect(train(sentences, options)).toThrow(DataError);
    expect(train(sentences, options)).toThrow(message);
  });

  it('additive smoothing of a vocabulary of words that is too large for it', () => {
    const words = Array.from({ length: 3000 }, (_, i) => `w${i}`);
    expect(train([words], { smoothing: { type: 'addK', k: 1 } })).toThrow(/needs 9\d* n-grams.*Kneser–Ney/);
  });
});
