import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import * as g from '../../src/graph/index.ts';
import { compute, feedsFor } from './check.ts';

const x = (...shape: g.Dim[]) => g.input('x', 'float32', shape);
const i = (...shape: g.Dim[]) => g.input('i', 'int32', shape);
const d = (...shape: g.Dim[]) => g.input('d', 'float64', shape);
const b = (...shape: g.Dim[]) => g.input('b', 'bool', shape);

/** What is built → what the message says: operation, shapes that came, what was expected, what to do. */
const wrong: Record<string, [() => unknown, string[]]> = {
  add: [
    () => g.add(x('T', 3), x('B', 3)),
    ['add', '[T, 3] and [B, 3]', 'broadcast', 'Sizes T and B', 'axis -2'],
  ],
  'add of two dtypes': [() => g.add(x(3), d(3)), ['add', 'float32 [3] and float64 [3]', 'one dtype', 'Cast']],
  tanh: [() => g.tanh(i(3)), ['tanh', 'int32 [3]', 'floating-point', 'Cast']],
  and: [() => g.and(x(3), b(3)), ['and', 'float32 [3] and bool [3]', 'bool operands']],
  where: [() => g.where(x(3), x(3), x(3)), ['where', 'bool condition', 'Compare']],
  matmul: [() => g.matmul(x('B', 3), x(4, 5)), ['matmul', '[B, 3]', '[4, 5]', 'M, K', 'Transpose']],
  'matmul of a vector': [() => g.matmul(x(3), x(3, 5)), ['matmul', '[3]', 'matrices', 'Unsqueeze']],
  'matmul of stacks': [() => g.matmul(x('B', 2, 3), x('S', 3, 5)), ['matmul', '[B]', '[S]', 'broadcast']],
  'matmul of integers': [() => g.matmul(i(2, 3), i(3, 2)), ['matmul', 'int32 [2, 3]', 'floating-point']],
  sum: [() => g.sum(x('B', 3), { axes: [2] }), ['sum', 'float32 [B, 3]', 'an axis from -2 to 1', 'Axis 2']],
  'sum, an axis twice': [() => g.sum(x('B', 3), { axes: [1, -1] }), ['sum', '[B, 3]', 'each axis once']],
  'sum of truth values': [() => g.sum(b(3)), ['sum', 'bool [3]', 'numbers', 'Cast']],
  mean: [() => g.mean(i(3)), ['mean', 'int32 [3]', 'floating-point']],
  max: [() => g.max(x(3), { axes: [-2] }), ['max', '[3]', 'an axis from -1 to 0']],
  logSumExp: [() => g.logSumExp(i(3)), ['logSumExp', 'int32 [3]', 'floating-point']],
  softmax: [() => g.softmax(i('B', 3)), ['softmax', 'int32 [B, 3]', 'floating-point', 'Cast']],
  logSoftmax: [() => g.logSoftmax(x('B', 3), 4), ['logSoftmax', '[B, 3]', 'axis', 'Axis 4']],
  gather: [() => g.gather(x(5, 3), x('B')), ['gather', '[5, 3]', 'float32 [B]', 'int32 or int64', 'Cast']],
  addRows: [
    () => g.addRows(x(5, 3), i('B'), x('B', 4)),
    ['addRows', '[5, 3]', '[B, 4]', 'one row per index'],
  ],
  scatterRows: [
    () => g.scatterRows(i('B'), x('T', 3), 5),
    ['scatterRows', '[B]', '[T, 3]', 'one row per index'],
  ],
  takeAlong: [() => g.takeAlong(x('B', 3), i('B')), ['takeAlong', '[B, 3]', '[B]', 'alike but for axis 1']],
  putAlong: [() => g.putAlong(i('B', 2), x('B', 3), 1, 4), ['putAlong', '[B, 2]', '[B, 3]', 'one shape']],
  argMax: [() => g.argMax(x(3), 1), ['argMax', '[3]', 'axis']],
  topK: [() => g.topK(x('B', 3), 4), ['topK', '[B, 3]', '1 to 3', 'k = 4']],
  cumsum: [() => g.cumsum(b(3)), ['cumsum', 'bool [3]', 'numbers']],
  concat: [() => g.concat([x('B', 3), x('T', 3)]), ['concat', '[B, 3]', '[T, 3]', 'but for axis 1']],
  'concat of ranks': [() => g.concat([x('B', 3), x(3)]), ['concat', '[B, 3]', '[3]', 'one rank']],
  'concat of nothing': [() => g.concat([]), ['concat', 'at least one']],
  slice: [() => g.slice(x('B', 3), 1, 2, 5), ['slice', '[B, 3]', 'a range inside axis 1', '2 to 5']],
  split: [() => g.split(x('B', 3), 1, [1, 1]), ['split', '[B, 3]', 'add up to 3', '1 + 1']],
  pad: [() => g.pad(x('B', 3), 2, 1, 1), ['pad', '[B, 3]', 'axis']],
  reshape: [() => g.reshape(x('B', 3), ['B', 4]), ['reshape', '[B, 3]', '[B, 4]', '3*B ≠ 4*B']],
  squeeze: [() => g.squeeze(x('B', 3), [1]), ['squeeze', '[B, 3]', 'size 1 at axes 1']],
  unsqueeze: [() => g.unsqueeze(x('B'), [3]), ['unsqueeze', '[B]', 'ascending axes from 0 to 1', '[3]']],
  transpose: [
    () => g.transpose(x('B', 3), [0, 0]),
    ['transpose', '[B, 3]', 'order of the axes 0 to 1', '[0,0]'],
  ],
  broadcastTo: [() => g.broadcastTo(x('B', 3), ['B', 1]), ['broadcastTo', '[B, 3]', '[B, 1]']],
  conv: [() => g.conv(x('B', 3, 10), x(8, 4, 3)), ['conv', '[B, 3, 10]', '[8, 4, 3]', 'C must agree']],
  'conv with a window too wide': [
    () => g.conv(x('B', 3, 2), x(8, 3, 3)),
    ['conv', 'a window inside axis 2', 'Pad'],
  ],
  'conv with a stride over a name': [
    () => g.conv(x('B', 3, 'T'), x(8, 3, 3), { strides: 2 }),
    ['conv', '[B, 3, T]', 'stride 2', "'2*U'"],
  ],
  maxPool: [() => g.maxPool(x('B', 'T'), [2]), ['maxPool', '[B, T]', 'window 2', "'2*U'"]],
  averagePool: [() => g.averagePool(x('B', 3), [0]), ['averagePool', '[B, 3]', 'window size ≥ 1']],
  crossEntropy: [
    () => g.crossEntropy(x('T', 'B', 9), i('T')),
    ['crossEntropy', '[T, B, 9]', '[T]', 'one label per row'],
  ],
  scan: [
    () => g.scan({ states: [], sequences: [x('T', 3), x('S', 3)] }, () => ({ states: [] })),
    ['scan', '[T, 3]', '[S, 3]', 'one length'],
  ],
  'scan, a state that changes its shape': [
    () =>
      g.scan({ states: [x('B', 3)], sequences: [x('T', 3)] }, ([h]) => ({
        states: [g.sum(h, { axes: [1] })],
      })),
    ['scan', 'float32 [B]', 'next state 0', 'float32 [B, 3]'],
  ],
  'scan, a state that is forgotten': [
    () => g.scan({ states: [x('B', 3)], sequences: [x('T', 3)] }, () => ({ states: [] })),
    ['scan', '1 next states'],
  ],
  gradient: [() => g.gradient(x(3), [x(3)]), ['gradient', 'float32 [3]', 'scalar', 'Sum']],
  input: [() => x('B-1'), ["input 'x'", "'B-1'", 'a whole number, a name']],
  'a size nobody has': [
    () => g.toOnnx({ y: g.add(x(1), g.zeros(['Q'])) }),
    ["size 'Q'", 'some input', 'Name it in an input'],
  ],
  'two inputs of one name': [() => g.toOnnx({ y: g.add(x(3), x(3)) }), ["'x'", 'different names', 'Rename']],
};

describe('a graph that cannot be', () => {
  for (const [name, [build, words]] of Object.entries(wrong)) {
    it(`is refused while it is built: ${name}`, () => {
      let error: unknown;
      try {
        build();
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(ShapeError);
      for (const word of words) expect((error as Error).message).toContain(word);
    });
  }

  it('is refused when a gradient would have to pass through what has none', () => {
    const y = g.cumsum(g.cast(x(3), 'float32'));
    const opaque = { ...y.node.operation, name: 'opaque', gradient: undefined };
    const node = { ...y.node, operation: opaque, outputs: [] as g.Value[] };
    const value = { ...y, node } as g.Value;
    node.outputs.push(value);
    const [leaf] = y.node.inputs;
    expect(() => g.gradient(g.sum(value), [leaf])).toThrow(/gradient through 'opaque'.*stopGradient/);
  });
});

describe('sizes', () => {
  it('are the same however they are spelt', () => {
    expect(g.add(x('T*B'), x('B*T')).shape).toEqual(['B*T']);
    expect(g.reshape(x('B', 'T'), ['T*B']).shape).toEqual(['B*T']);
    expect(g.concat([x('U'), x('U'), x(1)]).shape).toEqual(['2*U+1']);
  });

  it('are found where the inputs have only a multiple of them', async () => {
    const frames = g.input('frames', 'float32', ['8*U', 'B']);
    const counts = g.concat([g.size(['U'], frames), g.size(['4*U', 'B'], frames)]);
    const pairs = g.reshape(frames, ['U', 'B', 8]);
    const feeds = feedsFor([frames], { '8*U': 24, B: 5 });
    const found = await compute({ counts, pairs: g.mul(pairs, 1) }, feeds);
    expect(Array.from(found.counts.data as Float32Array)).toEqual([3, 60]);
    expect(found.pairs.shape).toEqual([3, 5, 8]);
    expect(() => g.toOnnx({ y: g.add(g.full(['V'], 1), g.size(['8*V*U'], frames)) })).toThrow("size 'V'");
  });
});
