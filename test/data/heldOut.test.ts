import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTsv } from '../../src/data/corpus.node.ts';
import type { Pair } from '../../src/data/corpus.ts';
import { holdOut } from '../../src/data/heldOut.ts';
import { DataError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import { sharedData } from './shared.ts';

const key = ({ source }: Pair) => source.trim().toLowerCase();
const keysOf = (pairs: readonly Pair[]) => new Set(pairs.map(key));
const pairsOf = (sources: readonly string[]): Pair[] =>
  sources.map((source, i) => ({ source, target: `target ${i}`, line: i + 1 }));

/** Many variants of few sources. */
const source = fc
  .tuple(fc.constantFrom('', ' ', '\t'), fc.constantFrom('go', 'Go', 'GO!', 'été', 'ÉTÉ', 'x', '1', '2', '3'))
  .map(([space, word]) => `${space}${word}${space}`);
const corpus = fc.array(source, { minLength: 1, maxLength: 40 }).map(pairsOf);

describe('holding out', () => {
  it('takes so many distinct sources out, with all their pairs, and none is in two parts', () => {
    fc.assert(
      fc.property(corpus, fc.nat(3), fc.nat(3), (pairs, validation, test) => {
        fc.pre(keysOf(pairs).size > validation + test);
        const parts = holdOut(pairs, { validation, test }, 'train.tsv');
        expect(keysOf(parts.validation).size).toBe(validation);
        expect(keysOf(parts.test).size).toBe(test);
        const sizes = Object.values(parts).map((part: Pair[]) => keysOf(part).size);
        expect(sizes.reduce((a, b) => a + b)).toBe(keysOf(pairs).size);
        const all = [...parts.train, ...parts.validation, ...parts.test].sort((a, b) => a.line - b.line);
        expect(all).toEqual(pairs);
        for (const part of Object.values(parts)) {
          expect(part).toEqual(pairs.filter((pair) => part.includes(pair)));
        }
      }),
    );
  });

  it('takes the same whatever the order of the lines, and how often one occurs', () => {
    fc.assert(
      fc.property(corpus, fc.nat(2), fc.nat(2), fc.nat(), (pairs, validation, test, seed) => {
        fc.pre(keysOf(pairs).size > validation + test);
        const changed = [...pairs, ...pairs];
        new Random(seed).shuffle(changed);
        const [first, second] = [pairs, changed].map((p) => holdOut(p, { validation, test }, 'train.tsv'));
        for (const part of ['train', 'validation', 'test'] as const) {
          expect(keysOf(second[part])).toEqual(keysOf(first[part]));
        }
      }),
    );
  });

  it('takes the same test sources however many are for validation, and the other way round', () => {
    const pairs = pairsOf(Array.from({ length: 100 }, (_, i) => `source ${i}`));
    const both = holdOut(pairs, { validation: 20, test: 30 }, 'train.tsv');
    expect(holdOut(pairs, { test: 30 }, 'train.tsv').test).toEqual(both.test);
    expect(holdOut(pairs, { validation: 20 }, 'train.tsv').validation).toEqual(both.validation);
    const more = holdOut(pairs, { test: 31 }, 'train.tsv').test;
    expect(more.filter((pair) => both.test.includes(pair))).toEqual(both.test);
  });

  it('takes these, now and for ever', () => {
    const pairs = pairsOf(['Go.', 'Hi.', 'Run!', 'Wow!', 'Fire!', 'Help!', 'Jump.', 'Stop!', 'go. ', 'Été']);
    const { validation, test } = holdOut(pairs, { validation: 2, test: 3 }, 'train.tsv');
    // As a program of a few lines in another language has them, from the definitions of FNV-1a and MurmurHash3.
    expect([...keysOf(test)]).toEqual(['run!', 'help!', 'stop!']);
    expect([...keysOf(validation)]).toEqual(['wow!', 'été']);
  });

  it('spreads over a corpus: alphabetical neighbours are not held out together', () => {
    const pairs = pairsOf(
      Array.from({ length: 10_000 }, (_, i) => `The number is ${String(i).padStart(5, '0')}.`),
    );
    const { test, validation } = holdOut(pairs, { validation: 1000, test: 1000 }, 'train.tsv');
    for (const part of [test, validation]) {
      // In each tenth of the corpus 100 are expected, with a standard deviation of 9.
      const tenths = new Array<number>(10).fill(0);
      for (const { line } of part) tenths[Math.floor((line - 1) / 1000)] += 1;
      for (const count of tenths) expect(Math.abs(count - 100)).toBeLessThan(40);
    }
  });

  it('asks for more sources than it holds out', () => {
    const pairs = pairsOf(['a', 'A ', 'b', 'c']);
    const tooMany = () => holdOut(pairs, { validation: 1, test: 2 }, 'data.train');
    expect(tooMany).toThrow(DataError);
    expect(tooMany).toThrow(
      'data.train has 3 distinct sources (but for case and space around them); expected more than the 3 to hold out (validation 1, test 2). Lower heldOut',
    );
    expect(holdOut(pairs, { validation: 1, test: 1 }, 'data.train').train.length).toBeGreaterThan(0);
    expect(holdOut(pairs, {}, 'data.train')).toEqual({ train: pairs, validation: [], test: [] });
  });

  const tatoeba = sharedData('tatoeba/fra-eng.zip');
  it.skipIf(!tatoeba)(`does so with Tatoeba${tatoeba ? '' : ' (no shared data here)'}`, async () => {
    const pairs = await readTsv(`${tatoeba}/fra.txt`);
    expect(pairs).toHaveLength(142_787);
    const { train, validation, test } = holdOut(pairs, { validation: 1000, test: 2000 }, 'fra.txt');
    expect([keysOf(validation).size, keysOf(test).size]).toEqual([1000, 2000]);
    const trained = keysOf(train);
    expect([...validation, ...test].filter((pair) => trained.has(key(pair)))).toEqual([]);
    // A sample like the whole: as many translations a sentence.
    for (const part of [validation, test]) {
      const perSource = part.length / keysOf(part).size;
      expect(perSource / (pairs.length / keysOf(pairs).size)).toBeGreaterThan(0.9);
      expect(perSource / (pairs.length / keysOf(pairs).size)).toBeLessThan(1.1);
    }
  });
});
