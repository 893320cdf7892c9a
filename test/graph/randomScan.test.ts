import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { product } from '../../src/graph/dims.ts';
import * as g from '../../src/graph/index.ts';
import { inputName, isFloat } from '../../src/graph/value.ts';
import { Random } from '../../src/random.ts';
import { Draw } from './cases.ts';
import { checkGradient, compute, type Feeds, feedsFor } from './check.ts';

const f = 'float64' as const;
const H = 3;
const WORDS = 4;
const SIZES = { B: 2, S: 3 };

/** Everything a random step may use: weights by shape, a table, a memory, indices; asked for by name, made once. */
class Outer {
  readonly leaves = new Map<string, g.Value>();
  leaf(name: string, shape: readonly g.Dim[], dtype: g.DType = f): g.Value {
    const known = this.leaves.get(name) ?? g.input(name, dtype, shape);
    this.leaves.set(name, known);
    return known;
  }
  weight(rows: g.Dim, columns: number): g.Value {
    return this.leaf(`w${rows}x${columns}`, [rows, columns]);
  }
}

type Step = (
  states: readonly g.Value[],
  slices: readonly g.Value[],
) => { states: g.Value[]; outputs: g.Value[] };

/** `[B, n]` from anything with a leading B. */
function flat(v: g.Value): g.Value {
  if (v.shape.length === 1) return g.unsqueeze(v, [1]);
  return v.shape.length === 3 ? g.sum(v, { axes: [1] }) : v;
}

/**
 * A random step over states h, k `[B, 3]` and i int32 `[B]`, slices x `[B, 4]`, m `[B]`, word int32 `[B]`. The same
 * seed gives the same step. `smooth`: nothing with kinks or jumps, for finite differences.
 */
function randomStep(seed: number, outer: Outer, smooth: boolean): Step {
  return ([h, k, i], [x, m, word]) => {
    const draw = new Draw(new Random(seed));
    const pool: g.Value[] = [
      h,
      k,
      x,
      g.unsqueeze(m, [1]),
      outer.leaf('c', ['B', H]),
      g.constant(0.3, f, [1, 1]),
    ];
    const ints = [i, word, outer.leaf('fixed', ['B'], 'int32')];
    const any = () => draw.pick(pool);
    const matrix = () => flat(draw.pick(pool.filter((v) => v.shape[0] === 'B')));
    const into = (v: g.Value, n: number) => g.matmul(v, outer.weight(v.shape[1], n));
    const operations: (() => g.Value)[] = [
      () => into(matrix(), draw.integer(2, 4)),
      () => {
        const v = matrix();
        return g.matmul(v, outer.leaf(`t${v.shape[1]}`, [H, v.shape[1]]), { transposeB: true });
      },
      () => {
        const [a, b] = [into(matrix(), H), into(matrix(), 2)];
        // a product of two things of the loop, and one with an outer operand on the left
        return g.matmul(a, g.matmul(a, b, { transposeA: true }));
      },
      () => g.matmul(outer.leaf('left', ['B', 'B']), matrix()),
      () => g.tanh(any()),
      // not σ(x): ONNX Runtime fuses x·σ(x), and has no float64 kernel for that
      () => g.div(1, g.add(1, g.exp(g.neg(any())))),
      () => (smooth ? g.softplus(any()) : g.relu(any())),
      () => g.add(into(matrix(), H), into(matrix(), H)),
      () => g.mul(into(matrix(), H), g.tanh(into(matrix(), H))),
      () => g.sub(g.unsqueeze(m, [1]), matrix()),
      () => g.gather(outer.leaf('table', [WORDS, H]), draw.pick(ints)),
      () => g.gather(into(outer.leaf('table', [WORDS, H]), 2), draw.pick(ints)),
      () => g.gather(matrix(), g.cast(g.equal(draw.pick(ints), 0), 'int32')),
      () => g.matmul(g.oneHot(draw.pick(ints), WORDS, f), outer.leaf('table', [WORDS, H])),
      () => {
        const v = into(matrix(), 4);
        return g.takeAlong(v, g.unsqueeze(draw.pick(ints), [1]));
      },
      () => g.sum(matrix(), { axes: [1], keep: draw.flip() }),
      () =>
        smooth ? g.mean(matrix(), { axes: [1], keep: true }) : g.max(matrix(), { axes: [1], keep: true }),
      () => g.logSumExp(into(matrix(), 3), { axes: [1] }),
      () => g.softmax(into(matrix(), 3)),
      () => g.concat([matrix(), matrix()]),
      () => {
        const v = into(matrix(), 4);
        const [a, b] = g.split(v, 1, [1, 3]);
        return draw.flip() ? b : g.mul(a, b);
      },
      () => g.cumsum(into(matrix(), 3)),
      () => g.transpose(g.transpose(matrix())),
      () => g.reshape(g.reshape(into(matrix(), 4), ['B', 2, 2]), ['B', 4]),
      () => g.where(g.greater(m, 0), g.squeeze(into(matrix(), 1), [1]), m),
      () => {
        // attention: [B, S, A] is large beside the states, so this one is recomputed
        const query = g.unsqueeze(into(matrix(), 4), [1]);
        const energies = g.matmul(
          g.tanh(g.add(outer.leaf('keys', ['B', 'S', 4]), query)),
          outer.weight(4, 1),
        );
        const weights = g.softmax(g.squeeze(energies, [2]));
        if (draw.flip()) return g.sum(g.mul(weights, g.unsqueeze(m, [1])), { axes: [1], keep: true });
        return g.squeeze(g.matmul(g.unsqueeze(weights, [1]), outer.leaf('keys', ['B', 'S', 4])), [1]);
      },
      () => {
        // a loop inside the loop, over something outer or something of this loop
        const start = into(matrix(), H);
        const shared = into(matrix(), H);
        const inner = draw.flip()
          ? outer.leaf('inner', ['S', 'B', H])
          : g.mul(outer.leaf('inner', ['S', 'B', H]), shared);
        const { states, outputs } = g.scan(
          { states: [start], sequences: [inner], reverse: draw.flip() },
          ([s], [y]) => {
            const next = g.tanh(g.add(g.add(into(s, H), y), shared));
            return { states: [next], outputs: [g.mul(next, y)] };
          },
        );
        return draw.flip() ? states[0] : g.sum(outputs[0], { axes: [0] });
      },
    ];
    const count = draw.integer(2, 9);
    for (let n = 0; n < count; n++) pool.push(draw.pick(operations)());
    const nextInts = [
      () => i,
      () => word,
      () => g.sub(WORDS - 1, i),
      () => g.where(g.greater(m, 0), word, i),
      ...(smooth ? [] : [() => g.cast(g.argMax(into(matrix(), 3)), 'int32')]),
    ];
    const nextFloats = [
      () => h,
      () => k,
      () => outer.leaf('c', ['B', H]),
      () => g.zeros(['B', H], f),
      () => g.add(h, outer.leaf('c', ['B', H])),
      ...Array.from({ length: 8 }, () => () => g.tanh(into(matrix(), H))),
      () => g.add(g.mul(h, g.unsqueeze(m, [1])), g.mul(0.5, g.tanh(into(matrix(), H)))),
    ];
    const states = [draw.pick(nextFloats)(), draw.pick(nextFloats)(), draw.pick(nextInts)()];
    const wanted = [...pool, ...states, i, word, x, m];
    return { states, outputs: Array.from({ length: draw.integer(1, 4) }, () => draw.pick(wanted)) };
  };
}

interface Unrolled {
  states: g.Value[];
  outputs: g.Value[];
}

/** The same without a loop: one copy of the step per time step. */
function unroll(
  step: Step,
  initial: readonly g.Value[],
  sequences: readonly g.Value[],
  length: number,
  reverse: boolean,
): Unrolled {
  let states = [...initial];
  const steps: g.Value[][] = [];
  for (let n = 0; n < length; n++) {
    const t = reverse ? length - 1 - n : n;
    const result = step(
      states,
      sequences.map((s) => g.squeeze(g.slice(s, 0, t, t + 1), [0])),
    );
    states = result.states;
    steps[t] = result.outputs;
  }
  const outputs = steps[0].map((_, o) =>
    g.concat(
      steps.map((s) => g.unsqueeze(s[o], [0])),
      0,
    ),
  );
  return { states, outputs };
}

function randomLoop(seed: number, smooth: boolean) {
  const draw = new Draw(new Random(seed));
  const length = draw.integer(1, 4);
  const reverse = draw.flip();
  const outer = new Outer();
  const step = randomStep(seed + 1, outer, smooth);
  const initial = [
    outer.leaf('h0', ['B', H]),
    draw.flip() ? g.zeros(['B', H], f) : outer.leaf('c', ['B', H]),
    outer.leaf('fixed', ['B'], 'int32'),
  ];
  const sequences = [
    outer.leaf('x', ['T', 'B', 4]),
    outer.leaf('m', ['T', 'B']),
    outer.leaf('words', ['T', 'B'], 'int32'),
  ];
  const looped = g.scan({ states: initial, sequences, reverse }, step);
  const unrolled = unroll(step, initial, sequences, length, reverse);
  const int32 = (n: number) => Int32Array.from({ length: n }, () => draw.random.integer(WORDS));
  const given: Feeds = {
    words: { dtype: 'int32', shape: [length, 2], data: int32(2 * length) },
    fixed: { dtype: 'int32', shape: [2], data: int32(2) },
  };
  const all = (r: Unrolled) => [...r.states, ...r.outputs];
  return {
    looped: all(looped),
    unrolled: all(unrolled),
    outer,
    given,
    sizes: { ...SIZES, T: length },
    length,
  };
}

describe('a random step', () => {
  it('gives the same values and gradients in a loop as unrolled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e9 }), async (seed) => {
        const { looped, unrolled, outer, given, sizes } = randomLoop(seed, false);
        // Zero gradients need to know S too.
        const named: Record<string, g.Value> = { sizes: g.sum(outer.leaf('inner', ['S', 'B', H])) };
        const wrt = [...outer.leaves.values()].filter(isFloat);
        for (const [kind, results] of Object.entries({ loop: looped, plain: unrolled })) {
          results.forEach((v, i) => {
            named[`${kind} ${i}`] = v;
          });
          // Each result times Σ of the same weights, spelt in its own sizes.
          const loss = results
            .flatMap((v, i) => {
              if (!isFloat(v)) return [];
              const column = g.reshape(g.input(`${kind} weights ${i}`, f, v.shape), [product(v.shape), 1]);
              return [g.matmul(g.reshape(v, [1, product(v.shape)]), column)];
            })
            .reduce((a, b) => g.add(a, b), g.zeros([1, 1], f));
          named[`${kind} loss`] = loss;
          g.gradient(g.sum(loss), wrt).forEach((d, i) => {
            named[`${kind} d ${inputName(wrt[i])}`] = d;
          });
        }
        const feeds = feedsFor(Object.values(named), sizes, given, seed);
        for (const name of Object.keys(feeds).filter((n) => n.startsWith('loop weights'))) {
          feeds[name.replace('loop', 'plain')] = {
            ...feeds[name],
            shape: feeds[name.replace('loop', 'plain')].shape,
          };
        }
        const found = await compute(named, feeds);
        for (const name of Object.keys(named).filter((n) => n.startsWith('loop'))) {
          const [a, b] = [found[name], found[name.replace('loop', 'plain')]];
          expect(a.shape, name).toEqual(b.shape);
          const size = Math.max(1, ...Array.from(b.data as ArrayLike<unknown>, (v) => Math.abs(Number(v))));
          for (const [i, v] of Array.from(a.data as ArrayLike<unknown>, Number).entries()) {
            expect(Math.abs(v - Number(b.data[i])) / size, `${name}[${i}]`).toBeLessThanOrEqual(1e-9);
          }
        }
      }),
      { seed: 20150519, numRuns: 150, endOnFailure: true },
    );
  });

  it('has the gradient that finite differences have', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1e9 }), async (seed) => {
        const { looped, given, sizes } = randomLoop(seed, true);
        await checkGradient(looped.filter(isFloat), sizes, { given, seed, probes: 4, scale: 0.7 });
      }),
      { seed: 20150519, numRuns: 40, endOnFailure: true },
    );
  });
});
