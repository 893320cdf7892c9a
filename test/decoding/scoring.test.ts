import { describe, expect, it } from 'vitest';
import { beamSearch, normalisedScore, pharaohAlignment, type StepDecoder } from '../../src/decoding/index.ts';
import { coverage } from '../../src/decoding/scoring.ts';
import { UsageError } from '../../src/errors.ts';

describe('scores', () => {
  it('divide by a power of the length, or of (5 + length) / 6', () => {
    expect(normalisedScore(-6, 3, 1)).toBe(-2);
    expect(normalisedScore(-6, 3, 0)).toBe(-6);
    expect(normalisedScore(-6, 4, 0.5)).toBe(-3);
    expect(normalisedScore(-6, 7, 1, 'gnmt')).toBe(-3);
    expect(normalisedScore(-6, 19, 0.5, 'gnmt')).toBe(-3);
    expect(normalisedScore(-6, 1, 0.7, 'gnmt')).toBe(-6);
    expect(normalisedScore(0, 0, 1)).toBe(0);
  });

  it('count what was looked at less than once', () => {
    const rows = [Float32Array.of(0.5, 0.25, 0.25, 0), Float32Array.of(0.75, 0.25, 0, 0)];
    expect(coverage(rows, 3)).toBe(Math.log(1) + Math.log(0.5) + Math.log(0.25));
    expect(coverage(rows, 2)).toBe(Math.log(0.5));
    expect(coverage(rows, 4)).toBeCloseTo(Math.log(0.125) - 126 * Math.LN2, 9);
  });
});

describe('a coverage penalty', () => {
  // Says 1 (looking at position 0) or 2 (looking at 1), then the end, looking as before; padding stands behind.
  const log = Math.log;
  const decoder = (attends: boolean): StepDecoder<number[]> => ({
    vocabularySize: 3,
    bos: 1,
    eos: 0,
    step: async (tokens, histories) => {
      const state = histories.map((h, i) => h * 3 + tokens[i]);
      const rows = state.map((h) =>
        h === 1
          ? { p: [0, 0.6, 0.4], a: [0.5, 0.5, 0] }
          : h % 3 === 1
            ? { p: [1, 0, 0], a: [1, 0, 0] }
            : { p: [1, 0, 0], a: [0.5, 0.5, 0] },
      );
      return {
        state,
        logProbs: Float32Array.from(rows.flatMap(({ p }) => p.map(log))),
        ...(attends && { attention: Float32Array.from(rows.flatMap(({ a }) => a)) }),
      };
    },
    select: (state, rows) => Array.from(rows, (row) => state[row]),
  });
  const run = (attends: boolean, coveragePenalty: number) =>
    beamSearch(decoder(attends), [0], 1, {
      beam: 2,
      maxLength: 4,
      lengthPenalty: 0,
      coveragePenalty,
      sourceLengths: [2],
    });

  it('prefers what looks everywhere, and leaves padding out', async () => {
    const [[plain]] = await run(true, 0);
    expect(plain).toMatchObject({ tokens: [1], score: Math.fround(log(0.6)) });
    const [[covering]] = await run(true, 1);
    expect(covering.tokens).toEqual([2]);
    expect(covering.score).toBeCloseTo(log(0.4), 6);
    const [[weak]] = await run(true, 0.1);
    expect(weak.tokens).toEqual([1]);
    expect(weak.score).toBeCloseTo(log(0.6) + 0.1 * log(0.5), 6);
  });

  it('is refused where there is no attention, and when it is negative', async () => {
    await expect(run(false, 0.1)).rejects.toThrow(UsageError);
    await expect(run(false, 0.1)).rejects.toThrow(/a model that attends/);
    await expect(run(true, -0.1)).rejects.toThrow(/A coverage penalty of -0.1/);
    expect(await run(false, 0)).toHaveLength(1);
  });
});

describe('Pharaoh alignments', () => {
  it('name for each target token its most attended source token, from 0, both ends of sentence left out', () => {
    const attention = [
      Float32Array.of(0.7, 0.1, 0.2),
      Float32Array.of(0.1, 0.2, 0.7),
      Float32Array.of(0.3, 0.3, 0.4),
      Float32Array.of(0.1, 0.1, 0.8),
    ];
    expect(pharaohAlignment(attention, { source: 2, target: 3 })).toBe('0-0 1-1 0-2');
    expect(pharaohAlignment(attention, { source: 3, target: 4 })).toBe('0-0 2-1 2-2 2-3');
    expect(pharaohAlignment([], { source: 2, target: 0 })).toBe('');
  });
});
