import { DataError } from '../errors.ts';
import { type CorpusMetric, signatureOf } from './metric.ts';

export interface ExactMatchFigures {
  /** 100 · `rate`. */
  score: number;
  correct: number;
  total: number;
  /** `correct / total`, 0 to 1. */
  rate: number;
}

/**
 * A hypothesis is right when it equals any of its references, character by character: no space or Unicode
 * normalisation. Statistics: whether it is, and 1 for the sentence.
 */
export function exactMatchMetric(options: { lowercase?: boolean } = {}): CorpusMetric<ExactMatchFigures> {
  const cased = (line: string) => (options.lowercase ? line.toLowerCase() : line);
  return {
    name: 'exact match',
    higherIsBetter: true,
    signature: (references) => signatureOf(references, { case: options.lowercase ? 'lc' : 'mixed' }),
    statistics: (hypothesis, references) => [
      references.some((reference) => cased(reference) === cased(hypothesis)) ? 1 : 0,
      1,
    ],
    compute([correct, total]) {
      const rate = correct / total;
      return { score: 100 * rate, correct, total, rate };
    },
  };
}

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
