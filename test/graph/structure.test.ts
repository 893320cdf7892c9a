import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { rnnsearch } from '../../src/models/rnnsearch.ts';
import { Builder } from '../../src/nn/builder.ts';
import { recurrentLayer } from '../../src/nn/recurrent.ts';
import { lossGraph } from '../../src/programs/pairLoss.ts';
import { type Nodes, nodesOf, traffic } from './nodes.ts';

const withGradients = (loss: g.Value, wrt: readonly g.Value[]): Nodes => {
  const gradients = g.gradient(loss, wrt).map((d, i) => [`d ${i}`, d] as const);
  return nodesOf(g.toOnnx({ loss, ...Object.fromEntries(gradients) }).bytes);
};

describe('a GRU layer', () => {
  const H = 16;

  it('multiplies its inputs by their weights before the loop, its gradients after it', () => {
    const builder = new Builder();
    const x = g.input('x', 'float32', ['T', 'B', 10]);
    const { states } = recurrentLayer(builder, x, g.input('mask', 'float32', ['T', 'B']), H);
    const weights = builder.parameters.map((p) => p.value);
    const { outside, loops } = withGradients(g.sum(states), weights);
    expect(loops).toHaveLength(2);
    // x·W, once for all steps
    expect(outside.MatMul).toBe(1);
    // kernel, gates and candidate, one product each
    expect(outside.Gemm).toBe(3);
    for (const loop of loops) {
      expect(loop.inside.Gemm).toBe(2);
      expect(loop.inside.MatMul).toBeUndefined();
      expect(loop.inside.ReduceSum).toBeUndefined();
      expect(traffic(loop).states).toEqual([`B ${H}`]);
    }
  });

  it('does so too when the whole step is written inside', () => {
    const x = g.input('x', 'float32', ['T', 'B', 10]);
    const [w, u, v] = [
      g.input('w', 'float32', [10, H]),
      g.input('u', 'float32', [H, H]),
      g.input('v', 'float32', [H, 7]),
    ];
    const { outputs } = g.scan({ states: [g.zeros(['B', H])], sequences: [x] }, ([h], [xt]) => {
      const next = g.tanh(g.add(g.matmul(xt, w), g.matmul(h, u)));
      return { states: [next], outputs: [g.softmax(g.matmul(next, v))] };
    });
    const { outside, loops } = withGradients(g.sum(outputs[0]), [w, u, v]);
    expect(loops.map((l) => l.inside.Gemm)).toEqual([1, 1]);
    // forward w and v, and from v to the states; the loop knows nothing of the softmax
    expect(outside).toMatchObject({ Softmax: 1, MatMul: 3, Gemm: 3 });
    expect(loops[0].inside.Softmax).toBeUndefined();
  });

  it('adds up rows of a table after the loop, and products with what stays the same', () => {
    const words = g.input('words', 'int32', ['T', 'B']);
    const [table, shift] = [g.input('table', 'float32', [50, H]), g.input('shift', 'float32', ['B', H])];
    const { states } = g.scan({ states: [g.zeros(['B', H])], sequences: [words] }, ([h], [word]) => ({
      states: [g.tanh(g.add(g.mul(h, shift), g.gather(table, word)))],
    }));
    const { outside, loops } = withGradients(g.sum(states[0]), [table, shift]);
    expect(outside).toMatchObject({ Gather: 1, ScatterND: 1 });
    for (const loop of loops) {
      expect(Object.keys(loop.inside)).not.toContain('ScatterND');
      expect(traffic(loop).states).toEqual([`B ${H}`]);
    }
  });

  it('makes the gradient of a weight that is used twice from two products, not from one a step', () => {
    // so wide that the weight is large beside the state
    const H = 600;
    const x = g.input('x', 'float32', ['T', 'B', H]);
    const u = g.input('u', 'float32', [H, H]);
    const { states } = g.scan({ states: [g.zeros(['B', H])], sequences: [x] }, ([h], [xt]) => {
      const once = g.tanh(g.add(g.matmul(h, u), xt));
      return { states: [g.tanh(g.matmul(once, u))] };
    });
    const { outside, loops } = withGradients(g.sum(states[0]), [u]);
    expect(outside).toMatchObject({ Gemm: 2, ReduceSum: 1 });
    expect(loops.map((l) => l.inside.Gemm)).toEqual([2, 2]);
    for (const loop of loops) expect(traffic(loop).states).toEqual([`B ${H}`]);
  });

  it('has no loop at all when nothing depends on the state', () => {
    const x = g.input('x', 'float32', ['T', 'B', 10]);
    const w = g.input('w', 'float32', [10, H]);
    const { outputs } = g.scan({ states: [], sequences: [x] }, (_, [xt]) => ({
      states: [],
      outputs: [g.tanh(g.matmul(xt, w))],
    }));
    const { outside, loops } = withGradients(g.sum(outputs[0]), [w]);
    expect(loops).toHaveLength(0);
    expect(outside.Gemm).toBe(1);
  });
});

describe('RNNsearch', () => {
  const sizes = {
    embedding: 10,
    hidden: 16,
    attention: 12,
    readout: 8,
    readoutType: 'maxout',
    dropout: 0.1,
    initialization: 'paper',
  } as const;
  const model = rnnsearch({ sourceVocabulary: 50, targetVocabulary: 60, ...sizes });
  const builder = new Builder({ training: true });
  const { loss } = lossGraph(model, builder);
  const weights = builder.parameters.map((p) => p.value);
  const { outside, loops } = withGradients(loss, weights);
  const decoders = loops.filter((l) => 'MatMul' in l.inside);

  it('is six loops: two encoders, the decoder, and the three back', () => {
    expect(loops).toHaveLength(6);
    expect(decoders).toHaveLength(2);
  });

  it('computes embeddings, readout and logits for all steps at once', () => {
    const [forward] = decoders;
    // state × query, context, gates and candidate; energies and context are products per sentence
    expect(forward.inside).toMatchObject({ Gemm: 4, MatMul: 2, Tanh: 2, Softmax: 1 });
    for (const loop of loops) {
      for (const type of ['Gather', 'ReduceMax', 'LogSoftmax', 'ScatterND', 'GatherElements']) {
        expect(Object.keys(loop.inside)).not.toContain(type);
      }
      // V = 60, 2l = 16 = H, so readout is told by l = 8
      for (const shape of traffic(loop).stacked) expect(shape).not.toMatch(/\b(60|8)\b/);
    }
    expect(outside).toMatchObject({ LogSoftmax: 1, ReduceMax: 1 });
  });

  it('makes each gradient of a weight in one product after the loop', () => {
    const [, backward] = decoders;
    // back through gates, candidate, context and query; and the weight of the energies, whose factor is recomputed here
    expect(backward.inside.Gemm).toBe(5);
    for (const loop of loops) {
      const matrices = traffic(loop).states.filter((s) => !s.startsWith('B'));
      expect(matrices.filter((s) => s !== `${sizes.attention} 1`)).toEqual([]);
    }
  });

  it('recomputes tanh of the attention energies instead of keeping [T, B, S, A]', () => {
    const [forward, backward] = decoders;
    for (const loop of [forward, backward]) expect(traffic(loop).stacked).not.toContain('B S 12');
    expect(backward.inside.Tanh).toBe(1);
  });
});
