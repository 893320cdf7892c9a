import { DataError } from '../errors.ts';
import { type CorpusMetric, corpusScore, type ReferenceStreams, sacrebleuSignature } from './metric.ts';
import { matches, ngramCounts } from './ngrams.ts';
import { characters, splitWords } from './text.ts';

export interface ChrfOptions {
  /** Longest character n-gram. Default 6. */
  characterOrder?: number;
  /** Longest word n-gram; 2 makes chrF++. Default 0. */
  wordOrder?: number;
  /** Recall counts β times as much as precision. Default 2. */
  beta?: number;
  /** Compare in lower case. Default false. */
  lowercase?: boolean;
  /** Whitespace is part of the character n-grams. Default false. */
  whitespace?: boolean;
  /**
   * Average the F-scores of all orders, where an empty one counts as 1e-16, as chrF++.py, Moses and NLTK do.
   * Default false: precision and recall are averaged over the orders that both sides are long enough for.
   */
  epsilonSmoothing?: boolean;
}

export interface ChrfFigures {
  /** 0 to 100. */
  score: number;
}

/** Python's `string.punctuation`. */
const punctuation = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~');

/** chrF's words: one mark at the end of a word, else one at its beginning, is a word of its own. */
function wordsOf(line: string): string[] {
  return splitWords(line).flatMap((word) => {
    if (word.length === 1) return word;
    if (punctuation.has(word[word.length - 1])) return [word.slice(0, -1), word[word.length - 1]];
    return punctuation.has(word[0]) ? [word[0], word.slice(1)] : word;
  });
}

/**
 * chrF (Popović 2015) and, with word n-grams, chrF++ (Popović 2017), equal to sacreBLEU 2.6.0. Statistics: for each
 * order, characters first, the n-grams of the hypothesis, of the reference, and those in both. Of several references
 * the one with the best score of the sentence counts.
 *
 * @throws DataError when an order or β is out of range
 */
export function chrfMetric(options: ChrfOptions = {}): CorpusMetric<ChrfFigures> {
  const { characterOrder = 6, wordOrder = 0, beta = 2 } = options;
  const { lowercase = false, whitespace = false, epsilonSmoothing = false } = options;
  const counts = [characterOrder, wordOrder].every((order) => Number.isInteger(order) && order >= 0);
  if (!counts || characterOrder + wordOrder === 0 || !(beta > 0 && beta < Number.POSITIVE_INFINITY)) {
    throw new DataError(
      `chrF with character order ${characterOrder}, word order ${wordOrder} and β ${beta}`,
      'whole numbers from 0, one of them above 0, and a positive β',
      'Leave them out for 6, 0 and 2.',
    );
  }

  const ngrams = (text: string): Map<string, number>[] => {
    const line = lowercase ? text.toLowerCase() : text;
    const written = whitespace ? line : splitWords(line).join('');
    const ofCharacters = ngramCounts(characters(written), characterOrder, '');
    return wordOrder === 0 ? ofCharacters : ofCharacters.concat(ngramCounts(wordsOf(line), wordOrder, ' '));
  };
  const score = (statistics: readonly number[]): number =>
    100 * (epsilonSmoothing ? meanOfFScores(statistics, beta) : fScoreOfMeans(statistics, beta));
  return {
    name: `chrF${beta}${'+'.repeat(wordOrder)}`,
    higherIsBetter: true,
    signature: (references) =>
      sacrebleuSignature(references, {
        case: lowercase ? 'lc' : 'mixed',
        eff: !epsilonSmoothing,
        nc: characterOrder,
        nw: wordOrder,
        space: whitespace,
      }),
    statistics(hypothesis, references) {
      const said = ngrams(hypothesis);
      const candidates = references.map((reference) => {
        const given = ngrams(reference);
        // N-grams of the hypothesis are no errors where the reference is too short to have any.
        return said.flatMap((all, n) =>
          given[n].size === 0 ? [0, 0, 0] : [total(all), total(given[n]), matches(all, given[n])],
        );
      });
      if (candidates.length === 1) return candidates[0];
      return candidates.reduce((best, next) => (score(next) > score(best) ? next : best));
    },
    compute: (sums) => ({ score: score(sums) }),
  };
}

/** Corpus chrF. @throws DataError as `chrfMetric` and `corpusStatistics` do */
export const chrf = (
  hypotheses: readonly string[],
  references: ReferenceStreams,
  options: ChrfOptions = {},
): ChrfFigures & { signature: string } => corpusScore(chrfMetric(options), hypotheses, references);

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

/** The weighted harmonic mean of precision and recall (Popović 2015, section 2). */
const fScore = (precision: number, recall: number, beta: number): number =>
  ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);

function fScoreOfMeans(statistics: readonly number[], beta: number): number {
  let [precision, recall, orders] = [0, 0, 0];
  for (let i = 0; i < statistics.length; i += 3) {
    const [said, given, matched] = statistics.slice(i, i + 3);
    if (said === 0 || given === 0) continue;
    precision += matched / said;
    recall += matched / given;
    orders++;
  }
  return precision + recall === 0 ? 0 : fScore(precision / orders, recall / orders, beta);
}

function meanOfFScores(statistics: readonly number[], beta: number): number {
  const epsilon = 1e-16;
  let sum = 0;
  for (let i = 0; i < statistics.length; i += 3) {
    const [said, given, matched] = statistics.slice(i, i + 3);
    const precision = said > 0 ? matched / said : epsilon;
    const recall = given > 0 ? matched / given : epsilon;
    sum += precision + recall > 0 ? fScore(precision, recall, beta) : epsilon;
  }
  return (3 * sum) / statistics.length;
}
