import { DataError } from '../errors.ts';

/**
 * One array per reference stream, each as long as the hypotheses. `null` is a missing reference: a sentence may
 * have fewer than there are streams. An empty line is a reference of no tokens, as it is to sacreBLEU.
 */
export type ReferenceStreams = readonly (readonly (string | null)[])[];

/** References a sentence: their number, or `var` where sentences have different ones. */
export type ReferenceCount = number | 'var';

/**
 * A metric whose corpus score follows from the sum of its sentences' statistics: what corpus scores, sentence
 * scores and the bootstrap are made from, and all they know of a metric.
 */
export interface CorpusMetric<Figures extends { readonly score: number } = { readonly score: number }> {
  /** As printed: `BLEU`, `chrF2++`, `WER`. */
  readonly name: string;
  /** False for error rates. */
  readonly higherIsBetter: boolean;
  /** Everything that changes the score, in sacreBLEU's form: `nrefs:1|case:mixed|…`. */
  signature(references: ReferenceCount): string;
  /**
   * Sufficient statistics of one sentence, always equally many numbers.
   * @param references at least one
   */
  statistics(hypothesis: string, references: readonly string[]): number[];
  /** The figures of summed statistics; `score` is 0 to 100, an error rate may be more. */
  compute(sums: readonly number[]): Figures;
}

/** Statistics of every sentence of a corpus, one row each, and the signature of a score made from them. */
export interface CorpusStatistics {
  readonly rows: readonly (readonly number[])[];
  readonly signature: string;
}

/** The release whose figures BLEU, chrF and TER equal. */
const sacrebleu = '2.6.0';

/** @param fields key and value, in sacreBLEU's order */
export const sacrebleuSignature = (
  references: ReferenceCount,
  fields: Readonly<Record<string, string | number | boolean>>,
): string => `${signatureOf(references, fields)}|version:${sacrebleu}`;

export const signatureOf = (
  references: ReferenceCount,
  fields: Readonly<Record<string, string | number | boolean>>,
): string =>
  [`nrefs:${references}`]
    .concat(
      Object.entries(fields).map(
        ([key, value]) => `${key}:${value === true ? 'yes' : value === false ? 'no' : value}`,
      ),
    )
    .join('|');

/**
 * @param hypotheses one line a sentence
 * @throws DataError when there is no hypothesis, no stream, a stream of another length, or a sentence without any
 *   reference
 */
export function corpusStatistics(
  metric: CorpusMetric,
  hypotheses: readonly string[],
  references: ReferenceStreams,
): CorpusStatistics {
  checkLengths(hypotheses, references);
  const counts = new Set<number>();
  const rows = hypotheses.map((hypothesis, i) => {
    const present = references.map((stream) => stream[i]).filter((line) => line !== null);
    if (present.length === 0) {
      throw new DataError(
        `Sentence ${i + 1} has no reference`,
        'at least one reference a sentence',
        'Remove the sentence from hypotheses and references, or give its reference.',
      );
    }
    counts.add(present.length);
    return metric.statistics(hypothesis, present);
  });
  return { rows, signature: metric.signature(counts.size === 1 ? [...counts][0] : 'var') };
}

/** Column sums. @param rows at least one, equally long */
export function sumOf(rows: readonly (readonly number[])[]): number[] {
  const sums = new Array<number>(rows[0].length).fill(0);
  for (const row of rows) for (let i = 0; i < sums.length; i++) sums[i] += row[i];
  return sums;
}

/** The score of a whole corpus. @throws DataError as `corpusStatistics` */
export function corpusScore<Figures extends { readonly score: number }>(
  metric: CorpusMetric<Figures>,
  hypotheses: readonly string[],
  references: ReferenceStreams,
): Figures & { signature: string } {
  const { rows, signature } = corpusStatistics(metric, hypotheses, references);
  return { ...metric.compute(sumOf(rows)), signature };
}

/**
 * The score of one sentence; BLEU wants `effectiveOrder` for it.
 * @param references at least one, else DataError
 */
export function sentenceScore<Figures extends { readonly score: number }>(
  metric: CorpusMetric<Figures>,
  hypothesis: string,
  references: readonly string[],
): Figures & { signature: string } {
  return corpusScore(
    metric,
    [hypothesis],
    references.map((reference) => [reference]),
  );
}

function checkLengths(hypotheses: readonly string[], references: ReferenceStreams): void {
  if (hypotheses.length === 0 || references.length === 0) {
    throw new DataError(
      `${hypotheses.length} hypotheses and ${references.length} reference streams`,
      'at least one of each',
      'Give one hypothesis a line and one or more files of references.',
    );
  }
  for (const [index, stream] of references.entries()) {
    if (stream.length === hypotheses.length) continue;
    throw new DataError(
      `${hypotheses.length} hypotheses, but ${stream.length} lines in reference stream ${index + 1}`,
      'as many references as hypotheses',
      'Look for a missing or an extra line.',
    );
  }
}
