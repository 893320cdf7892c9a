import { UsageError } from '../../errors.ts';
import { checkChoice } from './checks.ts';
import { extractFrames, type FrameExtractor, type Frames } from './frames.ts';
import { logMelExtractor } from './mel.ts';
import { type DctForm, type MfccOptions, presetOptions } from './presets.ts';

/**
 * Mel-frequency cepstral coefficients (Davis & Mermelstein 1980): the cosine transform of the log mel spectrum.
 *
 * @param samples mono, full scale −1 to 1 whatever the preset
 * @returns `[frames, coefficients]` float32, computed in float64
 * @throws DataError for samples that are none, NaN or infinite (says which), too few where `padding` is 'none', and
 *   for a sample rate that is no whole number of Hz from 1 to 384,000; UsageError for other options out of range
 */
export function mfcc(samples: Float32Array, options: MfccOptions): Frames {
  return extractFrames(samples, mfccExtractor(presetOptions('mfcc', options)));
}

function mfccExtractor(options: MfccOptions): FrameExtractor {
  const mel = logMelExtractor(options);
  const { coefficients = 13, dct = 'orthonormal', lifter = 0 } = options;
  const filters = mel.width;
  if (!(Number.isInteger(coefficients) && coefficients >= 1 && coefficients <= filters)) {
    throw new UsageError(
      `${coefficients} cepstral coefficients of ${filters} mel filters`,
      'at least one, and no more than filters',
      'Raise filters, or take fewer coefficients.',
    );
  }
  if (!(lifter >= 0 && lifter < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`a lifter of ${lifter}`, '0 (none) or above', 'Set lifter for example to 22.');
  }
  const matrix = dctMatrix(dct, coefficients, filters).map((weight, at) => {
    const k = Math.floor(at / filters);
    return lifter === 0 ? weight : weight * (1 + (lifter / 2) * Math.sin((Math.PI * k) / lifter));
  });

  const logs = new Float64Array(filters);
  return {
    width: coefficients,
    frameCount: (samples) => mel.frameCount(samples),
    frame(samples, index, row) {
      mel.frame(samples, index, logs);
      for (let k = 0; k < coefficients; k++) {
        let sum = 0;
        for (let j = 0; j < filters; j++) sum += matrix[k * filters + j] * logs[j];
        row[k] = sum;
      }
    },
  };
}

/** What each filter's logarithm is multiplied by in each form. */
const DCT_SCALE: Record<DctForm, (k: number, j: number, filters: number) => number> = {
  orthonormal: (k, _, filters) => Math.sqrt((k === 0 ? 1 : 2) / filters),
  htk: (_k, _j, filters) => Math.sqrt(2 / filters),
  legacy: (_, j, filters) => (j === 0 ? 0.5 : 1) / filters,
};

/** The cosine transform, `[coefficients, filters]` row-major. @throws UsageError when there is no such form */
export function dctMatrix(form: DctForm, coefficients: number, filters: number): Float64Array {
  checkChoice('dct', form, Object.keys(DCT_SCALE));
  return Float64Array.from({ length: coefficients * filters }, (_, at) => {
    const [k, j] = [Math.floor(at / filters), at % filters];
    return DCT_SCALE[form](k, j, filters) * Math.cos((Math.PI * k * (j + 0.5)) / filters);
  });
}
