import { DataError, ShapeError } from '../errors.ts';

/** Where a speech model listened or heard, and the sound it was given. */
export interface SpeechMap {
  /** T tokens written; the last may be the end, `</s>`. */
  tokens: readonly string[];
  /** Attention: `[T][U]`, 0 to 1, rows sum to 1. A CTC model has none. */
  weights?: readonly ArrayLike<number>[];
  /** Time a column of weights, or an output of CTC, stands for, in seconds. */
  columnSeconds: number;
  /** Where each token was heard, in seconds; `</s>` at the end may go without. */
  spans?: readonly { from: number; to: number }[];
  /** Log mel energies, `[frames, channels]` row-major, low channel first. */
  spectrogram: { data: Float32Array; shape: readonly [number, number]; frameSeconds: number };
  title?: string;
}

/** Weights of a softmax in float32 may leave 0 to 1 by rounding. */
const tolerance = 1e-3;

/**
 * Refuses what cannot be drawn.
 *
 * @returns seconds from the beginning to the end of whatever lasts longest: frames, columns, spans
 * @throws DataError where there is nothing to draw, or a value that is not finite or out of range; ShapeError where
 *   sizes or durations do not fit
 */
export function checkSpeechMap({ tokens, weights, columnSeconds, spans, spectrogram }: SpeechMap): number {
  if (tokens.length === 0) {
    throw new DataError(
      'A speech map without tokens',
      'at least one',
      'Skip sounds in which nothing is heard.',
    );
  }
  if (!weights && !spans) {
    throw new DataError(
      'A speech map with neither weights nor spans',
      'attention weights, the spans of CTC, or both',
      'Ask the decoder for its attention, or align the tokens with the sound.',
    );
  }
  const sound = checkSpectrogram(spectrogram);
  checkPositive(columnSeconds, 'columnSeconds');
  const columns = weights ? checkWeights(weights, tokens.length) * columnSeconds : 0;
  const heard = spans ? checkSpans(spans, tokens) : 0;
  // Encoders pad, or drop what fills no window: a few columns more or less are no mistake. Another factor is one.
  const slack = 3 * columnSeconds + 0.1 * sound;
  if (weights && Math.abs(columns - sound) > slack) {
    throw new ShapeError(
      `${weights[0].length} columns of ${columnSeconds} s, together ${columns.toFixed(2)} s`,
      `about the ${sound.toFixed(2)} s of the spectrogram`,
      'Cut padding off the rows, and take columnSeconds = frameSeconds × the factor by which the encoder shortens.',
    );
  }
  if (heard > sound + slack) {
    throw new ShapeError(
      `A span up to ${heard.toFixed(2)} s`,
      `spans inside the ${sound.toFixed(2)} s of the spectrogram`,
      'Give spans in seconds: outputs × columnSeconds.',
    );
  }
  return Math.max(sound, columns, heard);
}

/** @returns seconds of sound */
function checkSpectrogram({ data, shape, frameSeconds }: SpeechMap['spectrogram']): number {
  const [frames, channels] = shape;
  if (frames === 0 || channels === 0) {
    throw new DataError(
      `A spectrogram of ${frames} frames and ${channels} channels`,
      'at least one of each',
      'Skip sounds shorter than a frame.',
    );
  }
  const whole = [frames, channels].every((size) => Number.isInteger(size) && size > 0);
  if (!whole || data.length !== frames * channels) {
    throw new ShapeError(
      `A spectrogram of ${data.length} values with shape [${frames}, ${channels}]`,
      'frames × channels values, row-major',
      'Give the shape that came with the values, without a batch axis.',
    );
  }
  checkPositive(frameSeconds, 'frameSeconds');
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new DataError(
      `A log mel energy of ${data[wrong]} at frame ${Math.floor(wrong / channels)}, channel ${wrong % channels}`,
      'finite numbers',
      'Put a floor under the energies before the logarithm.',
    );
  }
  return frames * frameSeconds;
}

/** @returns U, the number of columns */
function checkWeights(weights: readonly ArrayLike<number>[], tokens: number): number {
  const columns = weights[0]?.length ?? 0;
  const uneven = weights.findIndex((row) => row.length !== columns);
  if (weights.length !== tokens || columns === 0 || uneven >= 0) {
    throw new ShapeError(
      uneven >= 0
        ? `Row ${uneven} of ${weights[uneven].length} attention weights`
        : `${weights.length} rows of ${columns} attention weights`,
      `[T][U] = [${tokens}][${columns || 'at least 1'}]`,
      'Give one row per token (</s> too, if it is among the tokens), all of the same sound.',
    );
  }
  for (const [t, row] of weights.entries()) {
    const u = Array.from(row).findIndex((weight) => !(weight >= -tolerance && weight <= 1 + tolerance));
    if (u < 0) continue;
    throw new DataError(
      `An attention weight of ${row[u]} at token ${t}, column ${u}`,
      'numbers from 0 to 1',
      'Give weights after the softmax; look for a sound that is all padding, or a model that is not numbers.',
    );
  }
  return columns;
}

/** @returns seconds at which the last span ends */
function checkSpans(spans: NonNullable<SpeechMap['spans']>, tokens: readonly string[]): number {
  const endless = tokens.at(-1) === '</s>' && spans.length === tokens.length - 1;
  if (spans.length !== tokens.length && !endless) {
    throw new ShapeError(
      `${spans.length} spans`,
      `one for each of ${tokens.length} tokens`,
      'Align the same tokens that are drawn; only </s> at the end may go without.',
    );
  }
  const t = spans.findIndex(({ from, to }) => !(from >= 0 && to >= from && to < Infinity));
  if (t >= 0) {
    throw new DataError(
      `A span from ${spans[t].from} to ${spans[t].to} s at token ${t}`,
      '0 ≤ from ≤ to, finite',
      'Give seconds from the beginning of the sound.',
    );
  }
  return spans.reduce((end, { to }) => Math.max(end, to), 0);
}

function checkPositive(seconds: number, name: string): void {
  if (seconds > 0 && seconds < Infinity) return;
  throw new DataError(
    `${name} of ${seconds}`,
    'seconds, finite and above 0',
    'A hop of 10 ms is 0.01; a column of attention stands for several hops.',
  );
}
