import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { compute, type Feeds } from './check.ts';

const f = 'float64' as const;
const vector = (...data: number[]) => ({ dtype: f, shape: [data.length], data: Float64Array.from(data) });

async function gradients(loss: g.Value, wrt: g.Value[], feeds: Feeds): Promise<number[][]> {
  const named = Object.fromEntries(g.gradient(g.sum(loss), wrt).map((d, i) => [`d${i}`, d]));
  const found = await compute(named, feeds);
  return wrt.map((_, i) => Array.from(found[`d${i}`].data as Float64Array));
}

describe('where there is no derivative, or none that is easy', () => {
  const [a, b] = [g.input('a', f, [3]), g.input('b', f, [3])];

  it('maximum and minimum give it all to the first of equals', async () => {
    const feeds = { a: vector(1, 2, 3), b: vector(1, 3, 2) };
    expect(await gradients(g.maximum(a, b), [a, b], feeds)).toEqual([
      [1, 0, 1],
      [0, 1, 0],
    ]);
    expect(await gradients(g.minimum(a, b), [a, b], feeds)).toEqual([
      [1, 1, 0],
      [0, 0, 1],
    ]);
  });

  it('max shares it among equals', async () => {
    expect(await gradients(g.max(a), [a], { a: vector(2, 1, 2) })).toEqual([[0.5, 0, 0.5]]);
  });

  it('relu and abs give nothing at 0, softplus a half', async () => {
    const feeds = { a: vector(-1, 0, 2) };
    expect(await gradients(g.relu(a), [a], feeds)).toEqual([[0, 0, 1]]);
    expect(await gradients(g.abs(a), [a], feeds)).toEqual([[-1, 0, 1]]);
    expect((await gradients(g.softplus(a), [a], feeds))[0][1]).toBe(0.5);
  });

  it('softplus and logSumExp neither overflow nor lose what is small', async () => {
    const far = { a: vector(-800, 0, 800) };
    const { y } = await compute({ y: g.softplus(a) }, far);
    expect(Array.from(y.data as Float64Array)).toEqual([0, Math.log(2), 800]);
    expect(await gradients(g.logSumExp(a), [a], far)).toEqual([[0, 0, 1]]);
  });

  it('logSumExp of masked entries ignores them; of nothing else, it stays finite', async () => {
    const masked = { a: vector(-1e30, 1, 2) };
    const { y } = await compute({ y: g.logSumExp(a) }, masked);
    expect(Number(y.data[0])).toBeCloseTo(Math.log(Math.exp(1) + Math.exp(2)), 14);
    const [d] = await gradients(g.logSumExp(a), [a], masked);
    expect(d[0]).toBe(0);
    expect(d[1] + d[2]).toBeCloseTo(1, 14);
    const none = await compute({ y: g.logSumExp(a) }, { a: vector(-1e30, -1e30, -1e30) });
    expect(Number(none.y.data[0])).toBe(-1e30);
  });

  it('cast lets it through between floats, not through integers', async () => {
    const feeds = { a: vector(1.5, -2.25, 3) };
    const through = (dtype: g.DType) => g.mul(g.cast(g.cast(a, dtype), f), g.constant([2, 0.5, 4], f));
    expect(await gradients(through('float32'), [a], feeds)).toEqual([[2, 0.5, 4]]);
    expect(await gradients(through('int32'), [a], feeds)).toEqual([[0, 0, 0]]);
  });

  it('a value that is used twice gets both gradients, and one that is not used zeros', async () => {
    const feeds = { a: vector(1, 2, 3), b: vector(0, 0, 0) };
    expect(await gradients(g.mul(a, a), [a], feeds)).toEqual([[2, 4, 6]]);
    expect(await gradients(a, [a, b], feeds)).toEqual([
      [1, 1, 1],
      [0, 0, 0],
    ]);
  });
});
