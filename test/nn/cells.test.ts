/** The cells again, in plain loops, written from their papers' equations. */
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { Builder } from '../../src/nn/builder.ts';
import { CELLS, type CellName } from '../../src/nn/cells.ts';
import { recurrentLayer, recurrentStack } from '../../src/nn/recurrent.ts';
import { compute, feedsFor } from '../graph/check.ts';
import { hadamard, plus, sigma, tanh, times, type Vector, Weights } from './plain.ts';

const H = 4;
const E = 3;
type State = { h: Vector; c: Vector };

/** Mean 0, variance 1 (equation 4 of Ba et al. 2016), then the gain. */
function norm(v: Vector, gain: Vector): Vector {
  const mean = v.reduce((a, b) => a + b, 0) / v.length;
  const variance = v.reduce((t, x) => t + (x - mean) ** 2, 0) / v.length;
  return v.map((x, i) => (gain[i] * (x - mean)) / Math.sqrt(variance + 1e-5));
}

const gate = (v: Vector, k: number): Vector => v.slice(k * H, (k + 1) * H);

function lstmUpdate(sums: Vector, c: Vector, seen: (memory: Vector) => Vector): State {
  const [i, f, o] = [0, 1, 3].map((k) => sigma(gate(sums, k)));
  const memory = plus(hadamard(f, c), hadamard(i, tanh(gate(sums, 2))));
  return { h: hadamard(o, tanh(seen(memory))), c: memory };
}

const STEPS: Record<CellName, (w: Weights, x: Vector, state: State) => State> = {
  gru(w, input, { h, c }) {
    const x = plus(times(input, w.matrix('kernel')), w.vector('bias'));
    const recurrent = times(h, w.matrix('gates'));
    const z = sigma(plus(gate(x, 0), gate(recurrent, 0)));
    const r = sigma(plus(gate(x, 1), gate(recurrent, 1)));
    const candidate = tanh(plus(gate(x, 2), times(hadamard(r, h), w.matrix('candidate'))));
    return { h: h.map((hk, k) => (1 - z[k]) * hk + z[k] * candidate[k]), c };
  },
  gruResetAfter(w, input, { h, c }) {
    const x = plus(times(input, w.matrix('kernel')), w.vector('bias'));
    const recurrent = times(h, w.matrix('gates'));
    const z = sigma(plus(gate(x, 0), gate(recurrent, 0)));
    const r = sigma(plus(gate(x, 1), gate(recurrent, 1)));
    const product = plus(times(h, w.matrix('candidate')), w.vector('candidateBias'));
    const candidate = tanh(plus(gate(x, 2), hadamard(r, product)));
    return { h: h.map((hk, k) => (1 - z[k]) * hk + z[k] * candidate[k]), c };
  },
  lstm(w, input, { h, c }) {
    const sums = plus(times(input, w.matrix('kernel')), w.vector('bias'), times(h, w.matrix('recurrent')));
    return lstmUpdate(sums, c, (memory) => memory);
  },
  lstmLayerNorm(w, input, { h, c }) {
    const fromInput = norm(times(input, w.matrix('kernel')), w.vector('inputNorm.gain'));
    const fromState = norm(times(h, w.matrix('recurrent')), w.vector('recurrentNorm.gain'));
    return lstmUpdate(plus(fromInput, fromState, w.vector('gateBias')), c, (memory) =>
      plus(norm(memory, w.vector('memoryNorm.gain')), w.vector('memoryNorm.bias')),
    );
  },
};

const lengths = [3, 1, 2];
const [T, B] = [3, lengths.length];
const mask = {
  dtype: 'float64' as const,
  shape: [T, B],
  data: Float64Array.from({ length: T * B }, (_, i) => (Math.floor(i / B) < lengths[i % B] ? 1 : 0)),
};

for (const cell of Object.keys(CELLS) as CellName[]) {
  describe(cell, () => {
    for (const reverse of [false, true]) {
      it(`is what its equations say, ${reverse ? 'backward' : 'forward'}, in a ragged batch`, async () => {
        const builder = new Builder({ dtype: 'float64' });
        const x = g.input('x', 'float64', ['T', 'B', E]);
        const real = g.input('mask', 'float64', ['T', 'B']);
        const { states, last } = recurrentLayer(builder, x, real, H, { cell, reverse });
        const outputs = { states, ...Object.fromEntries(last.map((v, i) => [`last${i}`, v])) };
        const feeds = feedsFor(Object.values(outputs), { T, B }, { mask }, 5);
        const found = await compute(outputs, feeds);
        const weights = new Weights(feeds);
        for (const [b, length] of lengths.entries()) {
          let state: State = { h: Array(H).fill(0), c: Array(H).fill(0) };
          for (let k = 0; k < length; k++) {
            const t = reverse ? length - 1 - k : k;
            const at = (t * B + b) * E;
            state = STEPS[cell](weights, Array.from(feeds.x.data.slice(at, at + E) as Float64Array), state);
            for (let i = 0; i < H; i++) {
              expect(Number(found.states.data[(t * B + b) * H + i])).toBeCloseTo(state.h[i], 12);
            }
          }
          for (const [k, name] of CELLS[cell].states.entries()) {
            for (let i = 0; i < H; i++) {
              expect(Number(found[`last${k}`].data[b * H + i])).toBeCloseTo(state[name][i], 12);
            }
          }
        }
      });
    }
  });
}

describe('recurrentStack', () => {
  it('adds what came in from the second layer on, and only there', async () => {
    const builder = new Builder({ dtype: 'float64' });
    const x = g.input('x', 'float64', ['T', 'B', H]);
    const real = g.input('mask', 'float64', ['T', 'B']);
    const options = { layers: 2, direction: 'alternating', cell: 'lstm' } as const;
    const plain = recurrentStack(builder, x, real, H, options);
    const residual = recurrentStack(builder, x, real, H, { ...options, residual: true });
    const first = recurrentLayer(builder.within('layer1'), x, real, H, { cell: 'lstm' });
    const second = recurrentLayer(builder.within('layer2'), first.states, real, H, {
      cell: 'lstm',
      reverse: true,
    });
    const difference = g.sub(residual.states, plain.states);
    const outputs = { difference, first: first.states, top: plain.states, second: second.states };
    const found = await compute(outputs, feedsFor(Object.values(outputs), { T, B }, { mask }, 6));
    for (let i = 0; i < T * B * H; i++) {
      expect(Number(found.difference.data[i])).toBeCloseTo(Number(found.first.data[i]), 12);
      expect(found.top.data[i]).toBe(found.second.data[i]);
    }
  });

  it('runs half of its width each way when bidirectional, and hands on where each way ended', async () => {
    const builder = new Builder({ dtype: 'float64' });
    const x = g.input('x', 'float64', ['T', 'B', E]);
    const real = g.input('mask', 'float64', ['T', 'B']);
    const { states, last } = recurrentStack(builder, x, real, H, { layers: 1, direction: 'bidirectional' });
    expect(states.shape).toEqual(['T', 'B', H]);
    const outputs = { states, last: last[0][0] };
    const found = await compute(outputs, feedsFor(Object.values(outputs), { T, B }, { mask }, 7));
    for (const [b, length] of lengths.entries()) {
      for (let i = 0; i < H; i++) {
        const t = i < H / 2 ? length - 1 : 0;
        expect(found.last.data[b * H + i]).toBe(found.states.data[(t * B + b) * H + i]);
      }
    }
  });
});
