import { UsageError } from '../errors.ts';

/** How the length of a hypothesis divides its log-probability: `length^α`, or as in GNMT, `((5 + length) / 6)^α`. */
export const LENGTH_PENALTY_FORMS = ['plain', 'gnmt'] as const;
export type LengthPenaltyForm = (typeof LENGTH_PENALTY_FORMS)[number];

/** What ended hypotheses are ranked by: `logProb / lp(length) + cp` (Wu et al. 2016, equation 14). */
export interface Scoring {
  /** α of the length penalty, 0 or more; the length counts EOS. Default 1. */
  lengthPenalty?: number;
  /** Default `plain`: with α 1 the log-probability per token. */
  lengthPenaltyForm?: LengthPenaltyForm;
  /** β of the coverage penalty, 0 or more; needs attention. Default 0: none. */
  coveragePenalty?: number;
}

/** @throws UsageError for a penalty that is negative or no number */
export function checkedScoring(scoring: Scoring): Required<Scoring> {
  const { lengthPenalty = 1, lengthPenaltyForm = 'plain', coveragePenalty = 0 } = scoring;
  for (const [what, value] of [
    ['length', lengthPenalty],
    ['coverage', coveragePenalty],
  ] as const) {
    if (value >= 0 && value < Number.POSITIVE_INFINITY) continue;
    throw new UsageError(`A ${what} penalty of ${value}`, 'a number, 0 or more', 'Take 0 for none.');
  }
  return { lengthPenalty, lengthPenaltyForm, coveragePenalty };
}

/**
 * Log-probability over the length penalty: plain, or in the form of Wu et al. 2016, section 7. α 0 leaves it as it is.
 *
 * @param length tokens, EOS included; 0 counts as 1
 */
export function normalisedScore(
  logProb: number,
  length: number,
  lengthPenalty: number,
  form: LengthPenaltyForm = 'plain',
): number {
  const counted = Math.max(1, length);
  return logProb / (form === 'gnmt' ? (5 + counted) / 6 : counted) ** lengthPenalty;
}

/** float32's smallest normal number: a position that was never looked at costs much, yet hypotheses still compare. */
const SMALLEST = 2 ** -126;

/**
 * The coverage penalty of Wu et al. 2016, equation 14, for β 1: `Σ_i log(min(Σ_j p_ij, 1))`, at most 0, where p_ij
 * is how much target token j attends to source position i. A sum of 0 counts as 2⁻¹²⁶.
 *
 * @param attention one row `[S]` a target token
 * @param sourceLength positions that are the sentence's own (its EOS is one, where the model reads it); beyond is padding
 */
export function coverage(attention: readonly Float32Array[], sourceLength: number): number {
  let penalty = 0;
  for (let i = 0; i < sourceLength; i++) {
    const attended = attention.reduce((sum, row) => sum + row[i], 0);
    penalty += Math.log(Math.min(Math.max(attended, SMALLEST), 1));
  }
  return penalty;
}

/**
 * The score of an ended hypothesis.
 *
 * @param length tokens, EOS included
 * @param attention its rows; undefined when the decoder answers none
 * @param sourceLength as in `coverage`; default: the width of a row
 * @throws UsageError when a coverage penalty is asked for and there is no attention
 */
export function endScore(
  { logProb, length, attention }: { logProb: number; length: number; attention?: readonly Float32Array[] },
  { lengthPenalty, lengthPenaltyForm, coveragePenalty }: Required<Scoring>,
  sourceLength: number | undefined,
): number {
  const score = normalisedScore(logProb, length, lengthPenalty, lengthPenaltyForm);
  if (coveragePenalty === 0) return score;
  if (length > 0 && !attention) {
    throw new UsageError(
      'A coverage penalty, but the decoder answers no attention',
      'a model that attends',
      'Leave the coverage penalty out.',
    );
  }
  const rows = attention ?? [];
  return score + coveragePenalty * coverage(rows, sourceLength ?? rows[0]?.length ?? 0);
}
