import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeSpeed, resample } from '../../../src/data/audio/resample.ts';
import { DataError, UsageError } from '../../../src/errors.ts';
import { noise, sine } from './sounds.ts';

/** Signal to error, in decibels, away from the edges. */
function ratioDb(expected: Float32Array, actual: Float32Array, edge: number): number {
  let [signal, error] = [0, 0];
  for (let i = Math.round(edge); i < expected.length - edge; i++) {
    signal += expected[i] ** 2;
    error += (expected[i] - actual[i]) ** 2;
  }
  return 10 * Math.log10(signal / error);
}

const RATES: [from: number, to: number][] = [
  [8000, 16_000],
  [16_000, 8000],
  [44_100, 16_000],
  [48_000, 16_000],
  [11_025, 16_000],
  [16_000, 15_999],
];

describe('resampling', () => {
  it.each(RATES)('%d to %d Hz keeps sines below the lower half rate, in place', (from, to) => {
    const seconds = 0.5;
    for (const part of [0.01, 0.3, 0.7, 0.9]) {
      const hz = (part * Math.min(from, to)) / 2;
      const out = resample(sine(hz, from, seconds * from, 0.4), from, to);
      expect(ratioDb(sine(hz, to, out.length, 0.4), out, 0.02 * to)).toBeGreaterThan(75);
    }
  });

  it.each(RATES.filter(([from, to]) => from > to))('%d to %d Hz removes sines above', (from, to) => {
    for (const part of [1.01, 1.3, 1.9]) {
      const hz = (part * to) / 2;
      if (hz >= from / 2) continue;
      const out = resample(sine(hz, from, from / 2), from, to);
      const inner = out.subarray(0.02 * to, -0.02 * to);
      expect(20 * Math.log10(Math.max(...inner.map(Math.abs)) / 0.5)).toBeLessThan(-75);
    }
  });

  it('upwards adds no images above the old half rate', () => {
    const out = resample(sine(3000, 8000, 4000), 8000, 16_000);
    // A Fourier sum at the image, 8000 − 3000 Hz, over whole periods of both.
    let [re, im] = [0, 0];
    for (let i = 1600; i < 1600 + 3200; i++) {
      re += out[i] * Math.cos((2 * Math.PI * 5000 * i) / 16_000);
      im += out[i] * Math.sin((2 * Math.PI * 5000 * i) / 16_000);
    }
    expect(20 * Math.log10((2 * Math.hypot(re, im)) / 3200 / 0.5)).toBeLessThan(-80);
  });

  it('8 to 16 to 8 kHz gives the sound back', () => {
    // Band-limited by being resampled from 7 kHz.
    const sound = resample(noise(7000, 5), 7000, 8000);
    const back = resample(resample(sound, 8000, 16_000), 16_000, 8000);
    expect(back).toHaveLength(sound.length);
    expect(ratioDb(sound, back, 200)).toBeGreaterThan(75);
  });

  it('agrees with the sum of sincs that defines band-limited interpolation', () => {
    // A sound of 40 samples within silence, with nothing above 0.45 of the rate: the infinite sum is finite.
    const sound = new Float32Array(600);
    const burst = noise(40, 9);
    for (let i = 0; i < 600; i++) {
      let value = 0;
      for (let k = 0; k < 40; k++) {
        const x = Math.PI * 0.6 * (i - 280 - k);
        value += burst[k] * (x === 0 ? 1 : Math.sin(x) / x) * Math.exp(-(((i - 280 - k) / 60) ** 2));
      }
      sound[i] = value;
    }
    const out = resample(sound, 1000, 1700);
    for (let j = 340; j < 680; j++) {
      const at = (j * 1000) / 1700;
      let exact = 0;
      for (let i = 0; i < 600; i++) {
        const x = Math.PI * (at - i);
        exact += sound[i] * (Math.abs(x) < 1e-12 ? 1 : Math.sin(x) / x);
      }
      expect(Math.abs(out[j] - exact)).toBeLessThan(2e-4);
    }
  });

  it('has gain 1 at 0 Hz, no delay, and is linear', () => {
    for (const [from, to] of RATES) {
      const out = resample(new Float32Array(2000).fill(0.25), from, to);
      const mid = Math.floor(out.length / 2);
      for (let j = mid - 20; j < mid + 20; j++) expect(out[j]).toBeCloseTo(0.25, 6);
    }
    // An impulse stays where it was, the same on both sides.
    const impulse = new Float32Array(801);
    impulse[400] = 1;
    const out = resample(impulse, 8000, 16_000);
    for (let n = 0; n < 300; n++) expect(out[800 + n]).toBeCloseTo(out[800 - n], 7);
    expect(out[800]).toBe(Math.max(...out));
    const [a, b] = [noise(400, 1), noise(400, 2)];
    const both = resample(
      a.map((x, i) => x + b[i]),
      8000,
      11_025,
    );
    const [ra, rb] = [resample(a, 8000, 11_025), resample(b, 8000, 11_025)];
    both.forEach((x, i) => {
      expect(x).toBeCloseTo(ra[i] + rb[i], 5);
    });
  });

  it('gives ⌈N · to / from⌉ finite samples', () => {
    const rate = fc.integer({ min: 1, max: 500 }).map((n) => n * 100);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), rate, rate, (count, from, to) => {
        const out = resample(noise(count, count), from, to);
        expect(out).toHaveLength(Math.ceil((count * to) / from));
        expect(out.every((x) => Math.abs(x) < 2)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves sound of the same rate as it is', () => {
    const sound = noise(10, 1);
    expect(resample(sound, 8000, 8000)).toBe(sound);
  });

  it('refuses rates that are none, and samples that are no numbers', () => {
    const sound = noise(10, 1);
    for (const rate of [0, -8000, Number.NaN, 1.5, 384_001, Number.POSITIVE_INFINITY]) {
      expect(() => resample(sound, rate, 8000)).toThrow(
        `resampling from a rate of ${rate} Hz; expected a whole`,
      );
      expect(() => resample(sound, 8000, rate)).toThrow(
        `resampling to a rate of ${rate} Hz; expected a whole`,
      );
    }
    expect(() => resample(sound, 8000, 7)).toThrow(
      'resampling from 8000 to 7 Hz; expected rates at most 1000',
    );
    expect(() => resample(Float32Array.of(0, 0, Number.NaN), 8000, 16_000)).toThrow(
      'sample 2 (from 0) is NaN',
    );
    expect(() => resample(new Float32Array(), 8000, 16_000)).toThrow(DataError);
  });
});

describe('a change of speed', () => {
  it('shortens the sound and raises its pitch by the factor', () => {
    const sound = sine(1000, 16_000, 8000);
    for (const factor of [0.9, 1.1, 2]) {
      const out = changeSpeed(sound, factor);
      expect(out).toHaveLength(Math.ceil(8000 / factor));
      expect(ratioDb(sine(1000 * factor, 16_000, out.length), out, 400)).toBeGreaterThan(75);
    }
    expect(changeSpeed(sound, 1)).toBe(sound);
  });

  it.each([0, -1, 5, Number.NaN])('by %d is refused', (factor) => {
    expect(() => changeSpeed(noise(5, 1), factor)).toThrow(UsageError);
  });
});
