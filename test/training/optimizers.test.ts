import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { adaDelta, adam, globalNorm, type Optimizer, restoreSlots } from '../../src/training/index.ts';

/** Kingma & Ba 2015, algorithm 1, line by line, one parameter in float64. */
function adamByTheBook(
  theta: number,
  gradients: number[],
  rate: number,
  b1: number,
  b2: number,
  eps: number,
) {
  let m = 0;
  let v = 0;
  for (const [i, g] of gradients.entries()) {
    const t = i + 1;
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g ** 2;
    const mHat = m / (1 - b1 ** t);
    const vHat = v / (1 - b2 ** t);
    theta = theta - (rate * mHat) / (Math.sqrt(vHat) + eps);
  }
  return theta;
}

/** Zeiler 2012, algorithm 1, line by line, one parameter in float64. */
function adaDeltaByTheBook(x: number, gradients: number[], rho: number, eps: number) {
  let gg = 0;
  let dd = 0;
  for (const g of gradients) {
    gg = rho * gg + (1 - rho) * g ** 2;
    const delta = -(Math.sqrt(dd + eps) / Math.sqrt(gg + eps)) * g;
    dd = rho * dd + (1 - rho) * delta ** 2;
    x += delta;
  }
  return x;
}

/** Runs an optimizer over rows of gradients, one row a step. */
function run(optimizer: Optimizer, start: number[], rows: number[][], learningRate: number, scale = 1) {
  const parameters = Float32Array.from(start);
  for (const [i, row] of rows.entries()) {
    optimizer.update(parameters, Float32Array.from(row), { step: i + 1, learningRate, scale });
  }
  return parameters;
}

const gradient = fc.double({ min: -10, max: 10, noNaN: true }).filter((g) => g === 0 || Math.abs(g) > 1e-3);
const matrix = fc
  .integer({ min: 1, max: 7 })
  .chain((n) =>
    fc.array(fc.array(gradient, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 40 }),
  );

describe('Adam', () => {
  it('gives the figures worked out by hand', () => {
    // Step 1: mHat = g, vHat = g², so the step is rate · sign(g), whatever the gradient's size.
    const one = run(adam(3), [1, 1, 1], [[0.5, -200, 0]], 0.1);
    expect(Array.from(one)).toEqual([0.9, 1.1, 1].map((x) => expect.closeTo(x, 6)));
    // Gradients 1 then 3: m = 0.1, 0.39; v = 0.001, 0.009999. mHat = 0.39 / 0.19 = 2.0526316,
    // vHat = 0.009999 / 0.001999 = 5.0020010, root 2.2365153; second step 0.1 · 2.0526316 / 2.2365153 = 0.0917781.
    const two = run(adam(1), [0], [[1], [3]], 0.1);
    expect(two[0]).toBeCloseTo(-0.1 - 0.0917781, 6);
  });

  it('equals algorithm 1 in float64', () => {
    fc.assert(
      fc.property(matrix, fc.constantFrom(1e-8, 1e-3), (rows, epsilon) => {
        const start = rows[0].map((_, i) => i - 1);
        const got = run(adam(start.length, { beta1: 0.8, beta2: 0.99, epsilon }), start, rows, 0.01);
        for (const [i, x] of start.entries()) {
          const column = rows.map((row) => Math.fround(row[i]));
          expect(got[i]).toBeCloseTo(adamByTheBook(x, column, 0.01, 0.8, 0.99, epsilon), 4);
        }
      }),
    );
  });

  it('lets a moment without gradients end at zero, not among the denormals', () => {
    const optimizer = adam(1);
    run(optimizer, [0], [[1], ...Array.from({ length: 900 }, () => [0])], 0.1);
    expect(optimizer.slots.firstMoment[0]).toBe(0);
    expect(optimizer.slots.secondMoment[0]).toBeGreaterThan(0);
  });
});

describe('AdaDelta', () => {
  it('gives the figures worked out by hand', () => {
    // Gradient 2: E[g²] = 0.05 · 4 = 0.2; step = √1e-6 / √0.200001 · 2 = 0.001 / 0.4472147 · 2 = 0.00447212.
    expect(run(adaDelta(1), [0], [[2]], 1)[0]).toBeCloseTo(-0.00447212, 8);
    // Again 2: E[g²] = 0.19 + 0.2 = 0.39; E[Δ²] = 0.05 · 0.00447212² = 1.0e-6, so √2.0e-6 / √0.390001 · 2
    // = 0.00141421 / 0.6245006 · 2 = 0.00452909.
    expect(run(adaDelta(1), [0], [[2], [2]], 1)[0]).toBeCloseTo(-0.00447212 - 0.00452909, 7);
  });

  it('equals algorithm 1 in float64', () => {
    fc.assert(
      fc.property(matrix, fc.constantFrom(1e-6, 1e-2), (rows, epsilon) => {
        const start = rows[0].map((_, i) => i - 1);
        const got = run(adaDelta(start.length, { rho: 0.9, epsilon }), start, rows, 1);
        for (const [i, x] of start.entries()) {
          const column = rows.map((row) => Math.fround(row[i]));
          expect(got[i]).toBeCloseTo(adaDeltaByTheBook(x, column, 0.9, epsilon), 4);
        }
      }),
    );
  });
});

describe.each([
  ['adam', adam],
  ['adadelta', adaDelta],
])('%s', (name, make) => {
  it('is named, applies the scale to the gradients and leaves them alone', () => {
    fc.assert(
      fc.property(matrix, (rows) => {
        const start = rows[0].map(() => 0.5);
        const halves = rows.map((row) => row.map((g) => g * 0.25));
        const scaled = run(make(start.length), start, rows, 0.1, 0.25);
        const given = run(make(start.length), start, halves, 0.1);
        for (const i of start.keys()) expect(scaled[i]).toBeCloseTo(given[i], 5);
      }),
    );
    const gradients = Float32Array.of(3, -4);
    const optimizer = make(2);
    optimizer.update(new Float32Array(2), gradients, { step: 1, learningRate: 1, scale: 0.1 });
    expect(gradients).toEqual(Float32Array.of(3, -4));
    expect(optimizer.name).toBe(name);
  });

  it('comes down a narrow valley', () => {
    const parameters = Float32Array.of(3, -2);
    const optimizer = make(2);
    const loss = () => parameters[0] ** 2 + 25 * parameters[1] ** 2;
    for (let step = 1; step <= 5000; step++) {
      const gradients = Float32Array.of(2 * parameters[0], 50 * parameters[1]);
      optimizer.update(parameters, gradients, { step, learningRate: name === 'adam' ? 0.01 : 1, scale: 1 });
    }
    expect(loss()).toBeLessThan(109e-3); // a thousandth of the start;
  });

  it('goes on from its slots', () => {
    const rows = [
      [1, -2],
      [0.5, 3],
      [-1, 1],
    ];
    const whole = run(make(2), [1, 1], rows, 0.1);
    const first = make(2);
    const parameters = run(first, [1, 1], rows.slice(0, 2), 0.1);
    const second = make(2);
    restoreSlots(second, structuredClone(first.slots));
    second.update(parameters, Float32Array.from(rows[2]), { step: 3, learningRate: 0.1, scale: 1 });
    expect(parameters).toEqual(whole);
  });
});

describe('restoreSlots', () => {
  it('refuses the slots of another optimizer or size', () => {
    expect(() => restoreSlots(adam(2), adaDelta(2).slots)).toThrow(FormatError);
    expect(() => restoreSlots(adam(2), adam(3).slots)).toThrow(
      'optimizer slots firstMoment[3], secondMoment[3]; expected those of adam: firstMoment[2], secondMoment[2]',
    );
  });
});

describe('globalNorm', () => {
  it('is the Euclidean norm', () => {
    expect(globalNorm(Float32Array.of(3, 4))).toBe(5);
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true }), (g) => {
        const expected = Math.hypot(...g);
        expect(Math.abs(globalNorm(g) - expected)).toBeLessThanOrEqual(1e-9 * expected);
      }),
    );
  });

  it('sums in double precision', () => {
    const ones = new Float32Array(2 ** 25).fill(1); // a float32 sum stops at 2^24
    expect(globalNorm(ones)).toBe(Math.sqrt(2 ** 25));
  });

  it('is not finite if one gradient is not, wherever it stands', () => {
    for (let i = 0; i < 7; i++) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const g = new Float32Array(7);
        g[i] = bad;
        expect(Number.isFinite(globalNorm(g))).toBe(false);
      }
    }
  });
});
