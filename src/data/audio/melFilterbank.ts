import { UsageError } from '../../errors.ts';
import { checkSampleRate } from './checks.ts';

export interface MelOptions {
  /** Triangular filters. Default 40. */
  filters?: number;
  /** Lower edge of the first filter, in Hz. Default 20. */
  lowHz?: number;
  /** Upper edge of the last, at most half the sample rate. Default: that half. */
  highHz?: number;
  /** Triangles of area 1 over Hz instead of height 1. Default false. */
  unitArea?: boolean;
  /** Edges and centres moved to the nearest bin of the transform. Default false. */
  roundEdges?: boolean;
}

/** A filter's weights on the spectrum's bins `first`, `first + 1`, …; 0 on all others. */
export interface MelFilter {
  first: number;
  weights: Float64Array;
}

/** The mel scale as HTK has it: 2595 log₁₀(1 + f / 700). */
export const hzToMel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);

export const melToHz = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

/**
 * Triangles over a spectrum, linear in Hz: centres are equally far apart in mel, and each filter reaches from the
 * centre of the one before to that of the one after.
 *
 * @param fftSize points of the Fourier transform; the spectrum has `fftSize / 2 + 1` bins
 * @returns undefined when some filter is so narrow that no bin lies inside
 * @throws UsageError for options out of range, DataError for a wrong sample rate
 */
export function melFilterbank(
  sampleRate: number,
  fftSize: number,
  options: MelOptions = {},
): MelFilter[] | undefined {
  checkSampleRate(sampleRate);
  const { filters = 40, lowHz = 20, highHz = sampleRate / 2 } = options;
  const { unitArea = false, roundEdges = false } = options;
  checkBand(filters, lowHz, highHz, sampleRate);

  const binHz = sampleRate / fftSize;
  const low = hzToMel(lowHz);
  const step = (hzToMel(highHz) - low) / (filters + 1);
  // In bins, which is what the triangles are cut from.
  const edges = Array.from({ length: filters + 2 }, (_, i) => {
    const edge = (i > filters ? highHz : melToHz(low + i * step)) / binHz;
    return roundEdges ? Math.floor(edge + 0.5) : edge;
  });
  const bank = Array.from({ length: filters }, (_, i) => {
    const { first, weights } = triangle(edges[i], edges[i + 1], edges[i + 2]);
    const height = unitArea ? 2 / ((edges[i + 2] - edges[i]) * binHz) : 1;
    return { first, weights: weights.map((weight) => weight * height) };
  });
  return bank.every(({ weights }) => weights.some((weight) => weight > 0)) ? bank : undefined;
}

/** Height 1; without weights where rounding left it no width. */
function triangle(left: number, centre: number, right: number): MelFilter {
  const first = Math.ceil(left);
  const length = left < centre && centre < right ? Math.floor(right) - first + 1 : 0;
  const weights = Float64Array.from({ length }, (_, i) =>
    Math.max(0, Math.min((first + i - left) / (centre - left), (right - first - i) / (right - centre))),
  );
  return { first, weights };
}

function checkBand(filters: number, lowHz: number, highHz: number, sampleRate: number): void {
  const band = lowHz >= 0 && lowHz < highHz && highHz <= sampleRate / 2;
  if (band && Number.isInteger(filters) && filters >= 1 && filters <= 4096) return;
  throw new UsageError(
    `${filters} mel filters from ${lowHz} to ${highHz} Hz`,
    `1 to 4096 filters within 0 to ${sampleRate / 2} Hz, half the sample rate`,
    'Correct filters, lowHz or highHz, or resample the sound to a higher rate.',
  );
}
