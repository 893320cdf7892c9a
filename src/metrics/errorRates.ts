import { alignEdits, countEdits, countUnorderedEdits, type EditAlignment, type EditCounts } from './edits.ts';
import { type CorpusMetric, corpusScore, type ReferenceStreams, signatureOf } from './metric.ts';
import { characters, splitWords, trim } from './text.ts';

export interface ErrorRateOptions {
  /** Compare in lower case. Default false. */
  lowercase?: boolean;
}

export interface ErrorRate extends EditCounts {
  /** 100 · (substitutions + deletions + insertions) / tokens of the references: above 100 where much is inserted. */
  readonly score: number;
  /** Tokens of the references. */
  readonly referenceLength: number;
}

type Count = (reference: readonly string[], hypothesis: readonly string[]) => EditCounts;

/** A unit of comparison: `tok` of the signature, and how a line is cut into it. */
interface Unit {
  readonly name: string;
  readonly cut: (line: string) => string[];
}

const words: Unit = { name: 'none', cut: splitWords };
/** Whitespace at the ends of a line aside, spaces are characters like any other. */
const codePoints: Unit = { name: 'char', cut: (line) => characters(trim(line)) };

const cutter = ({ cut }: Unit, { lowercase = false }: ErrorRateOptions) =>
  lowercase ? (line: string) => cut(line.toLowerCase()) : cut;

const errors = ({ substitutions, deletions, insertions }: EditCounts): number =>
  substitutions + deletions + insertions;

/** Of several references the one with the lowest rate, of equals the first. */
function nearest<Counts extends EditCounts>(all: readonly Counts[]): Counts {
  const rate = (counts: Counts) =>
    errors(counts) / Math.max(counts.hits + counts.substitutions + counts.deletions, Number.MIN_VALUE);
  return all.reduce((best, next) => (rate(next) < rate(best) ? next : best));
}

/** Statistics: hits, substitutions, deletions, insertions, towards the nearest reference. */
function errorRateMetric(
  name: string,
  unit: Unit,
  count: Count,
  options: ErrorRateOptions,
): CorpusMetric<ErrorRate> {
  const tokens = cutter(unit, options);
  return {
    name,
    higherIsBetter: false,
    signature: (references) =>
      signatureOf(references, { case: options.lowercase ? 'lc' : 'mixed', tok: unit.name }),
    statistics(hypothesis, references) {
      const said = tokens(hypothesis);
      const best = nearest(references.map((reference) => count(tokens(reference), said)));
      return [best.hits, best.substitutions, best.deletions, best.insertions];
    },
    compute([hits, substitutions, deletions, insertions]) {
      const counts = { hits, substitutions, deletions, insertions };
      const referenceLength = hits + substitutions + deletions;
      const rate = referenceLength > 0 ? errors(counts) / referenceLength : insertions > 0 ? 1 : 0;
      return { score: 100 * rate, ...counts, referenceLength };
    },
  };
}

/**
 * Word error rate: edits of the alignment with the fewest, over the words of the references; words are what stands
 * between whitespace, punctuation included. Of several references of a sentence the nearest counts. Where all
 * references are empty, a hypothesis that is not scores 100.
 */
export const werMetric = (options: ErrorRateOptions = {}): CorpusMetric<ErrorRate> =>
  errorRateMetric('WER', words, countEdits, options);

/** Character error rate: as `werMetric`, over code points, spaces inside a line included. */
export const cerMetric = (options: ErrorRateOptions = {}): CorpusMetric<ErrorRate> =>
  errorRateMetric('CER', codePoints, countEdits, options);

/**
 * Position-independent word error rate (Tillmann et al. 1997): as `werMetric`, but sentences are bags of words, so
 * that the edits are max(words of the reference, words of the hypothesis) − words in both.
 */
export const perMetric = (options: ErrorRateOptions = {}): CorpusMetric<ErrorRate> =>
  errorRateMetric('PER', words, countUnorderedEdits, options);

type Rate = (
  hypotheses: readonly string[],
  references: ReferenceStreams,
  options?: ErrorRateOptions,
) => ErrorRate & { signature: string };

/** Word error rate of a corpus, as `werMetric` says. @throws DataError as `corpusStatistics` does */
export const wer: Rate = (hypotheses, references, options) =>
  corpusScore(werMetric(options), hypotheses, references);

/** Character error rate of a corpus, as `cerMetric` says. @throws DataError as `corpusStatistics` does */
export const cer: Rate = (hypotheses, references, options) =>
  corpusScore(cerMetric(options), hypotheses, references);

/** Position-independent error rate of a corpus, as `perMetric` says. @throws DataError as `corpusStatistics` does */
export const per: Rate = (hypotheses, references, options) =>
  corpusScore(perMetric(options), hypotheses, references);

/** The edits that `werMetric` counts in one sentence, in order. @param references at least one */
export const alignWords = (
  hypothesis: string,
  references: readonly string[],
  options: ErrorRateOptions = {},
): EditAlignment => alignNearest(words, hypothesis, references, options);

/** The edits that `cerMetric` counts in one sentence, in order. @param references at least one */
export const alignCharacters = (
  hypothesis: string,
  references: readonly string[],
  options: ErrorRateOptions = {},
): EditAlignment => alignNearest(codePoints, hypothesis, references, options);

function alignNearest(
  unit: Unit,
  hypothesis: string,
  references: readonly string[],
  options: ErrorRateOptions,
): EditAlignment {
  const tokens = cutter(unit, options);
  const said = tokens(hypothesis);
  return nearest(references.map((reference) => alignEdits(tokens(reference), said)));
}
