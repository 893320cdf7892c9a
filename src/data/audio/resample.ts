import { DataError, UsageError } from '../../errors.ts';
import { checkSampleRate, checkSamples } from './checks.ts';

/**
 * Sound at another sample rate: band-limited interpolation by a windowed sinc (Smith, Digital Audio Resampling), without
 * delay, with gain 1 at 0 Hz. What is below 0.91 of the lower rate's half is kept to within 85 dB, what is above that half
 * is removed by as much; before the first and after the last sample are zeros.
 *
 * @param samples `[N]`
 * @param from their rate in Hz, a whole number from 1 to 384,000; likewise `to`
 * @returns `[⌈N · to / from⌉]`, sample j at time j / to; the very array given where the rates are equal
 * @throws DataError for a wrong rate, one more than 1,000 times the other, or samples that are none, NaN or infinite (says which)
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  checkSampleRate(from, 'resampling from a rate');
  checkSampleRate(to, 'resampling to a rate');
  checkSamples(samples);
  if (from === to) return samples;
  if (Math.max(from, to) > MOST_TIMES * Math.min(from, to)) {
    throw new DataError(
      `resampling from ${from} to ${to} Hz`,
      `rates at most ${MOST_TIMES} times each other`,
      'Check the rates; sound of such a rate says nothing of the other.',
    );
  }
  const divisor = greatestCommonDivisor(from, to);
  return interpolate(samples, to / divisor, from / divisor);
}

/**
 * Speed perturbation (Ko et al. 2015): sound played `factor` times as fast, pitch included, for training on more
 * voices than there are; the paper takes 0.9, 1 and 1.1.
 *
 * @param factor from 0.25 to 4, to the nearest hundredth
 * @returns `[⌈N / factor⌉]`; the very array given where the factor is 1
 * @throws UsageError for another factor, DataError for samples that are none, NaN or infinite
 */
export function changeSpeed(samples: Float32Array, factor: number): Float32Array {
  if (!(factor >= 0.25 && factor <= 4)) {
    throw new UsageError(`sound ${factor} times as fast`, 'a factor from 0.25 to 4', 'Set for example 1.1.');
  }
  return resample(samples, Math.round(100 * factor), 100);
}

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 64;
const ATTENUATION_DB = 85;
/** Kaiser's formulas: β, and the width of the transition band as a part of the lower rate's half. */
const BETA = 0.1102 * (ATTENUATION_DB - 8.7);
const TRANSITION = (ATTENUATION_DB - 7.95) / (2.285 * 2 * CROSSINGS * Math.PI);

/** Far beyond any two rates of sound, and filters are still of a bearable length. */
const MOST_TIMES = 1000;

/** Tables of filters are kept up to so many numbers, 8 MB; beyond, each output sample computes its own filter. */
const MOST_KEPT = 2 ** 20;

/** `up` / `down` times the samples, the two having no common divisor. */
function interpolate(samples: Float32Array, up: number, down: number): Float32Array {
  const lower = Math.min(1, up / down);
  const half = CROSSINGS / lower;
  const reach = Math.ceil(half);
  const taps = 2 * reach;
  const cutoff = lower * (1 - TRANSITION / 2);
  const kept: Float64Array[] | undefined = up * taps <= MOST_KEPT ? [] : undefined;
  const scratch = new Float64Array(taps);

  const out = new Float32Array(Math.ceil((samples.length * up) / down));
  for (let j = 0; j < out.length; j++) {
    const phase = (j * down) % up;
    // The input sample at or before this output's time; the filter starts `reach - 1` before it.
    const first = (j * down - phase) / up - reach + 1;
    let filter = kept?.[phase];
    if (!filter) {
      filter = kept ? new Float64Array(taps) : scratch;
      sincFilter(filter, phase / up - 1 + reach, cutoff, half);
      if (kept) kept[phase] = filter;
    }
    out[j] = correlate(filter, samples, first);
  }
  return out;
}

/** Σₖ filter[k] · samples[first + k], with zeros around the samples. */
function correlate(filter: Float64Array, samples: Float32Array, first: number): number {
  const end = Math.min(filter.length, samples.length - first);
  let sum = 0;
  for (let k = Math.max(0, -first); k < end; k++) sum += filter[k] * samples[first + k];
  return sum;
}

/** A sinc around `centre` within a Kaiser window of half-width `half`, scaled to the sum 1. */
function sincFilter(filter: Float64Array, centre: number, cutoff: number, half: number): void {
  let sum = 0;
  for (let k = 0; k < filter.length; k++) {
    const t = k - centre;
    const angle = Math.PI * cutoff * t;
    const sinc = Math.abs(angle) < 1e-9 ? 1 : Math.sin(angle) / angle;
    filter[k] = sinc * kaiser(Math.abs(t) / half);
    sum += filter[k];
  }
  for (let k = 0; k < filter.length; k++) filter[k] /= sum;
}

const KAISER_STEPS = 2 ** 12;

/** The Kaiser window from its centre (0) to its end (1). */
const KAISER = Float64Array.from(
  { length: KAISER_STEPS + 1 },
  (_, i) => besselI0(BETA * Math.sqrt(1 - (i / KAISER_STEPS) ** 2)) / besselI0(BETA),
);

/** Linear between the table's places, exact to 1e-6; 0 from the end on, so that filters are symmetric. */
function kaiser(x: number): number {
  if (x >= 1) return 0;
  const at = x * KAISER_STEPS;
  const below = Math.floor(at);
  return KAISER[below] + (at - below) * (KAISER[below + 1] - KAISER[below]);
}

/** The modified Bessel function of order 0, Σ (x²/4)ᵏ / k!². */
function besselI0(x: number): number {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
