import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { type BleuTokenizer, bleu, bleuByLength, tokenize13a } from '../../src/metrics/index.ts';

const oracle = join(process.env.HEED_SHARED ?? '../shared', 'data/metrics/sacrebleu');
const lines = (file: string) =>
  gunzipSync(readFileSync(join(oracle, file)))
    .toString('utf8')
    .replace(/\n$/, '')
    .split('\n');

const dogs = {
  hypotheses: ['The dog bit the man.', "It wasn't surprising.", 'The man had just bitten him.'],
  references: [
    ['The dog bit the man.', 'It was not unexpected.', 'The man bit him first.'],
    ['The dog had bit the man.', 'No one was surprised.', 'The man had bitten the dog.'],
  ],
};
const whitespace: BleuTokenizer = {
  name: 'none',
  tokenize: (line) => line.split(/\s+/).filter((token) => token !== ''),
};
// U+FEFF is a space to JavaScript, not to sacreBLEU; online-A has one.
const characters: BleuTokenizer = {
  name: 'char',
  tokenize: (line) => [...line].filter((c) => c === '\ufeff' || c.trim() !== ''),
};

describe.skipIf(!existsSync(oracle))('BLEU of newstest2017 en-de (skipped without the shared data)', () => {
  const systems: [string, string][] = [
    ['online-A.0', 'newstest2017.online-A.0.en-de.txt.gz'],
    ['online-B.0', 'newstest2017.online-B.0.en-de.txt.gz'],
  ];
  it.each(systems)('%s equals sacreBLEU 2.6.0', (system, file) => {
    const expected = JSON.parse(readFileSync(join(oracle, 'newstest2017-ende-expected.json'), 'utf8'));
    const { bleu_13a_exp: exp, bleu_lc, bleu_none, bleu_char } = expected.systems[system];
    const hypotheses = lines(file);
    const references = [lines('newstest2017-ende-ref.de.txt.gz')];
    const result = bleu(hypotheses, references);
    expect(Math.abs(result.score - exp.score)).toBeLessThan(1e-9);
    expect(Math.abs(result.brevityPenalty - exp.bp)).toBeLessThan(1e-9);
    for (let n = 0; n < 4; n++) expect(Math.abs(result.precisions[n] - exp.precisions[n])).toBeLessThan(1e-9);
    expect(result.counts).toEqual(exp.counts);
    expect(result.totals).toEqual(exp.totals);
    expect([result.hypothesisLength, result.referenceLength]).toEqual([exp.sys_len, exp.ref_len]);
    expect(result.signature).toBe(exp.signature);
    expect(Math.abs(bleu(hypotheses, references, { lowercase: true }).score - bleu_lc)).toBeLessThan(1e-9);
    const none = bleu(hypotheses, references, { tokenizer: whitespace });
    expect(Math.abs(none.score - bleu_none)).toBeLessThan(1e-9);
    expect(none.signature).toContain('|tok:none|');
    const char = bleu(hypotheses, references, { tokenizer: characters });
    expect(Math.abs(char.score - bleu_char)).toBeLessThan(1e-9);
  });
});

describe('BLEU of small cases', () => {
  // Figures printed by sacreBLEU's own tests.
  it('two references', () => {
    expect(bleu(dogs.hypotheses, dogs.references).score).toBeCloseTo(48.530827, 6);
    expect(bleu(dogs.hypotheses, dogs.references).signature).toMatch(/^nrefs:2\|case:mixed\|/);
    expect(bleu(dogs.hypotheses, dogs.references, { tokenizer: whitespace }).score).toBeCloseTo(
      49.1919566,
      6,
    );
  });
  it('no match at all', () => {
    expect(bleu(['', '', ''], dogs.references)).toMatchObject({
      score: 0,
      brevityPenalty: 0,
      totals: [0, 0, 0, 0],
    });
    expect(bleu(['this is a cat'], [['okay thanks']]).score).toBe(0);
  });
  it('exponential smoothing', () => {
    const reference = 'producţia de zahăr brut se exprimă în zahăr alb;';
    const system = 'Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;';
    expect(bleu([system], [[reference]]).score).toBeCloseTo(8.493, 3);
    expect(bleu([system], [[reference]], { tokenizer: whitespace }).score).toBeCloseTo(7.347, 3);
  });
  it('a corpus too short for 4-grams scores 0 without effective order', () => {
    expect(bleu(['a test'], [['a test']])).toMatchObject({ score: 0, precisions: [100, 100, 0, 0] });
  });
  it('of two references equally near in length the shorter one counts', () => {
    expect(bleu(['a b c d e'], [['a b c d e f'], ['a b c d']]).referenceLength).toBe(4);
    expect(bleu(['a b c d e'], [['a b c d'], ['a b c d e f g']]).referenceLength).toBe(4);
    expect(bleu(['a b c d e'], [['a b c'], ['a b c d e f']]).referenceLength).toBe(6);
  });
  it('empty references stand for missing ones', () => {
    const result = bleu(
      ['a b c d', 'a b c d'],
      [
        ['a b c d', 'a b c d'],
        ['', 'x y z w'],
      ],
    );
    expect(result.score).toBeCloseTo(100, 9);
    expect(result.signature).toMatch(/^nrefs:var\|/);
    expect(bleu(['a b c d'], [['a b c d'], ['']]).signature).toMatch(/^nrefs:1\|/);
    expect(() => bleu(['a', 'b'], [['a', '']])).toThrow(/Sentence 2 has only empty references/);
  });
  it('refuses what cannot be compared', () => {
    expect(() => bleu([], [[]])).toThrow(DataError);
    expect(() => bleu(['a'], [])).toThrow(DataError);
    expect(() => bleu(['a', 'b'], [['a', 'b'], ['a']])).toThrow(
      /2 hypotheses, but 1 lines in reference stream 2/,
    );
  });
});

describe('tokenize13a', () => {
  it.each([
    ['Hello, world!', 'Hello , world !'],
    ['It cost 1,000.50 dollars.', 'It cost 1,000.50 dollars .'],
    ['&quot;A &amp; B&quot; &lt;b&gt; &amp;lt;', '" A & B " < b > <'],
    ['1990-2000 well-known', '1990 - 2000 well-known'],
    ['a<skipped>b c-\nd\ne', 'ab cd e'],
    ["don't (e.g.) [x] {y} 5% «q»", "don't ( e . g . ) [ x ] { y } 5 % «q»"],
    ['a\u00a0b\u3000c\u0085d\ufeffe ', 'a b c d\ufeffe'],
    ['', ''],
  ])('%j', (line, expected) => {
    expect(tokenize13a(line).join(' ')).toBe(expected);
  });
});

describe('bleuByLength', () => {
  it('scores every bucket by itself', () => {
    const hypotheses = [...dogs.hypotheses, 'a b c d'];
    const references = [
      [...dogs.references[0], 'a b c d'],
      [...dogs.references[1], 'e f g h'],
    ];
    const buckets = bleuByLength(hypotheses, references, [10, 1, 0, 21]);
    expect(buckets.map(({ from, to, sentences }) => [from, to, sentences])).toEqual([
      [1, 10, 3],
      [21, 30, 1],
    ]);
    expect(buckets[0].bleu).toEqual(bleu(dogs.hypotheses, dogs.references));
    expect(buckets[1].bleu.score).toBeCloseTo(100, 9);
    expect(bleuByLength(hypotheses, references, [5, 6, 6, 11], { width: 5 }).map((b) => b.from)).toEqual([
      1, 6, 11,
    ]);
  });
  it('refuses lengths that do not fit', () => {
    expect(() => bleuByLength(['a'], [['a']], [])).toThrow(/1 hypotheses, but 0 source lengths/);
    expect(() => bleuByLength(['a'], [['a']], [Number.NaN])).toThrow(DataError);
    expect(() => bleuByLength(['a'], [['a']], [3], { width: 0 })).toThrow(DataError);
  });
});
