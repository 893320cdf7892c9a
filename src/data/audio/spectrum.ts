import FFT from 'fft.js';
import { DataError, UsageError } from '../../errors.ts';
import { checkChoice, checkSampleRate } from './checks.ts';

export type WindowShape = 'hamming' | 'hann';

/**
 * What happens to samples that fill no whole window. `short`: sound shorter than one window becomes one frame,
 * zero-padded; of longer sound, what is left after the last full window goes. `last`: after the full windows comes one
 * more, zero-padded, even where it holds nothing new (the Sphinx front end). `none`: sound shorter than one window is
 * refused.
 */
export type FramePadding = 'short' | 'last' | 'none';

export interface SpectrumOptions {
  /** Of the samples, in Hz: a whole number from 1 to 384,000. */
  sampleRate: number;
  /** Length of a frame, to the nearest sample. Default 0.025. */
  windowSeconds?: number;
  /** From one frame's start to the next's, to the nearest sample. Default 0.01. */
  hopSeconds?: number;
  /** Symmetric: the first value equals the last. Default: hamming for MFCC, hann for log mel. */
  window?: WindowShape;
  /** α of x[n] − α·x[n−1], from 0 (none) to 1; x[−1] is 0. Default: 0.97 for MFCC, 0 for log mel. */
  preEmphasis?: number;
  /** Points of the Fourier transform, a power of two no smaller than the window. Default: the smallest that serves. */
  fftSize?: number;
  /** |X|² or |X|. Default power. */
  spectrum?: 'power' | 'magnitude';
  /** Samples are multiplied by it: 32,768 gives the range of 16-bit integers. Default 1. */
  scale?: number;
  /** Default 'short'. */
  padding?: FramePadding;
}

/** Short-time Fourier analysis, a frame at a time. */
export interface ShortTimeSpectrum {
  /** `fftSize / 2 + 1`, from 0 Hz to half the sample rate. */
  bins: number;
  /** @throws DataError where `padding` is 'none' and the samples fill no window */
  frameCount(samples: number): number;
  /** The spectrum of a frame, `[bins]`; the next call writes over it. */
  frame(samples: Float32Array, index: number): Float64Array;
}

/** a₀ of the windows a₀ − (1 − a₀) cos(2πn/(N − 1)). */
const PEDESTAL: Record<WindowShape, number> = { hamming: 0.54, hann: 0.5 };

/** The window's samples, `[length]`. @throws UsageError when there is no such window */
export function windowFunction(shape: WindowShape, length: number): Float64Array {
  checkChoice('window', shape, Object.keys(PEDESTAL));
  const a = PEDESTAL[shape];
  return Float64Array.from({ length }, (_, n) => a - (1 - a) * Math.cos((2 * Math.PI * n) / (length - 1)));
}

/** Sizes in samples. */
interface Framing {
  windowLength: number;
  hop: number;
  fftSize: number;
}

/** @throws DataError for a wrong sample rate, UsageError for times and sizes out of range */
export function framingOf({
  sampleRate,
  windowSeconds = 0.025,
  hopSeconds = 0.01,
  ...rest
}: SpectrumOptions): Framing {
  checkSampleRate(sampleRate);
  const windowLength = Math.round(windowSeconds * sampleRate);
  const hop = Math.round(hopSeconds * sampleRate);
  if (!(windowLength >= 2 && windowLength <= 10 * sampleRate && hop >= 1 && hop < Number.POSITIVE_INFINITY)) {
    throw new UsageError(
      `windows of ${windowLength} samples every ${hop}, at ${sampleRate} Hz`,
      'windows of 2 samples to 10 seconds, a sample or more apart',
      'Set windowSeconds and hopSeconds, for example 0.025 and 0.01.',
    );
  }
  const smallest = 2 ** Math.ceil(Math.log2(windowLength));
  const { fftSize = smallest } = rest;
  if (!(fftSize >= smallest && fftSize <= 2 ** 24 && Number.isInteger(Math.log2(fftSize)))) {
    throw new UsageError(
      `a Fourier transform of ${fftSize} points for windows of ${windowLength} samples`,
      'a power of two no smaller than the window',
      `Set fftSize to ${smallest}, or leave it out.`,
    );
  }
  return { windowLength, hop, fftSize };
}

/**
 * Prepares window, transform and buffers for sound of one sample rate.
 *
 * @throws DataError for a wrong sample rate, UsageError for other options out of range
 */
export function shortTimeSpectrum(options: SpectrumOptions): ShortTimeSpectrum {
  const { windowLength, hop, fftSize } = framingOf(options);
  const { sampleRate, window = 'hamming', preEmphasis = 0, scale = 1 } = options;
  const { spectrum = 'power', padding = 'short' } = options;
  checkChoice('spectrum', spectrum, ['power', 'magnitude']);
  checkChoice('padding', padding, ['short', 'last', 'none']);
  if (!(preEmphasis >= 0 && preEmphasis <= 1 && scale > 0 && scale <= 2 ** 32)) {
    throw new UsageError(
      `pre-emphasis ${preEmphasis} of samples times ${scale}`,
      'pre-emphasis from 0 to 1, scale above 0',
      'Set preEmphasis for example to 0.97, and leave scale out.',
    );
  }

  const fft: { realTransform(out: Float64Array, data: Float64Array): void } = new FFT(fftSize);
  const weights = windowFunction(window, windowLength).map((weight) => weight * scale);
  const bins = fftSize / 2 + 1;
  const input = new Float64Array(fftSize);
  const complex = new Float64Array(2 * fftSize);
  const result = new Float64Array(bins);

  return {
    bins,
    frameCount(samples) {
      const full = samples < windowLength ? 0 : 1 + Math.floor((samples - windowLength) / hop);
      if (padding === 'last') return full + 1;
      if (full > 0 || padding === 'short') return Math.max(full, 1);
      throw new DataError(
        `a sound of ${samples} samples (${((1000 * samples) / sampleRate).toFixed(1)} ms at ${sampleRate} Hz)`,
        `at least one window of ${windowLength} samples`,
        "Leave it out, or set padding to 'short', which adds zeros to sound shorter than a window.",
      );
    },
    frame(samples, index) {
      const start = index * hop;
      // Windows further apart than long may put the last, padded one beyond the end.
      let before = start > 0 && start <= samples.length ? samples[start - 1] : 0;
      for (let n = 0; n < windowLength; n++) {
        // Padding comes before pre-emphasis: that is how the Sphinx front end ends an utterance.
        const sample = start + n < samples.length ? samples[start + n] : 0;
        input[n] = weights[n] * (sample - preEmphasis * before);
        before = sample;
      }
      fft.realTransform(complex, input);
      for (let k = 0; k < bins; k++) {
        const power = complex[2 * k] ** 2 + complex[2 * k + 1] ** 2;
        result[k] = spectrum === 'power' ? power : Math.sqrt(power);
      }
      return result;
    },
  };
}
