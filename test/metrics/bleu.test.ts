import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import {
  BLEU_TOKENIZERS,
  bleu,
  bleuByLength,
  bleuMetric,
  tokenize13a,
  tokenizerNone,
} from '../../src/metrics/index.ts';

const dogs = {
  hypotheses: ['The dog bit the man.', "It wasn't surprising.", 'The man had just bitten him.'],
  references: [
    ['The dog bit the man.', 'It was not unexpected.', 'The man bit him first.'],
    ['The dog had bit the man.', 'No one was surprised.', 'The man had bitten the dog.'],
  ],
};
describe('BLEU of small cases', () => {
  // Figures printed by sacreBLEU's own tests.
  it('two references', () => {
    expect(bleu(dogs.hypotheses, dogs.references).score).toBeCloseTo(48.530827, 6);
    expect(bleu(dogs.hypotheses, dogs.references).signature).toMatch(/^nrefs:2\|case:mixed\|/);
    expect(bleu(dogs.hypotheses, dogs.references, { tokenizer: tokenizerNone }).score).toBeCloseTo(
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
    expect(bleu([system], [[reference]], { tokenizer: tokenizerNone }).score).toBeCloseTo(7.347, 3);
  });
  it('a corpus too short for 4-grams scores 0 without effective order', () => {
    expect(bleu(['a test'], [['a test']])).toMatchObject({ score: 0, precisions: [100, 100, 0, 0] });
  });
  it('of two references equally near in length the shorter one counts', () => {
    expect(bleu(['a b c d e'], [['a b c d e f'], ['a b c d']]).referenceLength).toBe(4);
    expect(bleu(['a b c d e'], [['a b c d'], ['a b c d e f g']]).referenceLength).toBe(4);
    expect(bleu(['a b c d e'], [['a b c'], ['a b c d e f']]).referenceLength).toBe(6);
  });
  it('a missing reference is null; an empty one is a reference without tokens', () => {
    const result = bleu(
      ['a b c d', 'a b c d'],
      [
        ['a b c d', 'a b c d'],
        [null, 'x y z w'],
      ],
    );
    expect(result.score).toBeCloseTo(100, 9);
    expect(result.signature).toMatch(/^nrefs:var\|/);
    expect(bleu(['a b c d'], [['a b c d'], [null]]).signature).toMatch(/^nrefs:1\|/);
    expect(() => bleu(['a', 'b'], [['a', null]])).toThrow(/Sentence 2 has no reference/);
    expect(bleu(['a'], [['a b c'], ['']])).toMatchObject({ referenceLength: 0, counts: [1, 0, 0, 0] });
  });
  it('smoothing is part of the signature, its value with two decimals as Python rounds them', () => {
    const signature = (options: Parameters<typeof bleu>[2]) => bleu(['a'], [['a']], options).signature;
    expect(signature({ smoothing: 'floor' })).toBe(
      'nrefs:1|case:mixed|eff:no|tok:13a|smooth:floor[0.10]|version:2.6.0',
    );
    expect(signature({ smoothing: 'add-k', effectiveOrder: true, lowercase: true })).toBe(
      'nrefs:1|case:lc|eff:yes|tok:13a|smooth:add-k[1.00]|version:2.6.0',
    );
    expect(signature({ smoothing: 'none', tokenizer: BLEU_TOKENIZERS.intl })).toContain(
      '|tok:intl|smooth:none|',
    );
    for (const [value, rounded] of [
      [0.125, '0.12'],
      [0.375, '0.38'],
      [1.005, '1.00'],
    ] as const)
      expect(signature({ smoothing: 'floor', smoothingValue: value })).toContain(`floor[${rounded}]`);
  });
  it('refuses options out of range', () => {
    expect(() => bleuMetric({ smoothingValue: 1 })).toThrow(/Smoothing exp with the value 1/);
    expect(() => bleuMetric({ smoothing: 'floor', smoothingValue: -1 })).toThrow(DataError);
    expect(() => bleuMetric({ maxOrder: 0 })).toThrow(DataError);
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
