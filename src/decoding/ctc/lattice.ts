import { DataError } from '../../errors.ts';
import type { CtcLogProbs } from './logits.ts';

/** The frames in which a label is said, both included; repeats of the label count, blanks around it do not. */
export interface CtcSpan {
  first: number;
  last: number;
}

/**
 * l′ of Graves et al. 2006, section 4.1: the labels with blanks between them, before and after, 2U + 1 places. A path
 * enters at place 0 or 1, stays or moves on by one place a frame, or by two where `skips`, and leaves at one of the
 * last two.
 */
export interface CtcLattice {
  readonly places: Int32Array;
  /** 1 where a path may come from two places before: over a blank between different labels (equation 6). */
  readonly skips: Uint8Array;
}

/**
 * @throws DataError where no path fits: each label takes a frame, and each repeated label one more for the blank that
 *   parts it from the one before
 */
export function ctcLattice(labels: readonly number[], blank: number, { frames }: CtcLogProbs): CtcLattice {
  const repeats = labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;
  const needed = labels.length + repeats;
  if (needed > frames) {
    throw new DataError(
      `Labels longer than frames: ${labels.length} labels in ${frames} frames`,
      `at least ${needed} frames: ${labels.length} labels + ${repeats} repeats`,
      'Leave the sequence out, or let the model shorten its input less.',
    );
  }
  const places = new Int32Array(2 * labels.length + 1).fill(blank);
  for (const [i, label] of labels.entries()) places[2 * i + 1] = label;
  const skips = Uint8Array.from(places, (label, s) =>
    Number(s > 1 && label !== blank && label !== places[s - 2]),
  );
  return { places, skips };
}

/** For labels that the logits forbid. */
export function impossible(): DataError {
  return new DataError(
    'Labels with probability 0',
    'a path of classes none of which has a logit of -Infinity',
    'Look at which classes the logits forbid.',
  );
}
