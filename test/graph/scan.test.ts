import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { checkGradient, compute, feedsFor } from './check.ts';
import { nodesOf, traffic } from './nodes.ts';

const f = 'float64' as const;

describe('scan', () => {
  for (const reverse of [false, true]) {
    it(`has the gradient of a masked GRU, ${reverse ? 'backward' : 'forward'} in time`, async () => {
      const H = 3;
      const x = g.input('x', f, ['T', 'B', 4]);
      const mask = g.input('mask', f, ['T', 'B']);
      const [w, u, uc, b] = [
        g.input('w', f, [4, 3 * H]),
        g.input('u', f, [H, 2 * H]),
        g.input('uc', f, [H, H]),
        g.input('b', f, [3 * H]),
      ];
      const h0 = g.input('h0', f, ['B', H]);
      const { states, outputs } = g.scan({ states: [h0], sequences: [x, mask], reverse }, ([h], [xt, m]) => {
        const [pz, pr, pc] = g.split(g.add(g.matmul(xt, w), b), -1, [H, H, H]);
        const [rz, rr] = g.split(g.matmul(h, u), -1, [H, H]);
        const z = g.sigmoid(g.add(pz, rz));
        const r = g.sigmoid(g.add(pr, rr));
        const c = g.tanh(g.add(pc, g.matmul(g.mul(r, h), uc)));
        const next = g.add(g.mul(z, c), g.mul(g.sub(1, z), h));
        const keep = g.unsqueeze(m, [1]);
        const masked = g.add(g.mul(keep, next), g.mul(g.sub(1, keep), h));
        return { states: [masked], outputs: [masked, g.sum(z, { axes: [1] })] };
      });
      await checkGradient([...states, ...outputs], { T: 4, B: 2 });
    });
  }

  it('has the gradient of an attention step over captured memory', async () => {
    const x = g.input('x', f, ['T', 'B', 3]);
    const memory = g.input('memory', f, ['B', 'S', 4]);
    const keys = g.input('keys', f, ['B', 'S', 5]);
    const v = g.input('v', f, [5, 1]);
    const wq = g.input('wq', f, [3, 5]);
    const wc = g.input('wc', f, [4, 3]);
    const h0 = g.input('h0', f, ['B', 3]);
    const { states, outputs } = g.scan({ states: [h0], sequences: [x] }, ([h], [xt]) => {
      const q = g.unsqueeze(g.matmul(h, wq), [1]);
      const energies = g.squeeze(g.matmul(g.tanh(g.add(keys, q)), v), [2]);
      const weights = g.softmax(energies);
      const context = g.squeeze(g.matmul(g.unsqueeze(weights, [1]), memory), [1]);
      const next = g.tanh(g.add(g.add(xt, h), g.matmul(context, wc)));
      return { states: [next], outputs: [weights, g.matmul(next, wq)] };
    });
    await checkGradient([...states, ...outputs], { T: 3, B: 2, S: 4 });
  });

  it('has a gradient when the way back needs nothing of any step', async () => {
    const x = g.input('x', f, ['T', 'B', 3]);
    const w = g.input('w', f, [3]);
    const h0 = g.input('h0', f, ['B', 3]);
    const { states } = g.scan({ states: [h0], sequences: [x] }, ([h]) => ({ states: [g.add(h, w)] }));
    await checkGradient(states, { T: 3, B: 2 });
  });

  it('carries no state where there is none', async () => {
    const x = g.input('x', f, ['T', 3]);
    const inner = g.input('inner', f, ['S', 3]);
    // A loop is never computed for all steps at once, so the outer one stays, stateless.
    const { outputs } = g.scan({ states: [], sequences: [x] }, (_, [xt]) => {
      const { states } = g.scan({ states: [xt], sequences: [inner] }, ([h], [y]) => ({
        states: [g.tanh(g.add(h, y))],
      }));
      return { states: [], outputs: [states[0], g.mul(xt, states[0])] };
    });
    await checkGradient(outputs, { T: 2, S: 3 });
  });

  it('keeps a gradient of what it stacks apart from that of the last state', async () => {
    const x = g.input('x', f, ['T', 2]);
    const { states, outputs } = g.scan({ states: [g.input('h0', f, [2])], sequences: [x] }, ([h], [xt]) => {
      const next = g.tanh(g.add(h, xt));
      return { states: [next], outputs: [next, next, h] };
    });
    await checkGradient([...states, outputs[0], outputs[1], outputs[2]], { T: 3 });
  });

  it('is differentiated twice over, for two losses, on its own', async () => {
    const x = g.input('x', f, ['T', 2]);
    const w = g.input('w', f, [2]);
    const { states, outputs } = g.scan({ states: [g.zeros([2], f)], sequences: [x] }, ([h], [xt]) => {
      const next = g.tanh(g.add(g.mul(h, w), xt));
      return { states: [next], outputs: [g.mul(next, next)] };
    });
    const losses = [g.sum(states[0]), g.sum(outputs[0])];
    const [a, b] = losses.map((loss) => g.gradient(loss, [w])[0]);
    const [both] = g.gradient(g.add(losses[0], losses[1]), [w]);
    const named = { a, b, both };
    const found = await compute(named, feedsFor(Object.values(named), { T: 4 }));
    for (const i of [0, 1]) {
      const total = Number(found.a.data[i]) + Number(found.b.data[i]);
      expect(Number(found.both.data[i])).toBeCloseTo(total, 12);
    }
  });

  // The rows' gradient is large. What adds up rows after the loop would have it made there, but where something else
  // keeps it in the loop it must not be asked for again.
  for (const keeper of ['captured', 'loop'] as const) {
    it(`adds up rows in the loop when a ${keeper} factor keeps their gradient there`, async () => {
      const [table, factor] = [g.input('table', f, [4, 3]), g.input('factor', f, ['S', 'B', 3])];
      const m = g.input('m', f, ['T', 'S', 'B', 3]);
      const weights = g.input('weights', f, ['B', 1, 'S']);
      const { states } = g.scan(
        { states: [g.input('h0', f, ['B', 3]), g.input('i0', 'int32', ['S', 'B'])], sequences: [m] },
        ([h, i], [mt]) => {
          const inner = () =>
            g.scan({ states: [g.zeros(['B', 3], f)], sequences: [mt] }, ([a], [b]) => {
              const next = g.tanh(g.add(a, b));
              return { states: [next], outputs: [next] };
            }).outputs[0];
          const rows = g.mul(g.gather(table, i), keeper === 'captured' ? factor : inner());
          const context = g.squeeze(g.matmul(weights, g.transpose(rows, [1, 0, 2])), [1]);
          return { states: [g.tanh(g.add(h, context)), g.sub(3, i)] };
        },
      );
      const i0 = { dtype: 'int32' as const, shape: [3, 2], data: Int32Array.from([0, 1, 3, 2, 2, 0]) };
      await checkGradient([states[0]], { T: 3, B: 2, S: 3 }, { given: { i0 } });
      const [dTable, dFactor] = g.gradient(g.sum(states[0]), [table, keeper === 'captured' ? factor : m]);
      const { loops } = nodesOf(g.toOnnx({ dTable, dFactor }).bytes);
      const backward = loops.filter((l) => 'ScatterND' in l.inside);
      expect(backward).toHaveLength(1);
      expect(traffic(backward[0]).stacked).toEqual(keeper === 'captured' ? [] : ['S B 3']);
    });
  }
});
