/** CTC against the sum over all paths, a plain recursion, another implementation's figure, and finite differences. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import * as g from '../../src/graph/index.ts';
import { Random } from '../../src/random.ts';
import { sharedData } from '../data/shared.ts';
import { checkGradient, compute, type Feeds } from './check.ts';
import { nodesOf, traffic } from './nodes.ts';

type Float = 'float32' | 'float64';
interface Item {
  /** [frames][C], before softmax */
  readonly logits: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

const logSumExp = (v: readonly number[]): number => {
  const m = Math.max(...v);
  return m === Number.NEGATIVE_INFINITY ? m : m + Math.log(v.reduce((t, x) => t + Math.exp(x - m), 0));
};
const logSoftmax = (v: readonly number[]): number[] => v.map((x) => x - logSumExp(v));

/** B of the paper: repeated classes are one, then blanks go. */
const collapse = (path: readonly number[], blank: number): number[] =>
  path.filter((v, t) => v !== blank && v !== path[t - 1]);

/** Every path there is. */
function enumerated({ logits, labels }: Item, blank: number): number {
  const logProbs = logits.map(logSoftmax);
  const C = logits[0].length;
  const all: number[] = [];
  for (let code = 0; code < C ** logits.length; code++) {
    const path = logits.map((_, t) => Math.floor(code / C ** t) % C);
    if (collapse(path, blank).join() === labels.join()) {
      all.push(path.reduce((total, v, t) => total + logProbs[t][v], 0));
    }
  }
  return -logSumExp(all);
}

/** −ln p by the forward variables, and y − occupancy by both (equations 6–16), in plain loops. */
function recursion({ logits, labels }: Item, blank: number): { loss: number; gradient: number[][] } {
  const logProbs = logits.map(logSoftmax);
  const run = (rows: readonly number[][], said: readonly number[]): number[][] => {
    const extended = [blank, ...said.flatMap((v) => [v, blank])];
    let before = extended.map((_, s) => (s === 0 ? 0 : Number.NEGATIVE_INFINITY));
    return rows.map((row) => {
      before = extended.map((v, s) => {
        const ways = [before[s]];
        if (s > 0) ways.push(before[s - 1]);
        if (s > 1 && v !== blank && v !== extended[s - 2]) ways.push(before[s - 2]);
        return logSumExp(ways) + row[v];
      });
      return before;
    });
  };
  const forward = run(logProbs, labels);
  const backward = run([...logProbs].reverse(), [...labels].reverse()).map((r) => [...r].reverse());
  const extended = [blank, ...labels.flatMap((v) => [v, blank])];
  const p = logSumExp((forward[forward.length - 1] ?? [0]).slice(-2));
  const gradient = logProbs.map((row, t) =>
    row.map((logP, k) => {
      const beta = backward[logits.length - 1 - t];
      const through = extended.flatMap((v, s) => (v === k ? [forward[t][s] + beta[s] - row[v]] : []));
      return Math.exp(logP) - (through.length === 0 ? 0 : Math.exp(logSumExp(through) - p));
    }),
  );
  return { loss: -p, gradient };
}

const draw = (random: Random, frames: number, length: number, C: number, blank: number, scale = 1): Item => ({
  logits: Array.from({ length: frames }, () => Array.from({ length: C }, () => scale * random.normal())),
  labels: Array.from({ length }, () => {
    const v = random.integer(C - 1);
    return v < blank ? v : v + 1;
  }),
});
const repeats = (labels: readonly number[]): number => labels.filter((v, i) => v === labels[i - 1]).length;

/** A batch with rubbish at all padding. */
function feedsOf(
  items: readonly Item[],
  dtype: Float,
  pad: { frames?: number; labels?: number; C?: number } = {},
): { feeds: Feeds; sizes: { U: number; B: number; L: number }; C: number } {
  const B = items.length;
  const C = pad.C ?? items[0].logits[0].length;
  const U = Math.max(...items.map((i) => i.logits.length)) + (pad.frames ?? 0);
  const L = Math.max(...items.map((i) => i.labels.length)) + (pad.labels ?? 0);
  const floats = (length: number, entry: (i: number) => number) =>
    dtype === 'float32'
      ? Float32Array.from({ length }, (_, i) => entry(i))
      : Float64Array.from({ length }, (_, i) => entry(i));
  const mask = (rows: number, length: (item: Item) => number) =>
    floats(rows * B, (i) => (Math.floor(i / B) < length(items[i % B]) ? 1 : 0));
  const logits = floats(U * B * C, (i) => {
    const [t, b] = [Math.floor(i / (B * C)), Math.floor(i / C) % B];
    return items[b].logits[t]?.[i % C] ?? 50 * Math.sin(i);
  });
  const labels = Int32Array.from(
    { length: L * B },
    (_, i) => items[i % B].labels[Math.floor(i / B)] ?? 1e6 - i,
  );
  return {
    C,
    sizes: { U, B, L },
    feeds: {
      logits: { dtype, shape: [U, B, C], data: logits },
      frameMask: { dtype, shape: [U, B], data: mask(U, (i) => i.logits.length) },
      labels: { dtype: 'int32', shape: [L, B], data: labels },
      labelMask: { dtype, shape: [L, B], data: mask(L, (i) => i.labels.length) },
    },
  };
}

function graph(C: number, dtype: Float, blank?: number): { logits: g.Value; losses: g.Value } {
  const logits = g.input('logits', dtype, ['U', 'B', C]);
  const losses = g.ctc(
    logits,
    g.input('frameMask', dtype, ['U', 'B']),
    g.input('labels', 'int32', ['L', 'B']),
    g.input('labelMask', dtype, ['L', 'B']),
    blank === undefined ? {} : { blank },
  );
  return { logits, losses };
}

/** Losses [B] and their gradients [U][B][C]. */
async function measure(
  items: readonly Item[],
  dtype: Float,
  options: { blank?: number; frames?: number; labels?: number; C?: number } = {},
): Promise<{ losses: number[]; gradients: number[][][]; all: number[] }> {
  const { feeds, sizes, C } = feedsOf(items, dtype, options);
  const { logits, losses } = graph(C, dtype, options.blank);
  const [d] = g.gradient(g.sum(losses), [logits]);
  const found = await compute({ losses, d }, feeds);
  const all = Array.from(found.d.data as Float64Array, Number);
  const row = (t: number, b: number) => all.slice((t * sizes.B + b) * C, (t * sizes.B + b + 1) * C);
  return {
    losses: Array.from(found.losses.data as Float64Array, Number),
    gradients: Array.from({ length: sizes.U }, (_, t) => items.map((_, b) => row(t, b))),
    all,
  };
}

function expectGradients(found: number[][][], items: readonly Item[], blank: number, digits: number): void {
  for (const [b, item] of items.entries()) {
    const { gradient } = recursion(item, blank);
    for (const [t, rows] of found.entries()) {
      for (const [k, d] of rows[b].entries()) expect(d).toBeCloseTo(gradient[t]?.[k] ?? 0, digits);
    }
  }
}

const property = (runs: number, check: (random: Random) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(fc.nat(1e9), (seed) => check(new Random(seed))),
    { seed: 2006, numRuns: runs, endOnFailure: true },
  );

describe('ctc', () => {
  it('is −ln of the sum over all paths that collapse to the labels, in ragged batches', async () => {
    await property(12, async (random) => {
      const C = 2 + random.integer(3);
      const blank = random.integer(C);
      const items: Item[] = [];
      while (items.length < 4) {
        const item = draw(random, 1 + random.integer(6), random.integer(4), C, blank, 2);
        if (item.labels.length + repeats(item.labels) <= item.logits.length) items.push(item);
      }
      const { losses } = await measure(items, 'float64', { blank });
      for (const [b, item] of items.entries()) expect(losses[b]).toBeCloseTo(enumerated(item, blank), 10);
    });
  });

  it('has the gradient of finite differences: lengths of all kinds, repeated labels, none', async () => {
    const random = new Random(1);
    const C = 4;
    const items = [
      draw(random, 7, 3, C, 3),
      draw(random, 3, 0, C, 3),
      { ...draw(random, 5, 0, C, 3), labels: [1, 1, 2] },
    ];
    const { feeds, sizes } = feedsOf(items, 'float64', { frames: 1, labels: 1 });
    const { losses } = graph(C, 'float64');
    await checkGradient([losses], sizes, { given: feeds, probes: 96, except: ['frameMask', 'labelMask'] });
  });

  it('is the plain recursion, in float64 and in float32, over long sequences', async () => {
    const random = new Random(2);
    const items = [
      draw(random, 120, 25, 12, 11, 3),
      draw(random, 40, 0, 12, 11),
      draw(random, 77, 30, 12, 11, 0.1),
    ];
    const exact = await measure(items, 'float64');
    const single = await measure(items, 'float32');
    for (const [b, item] of items.entries()) {
      const { loss } = recursion(item, 11);
      expect(exact.losses[b]).toBeCloseTo(loss, 9);
      expect(Math.abs(single.losses[b] / loss - 1)).toBeLessThan(1e-6);
    }
    expectGradients(exact.gradients, items, 11, 10);
    expectGradients(single.gradients, items, 11, 4);
  });

  it('holds where some probabilities are far below others, as when a network says nothing but blanks', async () => {
    const random = new Random(3);
    const items = [30, 300, 3000].map((gap) => {
      const item = draw(random, 30, 8, 5, 4);
      return { ...item, logits: item.logits.map((row) => row.map((x, k) => (k === 4 ? x + gap : x))) };
    });
    const single = await measure(items, 'float32');
    for (const [b, item] of items.entries()) {
      const { loss } = recursion(item, 4);
      expect(Math.abs(single.losses[b] / loss - 1)).toBeLessThan(1e-6);
    }
    expectGradients(
      single.gradients.map((rows) => rows.slice(0, 2)),
      items.slice(0, 2),
      4,
      3,
    );
  });

  it('has finite losses and gradients within ±1 for any finite logits', async () => {
    const random = new Random(4);
    const most = 3.4e38;
    const rows: ((t: number, k: number) => number)[] = [
      (t, k) => (k === t % 3 ? most : -most),
      () => most,
      () => -most,
      (t, k) => (k === 3 ? 1e30 : -1e25 * t),
      (_, k) => (k === 0 ? -1e5 : 1e5),
      () => (random.uniform() - 0.5) * 2 * most,
    ];
    const items = rows.map((entry) => {
      const item = draw(random, 20, 6, 4, 3);
      return { ...item, logits: item.logits.map((row, t) => row.map((_, k) => entry(t, k))) };
    });
    for (const dtype of ['float32', 'float64'] as const) {
      const { losses, all } = await measure(items, dtype);
      for (const loss of losses) expect(loss).toSatisfy(Number.isFinite);
      for (const d of all) expect(Math.abs(d)).toBeLessThanOrEqual(1 + 1e-6);
    }
  });

  it('never lets padding matter: alone, in a batch, and padded further with rubbish', async () => {
    const random = new Random(5);
    const items = [
      draw(random, 9, 2, 6, 5),
      draw(random, 31, 12, 6, 5),
      draw(random, 4, 0, 6, 5),
      draw(random, 1, 1, 6, 5),
    ];
    const batch = await measure(items, 'float32');
    const padded = await measure(items, 'float32', { frames: 17, labels: 5 });
    for (const [b, item] of items.entries()) {
      const alone = await measure([item], 'float32');
      for (const other of [batch, padded]) {
        expect(Math.abs(other.losses[b] - alone.losses[0])).toBeLessThan(1e-5 * Math.max(1, alone.losses[0]));
        for (const [t, rows] of other.gradients.entries()) {
          for (const [k, d] of rows[b].entries()) {
            expect(Math.abs(d - (alone.gradients[t]?.[0][k] ?? 0))).toBeLessThan(1e-5);
          }
        }
      }
    }
  });

  it('gives labels that do not fit a large loss and no gradient, and leaves the others alone', async () => {
    await property(10, async (random) => {
      const items = Array.from({ length: 6 }, () => draw(random, random.integer(6), random.integer(5), 3, 2));
      const { losses, gradients } = await measure(items, 'float64', { C: 3 });
      for (const [b, item] of items.entries()) {
        const fits = item.labels.length + repeats(item.labels) <= item.logits.length;
        if (fits) {
          expect(losses[b]).toBeCloseTo(recursion(item, 2).loss, 10);
          expectGradients(
            gradients.map((rows) => [rows[b]]),
            [item],
            2,
            10,
          );
        } else {
          expect(losses[b]).toBe(1e30);
          for (const rows of gradients) expect(rows[b].map(Math.abs)).toEqual([0, 0, 0]);
        }
      }
    });
  });

  it('takes a batch in which no sequence has a label', async () => {
    const items = [draw(new Random(6), 4, 0, 3, 2), draw(new Random(7), 2, 0, 3, 2)];
    const { losses, gradients } = await measure(items, 'float64');
    for (const [b, item] of items.entries()) {
      expect(losses[b]).toBeCloseTo(-item.logits.reduce((t, row) => t + logSoftmax(row)[2], 0), 12);
    }
    expectGradients(gradients, items, 2, 12);
  });

  const line = sharedData('metrics/ctc-decoder/line_rnnOutput.csv');
  it.skipIf(line === undefined)('gives the loss that CTCDecoder does for a line of handwriting', async () => {
    const logits = readFileSync(line as string, 'utf8')
      .trim()
      .split('\n')
      .map((row) =>
        row
          .split(';')
          .filter((x) => x !== '')
          .map(Number),
      );
    const characters = ' !"#&\'()*+,-./0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const labels = [...'the fake friend of the family, like the'].map((c) => characters.indexOf(c));
    expect(logits[0].length).toBe(characters.length + 1);
    const { losses } = await measure([{ logits, labels }], 'float64');
    expect(losses[0]).toBeCloseTo(28.090721774903226, 9);
  });

  it('looks labels up before its loops, whose steps are few passes over the places', () => {
    const { logits, losses } = graph(30, 'float32');
    const [d] = g.gradient(g.sum(losses), [logits]);
    const { loops } = nodesOf(g.toOnnx({ losses, d }).bytes);
    const [forward, backward] = loops.map(({ inside }) => inside);
    expect(loops).toHaveLength(2);
    expect(forward).toEqual({ Concat: 1, Slice: 2, Max: 2, Sub: 3, Exp: 3, Add: 5, Log: 1 });
    expect(backward).toEqual({ Div: 1, Mul: 3, Concat: 2, Add: 2, Slice: 1, Identity: 1 });
    for (const loop of loops) {
      for (const shape of traffic(loop).stacked) expect(shape).toBe('2*L+1 B');
    }
  });

  it('refuses what does not fit, with the shapes', () => {
    const f = (name: string, ...shape: (string | number)[]) => g.input(name, 'float32', shape);
    const labels = g.input('labels', 'int32', ['L', 'B']);
    const [x, m, n] = [f('x', 'U', 'B', 5), f('m', 'U', 'B'), f('n', 'L', 'B')];
    expect(() => g.ctc(x, f('m', 'B', 'U'), labels, n)).toThrow(ShapeError);
    expect(() => g.ctc(x, f('m', 'B', 'U'), labels, n)).toThrow('time-major');
    expect(() => g.ctc(x, m, f('labels', 'L', 'B'), n)).toThrow('integer labels');
    expect(() => g.ctc(x, m, labels, n, { blank: 5 })).toThrow('a class for the blank, 0 to 5 − 1. 5 came.');
    expect(() => g.ctc(f('x', 'U', 'B', 'C'), m, labels, n)).toThrow('a class for the blank');
  });
});
