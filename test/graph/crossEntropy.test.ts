import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { inputName } from '../../src/graph/value.ts';
import { Random } from '../../src/random.ts';
import { checkGradient, compute, type Feeds, feedsFor } from './check.ts';

const f = 'float64' as const;

/** Logits of an output layer [V, E]; `hidden` keeps the loss from seeing that they are one. */
function graph(V: number, lead: string[], hidden: boolean, smoothing = 0) {
  const x = g.input('x', f, [...lead, 3]);
  const table = g.input('table', f, [V, 3]);
  const bias = g.input('bias', f, [V]);
  const labels = g.input('labels', 'int32', lead);
  const weights = g.input('mask', f, lead);
  const product = g.matmul(lead.length === 0 ? g.unsqueeze(x, [0]) : x, table, { transposeB: true });
  const logits = hidden ? g.add(bias, product) : g.add(product, bias);
  const wrt = [x, table, bias, weights];
  return { loss: g.sum(g.mul(g.crossEntropy(logits, labels, { smoothing }), g.mul(weights, 1.7))), wrt };
}

const draw = (seed: number) => {
  const random = new Random(seed);
  const V = 2 + random.integer(5);
  const lead = random.integer(2) ? ['T', 'B'] : ['B'];
  const sizes = { T: 1 + random.integer(3), B: 1 + random.integer(3) };
  const shape = lead.map((d) => sizes[d as 'B']);
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Int32Array.from({ length: count }, () => random.integer(V));
  const given: Feeds = { labels: { dtype: 'int32', shape, data } };
  return { V, lead, sizes, given, smoothing: random.integer(2) ? 0.3 : 0 };
};

describe('crossEntropy', () => {
  it('gives the same loss and gradients whether or not it sees the output layer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e9), async (seed) => {
        const { V, lead, sizes, given, smoothing } = draw(seed);
        const results: Record<string, number[]>[] = [];
        let feeds: Feeds = given;
        for (const hidden of [false, true]) {
          const { loss, wrt } = graph(V, lead, hidden, smoothing);
          const named: Record<string, g.Value> = { loss };
          g.gradient(loss, wrt).forEach((d, i) => {
            named[`d ${inputName(wrt[i])}`] = d;
          });
          feeds = feedsFor(Object.values(named), sizes, feeds, seed);
          const found = await compute(named, feeds);
          results.push(
            Object.fromEntries(
              Object.entries(found).map(([k, v]) => [k, Array.from(v.data as Float64Array)]),
            ),
          );
        }
        const [seen, plain] = results;
        for (const [name, entries] of Object.entries(plain)) {
          entries.forEach((e, i) => {
            expect(Math.abs(seen[name][i] - e), `${name}[${i}]`).toBeLessThan(1e-11);
          });
        }
      }),
      { seed: 3, numRuns: 15, endOnFailure: true },
    );
  });

  for (const hidden of [false, true]) {
    it(`has the gradient of finite differences, output layer ${hidden ? 'hidden' : 'seen'}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(1e9), async (seed) => {
          const { V, lead, sizes, given, smoothing } = draw(seed);
          await checkGradient([graph(V, lead, hidden, smoothing).loss], sizes, { given, seed });
        }),
        { seed: 4, numRuns: 8, endOnFailure: true },
      );
    });
  }

  it('makes no gradient of the logits where it sees the output layer', () => {
    const { loss, wrt } = graph(5, ['T', 'B'], false);
    const names = g.gradient(loss, wrt).map((d) => d.node.operation.name);
    expect(names).toContain('addRows');
  });

  it('smooths labels as Szegedy et al. say, and its least is where the distribution asked for is said', async () => {
    const p = [0.7, 0.2, 0.1];
    const logits = g.constant(p.map(Math.log), f, [1, 3]);
    const label = g.constant([0], 'int64');
    const { loss } = await compute({ loss: g.crossEntropy(logits, label, { smoothing: 0.3 }) }, {});
    const asked = [0.8, 0.1, 0.1];
    const expected = -asked.reduce((total, q, i) => total + q * Math.log(p[i]), 0);
    expect(Number(loss.data[0])).toBeCloseTo(expected, 12);
    const least = g.constant(asked.map(Math.log), f, [1, 3]);
    const x = g.mul(least, 1);
    const [d] = g.gradient(g.sum(g.crossEntropy(x, label, { smoothing: 0.3 })), [x]);
    const found = await compute({ d }, {});
    for (const entry of found.d.data as Float64Array) expect(Math.abs(entry)).toBeLessThan(1e-15);
  });

  it('can be the loss of a step inside a loop', async () => {
    const x = g.input('x', f, ['T', 'B', 3]);
    const labels = g.input('labels', 'int32', ['T', 'B']);
    const mask = g.input('mask', f, ['T', 'B']);
    const [table, bias, u] = [g.input('table', f, [4, 3]), g.input('bias', f, [4]), g.input('u', f, [3, 3])];
    const { states } = g.scan(
      { states: [g.input('h', f, ['B', 3]), g.zeros([], f)], sequences: [x, labels, mask] },
      ([h, total], [xt, label, m]) => {
        const next = g.tanh(g.add(g.matmul(h, u), xt));
        const logits = g.add(g.matmul(next, table, { transposeB: true }), bias);
        return { states: [next, g.add(total, g.sum(g.mul(g.crossEntropy(logits, label), m)))] };
      },
    );
    const data = Int32Array.from([0, 3, 1, 1, 2, 0]);
    await checkGradient(
      states,
      { T: 3, B: 2 },
      { given: { labels: { dtype: 'int32', shape: [3, 2], data } } },
    );
  });

  it('treats a bias of one entry as what it is', async () => {
    const x = g.input('x', f, ['B', 3]);
    const logits = g.add(
      g.matmul(x, g.input('table', f, [4, 3]), { transposeB: true }),
      g.input('bias', f, [1]),
    );
    const losses = g.crossEntropy(logits, g.input('labels', 'int64', ['B']));
    const loss = g.sum(g.mul(losses, g.input('mask', f, ['B'])));
    const labels = { dtype: 'int64' as const, shape: [2], data: BigInt64Array.from([3n, 0n]) };
    await checkGradient([loss], { B: 2 }, { given: { labels } });
  });
});
