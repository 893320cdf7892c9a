import { DataError } from '../errors.ts';
import { type BleuTokenizer, tokenizer13a } from './tokenizers.ts';

/** Longest n-gram counted (Papineni et al. 2002, section 2.3). */
const maxOrder = 4;

export interface BleuOptions {
  /** Compare in lower case. Default false. */
  lowercase?: boolean;
  /** Default `tokenizer13a`. */
  tokenizer?: BleuTokenizer;
}

export interface BleuScore {
  /** 0 to 100. */
  score: number;
  /** For 1- to 4-grams, 0 to 100, after smoothing. */
  precisions: number[];
  /** 0 to 1. */
  brevityPenalty: number;
  /** Tokens of all hypotheses. */
  hypothesisLength: number;
  /** Tokens of the closest reference of each sentence, summed. */
  referenceLength: number;
  /** Matching 1- to 4-grams, clipped. */
  counts: number[];
  /** 1- to 4-grams of the hypotheses. */
  totals: number[];
  /** sacreBLEU's form; `version` is the release whose figures these equal. */
  signature: string;
}

/**
 * Corpus BLEU (Papineni et al. 2002) equal to sacreBLEU 2.6.0: exponential smoothing of empty precisions, the
 * closest reference length (of two equally close, the shorter), no effective order.
 *
 * @param hypotheses one line a sentence, detokenized
 * @param references one array per reference stream, each as long as `hypotheses`; where a sentence has fewer
 *   references than there are streams, the missing ones are empty strings
 * @throws DataError when there is no hypothesis, no stream, a stream of another length, or a sentence without any
 *   reference
 */
export function bleu(hypotheses: string[], references: string[][], options: BleuOptions = {}): BleuScore {
  const { lowercase = false, tokenizer = tokenizer13a } = options;
  checkLengths(hypotheses, references);
  const tokens = (line: string) => tokenizer.tokenize(lowercase ? line.toLowerCase() : line);

  const counts = new Array<number>(maxOrder).fill(0);
  const totals = new Array<number>(maxOrder).fill(0);
  const referenceCounts = new Set<number>();
  let hypothesisLength = 0;
  let referenceLength = 0;

  for (let i = 0; i < hypotheses.length; i++) {
    const lines = references.map((stream) => stream[i]).filter((line) => line !== '');
    if (lines.length === 0) {
      throw new DataError(
        `Sentence ${i + 1} has only empty references`,
        'at least one reference a sentence',
        'Remove the sentence from hypotheses and references, or give its reference.',
      );
    }
    referenceCounts.add(lines.length);
    const hypothesis = tokens(hypotheses[i]);
    const sentenceReferences = lines.map(tokens);
    hypothesisLength += hypothesis.length;
    referenceLength += closestLength(
      hypothesis.length,
      sentenceReferences.map((reference) => reference.length),
    );
    for (let n = 1; n <= maxOrder; n++) {
      totals[n - 1] += Math.max(0, hypothesis.length - n + 1);
      counts[n - 1] += clippedMatches(hypothesis, sentenceReferences, n);
    }
  }

  const brevityPenalty =
    hypothesisLength >= referenceLength
      ? 1
      : hypothesisLength === 0
        ? 0
        : Math.exp(1 - referenceLength / hypothesisLength);
  const precisions = smoothedPrecisions(counts, totals);
  const meanLog = precisions.reduce((sum, precision) => sum + Math.log(precision), 0) / maxOrder;
  const referencesSigned = referenceCounts.size === 1 ? [...referenceCounts][0] : 'var';
  return {
    score: precisions.includes(0) ? 0 : brevityPenalty * Math.exp(meanLog),
    precisions,
    brevityPenalty,
    hypothesisLength,
    referenceLength,
    counts,
    totals,
    signature: `nrefs:${referencesSigned}|case:${lowercase ? 'lc' : 'mixed'}|eff:no|tok:${tokenizer.name}|smooth:exp|version:2.6.0`,
  };
}

function checkLengths(hypotheses: string[], references: string[][]): void {
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

/** The reference length nearest to the hypothesis'; of two equally near, the shorter. */
function closestLength(length: number, candidates: number[]): number {
  return candidates.reduce((best, candidate) => {
    const difference = Math.abs(candidate - length) - Math.abs(best - length);
    return difference < 0 || (difference === 0 && candidate < best) ? candidate : best;
  });
}

function ngramCounts(tokens: string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    // No token holds a space, so the joined n-gram is unambiguous.
    const ngram = n === 1 ? tokens[i] : tokens.slice(i, i + n).join(' ');
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

/** Each n-gram counts at most as often as in the reference that has it most (modified precision, section 2.1). */
function clippedMatches(hypothesis: string[], references: string[][], n: number): number {
  const referenceCounts = references.map((reference) => ngramCounts(reference, n));
  let matches = 0;
  for (const [ngram, count] of ngramCounts(hypothesis, n)) {
    matches += Math.min(count, Math.max(...referenceCounts.map((counts) => counts.get(ngram) ?? 0)));
  }
  return matches;
}

/** In percent. The k-th order without a match counts as 1/2^k of a match (Chen & Cherry 2014, method 3). */
function smoothedPrecisions(counts: number[], totals: number[]): number[] {
  const precisions = new Array<number>(maxOrder).fill(0);
  if (counts.every((count) => count === 0)) return precisions;
  let halving = 1;
  for (let n = 0; n < maxOrder && totals[n] > 0; n++) {
    if (counts[n] === 0) halving *= 2;
    precisions[n] = counts[n] === 0 ? 100 / (halving * totals[n]) : (100 * counts[n]) / totals[n];
  }
  return precisions;
}
