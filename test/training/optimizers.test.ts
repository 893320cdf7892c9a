import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError, UsageError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import {
  adaDelta,
  adam,
  globalNorm,
  movingAverage,
  type Optimizer,
  restoreSlots,
  sgd,
} from '../../src/training/index.ts';

/** Kingma & Ba 2015, algorithm 1, and Loshchilov & Hutter 2019, algorithm 2, line by line, in float64. */
function adamByTheBook(
  theta: number,
  gradients: number[],
  rate: number,
  b1: number,
  b2: number,
  eps: number,
  decay = 0,
) {
  let m = 0;
  let v = 0;
  for (const [i, g] of gradients.entries()) {
    const t = i + 1;
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g ** 2;
    const mHat = m / (1 - b1 ** t);
    const vHat = v / (1 - b2 ** t);
    theta = theta - rate * (mHat / (Math.sqrt(vHat) + eps) + decay * theta);
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

describe('SGD', () => {
  it('gives the figures worked out by hand', () => {
    expect(
      run(
        sgd(2),
        [1, 1],
        [
          [0.5, -2],
          [1, 0],
        ],
        0.25,
      ),
    ).toEqual(Float32Array.of(0.625, 1.5));
    // v = 1, then 0.5 · 1 + 3 = 3.5; θ = −0.25 · (1 + 3.5)
    expect(run(sgd(1, { momentum: 0.5 }), [0], [[1], [3]], 0.25)).toEqual(Float32Array.of(-1.125));
  });

  it('has a slot only with momentum', () => {
    expect(sgd(3).slots).toEqual({});
    expect(sgd(3, { momentum: 0.9 }).slots).toEqual({ velocity: new Float32Array(3) });
  });
});

/** Four steps on a matrix of three weights and two biases. */
const weightsAndBiases = [1, -2, 0.5, 0.25, -0.75];
const fourSteps = [
  [0.5, -1.0, 2.0, 0.1, -0.3],
  [1.5, 0.25, -0.5, 0.0, 0.6],
  [-0.2, 0.8, 1.0, -0.4, 0.2],
  [0.0, 0.0, 0.3, 0.7, -0.9],
];

/** What torch.optim of PyTorch 1.13 gives for the same in float64, the decay on the first three only. */
describe('equal to PyTorch', () => {
  const closeTo = (values: number[]) => values.map((x) => expect.closeTo(x, 6));
  it.each([
    [
      'AdamW, lr 0.1, weight decay 0.3',
      adam(5, { weightDecay: 0.3, decayed: [[0, 3]] }),
      [0.596096458, -1.6539901987, 0.1917459876, 0.1028815851, -0.7089086256],
    ],
    ['SGD, lr 0.1, momentum 0.9', sgd(5, { momentum: 0.9 }), [0.45955, -1.87585, -0.2723, 0.22161, -0.75743]],
    ['SGD, lr 0.1', sgd(5), [0.82, -2.005, 0.22, 0.21, -0.71]],
  ])('%s', (_, optimizer, expected) => {
    expect([...run(optimizer, weightsAndBiases, fourSteps, 0.1)]).toEqual(closeTo(expected));
  });
});

describe('weight decay', () => {
  it('with Adam is algorithm 2 of Loshchilov & Hutter 2019 in float64, where it applies', () => {
    fc.assert(
      fc.property(matrix, fc.double({ min: 0, max: 5, noNaN: true }), fc.nat(), (rows, weightDecay, cut) => {
        const start = rows[0].map((_, i) => i - 1);
        const until = cut % (start.length + 1);
        const optimizer = adam(start.length, { weightDecay, decayed: [[0, until]], epsilon: 1e-3 });
        const got = run(optimizer, start, rows, 0.01);
        for (const [i, x] of start.entries()) {
          const column = rows.map((row) => Math.fround(row[i]));
          const share = i < until ? weightDecay : 0;
          expect(got[i]).toBeCloseTo(adamByTheBook(x, column, 0.01, 0.9, 0.999, 1e-3, share), 4);
        }
      }),
    );
  });

  it.each([
    ['AdaDelta', adaDelta],
    ['SGD', sgd],
    ['momentum', (n: number, options: object) => sgd(n, { momentum: 0.9, ...options })],
  ])('shrinks by learning rate × decay at every update, gradients or not: %s', (_, make) => {
    const zeros = Array.from({ length: 10 }, () => [0, 0, 0]);
    const got = run(make(3, { weightDecay: 0.2, decayed: [[1, 2]] }), [3, 3, 3], zeros, 0.5);
    expect([...got]).toEqual([3, expect.closeTo(3 * 0.9 ** 10, 5), 3]);
    const all = run(make(3, { weightDecay: 0.2 }), [3, 3, 3], zeros, 0.5);
    expect(new Set(all)).toEqual(new Set([got[1]]));
  });

  it('of zero, and of no parameter, changes no bit', () => {
    fc.assert(
      fc.property(matrix, (rows) => {
        const start = rows[0].map((_, i) => (i === 1 ? -0 : i - 1));
        const plain = run(adam(start.length), start, rows, 0.01);
        expect(run(adam(start.length, { weightDecay: 0 }), start, rows, 0.01)).toEqual(plain);
        const none = adam(start.length, { weightDecay: 1, decayed: [] });
        expect(run(none, start, rows, 0.01)).toEqual(plain);
      }),
    );
  });

  it.each([
    [
      [
        [2, 4],
        [0, 1],
      ],
    ],
    [
      [
        [0, 3],
        [2, 4],
      ],
    ],
    [[[0, 6]]],
    [[[3, 2]]],
  ])('refuses ranges %j of five', (ranges) => {
    const decayed = ranges as unknown as [number, number][];
    expect(() => adam(5, { weightDecay: 0.1, decayed })).toThrow(UsageError);
  });
});

describe('moving average', () => {
  it('follows its formula, in float64', () => {
    const rows = Array.from({ length: 40 }, (_, t) => [Math.sin(t), 1]);
    const optimizer = movingAverage(sgd(2), 2, { decay: 0.75 });
    const parameters = Float32Array.of(1, -1);
    optimizer.average?.start(parameters);
    const expected = [1, -1];
    for (const [i, row] of rows.entries()) {
      const step = i + 1;
      optimizer.update(parameters, Float32Array.from(row), { step, learningRate: 0.5, scale: 1 });
      const d = Math.min(0.75, (1 + step) / (10 + step));
      for (const k of [0, 1]) expected[k] = d * expected[k] + (1 - d) * parameters[k];
      // (1 + t)/(10 + t) reaches 0.75 at t = 26, so both halves of the minimum have their turn
      expect([...optimizer.slots.rawWeights]).toEqual(expected.map((x) => expect.closeTo(x, 4)));
    }
    expect([...parameters]).toEqual([...run(sgd(2), [1, -1], rows, 0.5)]);
  });

  it('changes places with the weights, exactly', () => {
    const size = 40_001;
    const optimizer = movingAverage(sgd(size), size, { decay: 0.9 });
    const weights = Float32Array.from({ length: size }, (_, i) => Math.sin(i));
    const parameters = weights.slice();
    optimizer.average?.start(new Float32Array(size).fill(2));
    optimizer.average?.exchange(parameters);
    expect(parameters.every((x) => x === 2)).toBe(true);
    expect(optimizer.slots.rawWeights).toEqual(weights);
    optimizer.average?.exchange(parameters);
    expect(parameters).toEqual(weights);
  });

  it('has the name and the slots of its optimizer', () => {
    const { name, slots } = movingAverage(adam(3), 3, { decay: 0.9 });
    expect([name, Object.keys(slots)]).toEqual(['adam', ['firstMoment', 'secondMoment', 'rawWeights']]);
  });
});

/** SHA-256 of parameters and slots after twenty updates, recorded before there was weight decay. */
it.each([
  ['adam', adam, '00d8e0b977cd6cf319677dacf2960e0e6d28b01d65f17e2e85bcb7b970a6c202'],
  ['adadelta', adaDelta, '49aa6ee308bd0c3b3088f5306d3c801cec40912c17adeef01d96b9740b3c3bee'],
])('%s still gives the bits that it gave', (_, make, expected) => {
  const random = new Random(5);
  const size = 1003;
  const parameters = Float32Array.from({ length: size }, () => random.normal());
  parameters.set([0, -0]);
  const optimizer = make(size);
  for (let step = 1; step <= 20; step++) {
    const g = Float32Array.from({ length: size }, (_, i) => (i % 7 === step % 7 ? 0 : random.normal()));
    optimizer.update(parameters, g, { step, learningRate: 0.01 * step, scale: step % 2 ? 1 : 0.3 });
  }
  const hash = createHash('sha256');
  for (const array of [parameters, ...Object.values(optimizer.slots)])
    hash.update(new Uint8Array(array.buffer));
  expect(hash.digest('hex')).toBe(expected);
});

describe.each([
  ['adam', adam],
  ['adadelta', adaDelta],
  ['sgd', (size: number) => sgd(size, { momentum: 0.9 })],
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
    const rates: Record<string, number> = { adam: 0.01, adadelta: 1, sgd: 0.001 };
    const loss = () => parameters[0] ** 2 + 25 * parameters[1] ** 2;
    for (let step = 1; step <= 5000; step++) {
      const gradients = Float32Array.of(2 * parameters[0], 50 * parameters[1]);
      optimizer.update(parameters, gradients, { step, learningRate: rates[name], scale: 1 });
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
