import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch, ENSEMBLE_MEANS, ensemble, type StepDecoder } from '../../src/decoding/index.ts';
import { ShapeError, UsageError } from '../../src/errors.ts';
import { MarkovDecoder, sourceLength } from './markov.ts';

const none = Number.NEGATIVE_INFINITY;

/** Always answers the same. */
const constant = (
  logProbs: readonly number[],
  attention?: readonly number[],
  eos = 0,
): StepDecoder<null> => ({
  vocabularySize: logProbs.length,
  bos: 1,
  eos,
  step: async () => ({
    state: null,
    logProbs: Float32Array.from(logProbs),
    ...(attention && { attention: Float32Array.from(attention) }),
  }),
  select: () => null,
});
const step = (decoder: StepDecoder<readonly null[]>) => decoder.step(Int32Array.of(1), [null, null]);

describe('an ensemble', () => {
  it.each(ENSEMBLE_MEANS)('of equal decoders decodes as each of them (%s mean)', async (mean) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(0, 0.3), async (seed, forbidden) => {
        const model = { seed, vocabularySize: 6, forbidden };
        const decoder = () => new MarkovDecoder(model);
        const start = MarkovDecoder.start([0, 1]);
        const options = { beam: 4, nBest: 4, maxLength: 6 };
        const alone = await beamSearch(decoder(), start, 2, options);
        const both = ensemble([decoder(), decoder()], { mean });
        const found = await beamSearch(both, [start, start], 2, options);
        const close = (x: number) => (mean === 'arithmetic' ? x : expect.closeTo(x, 5));
        expect(found).toEqual(
          alone.map((hypotheses) =>
            hypotheses.map((h) => ({ ...h, logProb: close(h.logProb), score: close(h.score) })),
          ),
        );
      }),
    );
  });

  it('takes the mean of probabilities, or of log-probabilities made to sum to 1', async () => {
    const members = [
      constant([Math.log(0.8), Math.log(0.2), none]),
      constant([Math.log(0.2), none, Math.log(0.8)]),
    ];
    const arithmetic = (await step(ensemble(members))).logProbs;
    expect(Array.from(arithmetic, Math.exp)).toEqual([0.5, 0.1, 0.4].map((p) => expect.closeTo(p, 6)));
    const geometric = (await step(ensemble(members, { mean: 'geometric' }))).logProbs;
    expect(Array.from(geometric)).toEqual([expect.closeTo(0, 6), none, none]);
    const three = ensemble(
      [
        constant([0.5, 0.5].map(Math.log)),
        constant([0.9, 0.1].map(Math.log)),
        constant([0.9, 0.1].map(Math.log)),
      ],
      { mean: 'geometric' },
    );
    const [a, b] = [(0.5 * 0.81) ** (1 / 3), (0.5 * 0.01) ** (1 / 3)];
    const found = (await three.step(Int32Array.of(1), [null, null, null])).logProbs;
    expect(Array.from(found, Math.exp)).toEqual([a / (a + b), b / (a + b)].map((p) => expect.closeTo(p, 6)));
  });

  it('attends as the mean of those that attend', async () => {
    const row = [-0.7, -0.7];
    const attending = [constant(row, [0.5, 0.25, 0.25]), constant(row, [0, 0.75, 0.25])];
    expect((await step(ensemble(attending))).attention).toEqual(Float32Array.of(0.25, 0.5, 0.25));
    expect((await step(ensemble([constant(row), attending[1]]))).attention).toEqual(
      Float32Array.of(0, 0.75, 0.25),
    );
    expect(await step(ensemble([constant(row), constant(row)]))).not.toHaveProperty('attention');
    await expect(step(ensemble([attending[0], constant(row, [1])]))).rejects.toThrow(ShapeError);
  });

  it('gives every member its own state, row by row', async () => {
    const members = [
      new MarkovDecoder({ seed: 1, vocabularySize: 5 }),
      new MarkovDecoder({ seed: 2, vocabularySize: 5 }),
    ];
    const start = MarkovDecoder.start([0]);
    const [[best]] = await beamSearch(ensemble(members), [start, start], 1, { beam: 3, maxLength: 5 });
    // Told again by hand along what was found.
    let logProb = 0;
    const emitted = [...best.tokens, ...(best.finished ? [0] : [])];
    for (const [i, token] of emitted.entries()) {
      const history = [1, ...emitted.slice(0, i)];
      const p = members.map((m) => Math.exp(m.distribution(0, history)[token]));
      logProb += Math.log((p[0] + p[1]) / 2);
      for (let s = 0; s < sourceLength; s++) {
        const weights = members.map((m) => m.weights(0, history)[s]);
        expect(best.attention?.[i][s]).toBeCloseTo((weights[0] + weights[1]) / 2, 6);
      }
    }
    expect(best.logProb).toBeCloseTo(logProb, 5);
  });

  it('refuses other vocabularies, and nothing', () => {
    expect(() => ensemble([])).toThrow(UsageError);
    expect(() => ensemble([constant([0, 0]), constant([0, 0, 0])])).toThrow(/V 2, BOS 1, EOS 0 and V 3/);
    expect(() => ensemble([constant([0, 0]), constant([0, 0], undefined, 1)])).toThrow(UsageError);
  });
});
