import { DataError } from '../errors.ts';
import { Random } from '../random.ts';
import { type CorpusMetric, type CorpusStatistics, sumOf } from './metric.ts';

export interface BootstrapOptions {
  /** Resampled corpora. Default 1000. */
  samples?: number;
  /** Any integer; equal seeds give equal figures. Default 1. */
  seed?: number;
}

/** A score and what it is over the resampled corpora. */
export interface Resampled {
  /** Of the corpus itself. */
  readonly score: number;
  /** Over the samples. */
  readonly mean: number;
  /** What is left of the sorted samples without 1/40 of them at either end: 95 %. */
  readonly interval: readonly [low: number, high: number];
}

export interface PairedBootstrap {
  readonly system: Resampled;
  readonly baseline: Resampled;
  /** The system's score minus the baseline's. */
  readonly delta: Resampled;
  /**
   * Two-sided, as sacreBLEU and Moses have it: with |Δ*| the absolute differences of the samples and n their number,
   * (1 + #{|Δ*| − mean |Δ*| > |Δ|}) / (1 + n). Where no sample tells the systems apart it is 1, which their formula
   * misses.
   */
  readonly pValue: number;
  /** Share of the samples in which the system is better than the baseline (Koehn 2004, section 4). */
  readonly wins: number;
  readonly samples: number;
  readonly seed: number;
}

/**
 * Paired bootstrap resampling (Koehn 2004): corpora of as many sentences are drawn with replacement, the same for
 * both systems, and scored from the sentences' statistics, nothing being counted anew.
 *
 * @param system statistics of one system's hypotheses, by `corpusStatistics` with the same metric
 * @param baseline those of the other, against the same references
 * @throws DataError when the systems have different numbers of sentences or `samples` is no count
 */
export function pairedBootstrap(
  metric: CorpusMetric,
  system: CorpusStatistics,
  baseline: CorpusStatistics,
  options: BootstrapOptions = {},
): PairedBootstrap {
  const { samples = 1000, seed = 1 } = options;
  const sentences = system.rows.length;
  if (sentences === 0 || baseline.rows.length !== sentences) {
    throw new DataError(
      `${sentences} sentences of the system and ${baseline.rows.length} of the baseline`,
      'as many of both, at least one',
      'Give the translations of the same sentences.',
    );
  }
  if (!Number.isInteger(samples) || samples < 1)
    throw new DataError(`${samples} samples`, 'a whole number from 1', 'Leave it out for 1000.');

  const random = new Random(seed);
  const flat = [system, baseline].map(({ rows }) => Float64Array.from(rows.flat()));
  const scores = flat.map(() => new Float64Array(samples));
  const drawn = new Int32Array(sentences);
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < sentences; i++) drawn[i] = random.integer(sentences);
    for (const [k, statistics] of flat.entries())
      scores[k][sample] = metric.compute(sumOfDrawn(statistics, drawn)).score;
  }

  const [systemScores, baselineScores] = scores;
  const [own, other] = [system, baseline].map(({ rows }) => metric.compute(sumOf(rows)).score);
  const deltas = systemScores.map((score, i) => score - baselineScores[i]);
  const distances = deltas.map(Math.abs);
  const meanDistance = meanOf(distances);
  const extreme = distances.filter((distance) => distance - meanDistance > Math.abs(own - other)).length;
  const better = deltas.filter((delta) => (metric.higherIsBetter ? delta > 0 : delta < 0)).length;
  return {
    system: resampled(own, systemScores),
    baseline: resampled(other, baselineScores),
    delta: resampled(own - other, deltas),
    pValue: meanDistance === 0 ? 1 : (1 + extreme) / (1 + samples),
    wins: better / samples,
    samples,
    seed,
  };
}

/** @param flat rows one after the other, as many as `drawn` is long */
function sumOfDrawn(flat: Float64Array, drawn: Int32Array): number[] {
  const width = flat.length / drawn.length;
  const sums = new Array<number>(width).fill(0);
  for (const row of drawn) for (let k = 0, at = row * width; k < width; k++, at++) sums[k] += flat[at];
  return sums;
}

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function resampled(score: number, values: Float64Array): Resampled {
  const sorted = values.slice().sort();
  const cut = Math.floor(sorted.length / 40);
  return { score, mean: meanOf(values), interval: [sorted[cut], sorted[sorted.length - 1 - cut]] };
}
