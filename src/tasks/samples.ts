import type { AttentionMap } from '../plots/index.ts';
import type { Sample } from '../training/index.ts';
import type { References } from './references.ts';
import { END, type Translation } from './translator.ts';

/**
 * Which texts are shown, as places: of all lengths, and first of scripts that are not there yet; equal texts give equal
 * places.
 */
export function shownOf(texts: readonly string[], count: number): number[] {
  const byLength = texts.map((_, i) => i).sort((a, b) => texts[a].length - texts[b].length || a - b);
  const scripts = new Set<string>();
  const shown: number[] = [];
  for (let part = 0; part < Math.min(count, texts.length); part++) {
    // Of each part of the lengths the middle, and what comes after it.
    const from = Math.floor((byLength.length * (2 * part + 1)) / (2 * count));
    const rest = [...byLength.slice(from), ...byLength.slice(0, from).reverse()].filter(
      (i) => !shown.includes(i),
    );
    const chosen = rest.slice(0, 200).find((i) => !scripts.has(scriptOf(texts[i]))) ?? rest[0];
    scripts.add(scriptOf(texts[chosen]));
    shown.push(chosen);
  }
  return shown;
}

const SCRIPTS = ['Latin', 'Han', 'Cyrillic', 'Arabic', 'Hebrew', 'Hangul', 'Devanagari', 'Greek', 'Thai'].map(
  (name) => [name, new RegExp(`\\p{Script=${name}}{2}`, 'u')] as const,
);

const scriptOf = (text: string): string => SCRIPTS.find(([, letters]) => letters.test(text))?.[0] ?? 'other';

/** To three decimals: more is not to be seen. */
export const rounded = (row: ArrayLike<number>): number[] =>
  Array.from(row, (w) => Math.round(1000 * w) / 1000);

/**
 * Translations as a run keeps them.
 *
 * @param count of those that are shown, with their maps where the model attends
 */
export function translationSamples(
  { sources, references }: References,
  found: readonly Translation[],
  count: number,
): Sample[] {
  const shown = new Set(shownOf(sources, count));
  return found.map((translation, i) => ({
    source: sources[i],
    references: references.map((stream) => stream[i]).filter((line) => line !== null),
    output: translation.text,
    ...(shown.has(i) && { shown: mapOf(translation) }),
  }));
}

function mapOf({ attention, sourceTokens, tokens, finished }: Translation): AttentionMap | object {
  if (!attention) return {};
  return {
    source: [...sourceTokens],
    target: [...tokens, ...(finished ? [END] : [])],
    weights: attention.map(rounded),
  };
}
