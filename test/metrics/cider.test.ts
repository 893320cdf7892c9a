import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import {
  bleu,
  cider,
  ciderMetric,
  corpusStatistics,
  pairedBootstrap,
  tokenizerNone,
} from '../../src/metrics/index.ts';

const oracle = join(process.env.HEED_SHARED ?? '../shared', 'data/metrics/nlg-eval');

it.skipIf(!existsSync(oracle))("nlg-eval's two sentences (skipped without the shared data)", () => {
  const lines = (name: string) => readFileSync(join(oracle, name), 'utf8').trimEnd().split('\n');
  const [hypotheses, references] = [lines('hyp.txt'), [lines('ref1.txt'), lines('ref2.txt')]];
  const { score, signature } = cider(hypotheses, references);
  expect(Math.abs(score / 100 - 1.242192)).toBeLessThan(5e-7);
  expect(signature).toBe('nrefs:2|case:mixed|tok:none|form:D');
  for (const [i, expected] of [0.55, 0.428174, 0.284043, 0.201143].entries()) {
    const found = bleu(hypotheses, references, {
      tokenizer: tokenizerNone,
      smoothing: 'none',
      maxOrder: i + 1,
    });
    expect(Math.abs(found.score / 100 - expected)).toBeLessThan(5e-7);
  }
});

/** The paper's equations over the vocabulary of all n-grams, without a map kept between texts. */
function direct(hypotheses: string[], references: string[][], form: 'D' | 'plain'): number {
  const grams = (text: string, n: number) => {
    const words = text.split(' ').filter((w) => w !== '');
    return words.slice(n - 1).map((_, i) => words.slice(i, i + n).join(' '));
  };
  const pictures = hypotheses.map((_, i) => references.map((stream) => stream[i]));
  let total = 0;
  for (const [i, hypothesis] of hypotheses.entries()) {
    for (const reference of pictures[i]) {
      for (let n = 1; n <= 4; n++) {
        const known = [...new Set([...grams(hypothesis, n), ...grams(reference, n)])];
        const vector = (text: string) =>
          known.map((w) => {
            const having = pictures.filter((texts) => texts.some((t) => grams(t, n).includes(w))).length;
            return (
              grams(text, n).filter((g) => g === w).length * Math.log(pictures.length / Math.max(1, having))
            );
          });
        const [a, b] = [vector(hypothesis), vector(reference)];
        const norm = (v: number[]) => Math.hypot(...v);
        if (norm(a) === 0 || norm(b) === 0) continue;
        const product = a.reduce((sum, x, k) => sum + (form === 'D' ? Math.min(x, b[k]) : x) * b[k], 0);
        const off = grams(hypothesis, 1).length - grams(reference, 1).length;
        const penalty = form === 'D' ? Math.exp(-(off ** 2) / 72) : 1;
        total += (penalty * product) / norm(a) / norm(b) / 4 / pictures[i].length;
      }
    }
  }
  return (1000 * total) / hypotheses.length;
}

it('is what the equations say, repeated words and missing orders included', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 7 })
    .map((words) => words.join(' '));
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text, text), { minLength: 2, maxLength: 5 }), (rows) => {
      const hypotheses = rows.map(([h]) => h);
      const references = [rows.map(([, r]) => r), rows.map(([, , r]) => r)];
      for (const form of ['D', 'plain'] as const) {
        expect(cider(hypotheses, references, { form }).score).toBeCloseTo(
          direct(hypotheses, references, form),
          8,
        );
      }
    }),
    { seed: 1, numRuns: 60 },
  );
});

it('is 1000 for what nobody else says, and 0 for nothing', () => {
  const all = ['a red dog runs', 'two blue cats sleep', 'many green birds fly'];
  expect(cider(all, [all]).score).toBeCloseTo(1000, 8);
  expect(cider(['', '', ''], [all]).score).toBe(0);
  expect(
    cider(
      all.map((t) => t.toUpperCase()),
      [all],
    ).score,
  ).toBe(0);
  expect(
    cider(
      all.map((t) => t.toUpperCase()),
      [all],
      { lowercase: true },
    ).score,
  ).toBeCloseTo(1000, 8);
  expect(cider(all, [all, ['a red dog runs', null, null]]).sentences.length).toBe(3);
});

it('refuses a single picture, and streams of other lengths', () => {
  expect(() => cider(['a'], [['a']])).toThrow(/CIDEr of 1 picture/);
  expect(() => cider(['a', 'b'], [['a']])).toThrow(/2 hypotheses, but 1 lines in reference stream 1/);
  expect(() => cider([], [[]])).toThrow(DataError);
});

it('scores parts of a corpus by how rare words are in the whole', () => {
  const references = [['a red dog runs', 'two blue cats sleep', 'a red dog sleeps', 'a cat']];
  const [one, other] = [
    ['a red dog runs', 'two cats', 'a dog', 'a cat'],
    ['dog', 'two blue cats sleep', 'a red dog sleeps', 'cat'],
  ];
  const metric = ciderMetric(references);
  const { sentences, score } = cider(one, references);
  expect(one.map((text, i) => metric.statistics(text, [references[0][i]])[0])).toEqual(sentences);
  const [a, b] = [one, other].map((lines) => corpusStatistics(metric, lines, references));
  const { system, baseline } = pairedBootstrap(metric, a, b, { seed: 1, samples: 20 });
  expect([system.score, baseline.score]).toEqual([score, cider(other, references).score]);
});
