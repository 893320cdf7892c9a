import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { type MemoryNetworkSizes, memn2n, positionWeights } from '../../src/models/memn2n.ts';
import { Builder } from '../../src/nn/builder.ts';
import { type EncodedQuestion, storyFeeds, storyInputs } from '../../src/programs/questionLoss.ts';
import { Random } from '../../src/random.ts';
import { checkGradient, compute, type Feeds, feedsFor } from '../graph/check.ts';
import { memoryNetworkReference } from './memoryReference.ts';

const SIZES: MemoryNetworkSizes = {
  vocabulary: 11,
  embedding: 4,
  hops: 3,
  memory: 5,
  positions: 4,
  temporal: true,
  tying: 'adjacent',
};

/** Three stories: one that fills the memory, one of one fact; words beyond the last position; a repeated word. */
const QUESTIONS: EncodedQuestion[] = [
  { facts: [[4, 5, 6], [7, 5], [8, 9, 4, 6, 10], [4], [6, 6, 5]], question: [4, 9, 5] },
  { facts: [[10, 4, 7, 5]], question: [7] },
  {
    facts: [
      [5, 8],
      [6, 1, 9],
    ],
    question: [9, 8, 7, 6, 5, 4],
  },
];

const MODELS: Record<string, Partial<MemoryNetworkSizes>> = {
  'adjacent, positions, times': {},
  'adjacent, one hop, bags of words': { hops: 1, positions: 0 },
  'layer-wise, positions, times': { tying: 'layerwise' },
  'layer-wise, bags of words without times, relu': {
    tying: 'layerwise',
    positions: 0,
    temporal: false,
    nonlinearity: 'relu',
  },
  'adjacent, relu': { nonlinearity: 'relu', hops: 2 },
};

/** Feeds in the dtype that the graph has. */
function feedsOf(
  questions: readonly EncodedQuestion[],
  sizes: MemoryNetworkSizes,
  dtype: 'float32' | 'float64',
) {
  const feeds: Feeds = storyFeeds(questions, sizes);
  if (dtype === 'float32') return feeds;
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => [
      name,
      tensor.dtype === 'float32'
        ? { dtype, shape: tensor.shape, data: Float64Array.from(tensor.data as Float32Array) }
        : tensor,
    ]),
  );
}

function graphOf(sizes: MemoryNetworkSizes, dtype: 'float32' | 'float64', linear?: number) {
  const builder = new Builder({ dtype, training: true });
  const given = linear === undefined ? {} : { linear: g.constant(linear, dtype) };
  const { logits, attention } = memn2n(sizes).answer(builder, storyInputs(dtype), given);
  const named = Object.fromEntries(attention.map((p, k) => [`attention${k}`, p]));
  return { builder, outputs: { logits, ...named } as Record<string, g.Value> };
}

/** Everything but the parameters is given; those are random. */
const weightsFor = (outputs: Record<string, g.Value>, given: Feeds, seed = 2): Feeds =>
  feedsFor(Object.values(outputs), {}, given, seed, 0.6);

describe('memn2n', () => {
  for (const [name, options] of Object.entries(MODELS)) {
    const sizes = { ...SIZES, ...options };
    for (const linear of [undefined, 0, 1]) {
      const phase = linear === undefined ? '' : `, linear ${linear}`;
      it(`is the equations of the paper: ${name}${phase}`, async () => {
        const { outputs } = graphOf(sizes, 'float64', linear);
        const given = feedsOf(QUESTIONS, sizes, 'float64');
        const all = weightsFor(outputs, given);
        const found = await compute(outputs, all);
        let from = 0;
        const [, N] = found.attention0.shape;
        for (const [b, question] of QUESTIONS.entries()) {
          const expected = memoryNetworkReference(question, sizes, all, linear === 1);
          for (const [v, x] of expected.logits.entries()) {
            // Places were fed in float32.
            expect(Number(found.logits.data[b * sizes.vocabulary + v])).toBeCloseTo(x, 6);
          }
          for (const [k, row] of expected.attention.entries()) {
            for (let n = 0; n < N; n++) {
              const own = n >= from && n < from + row.length ? row[n - from] : 0;
              expect(Number(found[`attention${k}`].data[b * N + n])).toBeCloseTo(own, 6);
            }
          }
          from += question.facts.length;
        }
      });
    }
  }

  it('reads nothing but facts when they fill its memory, and less of them the more room is left', async () => {
    const sums: number[] = [];
    for (const memory of [5, 6, 50]) {
      const sizes = { ...SIZES, memory, temporal: false };
      const { outputs } = graphOf(sizes, 'float64');
      const given = feedsOf(QUESTIONS.slice(0, 1), sizes, 'float64');
      const { attention0 } = await compute(outputs, weightsFor(outputs, given));
      sums.push((attention0.data as Float64Array).reduce((a, b) => a + b));
    }
    expect(sums[0]).toBeCloseTo(1, 12);
    expect(sums[1]).toBeLessThan(1);
    expect(sums[2]).toBeLessThan(sums[1]);
  });

  for (const [name, options] of Object.entries(MODELS)) {
    for (const linear of [undefined, 1]) {
      if (linear === 1 && options.nonlinearity) continue;
      it(`has the gradient of finite differences: ${name}${linear ? ', linear' : ''}`, async () => {
        const sizes = { ...SIZES, ...options };
        const { outputs } = graphOf(sizes, 'float64', linear);
        const losses = g.crossEntropy(outputs.logits, g.input('answers', 'int32', ['B']));
        const given: Feeds = {
          ...feedsOf(QUESTIONS, sizes, 'float64'),
          answers: { dtype: 'int32', shape: [3], data: Int32Array.of(4, 10, 7) },
        };
        // What was read is no parameter; changed, it is no sentence any more, but still what the graph is of.
        await checkGradient([losses], { B: 3, N: 8, U: 7 }, { given, probes: 8, scale: 0.5 });
      });
    }
  }

  it('answers alone as in any batch, with the same gradients in sum', async () => {
    const { builder, outputs } = graphOf(SIZES, 'float32', 0);
    const loss = g.sum(g.crossEntropy(outputs.logits, g.input('answers', 'int32', ['B'])));
    const { parameters } = builder;
    const gradients = g.gradient(
      loss,
      parameters.map((p) => p.value),
    );
    const named: Record<string, g.Value> = { logits: outputs.logits, attention: outputs.attention2 };
    for (const [i, d] of gradients.entries()) named[`d ${parameters[i].spec.name}`] = d;
    const answers = [4, 10, 7];
    const given = (rows: readonly number[]): Feeds => ({
      ...feedsOf(
        rows.map((b) => QUESTIONS[b]),
        SIZES,
        'float32',
      ),
      answers: { dtype: 'int32', shape: [rows.length], data: Int32Array.from(rows, (b) => answers[b]) },
    });
    const weights = weightsFor(named, given([0, 1, 2]));
    const run = (rows: readonly number[]) => compute(named, { ...weights, ...given(rows) });
    const together = await run([2, 0, 1]);
    const alone = [await run([0]), await run([1]), await run([2])];
    for (const [row, b] of [2, 0, 1].entries()) {
      const logits = together.logits.data.slice(row * 11, (row + 1) * 11) as Float32Array;
      for (const [v, x] of logits.entries()) expect(x).toBeCloseTo(Number(alone[b].logits.data[v]), 5);
    }
    for (const { spec } of parameters) {
      const key = `d ${spec.name}`;
      for (const [i, x] of (together[key].data as Float32Array).entries()) {
        const separately = alone.reduce((total, one) => total + Number(one[key].data[i]), 0);
        expect(Math.abs(x - separately), `${key}[${i}]`).toBeLessThan(1e-5);
      }
    }
  });

  it('shares the parameters that its tying says are one, and begins with N(0, 0.1²)', () => {
    const shapes = (sizes: Partial<MemoryNetworkSizes>) =>
      Object.fromEntries(
        graphOf({ ...SIZES, ...sizes }, 'float32').builder.parameters.map(({ spec }) => [
          spec.name,
          spec.shape,
        ]),
      );
    const [words, times] = [
      [11, 4],
      [5, 4],
    ];
    // B and A¹ are embedding0, C¹ and A² embedding1, …, C³ and Wᵀ embedding3.
    expect(shapes({})).toEqual({
      'embedding0.words': words,
      'embedding0.times': times,
      'embedding1.words': words,
      'embedding1.times': times,
      'embedding2.words': words,
      'embedding2.times': times,
      'embedding3.words': words,
      'embedding3.times': times,
    });
    const layerwise = {
      'question.words': words,
      'input.words': words,
      'input.times': times,
      'output.words': words,
      'output.times': times,
      hop: [4, 4],
      'answer.words': words,
    };
    expect(shapes({ tying: 'layerwise' })).toEqual(layerwise);
    expect(shapes({ tying: 'layerwise', hops: 7 })).toEqual(layerwise);
    expect(Object.keys(shapes({ temporal: false, hops: 1 }))).toEqual([
      'embedding0.words',
      'embedding1.words',
    ]);
    const { spec } = graphOf({ ...SIZES, vocabulary: 2000 }, 'float32').builder.parameters[0];
    const data = new Float32Array(8000);
    spec.initialize(data, spec.shape, new Random(1));
    const mean = data.reduce((a, b) => a + b) / 8000;
    expect(Math.abs(mean)).toBeLessThan(0.005);
    expect(Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / 8000)).toBeCloseTo(0.1, 2);
  });
});

describe('position encoding', () => {
  it('is twice the formula of the paper, half a step aside, and 1 in the mean', () => {
    const [d, J] = [20, 7];
    const { atPlace0, perPlace } = positionWeights(d);
    let total = 0;
    for (let k = 1; k <= d; k++) {
      for (let j = 1; j <= J; j++) {
        const found = atPlace0[k - 1] + (perPlace[k - 1] * (j - 0.5)) / J;
        const paper = (k: number, j: number) => 1 - j / J - (k / d) * (1 - (2 * j) / J);
        expect(found).toBeCloseTo(2 * paper(k - 0.5, j - 0.5), 12);
        total += found / (d * J);
      }
    }
    expect(total).toBeCloseTo(1, 12);
  });
});
