import { DataError, UsageError } from '../errors.ts';

/**
 * What one hypothesis may say next, given what it has said. A constraint is a value: saying a token gives another
 * one, and hypotheses with a common beginning share it. Parts of one concern each are joined by `constraintOf`.
 */
export interface Constraint {
  /** So many more tokens are sure to be enough before it may end; the search forbids EOS until this is 0. */
  readonly needs: number;
  /** What must be said, for searches that steer towards it (beam search, by dynamic beam allocation). */
  readonly required?: RequiredTokens;
  /** Writes -Infinity over tokens that may not follow. @param logProbs `[V]`, the row of this hypothesis */
  mask(logProbs: Float32Array): void;
  /** The constraint after one more token, which is not EOS. */
  after(token: number): Constraint;
}

/** How far a hypothesis is with what it must say. */
export interface RequiredTokens {
  /** Tokens of all phrases together. */
  readonly total: number;
  /** Of these, still to be said. */
  readonly needs: number;
  /** Tokens that begin or continue a phrase not yet said. */
  readonly wanted: readonly number[];
}

/** Holds a hypothesis to its constraint: overwrites its log-probabilities with -Infinity where it may not go on. */
export function constrain(constraint: Constraint | undefined, logProbs: Float32Array, eos: number): void {
  if (!constraint) return;
  constraint.mask(logProbs);
  if (constraint.needs > 0) logProbs[eos] = Number.NEGATIVE_INFINITY;
}

/** What searches under constraints are told of the sentences. */
export interface Constrained {
  /** One a sentence, undefined where there is none. */
  constraints?: readonly (Constraint | undefined)[];
  /** What errors call the sentences; default: `sentence 1` and so on. */
  names?: readonly string[];
}

/** Refuses limits too short for what is asked. */
export function checkFits({ constraints, names }: Constrained, limits: readonly number[]): void {
  if (constraints && constraints.length !== limits.length) {
    throw new UsageError(
      `${constraints.length} constraints for ${limits.length} sentences`,
      'one for each',
      'Give undefined for a sentence without.',
    );
  }
  for (const [sentence, limit] of limits.entries()) {
    const needs = constraints?.[sentence]?.needs ?? 0;
    if (needs <= limit) continue;
    throw new UsageError(
      `A limit of ${limit} tokens for ${nameOf(names, sentence)}, whose minimum length, prefix and required phrases may take ${needs}`,
      `maxLength of at least ${needs}`,
      'Raise maxLength, or ask for less.',
    );
  }
}

const nameOf = (names: readonly string[] | undefined, sentence: number): string =>
  names?.[sentence] ?? `sentence ${sentence + 1}`;

/** What a search says that found nothing. */
export const unkept = (names: readonly string[] | undefined, sentence: number): DataError =>
  new DataError(
    `Constraints of ${nameOf(names, sentence)} that no hypothesis keeps`,
    'a minimum length, a prefix and phrases that the decoder can say together within its limit',
    'Widen the beam, raise maxLength, or drop a constraint.',
  );
