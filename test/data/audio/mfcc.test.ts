import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logMel } from '../../../src/data/audio/mel.ts';
import { dctMatrix, mfcc } from '../../../src/data/audio/mfcc.ts';
import type { DctForm, Preset } from '../../../src/data/audio/presets.ts';
import { decodeWav } from '../../../src/data/audio/wav.ts';
import { DataError, UsageError } from '../../../src/errors.ts';
import { sharedData } from '../shared.ts';
import { noise } from './sounds.ts';

const reference = sharedData('an4/mfcc-reference');
const utterances = reference ? readdirSync(reference).filter((file) => file.endsWith('.wav')) : [];

describe.skipIf(!reference)("Sphinx's own coefficients (skipped without the shared data)", () => {
  it('are there', () => {
    expect(utterances.length).toBeGreaterThanOrEqual(5);
  });

  it.each(utterances)('%s', (file) => {
    const place = join(reference as string, file);
    const { samples, sampleRate } = decodeWav(readFileSync(place), { name: file });
    const bytes = readFileSync(place.replace(/wav$/, 'mfc'));
    const count = bytes.readInt32BE(0);
    expect(bytes).toHaveLength(4 + 4 * count);
    const { data, shape } = mfcc(samples, { preset: 'sphinx', sampleRate });
    expect(shape).toEqual([count / 13, 13]);
    let worst = 0;
    for (let i = 0; i < count; i++) worst = Math.max(worst, Math.abs(data[i] - bytes.readFloatBE(4 + 4 * i)));
    // Their sums are in float32: up to 2e-6 of values up to 15.
    expect(worst).toBeLessThan(3e-6);
  });
});

describe('the sphinx preset', () => {
  it('takes the samples of all presets, and its defaults give way to what is set', () => {
    const samples = noise(4000, 1);
    const plain = mfcc(samples, { preset: 'sphinx', sampleRate: 16_000 });
    expect(plain.shape).toEqual([1 + Math.floor((4000 - 410) / 160) + 1, 13]);
    // Energies 32,768² times as large add their logarithm to c₀ (39.5 filters of 40), and nothing but a trace elsewhere.
    const unscaled = mfcc(samples, { preset: 'sphinx', sampleRate: 16_000, scale: 1 });
    expect(plain.data[0] - unscaled.data[0]).toBeCloseTo((Math.log(32_768 ** 2) * 39.5) / 40, 4);
    const fewer = mfcc(samples, { preset: 'sphinx', sampleRate: 16_000, coefficients: 5, padding: 'short' });
    expect(fewer.shape).toEqual([plain.shape[0] - 1, 5]);
    expect(fewer.data.subarray(0, 5)).toEqual(plain.data.subarray(0, 5));
    const unset = mfcc(samples, { preset: 'sphinx', sampleRate: 16_000, coefficients: undefined });
    expect(unset).toEqual(plain);
  });

  it('has −10 for the logarithm of silence', () => {
    const { data, shape } = mfcc(new Float32Array(100), { preset: 'sphinx', sampleRate: 16_000 });
    expect(shape).toEqual([1, 13]);
    expect(data[0]).toBeCloseTo((-10 * 39.5) / 40, 6);
    expect(data.every(Number.isFinite)).toBe(true);
    const raised = mfcc(new Float32Array(100), { preset: 'sphinx', sampleRate: 16_000, floor: 1e-5 });
    expect(raised.data[0]).toBeCloseTo((Math.log(1e-5) * 39.5) / 40, 5);
  });

  it('is not for 8 kHz, unless the upper edge is lowered', () => {
    const wrong = () => mfcc(noise(4000, 1), { preset: 'sphinx', sampleRate: 8000 });
    expect(wrong).toThrow('from 130 to 6800 Hz; expected 1 to 4096 filters within 0 to 4000 Hz');
    const options = { preset: 'sphinx', sampleRate: 8000, filters: 31, lowHz: 200, highHz: 3500 } as const;
    expect(mfcc(noise(4000, 1), options).data.every(Number.isFinite)).toBe(true);
  });
});

describe('cosine transforms', () => {
  it('orthonormal: rows of length 1, at right angles', () => {
    const matrix = dctMatrix('orthonormal', 24, 24);
    for (let a = 0; a < 24; a++) {
      for (let b = 0; b < 24; b++) {
        let product = 0;
        for (let j = 0; j < 24; j++) product += matrix[a * 24 + j] * matrix[b * 24 + j];
        expect(product).toBeCloseTo(a === b ? 1 : 0, 12);
      }
    }
  });

  it('htk and legacy: the same cosines, scaled otherwise', () => {
    const filters = 26;
    const [orthonormal, htk, legacy] = (['orthonormal', 'htk', 'legacy'] as const).map((form) =>
      dctMatrix(form, 13, filters),
    );
    for (let k = 0; k < 13; k++) {
      for (let j = 0; j < filters; j++) {
        const cosine = Math.cos((Math.PI * k * (2 * j + 1)) / (2 * filters));
        const at = k * filters + j;
        expect(htk[at]).toBeCloseTo(Math.sqrt(2 / filters) * cosine, 12);
        expect(legacy[at]).toBeCloseTo((cosine / filters) * (j === 0 ? 0.5 : 1), 12);
        expect(htk[at]).toBeCloseTo(orthonormal[at] * (k === 0 ? Math.SQRT2 : 1), 12);
      }
    }
  });
});

describe('MFCC', () => {
  const samples = noise(3000, 2);

  it.each([8000, 16_000])(
    'at %d Hz: 13 of 40 filters every 10 ms, the transform of log mel',
    (sampleRate) => {
      const { data, shape } = mfcc(samples, { sampleRate });
      const mel = logMel(samples, { sampleRate, window: 'hamming', preEmphasis: 0.97 });
      expect(shape).toEqual([1 + Math.floor((3000 - 0.025 * sampleRate) / (0.01 * sampleRate)), 13]);
      expect(mel.shape).toEqual([shape[0], 40]);
      for (let t = 0; t < shape[0]; t++) {
        for (let k = 0; k < 13; k++) {
          let sum = 0;
          for (let j = 0; j < 40; j++) {
            sum += mel.data[t * 40 + j] * Math.cos((Math.PI * k * (j + 0.5)) / 40);
          }
          expect(data[t * 13 + k]).toBeCloseTo(sum * Math.sqrt((k === 0 ? 1 : 2) / 40), 4);
        }
      }
    },
  );

  it('is lifted by a sine', () => {
    const plain = mfcc(samples, { sampleRate: 8000 }).data;
    const lifted = mfcc(samples, { sampleRate: 8000, lifter: 22 }).data;
    for (let k = 0; k < 13; k++) {
      expect(lifted[k] / plain[k]).toBeCloseTo(1 + 11 * Math.sin((Math.PI * k) / 22), 5);
    }
  });

  it('of sound shorter than a window is one frame', () => {
    const { data, shape } = mfcc(samples.subarray(0, 7), { sampleRate: 8000 });
    expect(shape).toEqual([1, 13]);
    expect(data.every(Number.isFinite)).toBe(true);
    expect(() => mfcc(samples.subarray(0, 7), { sampleRate: 8000, padding: 'none' })).toThrow(
      'a sound of 7 samples (0.9 ms at 8000 Hz); expected at least one window of 200 samples',
    );
  });

  it('refuses sound and rates that are none', () => {
    for (const sampleRate of [0, Number.NaN, -8000, 1e6]) {
      expect(() => mfcc(samples, { sampleRate })).toThrow(DataError);
      expect(() => mfcc(samples, { sampleRate })).toThrow(`a sample rate of ${sampleRate} Hz`);
    }
    expect(() => mfcc(new Float32Array(), { sampleRate: 8000 })).toThrow(DataError);
    const broken = samples.slice();
    broken[2345] = Number.NaN;
    expect(() => mfcc(broken, { sampleRate: 8000 })).toThrow('sample 2345 (from 0) is NaN');
    broken[2345] = Number.NEGATIVE_INFINITY;
    expect(() => mfcc(broken, { sampleRate: 8000 })).toThrow('sample 2345 (from 0) is -Infinity');
  });

  it.each([
    [{ coefficients: 41 }, '41 cepstral coefficients of 40 mel filters'],
    [{ coefficients: 0 }, '0 cepstral coefficients'],
    [{ lifter: -1 }, 'a lifter of -1'],
    [{ dct: 'dct-ii' as DctForm }, 'dct "dct-ii"; expected one of orthonormal, htk, legacy'],
    [{ preset: 'kaldi' as Preset }, 'preset "kaldi"; expected one of standard, sphinx'],
    [{ floor: 0 }, 'a logarithm of -Infinity for energies at or below 0'],
    [{ highHz: 5000 }, 'from 20 to 5000 Hz'],
  ])('refuses %j', (options, message) => {
    expect(() => mfcc(samples, { sampleRate: 8000, ...options })).toThrow(UsageError);
    expect(() => mfcc(samples, { sampleRate: 8000, ...options })).toThrow(message);
  });
});
