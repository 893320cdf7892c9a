import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch, forcedDecoding, type StepDecoder } from '../../src/decoding/index.ts';
import { DataError } from '../../src/errors.ts';
import { eos, MarkovDecoder } from './markov.ts';

const models = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  vocabularySize: fc.integer({ min: 2, max: 8 }),
});
const start = (count: number) => MarkovDecoder.start(Array.from({ length: count }, (_, i) => i));

describe('forced decoding', () => {
  it('scores and aligns the given targets, whatever their lengths and batch', async () => {
    const targets = fc.array(fc.array(fc.nat(20), { maxLength: 6 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(models, targets, async (model, drawn) => {
        const decoder = new MarkovDecoder(model);
        // not EOS, which ends a target
        const given = drawn.map((ids) => ids.map((id) => 1 + (id % (model.vocabularySize - 1))));
        const found = await forcedDecoding(decoder, start(given.length), given);
        for (const [sentence, { tokenLogProbs, ...hypothesis }] of found.entries()) {
          const emitted = [...given[sentence], eos];
          expect(hypothesis).toEqual(decoder.hypothesis(sentence, emitted, 1));
          expect(tokenLogProbs.length).toBe(emitted.length);
          expect(tokenLogProbs.reduce((sum, x) => sum + x, 0)).toBe(hypothesis.logProb);
        }
        const longest = Math.max(...given.map(({ length }) => length));
        expect(decoder.batchSizes).toEqual(
          Array.from({ length: longest + 1 }, (_, t) => given.filter(({ length }) => length >= t).length),
        );
      }),
    );
  });

  it('gives what beam search found the probability and alignment that beam search found', async () => {
    const decoder = new MarkovDecoder({ seed: 5, vocabularySize: 6, eosBias: 1 });
    const beams = await beamSearch(decoder, start(4), 4, { beam: 3, maxLength: 50 });
    const found = await forcedDecoding(
      decoder,
      start(4),
      beams.map(([best]) => best.tokens),
    );
    for (const [i, { tokenLogProbs: _, ...hypothesis }] of found.entries()) {
      const [best] = beams[i];
      expect(hypothesis).toEqual({ ...best, logProb: expect.closeTo(best.logProb, 5) as number });
    }
  });

  it('scores a forbidden token as impossible, and goes on', async () => {
    const forbidding: StepDecoder<null> = {
      vocabularySize: 3,
      bos: 1,
      eos: 0,
      step: async () => ({
        state: null,
        logProbs: Float32Array.of(Math.log(0.5), Number.NEGATIVE_INFINITY, Math.log(0.5)),
      }),
      select: () => null,
    };
    const [found] = await forcedDecoding(forbidding, null, [[2, 1]]);
    expect(found.logProb).toBe(Number.NEGATIVE_INFINITY);
    expect(found.tokenLogProbs[2]).toBeCloseTo(Math.log(0.5), 6);
    expect(found).not.toHaveProperty('attention');
  });

  it('refuses ids outside the vocabulary, and NaN', async () => {
    const decoder = new MarkovDecoder({ seed: 1, vocabularySize: 4 });
    for (const wrong of [4, -1, 0.5]) {
      const search = forcedDecoding(decoder, start(2), [[1], [2, wrong]]);
      await expect(search).rejects.toThrow(DataError);
      await expect(search).rejects.toThrow(
        `Token id ${wrong} in target 2; expected a whole number from 0 to 3`,
      );
    }
    const broken: StepDecoder<null> = {
      vocabularySize: 2,
      bos: 1,
      eos: 0,
      step: async () => ({ state: null, logProbs: Float32Array.of(NaN, NaN) }),
      select: () => null,
    };
    await expect(forcedDecoding(broken, null, [[1]])).rejects.toThrow('log-probability of NaN');
  });
});
