import { checkChoice, checkSampleRate, checkWhole } from './checks.ts';
import { appendDeltas, stackFrames } from './deltas.ts';
import type { Frames } from './frames.ts';
import { logMel } from './mel.ts';
import { mfcc } from './mfcc.ts';
import { type FeatureStatistics, featureStatistics, normaliseInPlace } from './normalisation.ts';
import type { Preset } from './presets.ts';
import { resample } from './resample.ts';

/** What a recipe says of the features of sound. */
export interface FeatureOptions {
  type: 'mfcc' | 'logMel';
  /** Default 'standard'. */
  preset?: Preset;
  /** In Hz; sound of another rate is resampled to it. */
  sampleRate: number;
  /** Cepstral coefficients (default 13), or mel filters of log mel (default 40). */
  coefficients?: number;
  /** 1 appends the slopes of the coefficients over time, 2 also the slopes of these. Default 0. */
  deltas?: 0 | 1 | 2;
  /** To mean 0 and variance 1 of each coefficient over the utterance, deltas included. Default 'none'. */
  normalise?: 'utterance' | 'none';
  /** Neighbouring frames side by side in one row. Default 1. */
  stack?: number;
  /** Frames from one row to the next. Default 1. */
  stride?: number;
}

const DEFAULT_COEFFICIENTS = { mfcc: 13, logMel: 40 };

/** Coefficients of a row: coefficients · (1 + deltas) · stack. @throws UsageError for options out of range */
export function featureWidth(options: FeatureOptions): number {
  return widthBeforeStacking(options) * (options.stack ?? 1);
}

/**
 * Sound to the rows that an encoder reads: resampled, MFCC or log mel, deltas, normalised, stacked.
 *
 * @param samples mono, full scale −1 to 1
 * @param sampleRate of the samples, in Hz
 * @param statistics to normalise with in place of the utterance's own, for example a speaker's (`featureStatistics` of
 *   frames extracted with the same options but `normalise: 'none'`, `stack: 1` and `stride: 1`)
 * @returns `[rows, featureWidth(options)]` float32
 * @throws DataError for samples that are none, NaN or infinite (says which) and for wrong sample rates; UsageError for
 *   other options out of range; ShapeError for statistics of another width
 */
export function extractFeatures(
  samples: Float32Array,
  sampleRate: number,
  options: FeatureOptions,
  statistics?: FeatureStatistics,
): Frames {
  widthBeforeStacking(options);
  checkSampleRate(sampleRate, 'sound with a sample rate');
  const { type, preset, sampleRate: target, deltas = 0, normalise = 'none', stack = 1, stride = 1 } = options;
  const coefficients = options.coefficients ?? DEFAULT_COEFFICIENTS[type];
  const sound = resample(samples, sampleRate, target);
  const basic =
    type === 'mfcc'
      ? mfcc(sound, { preset, sampleRate: target, coefficients, filters: Math.max(40, coefficients) })
      : logMel(sound, { preset, sampleRate: target, filters: coefficients });
  const frames = appendDeltas(basic, deltas);
  if (statistics) normaliseInPlace(frames, statistics);
  else if (normalise === 'utterance') normaliseInPlace(frames, featureStatistics([frames]));
  return stackFrames(frames, stack, stride);
}

/** Of the options, whatever can be said without sound. */
function widthBeforeStacking(options: FeatureOptions): number {
  const { type, deltas = 0, normalise = 'none', stack = 1, stride = 1 } = options;
  checkChoice('type', type, Object.keys(DEFAULT_COEFFICIENTS));
  checkChoice('normalise', normalise, ['utterance', 'none']);
  const { coefficients = DEFAULT_COEFFICIENTS[type] } = options;
  checkWhole('coefficients', coefficients, 1, 4096);
  checkWhole('deltas', deltas, 0, 2);
  checkWhole('stack', stack, 1, 100);
  checkWhole('stride', stride, 1, 100);
  return coefficients * (1 + deltas);
}
