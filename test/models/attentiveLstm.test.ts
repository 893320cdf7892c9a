/** An LSTM that attends over its own past, again in plain loops: each step by the paper's equations. */
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import * as g from '../../src/graph/index.ts';
import { type AttentiveLstmSizes, attentiveLstm } from '../../src/models/attentiveLstm.ts';
import { Builder } from '../../src/nn/builder.ts';
import { ParameterLayout } from '../../src/programs/parameters.ts';
import { checkGradient, compute, type Feeds, feedsFor } from '../graph/check.ts';
import { dot, hadamard, plus, sigma, softmax, tanh, times, type Vector, Weights } from '../nn/plain.ts';

const SIZES = { inputs: 3, outputs: 2, hidden: 4 };
const SCORES = ['additive', 'normalisedAdditive', 'dot', 'scaledDot', 'general'] as const;
type Score = (typeof SCORES)[number];
const [T, B] = [5, 2];

function build(sizes: Partial<AttentiveLstmSizes>, dtype: 'float64' | 'float32' = 'float64') {
  const builder = new Builder({ dtype });
  const model = attentiveLstm({ ...SIZES, ...sizes });
  const { logits, attention } = model.run(builder, g.input('inputs', dtype, ['T', 'B', model.inputs]));
  return { builder, model, outputs: { logits, attention: attention as g.Value } };
}

/** How well each output of the past fits the present one (equation 1, and what else may stand in its place). */
function energiesOf(w: Weights, score: Score, h: Vector, past: Vector[]): Vector {
  if (score === 'dot') return past.map((y) => dot(h, y));
  if (score === 'scaledDot') return past.map((y) => dot(h, y) / Math.sqrt(h.length));
  const asked = times(h, w.matrix('attention.query'));
  if (score === 'general') return past.map((y) => dot(asked, y));
  const compared = (y: Vector) => plus(times(y, w.matrix('attention.keys')), asked);
  const v = w.matrix('attention.energy').map(([x]) => x);
  if (score === 'additive') return past.map((y) => dot(tanh(compared(y)), v));
  const [scale] = w.vector('attention.scale');
  const length = Math.sqrt(dot(v, v));
  return past.map((y) => (scale * dot(tanh(plus(compared(y), w.vector('attention.bias'))), v)) / length);
}

/** One sequence: logits, and how much each step attended to each, [step][step looked at]. */
function plain(w: Weights, sequence: Vector[], window: number, score: Score) {
  let state: { h: Vector; c: Vector } = { h: [0, 0, 0, 0], c: [0, 0, 0, 0] };
  const past: Vector[] = [];
  return sequence.map((x, t) => {
    const sums = plus(
      times(x, w.matrix('lstm.kernel')),
      w.vector('lstm.bias'),
      times(state.h, w.matrix('lstm.recurrent')),
    );
    const gate = (k: number) => sums.slice(4 * k, 4 * (k + 1));
    const c = plus(hadamard(sigma(gate(1)), state.c), hadamard(sigma(gate(0)), tanh(gate(2))));
    state = { h: hadamard(sigma(gate(3)), tanh(c)), c };
    const from = Math.max(0, t - window);
    const memory = past.slice(from);
    const weights = memory.length === 0 ? [] : softmax(energiesOf(w, score, state.h, memory));
    const r = plus([0, 0, 0, 0], ...memory.map((y, i) => y.map((v) => weights[i] * v)));
    past.push(state.h);
    // W_r and W_x of equation 4, one below the other.
    const said = tanh(times([...r, ...state.h], w.matrix('readout.kernel')));
    return {
      logits: plus(times(said, w.matrix('output.kernel')), w.vector('output.bias')),
      attention: sequence.map((_, s) => (s >= from && s < t ? weights[s - from] : 0)),
    };
  });
}

/** Sequence b of inputs [T, B, I]. */
const sequenceOf = (feeds: Feeds, b: number): Vector[] =>
  Array.from({ length: T }, (_, t) =>
    Array.from({ length: 3 }, (_, i) => Number(feeds.inputs.data[(t * B + b) * 3 + i])),
  );

describe('attentiveLstm', () => {
  // Sequences shorter than the window, as long, and longer, of which it forgets the beginning.
  const cases = SCORES.flatMap((score) => [1, 3, 5, 8].map((window) => ({ score, window })));

  it.each(cases)("is the paper's equations: $score, window $window", async ({ score, window: L }) => {
    const { outputs } = build({ score, window: L });
    const feeds = feedsFor(Object.values(outputs), { T, B }, {}, 2, 0.8);
    const found = await compute(outputs, feeds);
    expect(found.logits.shape).toEqual([T, B, 2]);
    expect(found.attention.shape).toEqual([T, B, L]);
    for (let b = 0; b < B; b++) {
      const expected = plain(new Weights(feeds), sequenceOf(feeds, b), L, score);
      for (const [t, { logits, attention }] of expected.entries()) {
        const at = t * B + b;
        for (const [o, z] of logits.entries())
          expect(Number(found.logits.data[2 * at + o]), `logit ${t} ${b} ${o}`).toBeCloseTo(z, 10);
        for (let back = 0; back < L; back++) {
          const weight = attention[t - 1 - back] ?? 0;
          expect(Number(found.attention.data[L * at + back]), `${t} ${b} ${back}`).toBeCloseTo(weight, 10);
        }
      }
    }
  });

  it.each([
    ['general', 8],
    ['general', 2],
    ['additive', 3],
  ] as const)('has the gradient of finite differences: %s, window %i', async (score, window) => {
    const { outputs } = build({ score, window });
    await checkGradient(Object.values(outputs), { T, B }, { scale: 0.8, probes: 6 });
  });

  it('does the same to a sequence alone and beside others, and whatever room is left', async () => {
    const { outputs } = build({ window: 6 }, 'float32');
    const feeds = feedsFor(Object.values(outputs), { T, B }, {}, 3);
    const { logits: both } = await compute(outputs, feeds);
    const wide = await compute(build({ window: 40 }, 'float32').outputs, feeds);
    for (let b = 0; b < B; b++) {
      const data = Float32Array.from(sequenceOf(feeds, b).flat());
      const inputs = { dtype: 'float32' as const, shape: [T, 1, 3], data };
      const { logits: alone } = await compute(outputs, { ...feeds, inputs });
      for (let i = 0; i < 2 * T; i++) {
        const at = (Math.floor(i / 2) * B + b) * 2 + (i % 2);
        expect(Number(both.data[at])).toBeCloseTo(Number(alone.data[i]), 5);
        expect(Number(both.data[at])).toBeCloseTo(Number(wide.logits.data[at]), 5);
      }
    }
  });

  it('by default looks at 128 outputs of 100 numbers', () => {
    const builder = new Builder();
    const model = attentiveLstm({ inputs: 9, outputs: 8 });
    const { attention, heads } = model.run(builder, g.input('inputs', 'float32', ['T', 'B', 9]));
    expect(attention?.shape).toEqual(['T', 'B', 128]);
    expect(heads).toBeUndefined();
    expect(model.locations).toBeUndefined();
    const { size } = new ParameterLayout(builder.parameters.map((p) => p.spec));
    expect(size).toBe(4 * 100 * (9 + 100 + 1) + 100 * 100 + 200 * 100 + 8 * 101);
  });

  it('refuses a window of nothing', () => {
    for (const window of [0, -1, 2.5, Number.NaN]) {
      expect(() => attentiveLstm({ ...SIZES, window })).toThrow(ShapeError);
    }
    expect(() => attentiveLstm({ ...SIZES, window: 0 })).toThrow(/a window of 0 outputs.*at least 1/);
  });
});
