import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendDeltas, stackFrames } from '../../../src/data/audio/deltas.ts';
import { extractFeatures, type FeatureOptions, featureWidth } from '../../../src/data/audio/features.ts';
import type { Frames } from '../../../src/data/audio/frames.ts';
import { logMel } from '../../../src/data/audio/mel.ts';
import { mfcc } from '../../../src/data/audio/mfcc.ts';
import { featureStatistics, normaliseFrames } from '../../../src/data/audio/normalisation.ts';
import { resample } from '../../../src/data/audio/resample.ts';
import { DataError, ShapeError, UsageError } from '../../../src/errors.ts';
import { noise } from './sounds.ts';

const framesOf = (rows: number[][]): Frames => ({
  data: Float32Array.from(rows.flat()),
  shape: [rows.length, rows[0].length],
});
const rowsOf = ({ data, shape: [count, width] }: Frames): number[][] =>
  Array.from({ length: count }, (_, t) => Array.from(data.subarray(t * width, (t + 1) * width)));

describe('deltas', () => {
  it('of a line are its slope, of a parabola its derivative, away from the ends', () => {
    const { data, shape } = appendDeltas(
      framesOf(Array.from({ length: 12 }, (_, t) => [3 * t - 7, t * t])),
      2,
    );
    expect(shape).toEqual([12, 6]);
    for (let t = 4; t < 8; t++) {
      expect(Array.from(data.subarray(6 * t, 6 * t + 6))).toEqual([3 * t - 7, t * t, 3, 2 * t, 0, 2]);
    }
  });

  it('repeat the first and the last frame, by hand', () => {
    const { data } = appendDeltas(framesOf([[1], [4], [2]]), 1);
    // ((c₊₁ − c₋₁) + 2 (c₊₂ − c₋₂)) / 10
    const expected = [
      1,
      (4 - 1 + 2 * (2 - 1)) / 10,
      4,
      (2 - 1 + 2 * (2 - 1)) / 10,
      2,
      (2 - 4 + 2 * (2 - 1)) / 10,
    ];
    data.forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i], 6);
    });
  });

  it('of one frame are 0, of order 0 none', () => {
    expect(rowsOf(appendDeltas(framesOf([[5, 6]]), 2))).toEqual([[5, 6, 0, 0, 0, 0]]);
    const frames = framesOf([[1]]);
    expect(appendDeltas(frames, 0)).toBe(frames);
    expect(() => appendDeltas(frames, 3)).toThrow(UsageError);
  });
});

describe('stacks', () => {
  it('put neighbours side by side, the last frame repeated', () => {
    const frames = framesOf([0, 1, 2, 3, 4, 5, 6].map((t) => [t, -t]));
    expect(rowsOf(stackFrames(frames, 3, 3))).toEqual([
      [0, -0, 1, -1, 2, -2],
      [3, -3, 4, -4, 5, -5],
      [6, -6, 6, -6, 6, -6],
    ]);
    expect(rowsOf(stackFrames(frames, 1, 4))).toEqual([
      [0, -0],
      [4, -4],
    ]);
    expect(rowsOf(stackFrames(frames, 2, 1))[2]).toEqual([2, -2, 3, -3]);
    expect(stackFrames(frames, 1, 1)).toBe(frames);
  });

  it('begin each row with the frame of its place', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 40 }), (stack, stride, count) => {
        const rows = rowsOf(
          stackFrames(framesOf(Array.from({ length: count }, (_, t) => [t])), stack, stride),
        );
        expect(rows).toHaveLength(Math.ceil(count / stride));
        rows.forEach((row, i) => {
          expect(row).toEqual(Array.from({ length: stack }, (_, n) => Math.min(i * stride + n, count - 1)));
        });
      }),
    );
  });

  it.each([
    [0, 1],
    [1, 0],
    [1.5, 1],
  ])('refuse %d by %d', (stack, stride) => {
    expect(() => stackFrames(framesOf([[1]]), stack, stride)).toThrow(UsageError);
  });
});

describe('normalisation', () => {
  const random = noise(300, 8);
  const utterance = framesOf(
    Array.from({ length: 100 }, (_, t) => [100 + random[3 * t], 1e-3 * random[3 * t + 1], 11.25]),
  );

  it('gives every coefficient mean 0 and variance 1, a constant one 0', () => {
    const before = utterance.data.slice();
    const rows = rowsOf(normaliseFrames(utterance));
    expect(utterance.data).toEqual(before);
    for (const c of [0, 1]) {
      const mean = rows.reduce((sum, row) => sum + row[c], 0) / 100;
      const variance = rows.reduce((sum, row) => sum + (row[c] - mean) ** 2, 0) / 100;
      expect(mean).toBeCloseTo(0, 5);
      expect(variance).toBeCloseTo(1, 5);
    }
    expect(rows.every((row) => row[2] === 0)).toBe(true);
    // Nor is the last bit of float32 blown up to a feature.
    const rounded = framesOf(Array.from({ length: 10 }, (_, t) => [t % 2 === 0 ? 11.25 : 11.250001]));
    expect(rounded.data[1]).not.toBe(rounded.data[0]);
    expect(normaliseFrames(rounded).data.every((x) => Math.abs(x) < 1e-6)).toBe(true);
    expect(rowsOf(normaliseFrames(framesOf([[3, -4]])))).toEqual([[0, 0]]);
  });

  it('over several utterances is that of all frames together', () => {
    const rows = rowsOf(utterance);
    const parts = [rows.slice(0, 1), rows.slice(1, 40), rows.slice(40)].map(framesOf);
    const whole = featureStatistics([utterance]);
    const joint = featureStatistics(parts.values());
    expect(joint.count).toBe(100);
    for (let c = 0; c < 3; c++) {
      const mean = rows.reduce((sum, row) => sum + row[c], 0) / 100;
      const variance = rows.reduce((sum, row) => sum + (row[c] - mean) ** 2, 0) / 100;
      expect(joint.mean[c]).toBeCloseTo(mean, 9);
      expect(joint.variance[c] / (variance || 1)).toBeCloseTo(variance === 0 ? 0 : 1, 9);
    }
    expect(joint).toEqual(whole);
    const together = parts.flatMap((part) => rowsOf(normaliseFrames(part, joint)));
    expect(together).toEqual(rowsOf(normaliseFrames(utterance)));
  });

  it('refuses no frames and other widths', () => {
    expect(() => featureStatistics([])).toThrow(DataError);
    expect(() => featureStatistics([utterance, framesOf([[1, 2]])])).toThrow(ShapeError);
    expect(() => normaliseFrames(framesOf([[1, 2]]), featureStatistics([utterance]))).toThrow(
      'frames of 2 coefficients; expected 3, as the statistics have.',
    );
  });
});

describe('features', () => {
  const samples = noise(12_000, 4);

  it('are 13 MFCC or 40 log mel unless told otherwise', () => {
    expect(extractFeatures(samples, 16_000, { type: 'mfcc', sampleRate: 16_000 })).toEqual(
      mfcc(samples, { sampleRate: 16_000 }),
    );
    expect(extractFeatures(samples, 8000, { type: 'logMel', sampleRate: 16_000 })).toEqual(
      logMel(resample(samples, 8000, 16_000), { sampleRate: 16_000 }),
    );
    const sphinx = { type: 'mfcc', preset: 'sphinx', sampleRate: 16_000 } as const;
    expect(extractFeatures(samples, 16_000, sphinx)).toEqual(mfcc(samples, { ...sphinx }));
    // More coefficients than filters take more filters.
    const { shape } = extractFeatures(samples, 16_000, {
      type: 'mfcc',
      sampleRate: 16_000,
      coefficients: 60,
    });
    expect(shape[1]).toBe(60);
  });

  it('have the width that their options promise, in every combination', () => {
    const options: fc.Arbitrary<FeatureOptions> = fc.record(
      {
        type: fc.constantFrom('mfcc', 'logMel'),
        preset: fc.constantFrom('standard', 'sphinx'),
        sampleRate: fc.constant(16_000),
        coefficients: fc.integer({ min: 1, max: 40 }),
        deltas: fc.constantFrom(0, 1, 2),
        normalise: fc.constantFrom('utterance', 'none'),
        stack: fc.integer({ min: 1, max: 4 }),
        stride: fc.integer({ min: 1, max: 4 }),
      },
      { requiredKeys: ['type', 'sampleRate'] },
    );
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 3000 }), (chosen, count) => {
        const { data, shape } = extractFeatures(samples.subarray(0, count), 16_000, chosen);
        expect(shape[1]).toBe(featureWidth(chosen));
        expect(data).toHaveLength(shape[0] * shape[1]);
        expect(data.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('are normalised after the deltas and before stacking', () => {
    const plain = { type: 'mfcc', sampleRate: 16_000, deltas: 2 } as const;
    const stacked = { ...plain, normalise: 'utterance', stack: 3, stride: 2 } as const;
    const frames = appendDeltas(mfcc(samples, { sampleRate: 16_000 }), 2);
    expect(extractFeatures(samples, 16_000, stacked)).toEqual(stackFrames(normaliseFrames(frames), 3, 2));
    const speaker = featureStatistics([extractFeatures(noise(9000, 5, 0.2), 16_000, plain), frames]);
    expect(extractFeatures(samples, 16_000, stacked, speaker)).toEqual(
      stackFrames(normaliseFrames(frames, speaker), 3, 2),
    );
  });

  it('of silence are finite', () => {
    for (const type of ['mfcc', 'logMel'] as const) {
      const options = { type, sampleRate: 8000, deltas: 2, normalise: 'utterance' } as const;
      const { data } = extractFeatures(new Float32Array(4000), 8000, options);
      expect(data.every((x) => x === 0)).toBe(true);
    }
  });

  it('never change the samples', () => {
    const before = samples.slice();
    extractFeatures(samples, 16_000, { type: 'logMel', sampleRate: 16_000, normalise: 'utterance' });
    expect(samples).toEqual(before);
  });

  it.each([
    [{ type: 'wave' as 'mfcc' }, UsageError, 'type "wave"; expected one of mfcc, logMel'],
    [{ normalise: 'speaker' as 'none' }, UsageError, 'normalise "speaker"'],
    [{ deltas: 3 as 2 }, UsageError, 'deltas 3; expected a whole number from 0 to 2'],
    [{ stack: 0 }, UsageError, 'stack 0'],
    [{ stride: 1.5 }, UsageError, 'stride 1.5'],
    [{ coefficients: 0 }, UsageError, 'coefficients 0'],
    [{ sampleRate: 0 }, DataError, 'resampling to a rate of 0 Hz'],
  ])('refuse %j', (options, error, message) => {
    const wrong = () => extractFeatures(samples, 16_000, { type: 'mfcc', sampleRate: 16_000, ...options });
    expect(wrong).toThrow(error);
    expect(wrong).toThrow(message);
    if (!('sampleRate' in options)) {
      expect(() => featureWidth({ type: 'mfcc', sampleRate: 16_000, ...options })).toThrow(message);
    }
  });

  it('refuse sound of a wrong rate', () => {
    const options = { type: 'mfcc', sampleRate: 16_000 } as const;
    expect(() => extractFeatures(samples, 0, options)).toThrow('sound with a sample rate of 0 Hz');
    expect(() => extractFeatures(samples, 1e6, options)).toThrow(DataError);
  });
});
