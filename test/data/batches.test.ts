import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PairLengths, padTimeMajor, planBatches } from '../../src/data/batches.ts';
import { PAD } from '../../src/data/vocabulary.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';

const lengthsOf = fc.record({ source: fc.nat({ max: 30 }), target: fc.nat({ max: 30 }) });

describe('planBatches', () => {
  it('puts every index in exactly one batch, within the limits', () => {
    const limits = fc.oneof(
      fc.record({ maxTokens: fc.integer({ min: 30, max: 300 }) }),
      fc.record({ maxSentences: fc.integer({ min: 1, max: 20 }) }),
      fc.record({
        maxTokens: fc.integer({ min: 30, max: 300 }),
        maxSentences: fc.integer({ min: 1, max: 20 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(lengthsOf, { maxLength: 400 }), limits, fc.integer(), (lengths, limit, seed) => {
        const { maxTokens, maxSentences } = { maxTokens: 1e9, maxSentences: 1e9, ...limit };
        const batches = planBatches(lengths, limit, new Random(seed));
        expect(batches.flat().sort((a, b) => a - b)).toEqual([...lengths.keys()]);
        for (const batch of batches) {
          const longest = Math.max(...batch.map((i) => Math.max(lengths[i].source, lengths[i].target)));
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(maxSentences);
          expect(batch.length * longest).toBeLessThanOrEqual(maxTokens);
        }
        expect(planBatches(lengths, limit, new Random(seed))).toEqual(batches);
      }),
    );
  });

  /** Lengths like those of image descriptions: around 13 ± 4 words, the sides correlated. */
  function realistic(count: number): PairLengths[] {
    const random = new Random(5);
    return Array.from({ length: count }, () => {
      const target = Math.max(3, Math.round(13 + 4 * random.normal()));
      return { target, source: Math.max(3, Math.round(0.95 * target + 2 * random.normal())) };
    });
  }

  it.each([
    [29_000, { maxSentences: 64 }],
    [29_000, { maxSentences: 128 }],
    [29_000, { maxTokens: 2000 }],
    [5_000, { maxSentences: 64 }],
  ])('wastes little on padding: %i pairs, %j', (count, limits) => {
    const lengths = realistic(count);
    let real = 0;
    let padded = 0;
    const batches = planBatches(lengths, limits, new Random(1));
    for (const batch of batches) {
      for (const side of ['source', 'target'] as const) {
        const sizes = batch.map((i) => lengths[i][side]);
        real += sizes.reduce((a, b) => a + b, 0);
        padded += batch.length * Math.max(...sizes);
      }
    }
    expect(1 - real / padded).toBeLessThan(0.1);
    if ('maxSentences' in limits) {
      expect(batches.length).toBeLessThanOrEqual(Math.ceil(count / limits.maxSentences) * 1.03);
    }
  });

  it('mixes batches anew, and does not go from short to long', () => {
    const lengths = realistic(5000);
    const random = new Random(1);
    const [first, second] = [0, 1].map(() => planBatches(lengths, { maxSentences: 50 }, random));
    const shared = new Set(first.map((batch) => [...batch].sort().join()));
    expect(second.filter((batch) => shared.has([...batch].sort().join())).length).toBeLessThan(5);
    const means = first.map((batch) => batch.reduce((sum, i) => sum + lengths[i].target, 0) / batch.length);
    const rises = means.slice(1).filter((mean, i) => mean > means[i]).length;
    expect(rises / means.length).toBeGreaterThan(0.3);
    expect(rises / means.length).toBeLessThan(0.7);
  });

  it('refuses what cannot be', () => {
    const lengths = [
      { source: 3, target: 4 },
      { source: 90, target: 4 },
    ];
    expect(() => planBatches(lengths, { maxTokens: 80 }, new Random(1))).toThrow(DataError);
    expect(() => planBatches(lengths, { maxTokens: 80 }, new Random(1))).toThrow('sentence 2 has 90 tokens');
    for (const limits of [{}, { maxSentences: 0 }, { maxTokens: Number.NaN }]) {
      expect(() => planBatches(lengths, limits, new Random(1))).toThrow(UsageError);
    }
    expect(planBatches([], { maxSentences: 3 }, new Random(1))).toEqual([]);
  });
});

describe('padTimeMajor', () => {
  it('lays time before batch', () => {
    const { tokens, mask, lengths, steps, batch } = padTimeMajor([[5, 6, 7], [8], []]);
    expect([...tokens]).toEqual([5, 8, PAD, 6, PAD, PAD, 7, PAD, PAD]);
    expect([...mask]).toEqual([1, 1, 0, 1, 0, 0, 1, 0, 0]);
    expect([[...lengths], steps, batch]).toEqual([[3, 1, 0], 3, 3]);
  });

  it('has at least the minimum length', () => {
    expect(padTimeMajor([[], []]).steps).toBe(1);
    expect([...padTimeMajor([[9]], 3).tokens]).toEqual([9, PAD, PAD]);
  });

  it('gives every sequence back', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 99 }))), (sequences) => {
        const { tokens, mask, lengths, steps, batch } = padTimeMajor(sequences);
        expect(tokens.length).toBe(steps * batch);
        sequences.forEach((sequence, b) => {
          const column = Array.from({ length: steps }, (_, t) => t * batch + b);
          expect(column.filter((at) => mask[at] === 1).map((at) => tokens[at])).toEqual(sequence);
          expect(column.slice(lengths[b]).every((at) => mask[at] === 0 && tokens[at] === PAD)).toBe(true);
        });
      }),
    );
  });
});
