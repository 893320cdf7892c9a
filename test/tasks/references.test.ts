import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTsv } from '../../src/data/corpus.node.ts';
import type { Pair } from '../../src/data/corpus.ts';
import { DataError } from '../../src/errors.ts';
import { bleu } from '../../src/metrics/index.ts';
import { exactMatchRate, referenceStreams } from '../../src/tasks/references.ts';
import { sharedData } from '../data/shared.ts';

const pairsOf = (rows: readonly (readonly [string, string])[]): Pair[] =>
  rows.map(([source, target], i) => ({ source, target, line: i + 1 }));
const pairs = pairsOf([
  ['Go.', 'Va !'],
  ['Hi.', 'Salut !'],
  ['Go.', 'Marche.'],
  ['Go.', 'va !'],
  ['go.', 'Bouge !'],
]);

describe('references', () => {
  it('are one a pair without alternatives', () => {
    expect(referenceStreams(pairs, { alternatives: false, lowercase: false })).toEqual({
      sources: ['Go.', 'Hi.', 'Go.', 'Go.', 'go.'],
      references: [['Va !', 'Salut !', 'Marche.', 'va !', 'Bouge !']],
    });
  });

  it('are a stream an alternative, null where there are fewer', () => {
    expect(referenceStreams(pairs, { alternatives: true, lowercase: false })).toEqual({
      sources: ['Go.', 'Hi.', 'go.'],
      references: [
        ['Va !', 'Salut !', 'Bouge !'],
        ['Marche.', null, null],
        ['va !', null, null],
      ],
    });
  });

  it('that are equal in lower case are one', () => {
    expect(referenceStreams(pairs, { alternatives: true, lowercase: true })).toEqual({
      sources: ['Go.', 'Hi.', 'go.'],
      references: [
        ['va !', 'salut !', 'bouge !'],
        ['marche.', null, null],
      ],
    });
  });

  it('say of every question exactly its answers', () => {
    const word = fc.constantFrom('a', 'b', 'c', 'A', '');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word)), (rows) => {
        const { sources, references } = referenceStreams(pairsOf(rows), {
          alternatives: true,
          lowercase: false,
        });
        expect(new Set(sources).size).toBe(sources.length);
        const said = sources.flatMap((source, i) =>
          references.flatMap((stream) => (stream[i] === null ? [] : [`${source}→${stream[i]}`])),
        );
        expect(new Set(said).size).toBe(said.length);
        expect(new Set(said)).toEqual(new Set(rows.map(([source, target]) => `${source}→${target}`)));
        for (const stream of references) expect(stream).toHaveLength(sources.length);
        // No gaps: a missing reference is followed by none.
        sources.forEach((_, i) => {
          const row = references.map((stream) => stream[i] !== null);
          expect(row).toEqual([...row].sort((a, b) => Number(b) - Number(a)));
        });
      }),
    );
  });
});

describe('exact match', () => {
  it('is with any alternative', () => {
    const { references } = referenceStreams(pairs, { alternatives: true, lowercase: false });
    expect(exactMatchRate(['Marche.', 'Va !', 'Bouge !'], references)).toBeCloseTo(2 / 3, 12);
    expect(exactMatchRate(['', '', ''], references)).toBe(0);
    expect(() => exactMatchRate(['a'], references)).toThrow(DataError);
    expect(() => exactMatchRate([], [[]])).toThrow(DataError);
  });

  it('and BLEU of the right answers are whole, whichever alternative is given', () => {
    const { sources, references } = referenceStreams(pairs, { alternatives: true, lowercase: true });
    for (const stream of references) {
      const hypotheses = sources.map((_, i) => stream[i] ?? (references[0][i] as string));
      expect(exactMatchRate(hypotheses, references)).toBe(1);
      expect(bleu(hypotheses, references, { maxOrder: 2 }).score).toBeCloseTo(100, 9);
    }
  });

  const cmudict = sharedData('cmudict/cntk-cmudict-0.7b.test.gz');
  it.skipIf(!cmudict)(
    `asks each word of CMUdict once${cmudict ? '' : ' (no shared data here)'}`,
    async () => {
      const test = await readTsv(cmudict as string, '  ');
      expect(test).toHaveLength(12_855);
      const { sources, references } = referenceStreams(test, { alternatives: true, lowercase: false });
      expect(sources).toHaveLength(11_994);
      const second = references[1] as (string | null)[];
      const hypotheses = sources.map((_, i) => second[i] ?? (references[0][i] as string));
      expect(exactMatchRate(hypotheses, references)).toBe(1);
      // Against the first pronunciation alone the second ones would be wrong.
      expect(exactMatchRate(hypotheses, references.slice(0, 1))).toBeLessThan(0.95);
    },
  );
});
