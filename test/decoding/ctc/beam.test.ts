import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ctcBeamSearch, ctcLoss } from '../../../src/decoding/ctc/index.ts';
import { forget, type Prefix, rootPrefix, say, settle, stay } from '../../../src/decoding/ctc/prefix.ts';
import { UsageError } from '../../../src/errors.ts';
import { Random } from '../../../src/random.ts';
import { algorithm1 } from './hannun.ts';
import { labellings, probabilities, randomLogits, smallLogits } from './paths.ts';

const all = { beam: Number.POSITIVE_INFINITY, nBest: 1e6 };

describe('prefix beam search', () => {
  it('without a limit finds every labelling and its probability, best first', () => {
    fc.assert(
      fc.property(smallLogits, ({ logits, blank }) => {
        const expected = [...labellings(logits, blank).values()].sort((a, b) => b.p - a.p);
        const found = ctcBeamSearch(logits, { ...all, blank });
        expect(found.map(({ labels }) => labels)).toEqual(expected.map(({ labels }) => labels));
        for (const [i, { logProb, score }] of found.entries()) {
          expect(Math.abs(logProb - Math.log(expected[i].p))).toBeLessThan(1e-10);
          expect(score).toBe(logProb);
        }
      }),
    );
  });

  it('is algorithm 1 of Hannun et al. at every beam', () => {
    const cases = fc.record({
      frames: fc.integer({ min: 1, max: 40 }),
      classes: fc.integer({ min: 2, max: 6 }),
      seed: fc.nat(1e6),
      scale: fc.constantFrom(1, 3),
      beam: fc.integer({ min: 1, max: 12 }),
      leastProbable: fc.constantFrom(0, 0.02, 0.2),
      forbidden: fc.constantFrom(0, 0.2),
    });
    fc.assert(
      fc.property(cases, ({ frames, classes, seed, scale, beam, leastProbable, forbidden }) => {
        const random = new Random(seed);
        const logits = randomLogits(frames, classes, seed, scale).map((row) =>
          row.map((x, c) => (c > 0 && random.uniform() < forbidden ? Number.NEGATIVE_INFINITY : x)),
        );
        const expected = algorithm1(logits, 0, beam, leastProbable);
        const pruning = { minLabelLogProb: Math.log(leastProbable) };
        const found = ctcBeamSearch(logits, { blank: 0, beam, nBest: beam, pruning });
        expect(found.map(({ labels }) => labels)).toEqual(expected.map(({ labels }) => labels));
        for (const [i, { logProb }] of found.entries())
          expect(logProb).toBeCloseTo(Math.log(expected[i].p), 9);
      }),
      { numRuns: 300 },
    );
  });

  it('never counts an alignment twice, and no beam passes the exact search', () => {
    const cases = fc.tuple(smallLogits, fc.integer({ min: 1, max: 8 }));
    fc.assert(
      fc.property(cases, ([{ logits, blank }, beam]) => {
        const [exact] = ctcBeamSearch(logits, { ...all, nBest: 1, blank });
        for (const { labels, logProb } of ctcBeamSearch(logits, { beam, nBest: beam, blank })) {
          const most = -ctcLoss(logits, labels, { blank });
          expect(logProb).toBeLessThanOrEqual(most + 1e-10);
          expect(most).toBeLessThanOrEqual(exact.logProb + 1e-10);
        }
      }),
    );
  });

  it('gives the first of the nBest whatever nBest is, in words of the alphabet', () => {
    const logits = randomLogits(12, 5, 4, 2);
    const best = ctcBeamSearch(logits, { alphabet: 'abcd', nBest: 25 });
    expect(best.length).toBe(25);
    expect(new Set(best.map(({ text }) => text)).size).toBe(25);
    expect(ctcBeamSearch(logits, { alphabet: 'abcd' })).toEqual(best.slice(0, 1));
    expect(best[0].text).toBe(best[0].labels.map((c) => 'abcd'[c]).join(''));
    expect(ctcBeamSearch(logits)[0]).not.toHaveProperty('text');
  });

  it('counts an insertion bonus for every label', () => {
    const logits = randomLogits(4, 3, 8, 1);
    const expected = [...labellings(logits, 2).values()]
      .map(({ labels, p }) => ({ labels, score: Math.log(p) + 1.5 * labels.length }))
      .sort((a, b) => b.score - a.score);
    const found = ctcBeamSearch(logits, { ...all, insertionBonus: 1.5 });
    expect(found.map(({ labels }) => labels)).toEqual(expected.map(({ labels }) => labels));
    for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(expected[i].score, 10);
  });

  it('says only labels that pruning leaves: probable in some frame, or the most probable', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.double({ min: -3, max: -0.1, noNaN: true }), (seed, minLabelLogProb) => {
        const logits = randomLogits(8, 5, seed, 2);
        const sayable = new Set(
          probabilities(logits).flatMap((row) =>
            [0, 1, 2, 3].filter((c) => Math.log(row[c]) >= minLabelLogProb || row[c] === Math.max(...row)),
          ),
        );
        const pruned = ctcBeamSearch(logits, { ...all, pruning: { minLabelLogProb } });
        for (const { labels, logProb } of pruned) {
          expect(labels.filter((label) => !sayable.has(label))).toEqual([]);
          expect(logProb).toBeLessThanOrEqual(-ctcLoss(logits, labels) + 1e-10);
        }
        expect(ctcBeamSearch(logits, { pruning: { minLabelLogProb: -1e9 } })).toEqual(ctcBeamSearch(logits));
      }),
      { numRuns: 30 },
    );
  });

  it('says the most probable label of a frame however strict pruning is', () => {
    const logits = [0, 3, 1, 3, 1].map((best) => [0, 1, 2, 3].map((c) => (c === best ? 1 : 0)));
    const [found] = ctcBeamSearch(logits, {
      ...all,
      nBest: 1,
      insertionBonus: 9,
      pruning: { minLabelLogProb: -0.1 },
    });
    expect(found.labels).toEqual([0, 1, 1]);
  });

  it('keeps no more prefixes than the beam where all are as good', () => {
    const logits = Array.from({ length: 3 }, () => [0, 0, 0, 0]);
    let asked = 0;
    const languageModel = {
      start: () => undefined,
      score: () => {
        asked++;
        return { state: undefined, logProb: 0 };
      },
      end: () => 0,
    };
    ctcBeamSearch(logits, { alphabet: 'abc', beam: 2, languageModel });
    // After nothing, after "a" and after "b" there may follow three labels; "c" is as good, but comes after them.
    expect(asked).toBe(9);
  });

  it('keeps one prefix where no other may be as much worse', () => {
    const logits = randomLogits(30, 6, 2, 2);
    const pruning = { maxScoreGap: 1e-9 };
    expect(ctcBeamSearch(logits, { nBest: 25, pruning })).toEqual(ctcBeamSearch(logits, { beam: 1 }));
    expect(ctcBeamSearch(logits, { pruning: { maxScoreGap: 1e9 } })).toEqual(ctcBeamSearch(logits));
  });

  it('takes classes that logits forbid for impossible', () => {
    const open = randomLogits(4, 3, 5, 1);
    const logits = open.map((row, t) =>
      row.map((x, c) => ((c + t) % 3 === 0 ? Number.NEGATIVE_INFINITY : x)),
    );
    const expected = [...labellings(logits, 2).values()].filter(({ p }) => p > 0).sort((a, b) => b.p - a.p);
    const found = ctcBeamSearch(logits, all);
    expect(found.map(({ labels }) => labels)).toEqual(expected.map(({ labels }) => labels));
  });

  it.each([
    ['beam 0', { beam: 0 }, 'A beam of 0; expected a whole number, 1 or more'],
    ['half a beam', { beam: 1.5 }, 'A beam of 1.5'],
    ['a beam of NaN', { beam: Number.NaN }, 'A beam of NaN'],
    ['nBest 0', { nBest: 0 }, 'nBest 0'],
    ['nBest above the beam', { beam: 2, nBest: 3 }, 'nBest 3; expected a whole number from 1 to the beam, 2'],
    ['pruning above 1', { pruning: { minLabelLogProb: 0.5 } }, 'minLabelLogProb of 0.5'],
    ['pruning of all', { pruning: { maxScoreGap: 0 } }, 'maxScoreGap of 0'],
    ['a negative weight', { languageModelWeight: -1 }, 'languageModelWeight of -1'],
    ['a bonus of Infinity', { insertionBonus: Infinity }, 'insertionBonus of Infinity'],
  ])('refuses %s', (_, options, message) => {
    const search = () => ctcBeamSearch(randomLogits(3, 3, 1, 1), options);
    expect(search).toThrow(UsageError);
    expect(search).toThrow(message);
  });
});

describe('a prefix', () => {
  const progress = { bonus: 0, state: undefined, word: '', node: undefined };
  const wording = { start: progress, after: () => progress, end: () => 0 };
  const row = Float64Array.from([0.1, 0.2, 0.2, 0.5], Math.log);
  const frame = (number: number) => ({ number, row, blank: 3, touched: [] as Prefix<undefined>[] });

  it('is forgotten with those before it that lead nowhere, and no others', () => {
    const root = rootPrefix<undefined>(progress);
    const extend = (prefix: Prefix<undefined>, label: number, number: number) => {
      say(prefix, label, frame(number), wording);
      const longer = prefix.children?.get(label) as Prefix<undefined>;
      settle(longer);
      return longer;
    };
    const a = extend(root, 0, 0);
    const ab = extend(a, 1, 1);
    const aba = extend(ab, 0, 2);
    const abab = extend(aba, 1, 3);
    stay(root, frame(4));
    forget(aba, 4);
    expect(ab.children?.get(0)).toBe(aba);
    const other = extend(a, 2, 1);
    forget(abab, 4);
    expect(ab.children?.size).toBe(0);
    expect([...(a.children?.keys() ?? [])]).toEqual([2]);
    forget(other, 4);
    expect(root.children?.size).toBe(0);
    expect(other.parent).toBe(a);
  });
});
