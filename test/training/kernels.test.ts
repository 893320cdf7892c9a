import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import {
  Arena,
  adaDelta,
  adam,
  approach,
  constant,
  globalNorm,
  movingAverage,
  type Optimizer,
  type OptimizerOptions,
  sgd,
  train,
} from '../../src/training/index.ts';
import { kernelsOf } from '../../src/training/kernels.ts';
import { batchesOf, Regression, rows, width } from './regression.ts';

/** Gradients of every size that matters: zeros of both signs, denormals, and such as square to denormals or to 1e30. */
const gradient = fc.oneof(
  fc.constantFrom(0, -0, 1e-40, -1e-20, 3e-16),
  fc.float({ min: Math.fround(-1), max: 1, noNaN: true }),
  fc.float({ min: Math.fround(-1e15), max: Math.fround(1e15), noNaN: true }),
);
const gradientRows = fc
  .integer({ min: 0, max: 21 })
  .chain((n) => fc.array(fc.array(gradient, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 5 }));

/** Updates with the rows of gradients in turn. */
function run(optimizer: Optimizer, parameters: Float32Array, gradients: Float32Array, all: number[][]) {
  parameters.forEach((_, i) => {
    parameters[i] = Math.fround(Math.sin(i + 1));
  });
  for (const [i, row] of all.entries()) {
    gradients.set(row);
    optimizer.update(parameters, gradients, { step: i + 1, learningRate: 0.03, scale: i % 2 ? 1 : 0.37 });
  }
  return { parameters: [...parameters], slots: Object.values(optimizer.slots).map((s) => [...s]) };
}

// A second instance of the room, which has not compiled its kernels yet and never sees WebAssembly.
vi.resetModules();
const plainRoom = await import('../../src/training/index.ts');

/** What `f` gives where there is no WebAssembly: the plain loops. */
function plainly<T>(f: (room: typeof plainRoom) => T): T {
  vi.stubGlobal('WebAssembly', undefined);
  try {
    return f(plainRoom);
  } finally {
    vi.unstubAllGlobals();
  }
}

/** Everything decays but a stretch in the middle and one at the end, so that stretches begin and end anywhere. */
const decaying = (n: number): OptimizerOptions => ({
  weightDecay: 0.7,
  decayed: [
    [0, n >> 2],
    [n >> 1, Math.max(n >> 1, n - 3)],
  ],
});
type Room = Pick<typeof plainRoom, 'adam' | 'adaDelta' | 'sgd' | 'movingAverage'>;
const makers = {
  adam: (room: Room, n: number, arena?: Arena) => room.adam(n, { arena }),
  adamW: (room: Room, n: number, arena?: Arena) => room.adam(n, { arena, ...decaying(n) }),
  adaDelta: (room: Room, n: number, arena?: Arena) => room.adaDelta(n, { arena }),
  adaDeltaW: (room: Room, n: number, arena?: Arena) => room.adaDelta(n, { arena, weightDecay: 0.01 }),
  sgd: (room: Room, n: number, arena?: Arena) => room.sgd(n, { arena, ...decaying(n) }),
  momentum: (room: Room, n: number, arena?: Arena) => room.sgd(n, { arena, momentum: 0.9, ...decaying(n) }),
  average: (room: Room, n: number, arena?: Arena) =>
    room.movingAverage(room.adam(n, { arena }), n, { decay: 0.6, arena }),
};
type Name = keyof typeof makers;
const optimizers = Object.keys(makers) as Name[];
const here: Room = { adam, adaDelta, sgd, movingAverage };

/** The same updates by the plain loops, by the kernels on arrays that lie elsewhere, and in an arena. */
function runPlain(name: Name, all: number[][]) {
  const n = all[0].length;
  return plainly((room) => run(makers[name](room, n), new Float32Array(n), new Float32Array(n), all));
}
function runCarried(name: Name, all: number[][]) {
  const n = all[0].length;
  return run(makers[name](here, n), new Float32Array(n), new Float32Array(n), all);
}
function runInArena(name: Name, all: number[][]) {
  const n = all[0].length;
  const arena = new Arena(n, 6);
  const before = arena.allocate(n).fill(7);
  const [parameters, gradients] = [arena.allocate(n), arena.allocate(n)];
  const optimizer = makers[name](here, n, arena);
  expect(kernelsOf(parameters, gradients, ...Object.values(optimizer.slots))).toBeDefined();
  const result = run(optimizer, parameters, gradients, all);
  expect(gradients).toEqual(Float32Array.from(all.at(-1) as number[]));
  expect(before.every((x) => x === 7)).toBe(true);
  return result;
}

describe('the SIMD kernels', () => {
  it('are compiled from their source', () => {
    const script = fileURLToPath(new URL('../../scripts/kernels.mjs', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.each(optimizers)('give the same bits as the plain loops, in an arena and elsewhere: %s', (name) => {
    fc.assert(
      fc.property(gradientRows, (all) => {
        const plain = runPlain(name, all);
        expect(runInArena(name, all)).toEqual(plain);
        expect(runCarried(name, all)).toEqual(plain);
      }),
    );
  });

  it.each(optimizers)('give the same bits where several pieces are carried: %s', (name) => {
    const random = new Random(1);
    const all = [1, 2].map(() => Array.from({ length: 40_003 }, () => random.normal()));
    const plain = runPlain(name, all);
    expect(runInArena(name, all)).toEqual(plain);
    expect(runCarried(name, all)).toEqual(plain);
  });

  it.each(optimizers.filter((name) => name !== 'sgd'))(
    'let moments without gradients end at zero: %s',
    (name) => {
      const all = [[1, -2, 1e-3, -1e-9], ...Array.from({ length: 1500 }, () => [0, 0, 0, -0])];
      const result = runInArena(name, all);
      expect(result).toEqual(runPlain(name, all));
      expect(result.slots.flat()).toContain(0);
    },
  );

  it('move a mean to the same bits as the plain loop', () => {
    const pairs = fc.array(fc.tuple(gradient, gradient), { maxLength: 21 });
    fc.assert(
      fc.property(pairs, fc.double({ min: 0, max: 1, noNaN: true }), (all, take) => {
        const [mean, towards] = [0, 1].map((side) => Float32Array.from(all, (pair) => pair[side]));
        const arena = new Arena(all.length, 2);
        const [inArena, to] = [mean, towards].map((array) => {
          const copy = arena.allocate(array.length);
          copy.set(array);
          return copy;
        });
        const plain = mean.slice();
        plainly((room) => room.approach(plain, towards, take));
        approach(inArena, to, take);
        expect([...inArena]).toEqual([...plain]);
        approach(mean, towards, take);
        expect([...mean]).toEqual([...plain]);
        expect([...to]).toEqual([...towards]);
      }),
    );
  });

  it('are only run over arrays of one length', () => {
    const optimizer = adam(3);
    const options = { step: 1, learningRate: 1, scale: 1 };
    expect(() => optimizer.update(new Float32Array(3), new Float32Array(4), options)).toThrow(
      '4 gradients, 3 parameters, 3 firstMoment, 3 secondMoment; expected 3 of each, as the optimizer was made for.',
    );
    expect(() => optimizer.update(new Float32Array(4), new Float32Array(4), options)).toThrow(FormatError);
  });

  it('give the same norm to the bit, and no finite one when a gradient is not', () => {
    const normal = fc.integer().map((seed) => new Random(seed).normal());
    fc.assert(
      fc.property(fc.oneof(fc.array(gradient), fc.array(normal, { minLength: 30 })), (g) => {
        const inArena = new Arena(g.length, 1).allocate(g.length);
        inArena.set(g);
        expect(kernelsOf(inArena)).toBeDefined();
        expect(globalNorm(inArena)).toBe(plainly((plain) => plain.globalNorm(Float32Array.from(g))));
        const exact = Math.hypot(...inArena);
        expect(Math.abs(globalNorm(inArena) - exact)).toBeLessThanOrEqual(1e-12 * exact);
      }),
      { numRuns: 300 },
    );
    for (let i = 0; i < 7; i++) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const g = new Arena(7, 1).allocate(7);
        g[i] = bad;
        expect(Number.isFinite(globalNorm(g))).toBe(false);
      }
    }
  });

  it('sum in double precision', () => {
    const ones = new Arena(2 ** 25, 1).allocate(2 ** 25).fill(1); // a float32 sum stops at 2^24
    expect(globalNorm(ones)).toBe(Math.sqrt(2 ** 25));
  });

  it('reach what lies behind 2 GiB', ({ skip }) => {
    const big = 2 ** 28; // floats: 1 GiB, of which nothing is touched
    const arena = new Arena(big, 3);
    if (arena.allocate(big).byteLength !== arena.allocate(big).byteOffset) {
      skip('no 3 GiB of address space here');
    }
    const [parameters, gradients] = [arena.allocate(9), arena.allocate(9)];
    expect(parameters.byteOffset).toBe(2 ** 31);
    const optimizer = adam(9, { arena });
    expect(kernelsOf(parameters, gradients, ...Object.values(optimizer.slots))).toBeDefined();
    const row = [[1, -2, 3, -4, 5, -6, 7, -8, 9]];
    expect(run(optimizer, parameters, gradients, row)).toEqual(runPlain('adam', row));
    expect(globalNorm(gradients)).toBe(Math.sqrt(285));
  });

  it('train to the same parameters, losses and norms', async () => {
    const losses = async (arena?: Arena) => {
      const program = new Regression(arena);
      const seen: unknown[] = [];
      const events = train({
        program,
        optimizer: adam(width, { arena }),
        batches: batchesOf(rows(23, 1), 5, 7),
        learningRate: constant(0.05),
        clipNorm: 2,
        maxEpochs: 5,
        seed: 3,
      });
      for await (const e of events) if (e.type === 'step') seen.push([e.loss, e.gradientNorm]);
      return { seen, parameters: [...program.parameters] };
    };
    expect(await losses(new Arena(width, 4))).toEqual(await losses());
  });
});

describe('Arena', () => {
  afterEach(() => vi.unstubAllGlobals());
  const isOrdinary = (a: Float32Array) => a.byteLength === a.buffer.byteLength && kernelsOf(a) === undefined;

  it('gives arrays of zeros that do not overlap', () => {
    const arena = new Arena(5, 3);
    const arrays = [arena.allocate(5), arena.allocate(3), arena.allocate(5)];
    for (const [i, array] of arrays.entries()) array.fill(i + 1);
    expect(arrays.map((a) => [...a])).toEqual([
      [1, 1, 1, 1, 1],
      [2, 2, 2],
      [3, 3, 3, 3, 3],
    ]);
    expect(new Set(arrays.map((a) => a.buffer)).size).toBe(1);
    expect(kernelsOf(arrays[0], arrays[2])).toBeDefined();
    expect([...new Arena(5, 1).allocate(5)]).toEqual([0, 0, 0, 0, 0]);
  });

  it('gives ordinary arrays when it is full or too large', () => {
    const full = new Arena(16384, 1);
    full.allocate(16384);
    expect(isOrdinary(full.allocate(1))).toBe(true);
    expect(isOrdinary(new Arena(2 ** 28, 4).allocate(9))).toBe(true);
  });

  it.each([
    ['WebAssembly', undefined],
    ['its SIMD', { ...WebAssembly, validate: () => false }],
  ])('gives ordinary arrays without %s', async (_, present) => {
    vi.stubGlobal('WebAssembly', present);
    vi.resetModules(); // the compiled module is kept
    const fresh = await import('../../src/training/arena.ts');
    expect(isOrdinary(new fresh.Arena(9, 1).allocate(9))).toBe(true);
  });

  it('keeps the kernels from arrays of different arenas or lengths', () => {
    const [one, other] = [new Arena(8, 2), new Arena(8, 2)];
    const a = one.allocate(8);
    expect(kernelsOf(a, one.allocate(8))).toBeDefined();
    expect(kernelsOf(a, other.allocate(8))).toBeUndefined();
    expect(kernelsOf(a, a.subarray(4))).toBeUndefined();
    expect(kernelsOf(new Float32Array(8))).toBeUndefined();
  });
});
