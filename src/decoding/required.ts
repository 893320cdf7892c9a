import type { Constraint } from './constraint.ts';
import { type Matcher, matcher, nextMatched } from './phrases.ts';

/**
 * Lexical constraints: every phrase is contained, in any order. Each is looked for by itself, so that one may end
 * within another: New York City contains both New York and York City.
 */
export function requiredPhrases(phrases: readonly (readonly number[])[]): Constraint {
  const different = new Map(phrases.map((phrase) => [phrase.join(), matcher(phrase)]));
  const total = [...different.values()].reduce((sum, { phrase }) => sum + phrase.length, 0);
  return missingPhrases(
    [...different.values()].map((phrase) => ({ ...phrase, k: 0 })),
    total,
  );
}

/** @param missing phrases not yet said, and how much of each the hypothesis ends with */
function missingPhrases(missing: readonly (Matcher & { readonly k: number })[], total: number): Constraint {
  const unsaid = missing.reduce((sum, { phrase }) => sum + phrase.length, 0);
  const needs = unsaid - Math.max(0, ...missing.map(({ k }) => k));
  const wanted = [...new Set(missing.map(({ phrase, k }) => phrase[k]))];
  const constraint: Constraint = {
    needs,
    required: { total, needs, wanted },
    mask: () => {},
    after(token) {
      if (missing.length === 0) return constraint;
      const next = missing.map((m) => ({ ...m, k: nextMatched(m, m.k, token) }));
      return missingPhrases(
        next.filter(({ phrase, k }) => k < phrase.length),
        total,
      );
    },
  };
  return constraint;
}
