import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALGORITHMS,
  type AlgorithmOptions,
  bitBatch,
  createAlgorithm,
  drawBitBatch,
} from '../../src/data/algorithms.ts';
import { copyOf, repeatedCopyOf } from '../../src/data/algorithmsCopy.ts';
import { ngramsOf, optimalNgramBits } from '../../src/data/algorithmsNgrams.ts';
import { recallOf } from '../../src/data/algorithmsRecall.ts';
import { sortedOf } from '../../src/data/algorithmsSort.ts';
import { UsageError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';

/** One string a step, a character a channel, as a table is read. */
const rows = (steps: readonly (readonly number[])[]): string[] => steps.map((step) => step.join(''));

describe('the layouts, by hand', () => {
  it('copy: the vectors, the delimiter, silence', () => {
    const { inputs, targets, mask } = copyOf([
      [1, 0, 1],
      [0, 1, 1],
    ]);
    expect(rows(inputs)).toEqual(['1010', '0110', '0001', '0000', '0000']);
    expect(rows(targets)).toEqual(['000', '000', '000', '101', '011']);
    expect(mask).toEqual([0, 0, 0, 1, 1]);
  });

  it('repeat copy: the vectors, the number, the copies, the end marker', () => {
    const vectors = [
      [1, 0],
      [1, 1],
    ];
    const { inputs, targets, mask } = repeatedCopyOf(vectors, 2, 7);
    expect(rows(inputs)).toEqual(['100', '110', '007', '000', '000', '000', '000', '000']);
    expect(rows(targets)).toEqual(['000', '000', '000', '100', '110', '100', '110', '001']);
    expect(mask).toEqual([0, 0, 0, 1, 1, 1, 1, 1]);
  });

  it('associative recall: items behind delimiters, the query between two others, the next item', () => {
    const items = [
      [[1], [1]],
      [[0], [1]],
      [[1], [0]],
    ];
    const { inputs, targets, mask } = recallOf(items, 1);
    const shown = ['010', '100', '100', '010', '000', '100', '010', '100', '000'];
    expect(rows(inputs)).toEqual([...shown, '001', '000', '100', '001', '000', '000']);
    expect(rows(targets)).toEqual([...Array(13).fill('0'), '1', '0']);
    expect(mask).toEqual([...Array(13).fill(0), 1, 1]);
  });

  it('dynamic n-grams: the next bit at every step, where its context is complete', () => {
    const { inputs, targets, mask } = ngramsOf([1, 0, 0, 1, 1], 3);
    expect(rows(inputs)).toEqual(['1', '0', '0', '1']);
    expect(rows(targets)).toEqual(['0', '0', '1', '1']);
    expect(mask).toEqual([0, 1, 1, 1]); // of the bits 2 to 4
  });

  it('priority sort: the highest priorities, falling', () => {
    const entries = [
      { vector: [1, 0], priority: -0.5 },
      { vector: [0, 1], priority: 0.25 },
      { vector: [1, 1], priority: 1 },
    ];
    const { inputs, targets, mask } = sortedOf(entries, 2);
    expect(inputs).toEqual([
      [1, 0, -0.5],
      [0, 1, 0.25],
      [1, 1, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(rows(targets)).toEqual(['00', '00', '00', '11', '01']);
    expect(mask).toEqual([0, 0, 0, 1, 1]);
  });
});

/** Rows [T][width] of the b-th sequence of a batch. */
const rowsAt = (data: Float32Array, b: number, T: number, B: number): number[][] => {
  const width = data.length / (T * B);
  return Array.from({ length: T }, (_, t) =>
    Array.from(data.slice((t * B + b) * width, (t * B + b + 1) * width)),
  );
};

describe('drawn sequences', () => {
  const steps: Record<string, (sizes: Record<string, number>) => number> = {
    copy: ({ length }) => 2 * length + 1,
    repeatCopy: ({ length, repeats }) => length + 1 + length * repeats + 1,
    associativeRecall: ({ items }) => 4 * items + 5 + 3,
    dynamicNgrams: ({ length }) => length - 1,
    prioritySort: ({ length, kept }) => length + kept,
  };
  const channels = {
    copy: [9, 8],
    repeatCopy: [9, 9],
    associativeRecall: [8, 6],
    dynamicNgrams: [1, 1],
    prioritySort: [9, 8],
  };
  const ranges: Record<string, Record<string, readonly [number, number]>> = {
    copy: { length: [1, 20] },
    repeatCopy: { length: [1, 10], repeats: [1, 10] },
    associativeRecall: { items: [2, 6] },
    dynamicNgrams: { length: [200, 200] },
    prioritySort: { length: [20, 20], kept: [16, 16] },
  };

  for (const type of ALGORITHMS) {
    it(`have the paper's channels, sizes and steps: ${type}`, () => {
      const task = createAlgorithm({ type });
      expect([task.inputs, task.outputs]).toEqual(channels[type]);
      const random = new Random(1);
      const seen: Record<string, Set<number>> = {};
      for (let i = 0; i < 400; i++) {
        const sizes = task.drawSizes(random);
        expect(Object.keys(sizes)).toEqual(Object.keys(ranges[type]));
        for (const [name, value] of Object.entries(sizes)) {
          seen[name] ??= new Set();
          seen[name].add(value);
        }
        if (i < 20) {
          const { inputs, targets, mask } = task.draw(random, sizes);
          for (const part of [inputs, targets, mask]) expect(part.length).toBe(steps[type](sizes));
          expect(inputs.every((step) => step.length === task.inputs)).toBe(true);
          expect(targets.every((step) => step.length === task.outputs)).toBe(true);
        }
      }
      for (const [name, [least, most]] of Object.entries(ranges[type])) {
        expect([Math.min(...seen[name]), Math.max(...seen[name]), seen[name].size]).toEqual([
          least,
          most,
          most - least + 1,
        ]);
        expect(task.largest[name]).toBe(most);
      }
    });

    it(`follow from seed and number alone: ${type}`, () => {
      const task = createAlgorithm({ type });
      const batch = (seed: number, index: number) => drawBitBatch(task, { seed, index, sequences: 3 });
      const ahead = batch(5, 7);
      batch(5, 6);
      expect(batch(5, 7)).toEqual(ahead);
      const others = [batch(5, 8), batch(6, 7), batch(7, 5)].map(({ inputs }) => inputs.join());
      expect(new Set([ahead.inputs.join(), ...others]).size).toBe(4);
      const { T, B } = ahead.sizes;
      const each = [0, 1, 2].map((b) => rowsAt(ahead.inputs, b, T, B).join());
      expect(new Set(each).size).toBeGreaterThan(1);
    });
  }

  it('are solved by the rule of their task, in any batch', () => {
    const seeds = fc.record({ seed: fc.integer(), index: fc.nat(100_000) });
    fc.assert(
      fc.property(seeds, ({ seed, index }) => {
        const recall = drawBitBatch(createAlgorithm({ type: 'associativeRecall' }), {
          seed,
          index,
          sequences: 2,
        });
        const { T, B } = recall.sizes;
        for (let b = 0; b < B; b++) {
          const read = rowsAt(recall.inputs, b, T, B);
          const start = read.findIndex((step) => step[7] === 1);
          const item = (at: number) => rows(read.slice(at, at + 3).map((step) => step.slice(0, 6))).join();
          const query = item(start + 1);
          const found = read.flatMap((step, t) => (step[6] === 1 && item(t + 1) === query ? [t + 4] : []));
          const answer = rows(rowsAt(recall.targets, b, T, B).slice(-3)).join();
          expect(found.map((t) => item(t + 1))).toContain(answer);
        }
        const sort = drawBitBatch(createAlgorithm({ type: 'prioritySort' }), { seed, index, sequences: 2 });
        for (let b = 0; b < 2; b++) {
          const read = rowsAt(sort.inputs, b, 36, 2).slice(0, 20);
          read.sort((x, y) => y[8] - x[8]);
          const answer = rowsAt(sort.targets, b, 36, 2).slice(20);
          expect(rows(answer)).toEqual(rows(read.slice(0, 16).map((step) => step.slice(0, 8))));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('show the number of repeats with mean 0 and variance 1', () => {
    const task = createAlgorithm({ type: 'repeatCopy' });
    const shown = Array.from({ length: 10 }, (_, i) => {
      const { inputs } = task.draw(new Random(1), { length: 1, repeats: i + 1 });
      return inputs[1][8];
    });
    expect(shown.reduce((a, b) => a + b)).toBeCloseTo(0, 12);
    expect(shown.reduce((a, b) => a + b * b, 0) / 10).toBeCloseTo(1, 12);
    // Beyond the range it goes on in equal steps.
    const { inputs } = task.draw(new Random(1), { length: 1, repeats: 20 });
    expect(inputs[1][8] - shown[9]).toBeCloseTo(10 * (shown[1] - shown[0]), 12);
  });

  it('take other sizes than those of the training when they are given', () => {
    const { sizes, mask } = drawBitBatch(createAlgorithm({ type: 'copy' }), {
      seed: 1,
      index: 0,
      sequences: 2,
      sizes: { length: 120 },
    });
    expect(sizes).toEqual({ T: 241, B: 2, I: 9, O: 8 });
    expect(mask.reduce((a, b) => a + b)).toBe(240);
  });

  it('have fair bits, and vectors that do not depend on each other', () => {
    const { inputs, sizes } = drawBitBatch(createAlgorithm({ type: 'copy' }), {
      seed: 3,
      index: 1,
      sequences: 50,
      sizes: { length: 40 },
    });
    const vectors = Array.from({ length: sizes.B }, (_, b) =>
      rowsAt(inputs, b, sizes.T, sizes.B).slice(0, 40),
    ).flat();
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    for (let k = 0; k < 8; k++) expect(Math.abs(mean(vectors.map((v) => v[k])) - 0.5)).toBeLessThan(0.05);
    const next = vectors.slice(1).map((v, i) => (v[0] === vectors[i][0] ? 1 : 0));
    const beside = vectors.map((v) => (v[0] === v[1] ? 1 : 0));
    for (const same of [next, beside]) expect(Math.abs(mean(same) - 0.5)).toBeLessThan(0.05);
  });
});

describe('dynamic n-grams', () => {
  it('have tables from Beta(1/2, 1/2)', () => {
    // With no context there is one probability a sequence: how often it lies below x is (2/π) asin √x.
    const task = createAlgorithm({ type: 'dynamicNgrams', order: 1, length: 2000 });
    const random = new Random(4);
    const shares = Array.from({ length: 400 }, () => {
      const { targets } = task.draw(random, { length: 2000 });
      return targets.reduce((a, [bit]) => a + bit, 0) / targets.length;
    });
    for (const x of [0.1, 0.3, 0.5, 0.9]) {
      const below = shares.filter((share) => share < x).length / shares.length;
      expect(Math.abs(below - (2 / Math.PI) * Math.asin(Math.sqrt(x)))).toBeLessThan(0.06);
    }
  });

  it('depend on the bits before, oldest first, and on nothing else', () => {
    const task = createAlgorithm({ type: 'dynamicNgrams', order: 3, length: 8000 });
    const { inputs } = task.draw(new Random(2), { length: 8000 });
    const bits = inputs.map(([bit]) => bit);
    const share = (context: string) => {
      const next = bits.flatMap((bit, t) =>
        bits.slice(t - context.length, t).join('') === context ? [bit] : [],
      );
      return next.reduce((a, b) => a + b, 0) / next.length;
    };
    for (const context of ['00', '01', '10', '11']) {
      for (const older of ['0', '1']) {
        expect(Math.abs(share(older + context) - share(context)), older + context).toBeLessThan(0.07);
      }
    }
  });

  it('cost the best predictor what the marginal likelihood of the counts says', () => {
    // P(bits) = Π_c B(N₁ + ½, N₀ + ½) / B(½, ½), in closed form; Γ(n + ½) / Γ(½) = Π (k − ½).
    const rising = (n: number) => Array.from({ length: n }, (_, k) => k + 0.5).reduce((a, b) => a * b, 1);
    const factorial = (n: number) => Array.from({ length: n }, (_, k) => k + 1).reduce((a, b) => a * b, 1);
    const sequences = fc.record({
      order: fc.integer({ min: 1, max: 4 }),
      bits: fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 40 }),
    });
    fc.assert(
      fc.property(sequences, ({ order, bits }) => {
        const counts = new Map<string, number[]>();
        for (let t = order - 1; t < bits.length; t++) {
          const context = bits.slice(t - order + 1, t).join('');
          const count = counts.get(context) ?? [0, 0];
          count[bits[t]]++;
          counts.set(context, count);
        }
        const expected = [...counts.values()].reduce(
          (cost, [zeros, ones]) => cost - Math.log2((rising(zeros) * rising(ones)) / factorial(zeros + ones)),
          0,
        );
        expect(optimalNgramBits(bits, order)).toBeCloseTo(expected, 9);
      }),
    );
  });
});

describe('what cannot be', () => {
  const refused: [AlgorithmOptions, RegExp][] = [
    [{ type: 'nothing' } as never, /copy, repeatCopy/],
    [{ type: 'copy', lengths: [0, 3] }, /from 1 up/],
    [{ type: 'copy', lengths: [3, 2] }, /smaller number first/],
    [{ type: 'copy', width: 1.5 }, /whole number/],
    [{ type: 'repeatCopy', repeats: [1, 3] }, /mean 2 would be shown as 0/],
    [{ type: 'associativeRecall', items: [1, 3] }, /from 2 up/],
    [{ type: 'dynamicNgrams', order: 6, length: 5 }, /from 6 up/],
    [{ type: 'dynamicNgrams', order: 21, length: 100 }, /at most 20/],
    [{ type: 'prioritySort', length: 4, kept: 5 }, /5 of 4/],
  ];
  for (const [options, message] of refused) {
    it(`is refused: ${JSON.stringify(options)}`, () => {
      expect(() => createAlgorithm(options)).toThrow(UsageError);
      expect(() => createAlgorithm(options)).toThrow(message);
    });
  }

  it('is refused in sizes: unknown names, and values that make no sequence', () => {
    const draw = (sizes: Record<string, number>) => () =>
      drawBitBatch(createAlgorithm({ type: 'copy' }), { seed: 1, index: 0, sequences: 1, sizes });
    expect(draw({ items: 3 })).toThrow(/size 'items'.*length/);
    expect(draw({ length: 0 })).toThrow(UsageError);
    expect(draw({ length: Number.NaN })).toThrow(UsageError);
    expect(() => bitBatch([])).toThrow(UsageError);
    expect(() => bitBatch([copyOf([[1]]), copyOf([[1], [0]])])).toThrow(/3, 5 steps/);
  });
});
