import { DataError, ShapeError } from '../../errors.ts';

/**
 * What a CTC model answers for one sequence: `[frames, classes]` unnormalised logits, row-major, or one row a frame.
 * -Infinity forbids a class in a frame.
 */
export type CtcLogits =
  | { readonly data: Float32Array | Float64Array; readonly shape: readonly [frames: number, classes: number] }
  | readonly ArrayLike<number>[];

/** Log-softmax of logits: natural logarithms, `[frames, classes]` row-major, each row normalised. */
export interface CtcLogProbs {
  readonly values: Float64Array;
  readonly frames: number;
  readonly classes: number;
}

export const IMPOSSIBLE = Number.NEGATIVE_INFINITY;

/** ln(eᵃ + eᵇ) */
export function logAdd(a: number, b: number): number {
  if (a === IMPOSSIBLE) return b;
  if (b === IMPOSSIBLE) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/**
 * Log-softmax of every frame in float64.
 *
 * @throws ShapeError where there is no frame, fewer than two classes, or rows or data of another length; DataError for
 *   a logit that is NaN or Infinity, or a frame that forbids every class
 */
export function ctcLogProbs(logits: CtcLogits): CtcLogProbs {
  const { values, frames, classes } = float64Copy(logits);
  for (let frame = 0; frame < frames; frame++) {
    const row = values.subarray(frame * classes, (frame + 1) * classes);
    let max = IMPOSSIBLE;
    for (let c = 0; c < classes; c++) {
      if (!(row[c] < Number.POSITIVE_INFINITY)) throw notALogit(`A logit of ${row[c]} for class ${c}`, frame);
      if (row[c] > max) max = row[c];
    }
    if (max === IMPOSSIBLE) throw notALogit('Only logits of -Infinity', frame);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(row[c] - max);
    const log = Math.log(sum);
    for (let c = 0; c < classes; c++) row[c] = row[c] - max - log;
  }
  return { values, frames, classes };
}

function float64Copy(logits: CtcLogits): CtcLogProbs {
  if ('data' in logits) {
    const [frames, classes] = logits.shape;
    checkShape(frames, classes);
    if (logits.data.length !== frames * classes) {
      throw new ShapeError(
        `CTC logits of ${logits.data.length} numbers with shape [${frames}, ${classes}]`,
        `${frames * classes} numbers`,
        'Give the logits of one sequence, without padding.',
      );
    }
    return { values: Float64Array.from(logits.data), frames, classes };
  }
  const frames = logits.length;
  const classes = frames > 0 ? logits[0].length : 0;
  checkShape(frames, classes);
  const values = new Float64Array(frames * classes);
  for (const [frame, row] of logits.entries()) {
    if (row.length !== classes) {
      throw new ShapeError(
        `CTC logits with ${row.length} classes in frame ${frame}`,
        `${classes} as in frame 0`,
        'Give every frame the same classes.',
      );
    }
    values.set(row, frame * classes);
  }
  return { values, frames, classes };
}

function checkShape(frames: number, classes: number): void {
  const whole = Number.isInteger(frames) && Number.isInteger(classes);
  if (whole && frames >= 1 && classes >= 2) return;
  throw new ShapeError(
    `CTC logits of ${frames} frames and ${classes} classes`,
    'at least 1 frame, and 2 classes: the blank and a label',
    'Look for an empty recording or image, or for shape [frames, classes] in another order.',
  );
}

function notALogit(arrived: string, frame: number): DataError {
  return new DataError(
    `${arrived} in frame ${frame}`,
    'logits that are numbers, or -Infinity for some classes',
    'Look for weights that are not numbers, or input that is not finite.',
  );
}
