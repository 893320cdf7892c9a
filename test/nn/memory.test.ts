/** Addressing, reading and writing again, in plain loops from the paper's equations; and what always holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import * as g from '../../src/graph/index.ts';
import { contentWeights, interpolate, readMemory, sharpen, shift, writeMemory } from '../../src/nn/memory.ts';
import { Random } from '../../src/random.ts';
import type { HostTensor } from '../../src/runtime/index.ts';
import { checkGradient, compute, runtime } from '../graph/check.ts';
import { dot, hadamard, plus, softmax, type Vector } from './plain.ts';

const [B, H, N, M] = [2, 3, 5, 4];

const input = (name: string, ...shape: (number | string)[]) => g.input(name, 'float64', shape);
const tensor = (shape: readonly number[], fill: (i: number) => number): HostTensor => ({
  dtype: 'float64',
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i)),
});

/** The rows along the last axis, in order. */
function rowsOf({ shape, data }: HostTensor): Vector[] {
  const width = shape[shape.length - 1];
  return Array.from({ length: data.length / width }, (_, i) =>
    Array.from(data.slice(i * width, (i + 1) * width) as Float64Array, Number),
  );
}

const random = new Random(1);
const numbers = (...shape: number[]) => tensor(shape, () => random.normal());
/** Positive, each row with sum 1. */
function weightsOf(...shape: number[]): HostTensor {
  const width = shape[shape.length - 1];
  const rows = rowsOf(tensor(shape, () => 2 * random.normal())).map(softmax);
  return tensor(shape, (i) => rows[Math.floor(i / width)][i % width]);
}
/** What lies at a location of memory [B, M, N]. */
const location = ({ data }: HostTensor, b: number, n: number): Vector =>
  Array.from({ length: M }, (_, m) => Number(data[(b * M + m) * N + n]));

function expectClose(found: readonly Vector[], expected: readonly Vector[]): void {
  expect(found.length).toBe(expected.length);
  for (const [i, row] of expected.entries()) {
    for (const [k, x] of row.entries()) expect(found[i][k], `[${i}][${k}]`).toBeCloseTo(x, 10);
  }
}

/** Batch and head of the i-th row. */
const place = (i: number, heads = H): [number, number] => [Math.floor(i / heads), i % heads];

describe('addressing', () => {
  it('by content is a softmax of β times the cosine (equations 5 and 6)', async () => {
    const feeds = {
      memory: numbers(B, M, N),
      keys: numbers(B, H, M),
      strengths: tensor([B, H, 1], () => 5 * random.uniform()),
    };
    const found = await compute(
      { w: contentWeights(input('memory', B, M, N), input('keys', B, H, M), input('strengths', B, H, 1)) },
      feeds,
    );
    // A vector is as long as it is and a hundredth more: √(|x|² + 10⁻⁴).
    const length = (v: Vector) => Math.sqrt(dot(v, v) + 1e-4);
    const expected = rowsOf(feeds.keys).map((key, i) => {
      const [b] = place(i);
      const similarity = Array.from({ length: N }, (_, n) => {
        const row = location(feeds.memory, b, n);
        return dot(key, row) / (length(key) * length(row));
      });
      return softmax(similarity.map((k) => k * Number(feeds.strengths.data[i])));
    });
    expectClose(rowsOf(found.w), expected);
  });

  it('by content finds the location like the key, however long either is; and zeros are like nothing', async () => {
    const memory = tensor([1, M, N], (i) => (i % N === 2 ? 0 : random.normal()));
    const keys = tensor([1, 2, M], (i) => (i < M ? 0.1 * location(memory, 0, 3)[i] : 0));
    const w = contentWeights(input('memory', 1, M, N), input('keys', 1, 2, M), input('strengths', 1, 2, 1));
    const found = await compute({ w }, { memory, keys, strengths: tensor([1, 2, 1], () => 200) });
    const [like, any] = rowsOf(found.w);
    expect(like[3]).toBeGreaterThan(0.99);
    for (const x of any) expect(x).toBeCloseTo(1 / N, 12);
  });

  it('by location is between what was and what the content says (equation 7)', async () => {
    const feeds = {
      content: weightsOf(B, H, N),
      before: weightsOf(B, H, N),
      gates: tensor([B, H, 1], () => random.uniform()),
    };
    const w = interpolate(input('content', B, H, N), input('before', B, H, N), input('gates', B, H, 1));
    const expected = rowsOf(feeds.content).map((content, i) => {
      const gate = Number(feeds.gates.data[i]);
      return content.map((c, n) => gate * c + (1 - gate) * rowsOf(feeds.before)[i][n]);
    });
    expectClose(rowsOf((await compute({ w }, feeds)).w), expected);
  });

  it('by location turns in a circle (equation 8)', async () => {
    const feeds = { weights: weightsOf(B, H, N), shifts: weightsOf(B, H, 3) };
    const w = shift(input('weights', B, H, N), input('shifts', B, H, 3));
    const expected = rowsOf(feeds.weights).map((row, i) => {
      const s = (by: number) => {
        const j = ((((by % N) + N) % N) + 1) % N; // −1, 0, 1 are entries 0, 1, 2; all others are 0
        return j < 3 ? rowsOf(feeds.shifts)[i][j] : 0;
      };
      return row.map((_, n) => row.reduce((total, x, j) => total + x * s(n - j), 0));
    });
    expectClose(rowsOf((await compute({ w }, feeds)).w), expected);
  });

  it('by location moves by one place exactly, also past the ends', async () => {
    const weights = weightsOf(1, 3, N);
    const shifts = tensor([1, 3, 3], (i) => (i % 4 === 0 ? 1 : 0)); // back, stay, on
    const w = shift(input('weights', 1, 3, N), input('shifts', 1, 3, 3));
    const found = rowsOf((await compute({ w }, { weights, shifts })).w);
    const [a, b, c] = rowsOf(weights);
    expect(found).toEqual([[...a.slice(1), a[0]], b, [c[N - 1], ...c.slice(0, -1)]]);
  });

  it('needs as many locations as there are shifts', () => {
    expect(() => shift(input('w', 1, 1, 2), input('s', 1, 1, 3))).toThrow(ShapeError);
    expect(() => shift(input('w', 1, 1, 'N'), input('s', 1, 1, 3))).toThrow(/at least 3/);
  });

  it('sharpens: the power, scaled to sum 1 (equation 9)', async () => {
    const feeds = {
      weights: weightsOf(B, H, N),
      exponents: tensor([B, H, 1], () => 1 + 4 * random.uniform()),
    };
    const w = sharpen(input('weights', B, H, N), input('exponents', B, H, 1));
    const expected = rowsOf(feeds.weights).map((row, i) => {
      const powers = row.map((x) => x ** Number(feeds.exponents.data[i]));
      return powers.map((x) => x / powers.reduce((a, b) => a + b));
    });
    expectClose(rowsOf((await compute({ w }, feeds)).w), expected);
  });

  it('leaves weights as they are where γ is 1, zeros included', async () => {
    const weights = tensor([1, 2, N], (i) => (i < N ? (i === 1 ? 1 : 0) : i === 7 ? 0 : 0.25));
    const w = sharpen(input('weights', 1, 2, N), input('exponents', 1, 2, 1));
    const found = await compute({ w }, { weights, exponents: tensor([1, 2, 1], () => 1) });
    expectClose(rowsOf(found.w), rowsOf(weights));
  });
});

describe('reading and writing', () => {
  it('reads the weighted sum of locations (equation 2)', async () => {
    const feeds = { memory: numbers(B, M, N), weights: weightsOf(B, H, N) };
    const r = readMemory(input('memory', B, M, N), input('weights', B, H, N));
    const expected = rowsOf(feeds.weights).map((w, i) => {
      const [b] = place(i);
      return plus(...w.map((x, n) => location(feeds.memory, b, n).map((m) => x * m)));
    });
    expectClose(rowsOf((await compute({ r }, feeds)).r), expected);
  });

  it('erases and adds, every head (equations 3 and 4)', async () => {
    const feeds = {
      memory: numbers(B, M, N),
      weights: weightsOf(B, H, N),
      erased: tensor([B, H, M], () => random.uniform()),
      added: numbers(B, H, M),
    };
    const [memory, weights] = [input('memory', B, M, N), input('weights', B, H, N)];
    const written = writeMemory(memory, weights, input('erased', B, H, M), input('added', B, H, M));
    const found = (await compute({ written }, feeds)).written;
    const [w, e, a] = [feeds.weights, feeds.erased, feeds.added].map(rowsOf);
    for (let b = 0; b < B; b++) {
      for (let n = 0; n < N; n++) {
        let row = location(feeds.memory, b, n);
        for (let h = 0; h < H; h++)
          row = hadamard(
            row,
            e[b * H + h].map((x) => 1 - w[b * H + h][n] * x),
          );
        for (let h = 0; h < H; h++)
          row = plus(
            row,
            a[b * H + h].map((x) => w[b * H + h][n] * x),
          );
        expectClose([location(found, b, n)], [row]);
      }
    }
  });

  it('has the gradients of finite differences', async () => {
    const [memory, weights] = [input('memory', 'B', M, N), input('weights', 'B', H, N)];
    const keys = input('keys', 'B', H, M);
    const [rates, added] = [g.sigmoid(input('erased', 'B', H, M)), input('added', 'B', H, M)];
    const one = (name: string) => g.softplus(input(name, 'B', H, 1));
    const before = g.softmax(weights);
    const content = contentWeights(memory, keys, one('strengths'));
    const gated = interpolate(content, before, g.sigmoid(input('gates', 'B', H, 1)));
    const moved = shift(gated, g.softmax(input('shifts', 'B', H, 3)));
    const sharp = sharpen(moved, g.add(one('exponents'), 1));
    const written = writeMemory(memory, sharp, rates, added);
    await checkGradient([sharp, readMemory(written, sharp)], { B });
  });
});

describe('whatever comes', () => {
  it('weights are weights: not negative, sum 1, no NaN, nor in the gradients', async () => {
    const f32 = (name: string, ...shape: number[]) => g.input(name, 'float32', shape);
    const leaves = {
      memory: f32('memory', 1, M, N),
      keys: f32('keys', 1, 2, M),
      strengths: f32('strengths', 1, 2, 1),
      before: f32('before', 1, 2, N),
      gates: f32('gates', 1, 2, 1),
      shifts: f32('shifts', 1, 2, 3),
      exponents: f32('exponents', 1, 2, 1),
    };
    const content = contentWeights(leaves.memory, leaves.keys, leaves.strengths);
    const moved = shift(interpolate(content, leaves.before, leaves.gates), leaves.shifts);
    const weights = sharpen(moved, leaves.exponents);
    const loss = g.sum(g.mul(weights, f32('by', 1, 2, N)));
    const gradients = g.gradient(loss, Object.values(leaves));
    const named = Object.fromEntries(gradients.map((d, i) => [`d ${Object.keys(leaves)[i]}`, d]));
    const program = await (await runtime()).load(g.toOnnx({ content, weights, ...named }).bytes);

    const floats = (length: number, limit: number) =>
      fc.array(
        fc.oneof(
          fc.constantFrom(0, 1e-30, 1e-6, -1e-6, 1, -limit, limit),
          fc.float({ min: Math.fround(-limit), max: Math.fround(limit), noNaN: true }),
        ),
        { minLength: length, maxLength: length },
      );
    // One-hot or soft weights; the ranges are those that headParameters can give.
    const rows = (width: number) =>
      fc.array(
        fc.array(fc.double({ min: -90, max: 90, noNaN: true }), { minLength: width, maxLength: width }),
        {
          minLength: 2,
          maxLength: 2,
        },
      );
    const cases = fc.record({
      memory: floats(M * N, 1e4),
      keys: floats(2 * M, 1),
      strengths: fc.array(fc.double({ min: 0, max: 21, noNaN: true }), { minLength: 2, maxLength: 2 }),
      before: rows(N),
      gates: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 }),
      shifts: rows(3),
      exponents: fc.array(fc.double({ min: 1, max: 22, noNaN: true }), { minLength: 2, maxLength: 2 }),
      by: floats(2 * N, 1),
    });
    const sizes = { memory: [1, M, N], keys: [1, 2, M], strengths: [1, 2, 1], gates: [1, 2, 1] };
    const shapes: Record<string, number[]> = {
      ...sizes,
      before: [1, 2, N],
      shifts: [1, 2, 3],
      exponents: [1, 2, 1],
      by: [1, 2, N],
    };
    await fc.assert(
      fc.asyncProperty(cases, async (drawn) => {
        const all = {
          ...drawn,
          before: drawn.before.flatMap(softmax),
          shifts: drawn.shifts.flatMap(softmax),
        };
        const feeds = Object.fromEntries(
          Object.entries(all).map(([name, values]) => [
            name,
            { dtype: 'float32' as const, shape: shapes[name], data: Float32Array.from(values) },
          ]),
        );
        const found = await program.run(feeds);
        for (const part of [found.content, found.weights]) {
          for (const row of rowsOf(part)) {
            expect(row.every((x) => x >= 0)).toBe(true);
            expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
          }
        }
        for (const name of Object.keys(named)) {
          expect(Array.from(found[name].data, Number).every(Number.isFinite), name).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
    await program.dispose();
  });
});
