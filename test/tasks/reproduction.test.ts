import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bleu } from '../../src/metrics/index.ts';
import { Random } from '../../src/random.ts';
import { buildCodecs } from '../../src/tasks/pairs.ts';
import { findings, measure, tableOne, testSentences } from '../../src/tasks/reproduction.ts';
import { joinNeighbours, perTenWords, wordsOf } from '../../src/tasks/reproductionSegments.ts';

const sentence = (length: number, word = 'a') => Array(length).fill(word).join(' ');
const pair = (source: string, target = source) => ({ source, target, line: 1 });

describe('measuring', () => {
  const side = { tokens: 'word', lowercase: true, minFrequency: 1, maxSize: 100 } as const;
  const codecs = buildCodecs({ source: side, target: side }, [pair('a b c d e f'), pair('a', 'A')]);
  const pairs = [
    pair('a b c d', 'A B c d'),
    pair('a b c x', 'a b c d'),
    pair(sentence(35), 'a b c d y'),
    pair(sentence(12), 'a b c d e'),
  ];
  const asked = testSentences(pairs, codecs);
  const hypotheses = ['a b c d', 'a b c d', 'a b c d', 'a b c d f'];
  const model = { name: 'RNNenc-30', maxLength: 30 };
  const measured = measure(model, hypotheses, asked, { lowercase: true });
  const of = (...rows: number[]) =>
    bleu(
      rows.map((i) => hypotheses[i]),
      [rows.map((i) => pairs[i].target)],
      { lowercase: true },
    ).score;

  it('sees unknown words on either side', () => {
    expect(asked.isKnown).toEqual([true, false, false, true]);
    expect(asked.lengths).toEqual([4, 4, 35, 12]);
  });

  it('is BLEU of the sentences meant', () => {
    expect(measured.bleu).toEqual({ all: of(0, 1, 2, 3), known: of(0, 3) });
    expect([measured.within, measured.beyond]).toEqual([of(0, 1, 3), of(2)]);
    expect(measured.byLength).toEqual([
      { from: 1, to: 10, sentences: 2, bleu: of(0, 1) },
      { from: 11, to: 20, sentences: 1, bleu: of(3) },
      { from: 31, to: 40, sentences: 1, bleu: of(2) },
    ]);
  });

  it('says what was measured, and that there was nothing to measure', () => {
    const better = measure(
      { name: 'RNNsearch-30', maxLength: 30 },
      pairs.map((p) => p.target),
      asked,
      {},
    );
    const [plain, attending, both] = findings([measured, better]);
    const change = Math.round((100 * (of(2) - of(0, 1, 3))) / of(0, 1, 3));
    expect(plain).toContain(`${of(2).toFixed(2)} beyond (−${-change} %)`);
    expect(attending).toContain('beyond (');
    expect(both).toContain(`against ${of(2).toFixed(2)} at 31–40 words`);
    const none = testSentences([pair('z')], codecs);
    const nothing = measure(model, ['z'], none, {});
    expect([nothing.bleu.known, nothing.beyond]).toEqual([null, null]);
    expect(findings([nothing])).toEqual([expect.stringContaining('no longer sentences in the test')]);
    expect(tableOne([nothing], none)).toMatch(/RNNenc-30 +\d+\.\d\d +– +13\.93 +24\.19/);
  });
});

describe('segments', () => {
  it('hold every pair once, in order, both sides alike, and as many as the length allows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        (lengths, longest, seed) => {
          const pairs = lengths.map((length, i) =>
            pair(sentence(length, `s${i}`), sentence(length, `t${i}`)),
          );
          const segments = joinNeighbours(pairs, longest, new Random(seed));
          expect(segments.map((s) => s.source).join(' ')).toBe(pairs.map((p) => p.source).join(' '));
          for (const { source, target } of segments) {
            expect(target).toBe(source.replaceAll('s', 't'));
            const isOne = new Set(source.split(' ')).size === 1;
            if (!isOne) expect(wordsOf(source)).toBeLessThanOrEqual(longest);
          }
        },
      ),
    );
  });

  it('come in all lengths', () => {
    const pairs = Array.from({ length: 4000 }, () => pair(sentence(5)));
    const segments = joinNeighbours(pairs, 60, new Random(1));
    const test = perTenWords(segments, 15, 60);
    const counts = new Map<number, number>();
    for (const { source } of test) {
      const bucket = Math.ceil(wordsOf(source) / 10);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    expect(counts).toEqual(new Map([1, 2, 3, 4, 5, 6].map((bucket) => [bucket, 15])));
    expect(perTenWords([pair(sentence(61)), pair(sentence(60))], 5, 60)).toHaveLength(1);
  });
});
