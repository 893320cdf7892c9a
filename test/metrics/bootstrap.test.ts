import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  bleuMetric,
  type CorpusMetric,
  chrfMetric,
  corpusScore,
  corpusStatistics,
  exactMatchMetric,
  pairedBootstrap,
  rougeLMetric,
  terMetric,
  tokenizerNone,
  werMetric,
} from '../../src/metrics/index.ts';
import { Random } from '../../src/random.ts';

/** Words with errors: the rate says how many. */
function corpus(seed: number, sentences: number): { reference: string[]; noisy: (rate: number) => string[] } {
  const random = new Random(seed);
  const word = () => 'abcdefghij'[random.integer(10)];
  const lines = Array.from({ length: sentences }, () => Array.from({ length: 4 + random.integer(8) }, word));
  return {
    reference: lines.map((words) => words.join(' ')),
    noisy: (rate) => lines.map((words) => words.map((w) => (random.uniform() < rate ? word() : w)).join(' ')),
  };
}

const metrics: CorpusMetric[] = [
  bleuMetric(),
  chrfMetric({ wordOrder: 2 }),
  terMetric(),
  werMetric(),
  rougeLMetric(),
  exactMatchMetric(),
];

describe('pairedBootstrap', () => {
  const { reference, noisy } = corpus(3, 40);
  const [system, baseline] = [noisy(0.2), noisy(0.3)];
  const statistics = (metric: CorpusMetric, hypotheses: string[]) =>
    corpusStatistics(metric, hypotheses, [reference]);

  it.each(metrics)('$name equals scoring every resampled corpus anew', (metric) => {
    const [samples, seed] = [50, 9];
    const found = pairedBootstrap(metric, statistics(metric, system), statistics(metric, baseline), {
      samples,
      seed,
    });
    const random = new Random(seed);
    const resampled = Array.from({ length: samples }, () => {
      const drawn = reference.map(() => random.integer(reference.length));
      return [system, baseline].map(
        (lines) =>
          corpusScore(
            metric,
            drawn.map((i) => lines[i]),
            [drawn.map((i) => reference[i])],
          ).score,
      );
    });
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    const deltas = resampled.map(([a, b]) => a - b);
    expect(found.system.mean).toBeCloseTo(mean(resampled.map(([a]) => a)), 9);
    expect(found.baseline.mean).toBeCloseTo(mean(resampled.map(([, b]) => b)), 9);
    expect(found.delta.mean).toBeCloseTo(mean(deltas), 9);
    const ordered = [...deltas].sort((a, b) => a - b);
    expect(found.delta.interval[0]).toBeCloseTo(ordered[1], 9);
    expect(found.delta.interval[1]).toBeCloseTo(ordered[48], 9);
    expect(found.delta.score).toBeCloseTo(
      corpusScore(metric, system, [reference]).score - corpusScore(metric, baseline, [reference]).score,
      9,
    );
    const centre = mean(deltas.map(Math.abs));
    const extreme = deltas.filter((d) => Math.abs(d) - centre > Math.abs(found.delta.score)).length;
    expect(found.pValue).toBe((1 + extreme) / 51);
    const better = deltas.filter((d) => (metric.higherIsBetter ? d > 0 : d < 0)).length;
    expect(found.wins).toBe(better / samples);
  });

  it('tells systems apart that differ, and not those that do not', () => {
    const metric = bleuMetric();
    const good = statistics(metric, noisy(0.05));
    const clear = pairedBootstrap(metric, good, statistics(metric, noisy(0.4)));
    expect(clear).toMatchObject({ pValue: 1 / 1001, wins: 1, samples: 1000 });
    expect(clear.delta.interval[0]).toBeGreaterThan(0);
    const same = pairedBootstrap(metric, good, good);
    expect(same).toMatchObject({ wins: 0, pValue: 1, delta: { score: 0, mean: 0, interval: [0, 0] } });
    const near = pairedBootstrap(metric, statistics(metric, noisy(0.3)), statistics(metric, noisy(0.3)));
    expect(near.pValue).toBeGreaterThan(0.05);
  });

  it('depends on the seed alone', () => {
    const metric = terMetric();
    const run = (seed: number) =>
      pairedBootstrap(metric, statistics(metric, system), statistics(metric, baseline), { seed });
    expect(run(5)).toEqual(run(5));
    expect(run(5).system.mean).not.toBe(run(6).system.mean);
  });

  it('refuses systems of different length', () => {
    const metric = bleuMetric();
    const whole = statistics(metric, system);
    const part = { ...whole, rows: whole.rows.slice(1) };
    expect(() => pairedBootstrap(metric, whole, part)).toThrow(
      /40 sentences of the system and 39 of the baseline/,
    );
    expect(() => pairedBootstrap(metric, whole, whole, { samples: 0 })).toThrow(/0 samples/);
  });
});

const oracle = join(process.env.HEED_SHARED ?? '../shared', 'data/metrics/sacrebleu');
describe.skipIf(!existsSync(oracle))('newstest2017 en-de (skipped without the shared data)', () => {
  const lines = (name: string) =>
    gunzipSync(readFileSync(join(oracle, name)))
      .toString('utf8')
      .replace(/\n$/, '')
      .split('\n');
  // p-values of Moses' significance script against LIUM-NMT, from sacreBLEU's tests, which hold to 0.01 too.
  it.each([
    ['online-A.0', 0],
    ['online-B.0', 0.381],
  ])('%s against LIUM-NMT: p %d', (name, expected) => {
    const metric = bleuMetric({ tokenizer: tokenizerNone });
    const references = [lines('newstest2017-ende-ref.de.txt.gz')];
    const of = (system: string) =>
      corpusStatistics(metric, lines(`newstest2017.${system}.en-de.txt.gz`), references);
    const { pValue } = pairedBootstrap(metric, of(name), of('LIUM-NMT.4900'), { samples: 10_000 });
    expect(Math.abs(pValue - expected)).toBeLessThan(0.01);
  });
});
