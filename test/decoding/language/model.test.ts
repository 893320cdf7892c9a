import { describe, expect, it } from 'vitest';
import { ngramPerplexity, trainNgram } from '../../../src/decoding/language/index.ts';
import { DataError } from '../../../src/errors.ts';
import { zipfCorpus } from './corpora.ts';

const sentences = [['a', 'b'], ['a', 'b', 'c'], ['c']];

describe('an n-gram model', () => {
  it('scores a sentence as the sum over its tokens and its end', () => {
    const model = trainNgram(sentences, { order: 3, smoothing: { type: 'kneserNey' } });
    const { state: afterA, logProb: a } = model.score(model.start(), 'a');
    const { state: afterB, logProb: b } = model.score(afterA, 'b');
    expect(model.logProb(['a', 'b'])).toBe(a + b + model.end(afterB));
    expect(afterB).toBe(model.stateOf(['<s>', 'a', 'b']));
    // Only the last two tokens can count, whatever came before.
    expect(model.stateOf(['c', 'c', 'a', 'b'])).toBe(model.stateOf(['b', 'a', 'b']));
  });

  it('gives unknown tokens to <unk>, or the floor where there is none', () => {
    const open = trainNgram(sentences, { order: 2, smoothing: { type: 'addK', k: 1 } });
    // One of V = a b c <unk> </s>; three sentences begin.
    expect(open.score(open.start(), 'x').logProb).toBeCloseTo(Math.log(1 / 8), 12);
    expect(open.score(open.start(), 'x')).toEqual(open.score(open.start(), 'y'));
    const closed = { order: 2, smoothing: { type: 'addK', k: 1 }, closedVocabulary: true } as const;
    const floor = trainNgram(sentences, closed);
    expect(floor.score(floor.start(), 'x').logProb).toBe(-20);
    expect(floor.score(floor.start(), '<unk>').logProb).toBe(-20);
    expect(floor.score(floor.start(), 'x').state).toBe(floor.stateOf([]));
    const never = trainNgram(sentences, { ...closed, unknownLogProb: Number.NEGATIVE_INFINITY });
    expect(never.logProb(['a', 'x'])).toBe(Number.NEGATIVE_INFINITY);
    expect(ngramPerplexity(never, [['x']]).perplexity).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('perplexity', () => {
  it('is the number of choices of a model that knows nothing', () => {
    const model = trainNgram(sentences, { order: 1, smoothing: { type: 'addK', k: 1e12 } });
    const found = ngramPerplexity(model, [['a', 'x'], []]);
    expect(found.perplexity).toBeCloseTo(5, 6);
    expect(found).toMatchObject({ tokens: 4, unknown: 1 });
    expect(found.logProb).toBe(model.logProb(['a', 'x']) + model.logProb([]));
  });

  it('falls with the order where words depend on those before', () => {
    const corpus = zipfCorpus(1500, 1);
    const [held, seen] = [corpus.slice(0, 200), corpus.slice(200)];
    const [one, two, five] = [1, 2, 5].map((order) =>
      ngramPerplexity(trainNgram(seen, { order, smoothing: { type: 'kneserNey' } }), held),
    );
    expect(two.perplexity).toBeLessThan(0.75 * one.perplexity);
    // Nothing beyond the word before can help, and guessing at it may cost but little.
    expect(five.perplexity).toBeLessThan(0.8 * one.perplexity);
  });

  it('refuses no sentence', () => {
    const model = trainNgram(sentences, { order: 1, smoothing: { type: 'kneserNey' } });
    expect(() => ngramPerplexity(model, [])).toThrow(DataError);
  });
});
