import { describe, expect, it } from 'vitest';
import { shortTimeSpectrum, windowFunction } from '../../../src/data/audio/spectrum.ts';
import { DataError, UsageError } from '../../../src/errors.ts';
import { noise } from './sounds.ts';

/** |X[k]|² by the definition, in O(N²). */
function slowPower(x: number[], size: number): number[] {
  return Array.from({ length: size / 2 + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    x.forEach((value, n) => {
      re += value * Math.cos((2 * Math.PI * k * n) / size);
      im -= value * Math.sin((2 * Math.PI * k * n) / size);
    });
    return re * re + im * im;
  });
}

const FRAMING = { sampleRate: 1000, windowSeconds: 0.05, hopSeconds: 0.02 };

describe('windows', () => {
  it.each([
    ['hamming', [0.08, 0.54, 1, 0.54, 0.08]],
    ['hann', [0, 0.5, 1, 0.5, 0]],
  ] as const)('%s of five samples', (shape, values) => {
    windowFunction(shape, 5).forEach((value, n) => {
      expect(value).toBeCloseTo(values[n], 14);
    });
  });
});

describe('the spectrum of a frame', () => {
  const samples = noise(200, 7);

  it.each([64, 128, 256])('of %d points is the sum that defines it', (fftSize) => {
    const spectrum = shortTimeSpectrum({ ...FRAMING, fftSize, preEmphasis: 0.9, scale: 3, window: 'hann' });
    for (const index of [0, 1, 7]) {
      const x = Array.from(windowFunction('hann', 50), (weight, n) => {
        const at = 20 * index + n;
        return 3 * weight * (samples[at] - 0.9 * (at > 0 ? samples[at - 1] : 0));
      });
      const expected = slowPower(x, fftSize);
      const actual = spectrum.frame(samples, index);
      expect(actual).toHaveLength(fftSize / 2 + 1);
      const largest = Math.max(...expected);
      for (let k = 0; k < actual.length; k++) {
        expect(Math.abs(actual[k] - expected[k])).toBeLessThan(1e-12 * largest);
      }
    }
  });

  it('holds the energy of the windowed samples (Parseval)', () => {
    const bins = shortTimeSpectrum(FRAMING).frame(samples, 2);
    const inside = Array.from(windowFunction('hamming', 50), (weight, n) => weight * samples[40 + n]);
    const energy = inside.reduce((sum, x) => sum + x * x, 0);
    let total = 0;
    for (let k = 0; k < bins.length; k++) total += bins[k] * (k === 0 || k === bins.length - 1 ? 1 : 2);
    expect(total / 64 / energy).toBeCloseTo(1, 12);
  });

  it('as magnitudes is the root of the powers', () => {
    const power = shortTimeSpectrum(FRAMING).frame(samples, 0);
    const magnitude = shortTimeSpectrum({ ...FRAMING, spectrum: 'magnitude' }).frame(samples, 0);
    for (let k = 0; k < power.length; k++) expect(magnitude[k] ** 2).toBeCloseTo(power[k], 12);
  });

  it('of the last, padded frame has zeros after the end, pre-emphasis included', () => {
    const spectrum = shortTimeSpectrum({ ...FRAMING, padding: 'last', preEmphasis: 0.9 });
    const padded = new Float32Array(300);
    padded.set(samples);
    const whole = shortTimeSpectrum({ ...FRAMING, preEmphasis: 0.9 });
    expect(spectrum.frame(samples, 8).slice()).toEqual(whole.frame(padded, 8));
  });
});

describe('frames', () => {
  const count = (samples: number, padding?: 'short' | 'last' | 'none', hopSeconds = 0.02) =>
    shortTimeSpectrum({ ...FRAMING, hopSeconds, padding }).frameCount(samples);

  it('are the full windows; sound shorter than one is one', () => {
    expect([1, 49, 50, 69, 70, 89, 90].map((n) => count(n))).toEqual([1, 1, 1, 1, 2, 2, 3]);
    expect([1, 49, 50, 69, 70].map((n) => count(n, 'last'))).toEqual([1, 1, 2, 2, 3]);
    expect(count(50, 'none')).toBe(1);
    expect(() => count(49, 'none')).toThrow(DataError);
    expect(() => count(49, 'none')).toThrow(
      /^a sound of 49 samples \(49\.0 ms at 1000 Hz\); expected at least one window of 50 samples\. .*padding/,
    );
  });

  it('further apart than long end in zeros, never in what is beyond the sound', () => {
    const spectrum = shortTimeSpectrum({ ...FRAMING, hopSeconds: 0.2, padding: 'last', preEmphasis: 0.97 });
    expect(spectrum.frameCount(60)).toBe(2);
    expect(spectrum.frame(noise(60, 1), 1).every((x) => x === 0)).toBe(true);
  });

  it.each([
    [{ windowSeconds: 0 }, 'windows of 0 samples every 20, at 1000 Hz'],
    [{ windowSeconds: Number.NaN }, 'windows of NaN samples'],
    [{ windowSeconds: 11 }, 'windows of 11000 samples'],
    [{ hopSeconds: -1 }, 'every -1000'],
    [{ fftSize: 32 }, 'a Fourier transform of 32 points for windows of 50 samples'],
    [{ fftSize: 100 }, 'Set fftSize to 64'],
    [{ fftSize: 2 ** 30 }, 'a Fourier transform of'],
    [{ preEmphasis: 1.5 }, 'pre-emphasis 1.5'],
    [{ scale: Number.NaN }, 'times NaN'],
    [{ window: 'kaiser' as 'hann' }, 'window "kaiser"; expected one of hamming, hann'],
    [{ spectrum: 'log' as 'power' }, 'spectrum "log"; expected one of power, magnitude'],
    [{ padding: 'all' as 'last' }, 'padding "all"'],
  ])('refuses %j', (options, message) => {
    const wrong = () => shortTimeSpectrum({ ...FRAMING, ...options });
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow(message);
  });

  it.each([0, -16_000, Number.NaN, 0.5, 384_001, Number.POSITIVE_INFINITY])('refuses %d Hz', (sampleRate) => {
    expect(() => shortTimeSpectrum({ sampleRate })).toThrow(DataError);
  });
});
