/** The attentions again, in plain loops, written from their papers' equations, two steps in a row. */
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import * as g from '../../src/graph/index.ts';
import { type AttentionOptions, attention, type Tensors } from '../../src/nn/attention/attention.ts';
import { Builder } from '../../src/nn/builder.ts';
import { compute, feedsFor } from '../graph/check.ts';
import { dot, plus, sigma, softmax, tanh, times, type Vector, Weights } from './plain.ts';

const [H, D, A] = [4, 4, 3];

interface Step {
  readonly w: Weights;
  readonly query: Vector;
  /** [S][D], real positions only */
  readonly annotations: readonly Vector[];
  /** sum of the weights so far, and the weights before */
  readonly coverage: Vector;
  readonly before: Vector;
}
type Answer = { context: Vector; weights: Vector };

const weighted = (weights: Vector, values: readonly Vector[]): Vector =>
  values[0].map((_, k) => weights.reduce((t, a, j) => t + a * values[j][k], 0));
const bySoftmax = (energies: Vector, { annotations }: Step): Answer => {
  const weights = softmax(energies);
  return { weights, context: weighted(weights, annotations) };
};
const additiveEnergies = (
  { w, query, annotations }: Step,
  v: Vector,
  rest: (position: number) => Vector = () => Array(A).fill(0),
): Vector =>
  annotations.map((h, j) =>
    dot(v, tanh(plus(times(query, w.matrix('query')), times(h, w.matrix('keys')), rest(j)))),
  );
const energyVector = (w: Weights): Vector => w.matrix('energy').map(([x]) => x);

const KINDS: Record<string, { options: AttentionOptions; answer: (step: Step) => Answer }> = {
  additive: {
    options: { score: 'additive', size: A },
    answer: (s) => bySoftmax(additiveEnergies(s, energyVector(s.w)), s),
  },
  'normalised additive': {
    options: { score: 'normalisedAdditive', size: A },
    answer(s) {
      const v = energyVector(s.w);
      const scale = s.w.vector('scale')[0] / Math.sqrt(dot(v, v));
      const direction = v.map((x) => x * scale);
      return bySoftmax(
        additiveEnergies(s, direction, () => s.w.vector('bias')),
        s,
      );
    },
  },
  dot: {
    options: { score: 'dot', size: A },
    answer: (s) =>
      bySoftmax(
        s.annotations.map((h) => dot(s.query, h)),
        s,
      ),
  },
  'scaled dot': {
    options: { score: 'scaledDot', size: A },
    answer: (s) =>
      bySoftmax(
        s.annotations.map((h) => dot(s.query, h) / Math.sqrt(D)),
        s,
      ),
  },
  general: {
    options: { score: 'general', size: A },
    answer: (s) =>
      bySoftmax(
        s.annotations.map((h) => dot(times(s.query, s.w.matrix('query')), h)),
        s,
      ),
  },
  'multi-head': {
    // Heads of 4, whose √ is exact: the runtime folds the scale into the product as a float32, whatever the dtype.
    options: { score: 'multiHead', size: 8, heads: 2 },
    answer({ w, query, annotations }) {
      const part = (v: Vector, head: number) => v.slice(head * 4, head * 4 + 4);
      const q = times(query, w.matrix('query'));
      const heads = [0, 1].map((head) => {
        const keys = annotations.map((h) => part(times(h, w.matrix('keys')), head));
        const values = annotations.map((h) => part(times(h, w.matrix('values')), head));
        const weights = softmax(keys.map((k) => dot(part(q, head), k) / Math.sqrt(4)));
        return { weights, context: weighted(weights, values) };
      });
      return {
        weights: heads[0].weights.map((x, j) => (x + heads[1].weights[j]) / 2),
        context: times([...heads[0].context, ...heads[1].context], w.matrix('output')),
      };
    },
  },
  coverage: {
    options: { score: 'additive', size: A, coverage: true },
    answer(s) {
      const [u] = s.w.matrix('coverage');
      const rest = (j: number) =>
        plus(
          u.map((x) => x * s.coverage[j]),
          s.w.vector('bias'),
        );
      return bySoftmax(additiveEnergies(s, energyVector(s.w), rest), s);
    },
  },
  location: {
    options: { score: 'additive', size: A, location: { filters: 2, width: 3 } },
    answer(s) {
      const F = s.w.matrix('filters');
      const rest = (j: number) => {
        const around = [j - 1, j, j + 1].map((i) => s.before[i] ?? 0);
        return plus(times(times(around, F), s.w.matrix('location')), s.w.vector('bias'));
      };
      return bySoftmax(additiveEnergies(s, energyVector(s.w), rest), s);
    },
  },
  'local-p': {
    options: { score: 'general', size: A, window: 2 },
    answer(s) {
      const { w, query, annotations } = s;
      const hidden = tanh(times(query, w.matrix('position')));
      const [share] = sigma([
        dot(
          hidden,
          w.matrix('centre').map(([x]) => x),
        ),
      ]);
      const p = annotations.length * share;
      const energies = annotations.map((h) => dot(times(query, w.matrix('query')), h));
      const inside = energies.map((e, j) => (Math.abs(j - p) > 2 ? Number.NEGATIVE_INFINITY : e));
      const weights = softmax(inside).map((a, j) => a * Math.exp(-((j - p) ** 2) / (2 * (2 / 2) ** 2)));
      return { weights, context: weighted(weights, annotations) };
    },
  },
};

const lengths = [5, 1, 3];
const [S, B] = [5, lengths.length];
const mask = {
  dtype: 'float64' as const,
  shape: [S, B],
  data: Float64Array.from({ length: S * B }, (_, i) => (Math.floor(i / B) < lengths[i % B] ? 1 : 0)),
};

describe('attention', () => {
  for (const [name, { options, answer }] of Object.entries(KINDS)) {
    it(`${name} is what its equations say, in a ragged batch`, async () => {
      const builder = new Builder({ dtype: 'float64' });
      const kind = attention(options);
      const h = g.input('h', 'float64', ['S', 'B', D]);
      const memory = kind.memory(builder, h, g.input('mask', 'float64', ['S', 'B']));
      const outputs: Record<string, g.Value> = {};
      let carried: Tensors = kind.initial(memory);
      for (const step of [0, 1]) {
        const found = kind.attend(builder, g.input(`q${step}`, 'float64', ['B', H]), memory, carried);
        outputs[`context${step}`] = found.context;
        outputs[`weights${step}`] = found.weights;
        if (found.loss) outputs[`loss${step}`] = found.loss;
        carried = found.carried;
      }
      const feeds = feedsFor(Object.values(outputs), { S, B }, { mask }, 5);
      const found = await compute(outputs, feeds);
      const w = new Weights(feeds);
      const row = (tensor: string, b: number, width: number): Vector => {
        const { data } = found[tensor] ?? feeds[tensor];
        return Array.from(data.slice(b * width, (b + 1) * width) as Float64Array);
      };
      for (const [b, length] of lengths.entries()) {
        const annotations = Array.from({ length }, (_, t) => row('h', t * B + b, D));
        let coverage: Vector = Array(length).fill(0);
        let before = coverage;
        for (const step of [0, 1]) {
          const expected = answer({ w, query: row(`q${step}`, b, H), annotations, coverage, before });
          const weights = row(`weights${step}`, b, S);
          const context = row(`context${step}`, b, expected.context.length);
          for (let j = 0; j < S; j++) expect(weights[j]).toBeCloseTo(expected.weights[j] ?? 0, 12);
          for (const [k, x] of expected.context.entries()) expect(context[k]).toBeCloseTo(x, 12);
          if (options.coverage) {
            const again = expected.weights.reduce((t, a, j) => t + Math.min(a, coverage[j]), 0);
            expect(row(`loss${step}`, b, 1)[0]).toBeCloseTo(again, 12);
          }
          coverage = plus(coverage, expected.weights);
          before = expected.weights;
        }
      }
    });
  }

  it('refuses a dot product of unequal widths', () => {
    const builder = new Builder();
    const kind = attention({ score: 'dot', size: A });
    const memory = kind.memory(
      builder,
      g.input('h', 'float32', ['S', 'B', 6]),
      g.input('mask', 'float32', ['S', 'B']),
    );
    const attend = () => kind.attend(builder, g.input('q', 'float32', ['B', 4]), memory, {});
    expect(attend).toThrow(ShapeError);
    expect(attend).toThrow('width 4 to annotations of width 6');
  });
});
