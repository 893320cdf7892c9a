import { type CorpusMetric, corpusScore, type ReferenceStreams, sacrebleuSignature } from './metric.ts';
import { type TercomOptions, tercomWords } from './tercomTokenizer.ts';
import { translationEdits } from './terEdits.ts';

export interface TerFigures {
  /** 100 · edits / reference length: 0 at best, above 100 where more is edited than the references are long. */
  score: number;
  /** Insertions, deletions, substitutions and shifts towards the nearest reference of each sentence. */
  edits: number;
  /** Words of the references, averaged over the references of each sentence. */
  referenceLength: number;
}

/**
 * Translation edit rate (Snover et al. 2006) equal to sacreBLEU 2.6.0. Statistics: edits and mean reference length.
 * Where all references are empty, a hypothesis that is not scores 100.
 */
export function terMetric(options: TercomOptions = {}): CorpusMetric<TerFigures> {
  const { normalized = false, noPunctuation = false, asianSupport = false, caseSensitive = false } = options;
  return {
    name: 'TER',
    higherIsBetter: false,
    signature: (references) =>
      sacrebleuSignature(references, {
        case: caseSensitive ? 'mixed' : 'lc',
        tok: 'tercom',
        norm: normalized,
        punct: !noPunctuation,
        asian: asianSupport,
      }),
    statistics(hypothesis, references) {
      const said = tercomWords(hypothesis, options);
      // sacreBLEU cuts its references twice, which tells where the first pass makes work for the second: `it's,`
      // without punctuation, `&amp;amp;`. Its number is with that.
      const given = references.map((line) => tercomWords(tercomWords(line, options).join(' '), options));
      const edits = given.map((reference) => translationEdits(said, reference));
      const words = given.reduce((sum, reference) => sum + reference.length, 0);
      return [Math.min(...edits), words / given.length];
    },
    compute([edits, referenceLength]) {
      const rate = referenceLength > 0 ? edits / referenceLength : edits > 0 ? 1 : 0;
      return { score: 100 * rate, edits, referenceLength };
    },
  };
}

/** Corpus TER. @throws DataError as `corpusStatistics` does */
export const ter = (
  hypotheses: readonly string[],
  references: ReferenceStreams,
  options: TercomOptions = {},
): TerFigures & { signature: string } => corpusScore(terMetric(options), hypotheses, references);
