import { DataError } from '../errors.ts';

/**
 * How many hypotheses equal their reference, character by character: no case, space or Unicode normalisation.
 *
 * @returns `rate` is `correct / total`, 0 to 1
 * @throws DataError when there is none, or their numbers differ
 */
export function exactMatch(
  hypotheses: string[],
  references: string[],
): { correct: number; total: number; rate: number } {
  if (hypotheses.length === 0 || hypotheses.length !== references.length) {
    throw new DataError(
      `${hypotheses.length} hypotheses and ${references.length} references`,
      'as many of both, at least one',
      'Look for an empty file, a missing or an extra line.',
    );
  }
  const correct = hypotheses.filter((hypothesis, i) => hypothesis === references[i]).length;
  return { correct, total: hypotheses.length, rate: correct / hypotheses.length };
}
