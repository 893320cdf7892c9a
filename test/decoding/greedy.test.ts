import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch, greedySearch } from '../../src/decoding/index.ts';
import { DataError, ShapeError, UsageError } from '../../src/errors.ts';
import { eos, MarkovDecoder, type MarkovOptions } from './markov.ts';

const models = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  vocabularySize: fc.integer({ min: 2, max: 8 }),
  forbidden: fc.constantFrom(0, 0.3),
  eosBias: fc.constantFrom(0, 2),
});
const limits = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });

/** One sentence, one token after another. */
function naive(decoder: MarkovDecoder, sentence: number, maxLength: number) {
  const emitted: number[] = [];
  while (emitted.length < maxLength && emitted.at(-1) !== eos) {
    const [best] = decoder.following(sentence, emitted);
    if (!best) break;
    emitted.push(best.token);
  }
  return decoder.hypothesis(sentence, emitted, 1);
}

function search(model: MarkovOptions, maxLength: number[]) {
  const decoder = new MarkovDecoder(model);
  return greedySearch(decoder, MarkovDecoder.start(maxLength.map((_, i) => i)), maxLength.length, {
    maxLength,
  });
}

describe('greedy search', () => {
  it('takes the most probable token, in any batch, with the attention of that step', async () => {
    await fc.assert(
      fc.asyncProperty(models, limits, async (model, maxLength) => {
        const decoder = new MarkovDecoder(model);
        const expected = maxLength.map((limit, sentence) => naive(decoder, sentence, limit));
        expect(await search(model, maxLength)).toEqual(expected);
      }),
    );
  });

  it('is beam search with a beam of 1', async () => {
    await fc.assert(
      fc.asyncProperty(models, limits, async (model, maxLength) => {
        const start = MarkovDecoder.start(maxLength.map((_, i) => i));
        const beams = await beamSearch(new MarkovDecoder(model), start, maxLength.length, {
          beam: 1,
          maxLength,
        });
        expect(beams).toEqual((await search(model, maxLength)).map((hypothesis) => [hypothesis]));
      }),
    );
  });

  it('drops ended sentences from the batch', async () => {
    const decoder = new MarkovDecoder({ seed: 3, vocabularySize: 5, eosBias: -100 });
    await greedySearch(decoder, MarkovDecoder.start([0, 1, 2]), 3, { maxLength: [2, 4, 1] });
    expect(decoder.batchSizes).toEqual([3, 2, 1, 1]);
  });

  it('of equally probable tokens takes the first', async () => {
    const third = Math.log(1 / 3);
    const decoder = {
      vocabularySize: 4,
      bos: 1,
      eos: 0,
      step: async () => ({
        state: null,
        logProbs: Float32Array.of(Number.NEGATIVE_INFINITY, third, third, third),
      }),
      select: () => null,
    };
    const [hypothesis] = await greedySearch(decoder, null, 1, { maxLength: 2 });
    expect(hypothesis).toEqual({
      tokens: [1, 1],
      finished: false,
      logProb: 2 * Math.fround(third),
      score: Math.fround(third),
    });
    const [[best]] = await beamSearch(decoder, null, 1, { beam: 1, maxLength: 2 });
    expect(best).toEqual(hypothesis);
  });

  it('answers no sentence with nothing', async () => {
    const decoder = new MarkovDecoder({ seed: 1, vocabularySize: 3 });
    expect(await greedySearch(decoder, MarkovDecoder.start([]), 0, { maxLength: 5 })).toEqual([]);
    expect(await beamSearch(decoder, MarkovDecoder.start([]), 0, { beam: 2, maxLength: 5 })).toEqual([]);
    expect(decoder.batchSizes).toEqual([]);
  });
});

describe.each([
  ['greedy', greedySearch],
  [
    'beam',
    <S>(...[decoder, state, rows, { maxLength }]: Parameters<typeof greedySearch<S>>) =>
      beamSearch(decoder, state, rows, { beam: 3, maxLength }),
  ],
])('%s search refuses', (_, run) => {
  const answering = (logProbs: number[], attention?: number[]) => ({
    vocabularySize: 3,
    bos: 1,
    eos: 0,
    step: async () => ({
      state: null,
      logProbs: Float32Array.from(logProbs),
      ...(attention && { attention: Float32Array.from(attention) }),
    }),
    select: () => null,
  });

  it('log-probabilities that are not numbers, wherever they stand', async () => {
    for (const row of [
      [Number.NaN, -1, -1],
      [-1, Number.NaN, -1],
      [-0.1, -9, Number.NaN],
    ]) {
      const run2 = run(answering([-1, -1, -1, ...row]), null, 2, { maxLength: 3 });
      await expect(run2).rejects.toThrow(DataError);
      await expect(run2).rejects.toThrow(`NaN for token ${row.findIndex(Number.isNaN)} in sentence 2`);
    }
  });
  it('logits', async () => {
    await expect(run(answering([-1, 2.5, -1]), null, 1, { maxLength: 3 })).rejects.toThrow(/log-softmax/);
  });
  it('answers of another shape', async () => {
    await expect(run(answering([-1, -1]), null, 1, { maxLength: 3 })).rejects.toThrow(ShapeError);
    const uneven = run(answering([-1, -1, -1, -1, -1, -1], [1, 0, 0]), null, 2, { maxLength: 3 });
    await expect(uneven).rejects.toThrow(ShapeError);
  });
  it('limits that are no lengths', async () => {
    const decoder = answering([-1, -1, -1]);
    await expect(run(decoder, null, 1, { maxLength: 0 })).rejects.toThrow(UsageError);
    await expect(run(decoder, null, 1, { maxLength: [3, 3] })).rejects.toThrow(
      /2 values of maxLength for 1 sent/,
    );
    await expect(run(decoder, null, 2, { maxLength: [3, 1.5] })).rejects.toThrow(/maxLength of 1.5/);
  });
});
