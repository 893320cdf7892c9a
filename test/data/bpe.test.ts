import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learnBpe, type Merge } from '../../src/data/bpe.ts';
import { BpeMerges } from '../../src/data/bpeMerges.ts';
import { compareCodePoints } from '../../src/data/vocabulary.ts';
import { Random } from '../../src/random.ts';
import { sharedData } from './shared.ts';

type Words = [symbols: string[], count: number][];

/** The definition: count all pairs anew for every merge. */
function learnByRecounting(words: Words, minFrequency: number): Merge[] {
  const merges: Merge[] = [];
  let corpus = words.map(([symbols, count]) => [[...symbols], count] as const);
  for (;;) {
    const counts = new Map<string, { pair: Merge; count: number }>();
    for (const [symbols, count] of corpus) {
      for (let i = 1; i < symbols.length; i++) {
        const key = JSON.stringify([symbols[i - 1], symbols[i]]);
        const entry = counts.get(key) ?? { pair: [symbols[i - 1], symbols[i]] as const, count: 0 };
        entry.count += count;
        counts.set(key, entry);
      }
    }
    const [best] = [...counts.values()].sort(
      (a, b) =>
        b.count - a.count ||
        compareCodePoints(b.pair[0], a.pair[0]) ||
        compareCodePoints(b.pair[1], a.pair[1]),
    );
    if (best === undefined || best.count < minFrequency) return merges;
    merges.push(best.pair);
    corpus = corpus.map(([symbols, count]) => [replaceAll(symbols, best.pair), count] as const);
  }
}

function replaceAll(symbols: readonly string[], [left, right]: Merge): string[] {
  const out: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const hit = symbols[i] === left && symbols[i + 1] === right;
    out.push(hit ? left + right : symbols[i]);
    if (hit) i++;
  }
  return out;
}

/** The definition: of all pairs that can merge, the earliest in the list, leftmost; one at a time. */
function applyOneByOne(symbols: readonly string[], merges: readonly Merge[]): string[] {
  const pieces = [...symbols];
  for (;;) {
    let best = merges.length;
    let at = -1;
    for (let i = 0; i + 1 < pieces.length; i++) {
      const rank = merges.findIndex(([left, right]) => left === pieces[i] && right === pieces[i + 1]);
      if (rank >= 0 && rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return pieces;
    pieces.splice(at, 2, pieces[at] + pieces[at + 1]);
  }
}

const letter = fc.constantFrom('a', 'b', 'c', '😀', 'ﬁ');
const word = fc.array(letter, { minLength: 1, maxLength: 12 });
const corpus: fc.Arbitrary<Words> = fc.uniqueArray(fc.tuple(word, fc.integer({ min: 1, max: 5 })), {
  selector: ([symbols]) => symbols.join(''),
  maxLength: 12,
});

describe('learning merges', () => {
  it('counts, and prefers the greatest of equally frequent pairs', () => {
    // The words of Sennrich et al. 2016, algorithm 1; `l o` and `o w` are equally frequent.
    const words: Words = [
      [['l', 'o', 'w', '</w>'], 5],
      [['l', 'o', 'w', 'e', 's', 't', '</w>'], 2],
      [['n', 'e', 'w', 'e', 'r', '</w>'], 6],
      [['w', 'i', 'd', 'e', 'r', '</w>'], 3],
    ];
    expect([...learnBpe(words)].slice(0, 4)).toEqual([
      ['r', '</w>'],
      ['e', 'r</w>'],
      ['o', 'w'],
      ['l', 'ow'],
    ]);
    // U+1F600 is above U+FB01, though its first UTF-16 unit is below it.
    const ties: Words = [
      [['a', 'ﬁ'], 2],
      [['a', '😀'], 2],
    ];
    expect([...learnBpe(ties)]).toEqual([
      ['a', '😀'],
      ['a', 'ﬁ'],
    ]);
  });

  it('equals counting anew for every merge', () => {
    fc.assert(
      fc.property(corpus, fc.integer({ min: 1, max: 4 }), (words, minFrequency) => {
        expect([...learnBpe(words, minFrequency)]).toEqual(learnByRecounting(words, minFrequency));
      }),
      { numRuns: 500 },
    );
  });

  it('ends where there is nothing to merge', () => {
    expect([...learnBpe([])]).toEqual([]);
    expect([...learnBpe([[['a'], 9]])]).toEqual([]);
    expect([...learnBpe([[['a', 'b'], 1]])]).toEqual([]);
    expect([...learnBpe([[['a', 'b'], 1]], 0)]).toEqual([['a', 'b']]);
  });
});

describe('applying merges', () => {
  it('equals applying them one by one', () => {
    fc.assert(
      fc.property(
        corpus,
        word,
        fc.array(fc.tuple(letter, letter), { maxLength: 6 }),
        (words, text, extra) => {
          // Merges of any order, also such as no trainer makes.
          const merges = [...extra, ...learnBpe(words, 1)];
          const pieces = new BpeMerges(merges).apply(text);
          expect(pieces).toEqual(applyOneByOne(text, merges));
          expect(pieces.join('')).toBe(text.join(''));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes no more than moments for a word of 100,000 letters', () => {
    const merges = new BpeMerges([...learnBpe([[[...'abcabdabeabcabc'], 2]])]);
    const text = [...'abc'.repeat(33_333)];
    const start = performance.now();
    expect(merges.apply(text).join('')).toBe(text.join(''));
    // Linear-logarithmic work takes a fifth of a second; the bound leaves room for a busy machine.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('BPE dropout', () => {
  const text = [...'abcabdabe'];
  const learned = [...learnBpe([[text, 2]])];
  const merges = new BpeMerges(learned);

  it('gives the same text in other pieces, equal for equal seeds', () => {
    fc.assert(
      fc.property(corpus, word, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (words, text, p, s) => {
        const merges = new BpeMerges([...learnBpe(words, 1)]);
        const once = merges.apply(text, { dropout: p, random: new Random(s) });
        expect(once.join('')).toBe(text.join(''));
        expect(merges.apply(text, { dropout: p, random: new Random(s) })).toEqual(once);
      }),
    );
    const random = new Random(1);
    const ways = new Set(
      Array.from({ length: 200 }, () => merges.apply(text, { dropout: 0.5, random }).join(' ')),
    );
    expect(ways.size).toBeGreaterThan(10);
  });

  it('is plain BPE at 0, and symbols at 1', () => {
    expect(merges.apply(text, { dropout: 0, random: new Random(1) })).toEqual(merges.apply(text));
    expect(merges.apply(text, { dropout: 1, random: new Random(1) })).toEqual(text);
  });

  it('leaves a merge out with its probability at every step', () => {
    // Of `a b c` with merges ab and bc, by algorithm 1 of the paper:
    // ab with 1 − p, else bc with 1 − p, else nothing.
    const two = new BpeMerges([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    const random = new Random(3);
    const p = 0.3;
    const runs = 20_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < runs; i++) {
      const way = two.apply(['a', 'b', 'c'], { dropout: p, random }).join(' ');
      counts.set(way, (counts.get(way) ?? 0) + 1);
    }
    const expected = { 'ab c': 1 - p, 'a bc': p * (1 - p), 'a b c': p * p };
    expect(counts.size).toBe(3);
    for (const [way, probability] of Object.entries(expected)) {
      // Five standard deviations.
      const deviation = Math.sqrt((probability * (1 - probability)) / runs);
      expect(Math.abs((counts.get(way) as number) / runs - probability)).toBeLessThan(5 * deviation);
    }
  });
});

const [text, codes, segmented] = ['corpus.en', 'bpe.ref', 'corpus.bpe.ref.en'].map((file) =>
  sharedData(`metrics/subword-nmt/${file}`),
);
const here = text && codes && segmented;

describe.skipIf(!here)(`subword-nmt's reference${here ? '' : ' (no shared data here)'}`, () => {
  const lines = (path: string) => readFileSync(path, 'utf8').replace(/\n$/, '').split('\n');
  /** Version 0.2 of its format: the last character of a word carries the end of word. */
  const symbols = (word: string) => {
    const characters = [...word];
    characters[characters.length - 1] += '</w>';
    return characters;
  };
  const wordsOf = (line: string) => line.split(' ').filter((word) => word !== '');

  it('has the same 1,000 merges, and they segment its corpus as it does', () => {
    const counts = new Map<string, number>();
    for (const word of lines(text as string).flatMap(wordsOf)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const words = Array.from(counts, ([word, count]) => [symbols(word), count] as const);
    const [version, ...expected] = lines(codes as string);
    expect(version).toBe('#version: 0.2');
    expect(expected.length).toBe(1000);
    const learned = [...learnBpe(words)].slice(0, 1000);
    expect(learned.map((merge) => merge.join(' '))).toEqual(expected);

    const merges = new BpeMerges(learned);
    const cut = (word: string) =>
      merges
        .apply(symbols(word))
        .join('@@ ')
        .replace(/<\/w>$/, '');
    expect(lines(text as string).map((line) => wordsOf(line).map(cut).join(' '))).toEqual(
      lines(segmented as string),
    );
  });
});
