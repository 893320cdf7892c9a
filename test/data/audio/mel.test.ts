import { describe, expect, it } from 'vitest';
import { logMel } from '../../../src/data/audio/mel.ts';
import { hzToMel, melFilterbank, melToHz } from '../../../src/data/audio/melFilterbank.ts';
import { shortTimeSpectrum } from '../../../src/data/audio/spectrum.ts';
import { UsageError } from '../../../src/errors.ts';
import { noise, sine } from './sounds.ts';

/** All filters as rows over all bins. */
function matrixOf(bank: ReturnType<typeof melFilterbank>, bins: number): number[][] {
  if (!bank) throw new Error('a filter without a bin');
  return bank.map(({ first, weights }) => Array.from({ length: bins }, (_, k) => weights[k - first] ?? 0));
}

describe('the mel scale', () => {
  it('puts 1000 Hz at 1000 mel, and back', () => {
    expect(hzToMel(1000)).toBeCloseTo(1000, 1);
    expect(hzToMel(0)).toBe(0);
    for (const hz of [1, 130, 4000, 192_000]) expect(melToHz(hzToMel(hz))).toBeCloseTo(hz, 6);
  });
});

describe('mel filters', () => {
  it('are triangles between neighbouring centres', () => {
    const matrix = matrixOf(melFilterbank(16_000, 512, { filters: 40, lowHz: 20 }), 257);
    const mels = Array.from({ length: 42 }, (_, i) => hzToMel(20) + ((hzToMel(8000) - hzToMel(20)) * i) / 41);
    const hz = mels.map(melToHz);
    matrix.forEach((row, i) => {
      row.forEach((weight, k) => {
        const f = (k * 16_000) / 512;
        const rising = (f - hz[i]) / (hz[i + 1] - hz[i]);
        const falling = (hz[i + 2] - f) / (hz[i + 2] - hz[i + 1]);
        expect(weight).toBeCloseTo(Math.max(0, Math.min(rising, falling)), 10);
      });
    });
  });

  it('together weigh every frequency between the first and last centre by 1', () => {
    const matrix = matrixOf(melFilterbank(8000, 1024, { filters: 23, lowHz: 100, highHz: 3800 }), 513);
    const width = (hzToMel(3800) - hzToMel(100)) / 24;
    const [first, last] = [melToHz(hzToMel(100) + width), melToHz(hzToMel(3800) - width)];
    for (let k = 0; k <= 512; k++) {
      const hz = (k * 8000) / 1024;
      const sum = matrix.reduce((total, row) => total + row[k], 0);
      if (hz >= first && hz <= last) expect(sum).toBeCloseTo(1, 10);
      if (hz <= 100 || hz >= 3800) expect(sum).toBeLessThan(1e-10);
    }
  });

  it('of unit area have the area 1 over Hz, exactly where their edges are bins', () => {
    const matrix = matrixOf(
      melFilterbank(16_000, 512, { filters: 40, lowHz: 130, highHz: 6800, unitArea: true, roundEdges: true }),
      257,
    );
    for (const row of matrix) {
      // The trapezoidal rule is exact for lines that bend at bins.
      expect(row.reduce((sum, weight) => sum + weight, 0) * (16_000 / 512)).toBeCloseTo(1, 10);
    }
    expect(matrix[0].findIndex((weight) => weight > 0)).toBe(5);
    expect(matrix[0][4]).toBe(0);
  });

  it('never reach beyond the spectrum, whatever rounding does to the last edge', () => {
    for (const rate of [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]) {
      for (let filters = 10; filters <= 60; filters++) {
        const { first, weights } = melFilterbank(rate, 2048, { filters })?.at(-1) ?? {
          first: 0,
          weights: [],
        };
        expect(first).toBeGreaterThan(0);
        expect(first + weights.length).toBe(1025);
      }
    }
  });

  it('too narrow for any bin are no filter bank', () => {
    expect(melFilterbank(16_000, 512, { filters: 200 })).toBeUndefined();
    expect(melFilterbank(16_000, 4096, { filters: 200 })).toBeDefined();
    expect(melFilterbank(8000, 256, { filters: 60, roundEdges: true })).toBeUndefined();
  });

  it.each([{ filters: 0 }, { filters: 2.5 }, { lowHz: -1 }, { lowHz: 5000, highHz: 4000 }, { highHz: 8001 }])(
    'refuse %j',
    (options) => {
      expect(() => melFilterbank(16_000, 512, options)).toThrow(UsageError);
      expect(() => melFilterbank(16_000, 512, options)).toThrow('within 0 to 8000 Hz');
    },
  );
});

describe('log mel', () => {
  it('is the logarithm of what the filters leave of the spectrum', () => {
    const samples = noise(1200, 3);
    const { data, shape } = logMel(samples, { sampleRate: 8000 });
    expect(shape).toEqual([1 + Math.floor((1200 - 200) / 80), 40]);
    const matrix = matrixOf(melFilterbank(8000, 256), 129);
    const spectrum = shortTimeSpectrum({ sampleRate: 8000, window: 'hann' });
    for (let t = 0; t < shape[0]; t++) {
      const bins = spectrum.frame(samples, t);
      matrix.forEach((row, i) => {
        const energy = row.reduce((sum, weight, k) => sum + weight * bins[k], 0);
        expect(data[t * 40 + i]).toBeCloseTo(Math.log(energy), 5);
      });
    }
  });

  it.each([8000, 16_000, 44_100])('at %d Hz is loudest in the filter of a sine', (sampleRate) => {
    const step = (hzToMel(sampleRate / 2) - hzToMel(20)) / 41;
    for (const filter of [5, 20, 37]) {
      const hz = melToHz(hzToMel(20) + (filter + 1) * step);
      const { data } = logMel(sine(hz, sampleRate, sampleRate / 10), { sampleRate });
      const frame = Array.from(data.subarray(0, 40));
      expect(frame.indexOf(Math.max(...frame))).toBe(filter);
    }
  });

  it('of silence is finite, of sound twice as loud ln 4 more', () => {
    const { data } = logMel(new Float32Array(1000), { sampleRate: 8000 });
    expect(data.every((x) => x === Math.fround(Math.log(1e-10)))).toBe(true);
    expect(logMel(new Float32Array(500), { sampleRate: 8000, floor: 1e-5 }).data[0]).toBeCloseTo(
      Math.log(1e-5),
      5,
    );
    expect(logMel(new Float32Array(500), { sampleRate: 8000, floor: 0, floorLog: -7 }).data[0]).toBe(-7);
    const samples = noise(1000, 4, 0.1);
    const quiet = logMel(samples, { sampleRate: 8000 }).data;
    const loud = logMel(
      samples.map((x) => 2 * x),
      { sampleRate: 8000 },
    ).data;
    loud.forEach((x, i) => {
      expect(x - quiet[i]).toBeCloseTo(Math.log(4), 5);
    });
  });

  it('makes the transform longer for many filters, but not one that was given', () => {
    const { data, shape } = logMel(noise(4000, 5), { sampleRate: 8000, filters: 120 });
    expect(shape[1]).toBe(120);
    // Every filter hears white noise.
    for (let i = 0; i < 120; i++) expect(data[i]).toBeGreaterThan(-15);
    const given = () => logMel(noise(4000, 5), { sampleRate: 8000, filters: 120, fftSize: 256 });
    expect(given).toThrow('120 mel filters, some between two frequencies of a transform of 256 points');
    expect(() => logMel(noise(4000, 5), { sampleRate: 8000, filters: 2000 })).toThrow(UsageError);
  });

  it('keeps no more memory than its result', () => {
    const samples = noise(16_000 * 60, 6);
    logMel(samples.subarray(0, 16_000), { sampleRate: 16_000 });
    const before = process.memoryUsage().arrayBuffers;
    const { data } = logMel(samples, { sampleRate: 16_000 });
    const grown = process.memoryUsage().arrayBuffers - before;
    // The power spectra of all frames in float64 would be 12 MB, the result is 1.
    expect(grown).toBeLessThan(data.byteLength + 500_000);
  });
});
