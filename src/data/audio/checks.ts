import { DataError, UsageError } from '../../errors.ts';

/** Twice that of studio recordings; what is above is a wrong header or a wrong unit. */
export const MAX_SAMPLE_RATE = 384_000;

/** @throws DataError unless the rate is a whole number of Hz from 1 to 384,000 */
export function checkSampleRate(rate: number, what = 'a sample rate'): void {
  if (Number.isInteger(rate) && rate >= 1 && rate <= MAX_SAMPLE_RATE) return;
  throw new DataError(
    `${what} of ${rate} Hz`,
    `a whole number of Hz from 1 to ${MAX_SAMPLE_RATE}`,
    'Give the rate that the sound was recorded at, for example 16000.',
  );
}

/** @throws DataError when there are no samples, or one is NaN or infinite */
export function checkSamples(samples: Float32Array): void {
  if (samples.length === 0) {
    throw new DataError('a sound of 0 samples', 'at least one', 'Leave empty recordings out.');
  }
  for (let i = 0; i < samples.length; i++) {
    if (Number.isFinite(samples[i])) continue;
    throw new DataError(
      `a sound whose sample ${i} (from 0) is ${samples[i]}`,
      'finite numbers, full scale being -1 to 1',
      'Check what the sound was read or computed with.',
    );
  }
}

/** @throws UsageError unless `value` is among the choices */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new UsageError(
    `${name} ${JSON.stringify(value)}`,
    `one of ${choices.join(', ')}`,
    'Set one of these, or leave it out.',
  );
}

/** @throws UsageError unless `value` is a whole number within the bounds */
export function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new UsageError(`${name} ${value}`, `a whole number from ${least} to ${most}`, `Correct ${name}.`);
}
