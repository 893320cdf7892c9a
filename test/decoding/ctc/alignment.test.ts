import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ctcAlign, ctcGreedy, ctcLoss } from '../../../src/decoding/ctc/index.ts';
import { DataError, UsageError } from '../../../src/errors.ts';
import { allPaths, collapse, labellings, probabilities, randomLogits, smallLogits } from './paths.ts';

describe('the CTC loss', () => {
  it('is that of the sum over all paths', () => {
    fc.assert(
      fc.property(smallLogits, ({ logits, blank }) => {
        const all = labellings(logits, blank);
        for (const { labels, p } of all.values()) {
          expect(Math.abs(ctcLoss(logits, labels, { blank }) + Math.log(p))).toBeLessThan(1e-10);
        }
      }),
    );
  });

  it('takes arrays with a shape, text in an alphabet, and the last class for the blank', () => {
    const logits = randomLogits(6, 4, 1, 2);
    const data = Float64Array.from(logits.flat());
    const loss = ctcLoss(logits, [0, 0, 2]);
    expect(ctcLoss({ data, shape: [6, 4] }, [0, 0, 2], { blank: 3 })).toBe(loss);
    expect(ctcLoss({ data, shape: [6, 4] }, 'aac', { alphabet: 'abc' })).toBe(loss);
    expect(ctcLoss(logits, 'yes yes no', { alphabet: ['yes', 'maybe', 'no'] })).toBe(loss);
    const first = logits.map(([a, b, c, blank]) => Float32Array.of(blank, a, b, c));
    expect(ctcLoss(first, 'aac', { alphabet: 'abc', blank: 0 })).toBeCloseTo(loss, 6);
    expect(ctcLoss(first, [1, 1, 3], { blank: 0 })).toBeCloseTo(loss, 6);
  });

  it('neither overflows nor underflows over a long sequence of large logits', () => {
    const frames = 3000;
    const logits = Array.from({ length: frames }, () => [1000, 1000, 1000]);
    // Each path has 3^-frames; those that say one label begin at some frame and end at a later one.
    expect(ctcLoss(logits, [0])).toBeCloseTo(frames * Math.log(3) - Math.log((frames * (frames + 1)) / 2), 6);
    expect(ctcLoss(logits, [])).toBeCloseTo(frames * Math.log(3), 6);
  });

  it('says how many frames labels need, and never answers Infinity', () => {
    const logits = randomLogits(4, 3, 1, 1);
    expect(ctcLoss(logits, [0, 1, 1])).toBeGreaterThan(0);
    for (const score of [ctcLoss, ctcAlign]) {
      expect(() => score(logits, [0, 0, 0])).toThrow(DataError);
      expect(() => score(logits, [0, 0, 0])).toThrow(
        'Labels longer than frames: 3 labels in 4 frames; expected at least 5 frames: 3 labels + 2 repeats',
      );
      const forbidding = logits.map(([a, , b]) => [a, Number.NEGATIVE_INFINITY, b]);
      expect(Number.isFinite(Number(ctcLoss(forbidding, [0])))).toBe(true);
      expect(() => score(forbidding, [0, 1])).toThrow('Labels with probability 0');
    }
  });
});

describe('forced alignment', () => {
  it('finds the best of all paths that say the labels', () => {
    fc.assert(
      fc.property(smallLogits, ({ logits, blank }) => {
        for (const { labels, best, path } of labellings(logits, blank).values()) {
          const found = ctcAlign(logits, labels, { blank });
          expect(found.labels).toEqual(labels);
          expect(Math.abs(found.logProb - Math.log(best))).toBeLessThan(1e-10);
          expect(pathOf(found, logits.length, blank)).toEqual(path);
        }
      }),
    );
  });

  it('names the labels and has a frame for each', () => {
    const found = ctcAlign(randomLogits(9, 4, 3, 2), 'abba', { alphabet: 'abc' });
    expect(found.text).toBe('abba');
    const places = found.frames.flatMap(({ first, last }) => [first, last]);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(found.frames[2].first).toBeGreaterThan(found.frames[1].last + 1);
  });
});

describe('greedy decoding', () => {
  it('collapses the best class of every frame', () => {
    fc.assert(
      fc.property(smallLogits, ({ logits, blank }) => {
        const path = logits.map((row) => row.indexOf(Math.max(...row)));
        const found = ctcGreedy(logits, { blank });
        expect(found.labels).toEqual(collapse(path, blank));
        expect(pathOf(found, logits.length, blank)).toEqual(path);
        const aligned = ctcAlign(logits, found.labels, { blank });
        expect(aligned.frames).toEqual(found.frames);
        expect(aligned.logProb).toBeCloseTo(found.logProb, 10);
        expect(found).not.toHaveProperty('text');
      }),
    );
  });

  it('says characters without, words with spaces between', () => {
    const said = [0, 2, 2, 3, 2, 1].map((c) => [0, 1, 2, 3].map((x) => (x === c ? 9 : 0)));
    expect(ctcGreedy(said, { alphabet: 'añ😀' }).text).toBe('a😀😀ñ');
    expect(ctcGreedy(said, { alphabet: ['one', 'two', 'three'] }).text).toBe('one three three two');
    expect(ctcGreedy(said, { alphabet: ['th', ' ', 'e'] }).text).toBe('thee ');
    expect(ctcGreedy(said, { alphabet: 'abc', blank: 0 })).toMatchObject({
      labels: [2, 3, 2, 1],
      text: 'bcba',
    });
  });
});

/** What labels and their frames say of each frame. */
function pathOf({ labels, frames }: ReturnType<typeof ctcGreedy>, length: number, blank: number): number[] {
  const path = new Array<number>(length).fill(blank);
  for (const [i, { first, last }] of frames.entries()) path.fill(labels[i], first, last + 1);
  return path;
}

describe('classes that are never said', () => {
  it('take no part in the best path, and keep their probability', () => {
    fc.assert(
      fc.property(smallLogits, fc.nat(3), ({ logits, blank }, chosen) => {
        const classes = logits[0].length;
        const never = chosen % classes;
        if (never === blank) return;
        const found = ctcGreedy(logits, { blank, never: [never] });
        // The best of the paths without it.
        const paths = [...allPaths(probabilities(logits))].filter(({ path }) => !path.includes(never));
        const best = paths.reduce((most, path) => (path.p > most.p ? path : most));
        expect(found.labels).toEqual(collapse(best.path, blank));
        expect(found.logProb).toBeCloseTo(Math.log(best.p), 10);
      }),
    );
  });

  it('are classes, and not the blank', () => {
    for (const never of [[3], [-1], [4], [0.5]]) {
      const search = () => ctcGreedy(randomLogits(3, 4, 1, 1), { never });
      expect(search).toThrow(UsageError);
      expect(search).toThrow(`Class ${never[0]} that may never be said; expected a class from 0 to 3`);
    }
  });
});
