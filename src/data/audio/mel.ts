import { UsageError } from '../../errors.ts';
import { extractFrames, type FrameExtractor, type Frames } from './frames.ts';
import { type MelFilter, melFilterbank } from './melFilterbank.ts';
import { type LogMelOptions, presetOptions } from './presets.ts';
import { framingOf, shortTimeSpectrum } from './spectrum.ts';

/**
 * Log mel spectrogram: natural logarithms of the energies in mel filters.
 *
 * @param samples mono, full scale −1 to 1 whatever the preset
 * @returns `[frames, filters]` float32, computed in float64; silence gives `floorLog`
 * @throws DataError for samples that are none, NaN or infinite (says which), too few where `padding` is 'none', and
 *   for a sample rate that is no whole number of Hz from 1 to 384,000; UsageError for other options out of range
 */
export function logMel(samples: Float32Array, options: LogMelOptions): Frames {
  return extractFrames(samples, logMelExtractor(presetOptions('logMel', options)));
}

/** Log mel energies a frame at a time. @param options what `presetOptions` returns */
export function logMelExtractor(options: LogMelOptions): FrameExtractor {
  const { floor = 1e-10, floorLog = Math.log(floor) } = options;
  if (!(floor >= 0 && Number.isFinite(floorLog))) {
    throw new UsageError(
      `a logarithm of ${floorLog} for energies at or below ${floor}`,
      'a floor above 0, or 0 and a finite floorLog',
      'Set floor for example to 1e-10, or leave it out.',
    );
  }
  const { fftSize, bank } = transformFor(options);
  const spectrum = shortTimeSpectrum({ ...options, fftSize });
  return {
    width: bank.length,
    frameCount: (samples) => spectrum.frameCount(samples),
    frame(samples, index, row) {
      const bins = spectrum.frame(samples, index);
      for (let i = 0; i < bank.length; i++) {
        const { first, weights } = bank[i];
        let energy = 0;
        for (let k = 0; k < weights.length; k++) energy += weights[k] * bins[first + k];
        row[i] = energy > floor ? Math.log(energy) : floorLog;
      }
    },
  };
}

/** Many filters on few bins leave some without any: then the transform is made longer, up to eight times. */
function transformFor(options: LogMelOptions): { fftSize: number; bank: MelFilter[] } {
  const { fftSize: smallest } = framingOf(options);
  const growths = options.fftSize === undefined ? [1, 2, 4, 8] : [1];
  for (const growth of growths) {
    const fftSize = growth * smallest;
    const bank = melFilterbank(options.sampleRate, fftSize, options);
    if (bank) return { fftSize, bank };
  }
  throw new UsageError(
    `${options.filters ?? 40} mel filters, some between two frequencies of a transform of ${smallest} points`,
    'a frequency or more in every filter',
    'Take fewer filters, a wider band (lowHz, highHz), or a larger fftSize.',
  );
}
