import type { Pair } from '../data/corpus.ts';
import { normalizeText } from '../data/tokenizer.ts';
import { corpusScore, exactMatchMetric } from '../metrics/index.ts';

/** Questions and the answers to them, as metrics take them. */
export interface References {
  /** Texts to translate, one a question. */
  sources: string[];
  /** Streams as long as `sources`; `null` where a question has fewer answers than another. At least one stream. */
  references: (string | null)[][];
}

export interface ReferenceOptions {
  /** Whether pairs with the same source are alternative answers to one question; else each is a question. */
  alternatives: boolean;
  /** Whether the targets are lower-cased, as a model does that can write nothing else. */
  lowercase: boolean;
}

/**
 * What a model is asked and compared with, answers in Unicode's form C as models write them. With alternatives a question stands where its source occurs first (the
 * same text, character by character), its answers in the order of their lines, each different one once.
 */
export function referenceStreams(
  pairs: readonly Pair[],
  { alternatives, lowercase }: ReferenceOptions,
): References {
  const answer = ({ target }: Pair) => normalizeText(target, lowercase);
  if (!alternatives) {
    return { sources: pairs.map(({ source }) => source), references: [pairs.map(answer)] };
  }
  const answers = new Map<string, Set<string>>();
  for (const pair of pairs) {
    const known = answers.get(pair.source);
    if (known) known.add(answer(pair));
    else answers.set(pair.source, new Set([answer(pair)]));
  }
  const rows = Array.from(answers.values(), (found) => [...found]);
  const streams = rows.reduce((most, row) => Math.max(most, row.length), 1);
  return {
    sources: [...answers.keys()],
    references: Array.from({ length: streams }, (_, k) => rows.map((row) => row[k] ?? null)),
  };
}

/**
 * The share of hypotheses, 0 to 1, that equal one of their references, character by character.
 * @throws DataError when there is none, or not as many as references in each stream
 */
export const exactMatchRate = (hypotheses: readonly string[], references: References['references']): number =>
  corpusScore(exactMatchMetric(), hypotheses, references).rate;
