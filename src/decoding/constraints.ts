import { UsageError } from '../errors.ts';
import type { Constraint } from './constraint.ts';
import { type Matcher, matched, matcher, nextMatched } from './phrases.ts';
import { requiredPhrases } from './required.ts';

/** Constraints of one sentence, as token ids. */
export interface ConstraintOptions {
  /** Fewest tokens, EOS not counted. Default 0. */
  minLength?: number;
  /** n: no sequence of n tokens is said twice. */
  noRepeat?: number;
  /** What it begins with. No-repeat does not hold within it. */
  prefix?: readonly number[];
  /** Phrases it contains, in any order, where they may overlap; one given twice counts once. */
  required?: readonly (readonly number[])[];
  /** Phrases it does not contain. */
  forbidden?: readonly (readonly number[])[];
}

/** How errors speak of a sentence and of what it must and must not say. */
export interface Naming {
  /** the sentence */
  readonly name: string;
  /** tokens as text */
  readonly spell: (ids: readonly number[]) => string;
}

/**
 * All constraints asked of a sentence as one; undefined when none is.
 *
 * @param vocabulary V, and EOS, which no phrase may contain
 * @param naming default: phrases are named by their ids, the sentence not at all
 * @throws UsageError for a wrong number, a phrase that is empty or holds a wrong id, and for a forbidden phrase
 *   within the prefix or within a required phrase
 */
export function constraintOf(
  options: ConstraintOptions,
  vocabulary: { readonly vocabularySize: number; readonly eos: number },
  naming?: Naming,
): Constraint | undefined {
  const { minLength = 0, noRepeat, prefix = [], required = [], forbidden = [] } = options;
  checkCount('minLength', minLength, 0);
  if (noRepeat !== undefined) checkCount('noRepeat', noRepeat, 1);
  checkPhrases(options, vocabulary, naming);
  const parts: Constraint[] = [];
  if (minLength > 0) parts.push(minimumLength(minLength));
  if (noRepeat !== undefined) parts.push(noRepeatedNgrams(noRepeat, []));
  if (forbidden.length > 0) parts.push(forbiddenPhrases(forbidden.map(matcher)));
  if (required.length > 0) parts.push(requiredPhrases(required));
  if (prefix.length > 0) return forcedPrefix(prefix, allOf(parts));
  return parts.length > 0 ? allOf(parts) : undefined;
}

const masksNothing = (): void => {};

function minimumLength(needs: number): Constraint {
  const part: Constraint = {
    needs,
    mask: masksNothing,
    after: () => (needs === 0 ? part : minimumLength(needs - 1)),
  };
  return part;
}

function noRepeatedNgrams(n: number, said: readonly number[]): Constraint {
  return {
    needs: 0,
    mask(logProbs) {
      const begun = said.length - (n - 1);
      for (let i = 0; i + n <= said.length; i++) {
        let same = 0;
        while (same < n - 1 && said[i + same] === said[begun + same]) same++;
        if (same === n - 1) logProbs[said[i + n - 1]] = Number.NEGATIVE_INFINITY;
      }
    },
    after: (token) => noRepeatedNgrams(n, [...said, token]),
  };
}

function forbiddenPhrases(phrases: readonly Matcher[], state = phrases.map(() => 0)): Constraint {
  return {
    needs: 0,
    mask(logProbs) {
      for (const [i, { phrase }] of phrases.entries()) {
        if (state[i] === phrase.length - 1) logProbs[phrase[state[i]]] = Number.NEGATIVE_INFINITY;
      }
    },
    after: (token) =>
      forbiddenPhrases(
        phrases,
        phrases.map((phrase, i) => nextMatched(phrase, state[i], token)),
      ),
  };
}

/** Until the prefix is said it alone decides; the others only listen. */
function forcedPrefix(prefix: readonly number[], rest: Constraint): Constraint {
  if (prefix.length === 0) return rest;
  const [next, ...remaining] = prefix;
  const { total = 0, needs = 0 } = rest.required ?? {};
  const behind = prefix.reduce((constraint, token) => constraint.after(token), rest);
  return {
    needs: prefix.length + behind.needs,
    ...(rest.required && { required: { total, needs, wanted: [next] } }),
    mask(logProbs) {
      const kept = logProbs[next];
      logProbs.fill(Number.NEGATIVE_INFINITY);
      logProbs[next] = kept;
    },
    after: (token) => forcedPrefix(remaining, rest.after(token)),
  };
}

function allOf(parts: readonly Constraint[]): Constraint {
  const required = parts.find((part) => part.required)?.required;
  return {
    needs: Math.max(0, ...parts.map((part) => part.needs)),
    ...(required && { required }),
    mask(logProbs) {
      for (const part of parts) part.mask(logProbs);
    },
    after: (token) => allOf(parts.map((part) => part.after(token))),
  };
}

function checkCount(name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new UsageError(`${name} ${value}`, `a whole number, ${minimum} or more`, 'Leave it out for none.');
}

function checkPhrases(
  { prefix = [], required = [], forbidden = [] }: ConstraintOptions,
  { vocabularySize, eos }: { readonly vocabularySize: number; readonly eos: number },
  naming: Naming | undefined,
): void {
  for (const phrase of [prefix, ...required, ...forbidden]) {
    const wrong = phrase.find(
      (id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize) || id === eos,
    );
    if (wrong === undefined) continue;
    throw new UsageError(
      `Token id ${wrong} in a prefix or phrase`,
      `a whole number from 0 to ${vocabularySize - 1} that is not EOS (${eos})`,
      "Encode it with the model's own target vocabulary.",
    );
  }
  if ([...required, ...forbidden].some((phrase) => phrase.length === 0)) {
    throw new UsageError('An empty phrase', 'phrases of at least one token', 'Leave empty phrases out.');
  }
  for (const phrase of forbidden) {
    const within = [prefix, ...required].find((other) => matched(matcher(phrase), other));
    if (!within) continue;
    throw new UsageError(
      naming
        ? `${naming.name}: forbidden ${naming.spell(phrase)} within ${naming.spell(within)}, which must be said`
        : `Forbidden tokens [${phrase.join(', ')}] within [${within.join(', ')}], which must be said`,
      'no forbidden phrase in the prefix or in a required phrase',
      'Drop one of the two.',
    );
  }
}
