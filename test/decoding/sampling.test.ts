import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hypothesis, sample } from '../../src/decoding/index.ts';
import { draw } from '../../src/decoding/sampling.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import { eos, MarkovDecoder } from './markov.ts';

const probabilities = [0.05, 0.3, 0, 0.25, 0.1, 0.25, 0.05];
const logProbs = Float32Array.from(probabilities, Math.log);

/** How often each token is drawn, of `times`. */
function frequencies(truncation: Parameters<typeof draw>[1], times: number, seed = 1): number[] {
  const random = new Random(seed);
  const counts = probabilities.map(() => 0);
  for (let i = 0; i < times; i++) counts[draw(logProbs, truncation, random, 0)]++;
  return counts;
}

/** Pearson's statistic of counts against probabilities; tokens without probability must not occur. */
function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  const times = counts.reduce((sum, n) => sum + n, 0);
  return expected.reduce((sum, p, i) => {
    if (p > 0) return sum + (counts[i] - times * p) ** 2 / (times * p);
    expect(counts[i]).toBe(0);
    return sum;
  }, 0);
}
const normalised = (weights: readonly number[]) =>
  weights.map((w) => w / weights.reduce((sum, x) => sum + x, 0));

describe('drawing a token', () => {
  // The 0.999 quantiles of chi-square with 1 to 5 degrees of freedom.
  const quantile = [10.83, 13.82, 16.27, 18.47, 20.52];
  const keeping = (...kept: number[]) => normalised(probabilities.map((p, i) => (kept.includes(i) ? p : 0)));
  it.each<[Parameters<typeof draw>[1], number[]]>([
    [{}, probabilities],
    [{ temperature: 0.5 }, normalised(probabilities.map((p) => p ** 2))],
    [{ temperature: 3 }, normalised(probabilities.map((p) => p ** (1 / 3)))],
    [{ topK: 3 }, keeping(1, 3, 5)],
    [{ topK: 2 }, keeping(1, 3)],
    [{ topK: 5 }, keeping(0, 1, 3, 4, 5)],
    [{ topK: 100 }, probabilities],
    [{ topP: 0.79 }, keeping(1, 3, 5)],
    [{ topP: 0.81 }, keeping(1, 3, 4, 5)],
    [{ topP: 0.31 }, keeping(1, 3)],
    [{ topK: 3, topP: 0.6 }, keeping(1, 3)],
    [{ topK: 4, topP: 0.95 }, keeping(1, 3, 4, 5)],
    [
      { temperature: 0.5, topP: 0.6 },
      normalised([0, 0.09, 0, 0.0625, 0, 0.0625, 0].map((p, i) => (i === 5 ? 0 : p))),
    ],
  ])('follows the distribution %j', (truncation, expected) => {
    const freedom = expected.filter((p) => p > 0).length - 1;
    expect(chiSquare(frequencies(truncation, 20_000), expected)).toBeLessThan(quantile[freedom - 1]);
  });

  it('keeps the k most probable of a large vocabulary, however many these are', () => {
    const size = 4000;
    const random = new Random(3);
    // Many are equally probable: of these the first ones are kept.
    const wide = Float32Array.from({ length: size }, () => Math.round(random.normal() * 20) / 10 - 9);
    const ranked = Array.from(wide.keys()).sort((a, b) => wide[b] - wide[a] || a - b);
    for (const topK of [1, 1000, 1024, 1025, 2500, 3999]) {
      const kept = new Set(ranked.slice(0, topK));
      const [sampler, other] = [new Random(7), new Random(7)];
      const only = wide.map((logProb, token) => (kept.has(token) ? logProb : Number.NEGATIVE_INFINITY));
      for (let i = 0; i < 20; i++) {
        const token = draw(wide, { topK }, sampler, 0);
        expect(kept.has(token)).toBe(true);
        expect(draw(only, { topK }, other, 0)).toBe(token);
      }
    }
    for (const topK of [size, size + 1]) {
      expect(draw(wide, { topK }, new Random(7), 0)).toBe(draw(wide, {}, new Random(7), 0));
    }
  });

  it('takes the only token that truncation leaves', () => {
    for (const truncation of [{ topK: 1 }, { topP: 0.29 }, { topP: 1e-9 }, { temperature: 1e-3 }]) {
      expect(frequencies(truncation, 100)[1]).toBe(100);
    }
  });

  it('truncates as sorting by hand does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 99 }),
        fc.integer(),
        (weights, topK, percent, seed) => {
          const p = normalised(weights);
          const sorted = p
            .map((_, i) => i)
            .sort((a, b) => weights[b] - weights[a] || a - b)
            .slice(0, topK);
          const total = sorted.reduce((sum, i) => sum + weights[i], 0);
          const nucleus = sorted.filter((_, n) => {
            const sum = sorted.slice(0, n).reduce((s, i) => s + weights[i], 0);
            return sum * 100 < percent * total;
          });
          // Whole numbers that fall on the border exactly are a matter of rounding.
          fc.pre(
            sorted.every(
              (_, n) => sorted.slice(0, n).reduce((s, i) => s + weights[i], 0) * 100 !== percent * total,
            ),
          );
          const random = new Random(seed);
          const drawn = Array.from({ length: 400 }, () =>
            draw(Float32Array.from(p, Math.log), { topK, topP: percent / 100 }, random, 0),
          );
          expect(drawn.filter((token) => !nucleus.includes(token))).toEqual([]);
        },
      ),
    );
  });

  it('finds nothing where nothing is possible, and refuses NaN', () => {
    const random = new Random(1);
    const nothing = new Float32Array(3).fill(Number.NEGATIVE_INFINITY);
    for (const truncation of [{}, { topK: 2 }, { topP: 0.5 }]) {
      expect(draw(nothing, truncation, random, 0)).toBe(-1);
      expect(() => draw(Float32Array.of(-1, Number.NaN), truncation, random, 4)).toThrow(DataError);
      expect(() => draw(Float32Array.of(-1, Number.NaN), truncation, random, 4)).toThrow(
        /token 1 in sentence 5/,
      );
    }
    expect(random.uniform()).toBe(new Random(1).uniform());
  });
});

describe('sampling', () => {
  const model = { seed: 4, vocabularySize: 4, eosBias: 0.5 };
  const run = (sentences: number[], options: Partial<Parameters<typeof sample>[3]> = {}) =>
    sample(new MarkovDecoder(model), MarkovDecoder.start(sentences), sentences.length, {
      maxLength: 6,
      samples: 3,
      seeds: sentences.map((sentence) => 100 + sentence),
      ...options,
    });

  it('draws whole hypotheses as often as they are probable', async () => {
    const decoder = new MarkovDecoder(model);
    const [drawn] = await run([0], { samples: 20_000, maxLength: 2, topK: 3 });
    // All of at most two tokens, by the distribution cut to three.
    const expected = new Map<string, number>();
    const kept = (emitted: number[]) => {
      const best = decoder.following(0, emitted).slice(0, 3);
      const p = normalised(best.map(({ logProb }) => Math.exp(logProb)));
      return best.map(({ token }, i) => ({ token, p: p[i] }));
    };
    for (const first of kept([])) {
      if (first.token === eos) expected.set(String([eos]), first.p);
      else {
        for (const second of kept([first.token]))
          expected.set(String([first.token, second.token]), first.p * second.p);
      }
    }
    const counts = new Map<string, number>();
    for (const { tokens, finished } of drawn) {
      const key = String([...tokens, ...(finished ? [eos] : [])]);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const keys = [...expected.keys()];
    expect([...counts.keys()].filter((key) => !expected.has(key))).toEqual([]);
    const statistic = chiSquare(
      keys.map((key) => counts.get(key) ?? 0),
      keys.map((key) => expected.get(key)!),
    );
    // The 0.999 quantile for 6 degrees of freedom.
    expect(keys).toHaveLength(7);
    expect(statistic).toBeLessThan(22.46);
  });

  it('gives a sentence the same samples alone, in any batch, and however many are asked for', async () => {
    const together = await run([0, 1, 2, 3], { topP: 0.9, temperature: 1.3 });
    expect(new Set(together.flat().map(({ tokens }) => tokens.join())).size).toBeGreaterThan(4);
    for (const sentence of [2, 0, 3]) {
      const [alone] = await run([sentence], { topP: 0.9, temperature: 1.3, samples: 5 });
      expect(alone.slice(0, 3)).toEqual(together[sentence]);
    }
    expect(await run([0], { seeds: [8] })).not.toEqual(await run([0], { seeds: [9] }));
  });

  it("scores by the decoder's own probabilities, with its attention", async () => {
    const decoder = new MarkovDecoder(model);
    const drawn = await run([0, 1], { temperature: 2, topK: 2, lengthPenalty: 0.5 });
    for (const [sentence, samples] of drawn.entries()) {
      for (const hypothesis of samples) {
        const emitted = [...hypothesis.tokens, ...(hypothesis.finished ? [eos] : [])];
        expect(hypothesis).toEqual<Hypothesis>(decoder.hypothesis(sentence, emitted, 0.5));
      }
    }
  });

  it('refuses what is no distribution', async () => {
    for (const wrong of [
      { temperature: 0 },
      { temperature: Number.NaN },
      { topK: 0 },
      { topK: 1.5 },
      { topP: 0 },
      { topP: 1.1 },
      { samples: 0 },
      { seeds: [] },
    ]) {
      await expect(run([0], wrong)).rejects.toThrow(UsageError);
      await expect(run([0], wrong)).rejects.toThrow(Object.keys(wrong)[0]);
    }
  });
});
