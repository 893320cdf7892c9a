import { type CorpusMetric, corpusScore, type ReferenceStreams, signatureOf } from './metric.ts';
import { numbered, splitWords } from './text.ts';

export interface RougeLOptions {
  /** Recall counts β times as much as precision. Default 1.2, as in nlg-eval and coco-caption. */
  beta?: number;
  /** Compare in lower case. Default false. */
  lowercase?: boolean;
}

export interface RougeLFigures {
  /** Mean of the sentences' F-scores, 0 to 100 (nlg-eval prints a hundredth of it). */
  score: number;
}

/**
 * ROUGE-L (Lin 2004, section 3.1): with LCS the longest common subsequence, recall R = LCS / words of the reference,
 * precision P = LCS / words of the hypothesis, F = (1 + β²) R P / (R + β² P). Words are what stands between
 * whitespace: no stemming, no stop words. Of several references the best R and the best P count, each by itself, as
 * in nlg-eval. Statistics: F, and 1 for the sentence.
 */
export function rougeLMetric(options: RougeLOptions = {}): CorpusMetric<RougeLFigures> {
  const { beta = 1.2, lowercase = false } = options;
  const words = (line: string) => splitWords(lowercase ? line.toLowerCase() : line);
  return {
    name: 'ROUGE-L',
    higherIsBetter: true,
    signature: (references) =>
      signatureOf(references, { case: lowercase ? 'lc' : 'mixed', tok: 'none', beta }),
    statistics(hypothesis, references) {
      const said = words(hypothesis);
      let [precision, recall] = [0, 0];
      for (const reference of references) {
        const given = words(reference);
        const common = longestCommonSubsequence(said, given);
        if (common === 0) continue;
        precision = Math.max(precision, common / said.length);
        recall = Math.max(recall, common / given.length);
      }
      if (precision === 0) return [0, 1];
      return [((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision), 1];
    },
    compute: ([sum, sentences]) => ({ score: (100 * sum) / sentences }),
  };
}

/** ROUGE-L of a corpus, as `rougeLMetric` says. @throws DataError as `corpusStatistics` does */
export const rougeL = (
  hypotheses: readonly string[],
  references: ReferenceStreams,
  options: RougeLOptions = {},
): RougeLFigures & { signature: string } => corpusScore(rougeLMetric(options), hypotheses, references);

/** Its length in tokens. */
function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const [left, right] = numbered(a, b);
  const lengths = new Int32Array(right.length + 1);
  for (const token of left) {
    let diagonal = 0;
    for (let j = 1; j < lengths.length; j++) {
      const above = lengths[j];
      lengths[j] = token === right[j - 1] ? diagonal + 1 : Math.max(above, lengths[j - 1]);
      diagonal = above;
    }
  }
  return lengths[right.length];
}
