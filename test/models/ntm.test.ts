/** The Neural Turing Machine again, in plain loops: its step by the paper's equations, its gradient by differences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { lstmBaseline } from '../../src/models/lstmBaseline.ts';
import { type BitTransducer, type NtmSizes, ntm } from '../../src/models/ntm.ts';
import { Builder } from '../../src/nn/builder.ts';
import { ParameterLayout } from '../../src/programs/parameters.ts';
import { Random } from '../../src/random.ts';
import { checkGradient, compute, type Feeds, feedsFor, runtime } from '../graph/check.ts';
import {
  dot,
  hadamard,
  type Matrix,
  plus,
  sigma,
  softmax,
  tanh,
  times,
  type Vector,
  Weights,
} from '../nn/plain.ts';

const SIZES = { inputs: 3, outputs: 2, hidden: 4, locations: 5, width: 3, readHeads: 2, writeHeads: 2 };
const CONTROLLERS = ['feedForward', 'lstm'] as const;
const [T, B] = [3, 2];

const inputsOf = (builder: Builder, { inputs }: BitTransducer) =>
  g.input('inputs', builder.dtype, ['T', 'B', inputs]);

/** A layer of the LSTM: i, f, g, o. */
function lstm(sums: Vector, c: Vector): { h: Vector; c: Vector } {
  const gate = (k: number) => sums.slice(k * c.length, (k + 1) * c.length);
  const next = plus(hadamard(sigma(gate(1)), c), hadamard(sigma(gate(0)), tanh(gate(2))));
  return { h: hadamard(sigma(gate(3)), tanh(next)), c: next };
}

const layer = (w: Weights, name: string, x: Vector): Vector =>
  plus(times(x, w.matrix(`${name}.kernel`)), w.vector(`${name}.bias`));
const length = (v: Vector) => Math.sqrt(dot(v, v) + 1e-4);
const softplus = (x: number) => Math.log1p(Math.exp(x));

interface Trace {
  logits: Vector[];
  weights: Vector[][];
  reads: Vector[][];
  added: Vector[][];
}

/** One sequence, step by step (sections 3.1 to 3.3). Heads: those that read, then those that write. */
function turing(
  w: Weights,
  sequence: Vector[],
  sizes: typeof SIZES,
  controller: NtmSizes['controller'],
): Trace {
  const { locations: N, width: M, readHeads: R, writeHeads: W, hidden: C } = sizes;
  const heads = R + W;
  let memory: Matrix = Array.from({ length: N }, () => Array(M).fill(1e-6));
  let weights = Array.from({ length: heads }, (_, h) => {
    const first = w.feeds['heads.firstWeights'].data;
    return softmax(Array.from({ length: N }, (_, n) => Number(first[h * N + n])));
  });
  let read = tanh(w.vector('heads.firstReads'));
  let state = { h: Array(C).fill(0) as Vector, c: Array(C).fill(0) as Vector };
  const trace: Trace = { logits: [], weights: [], reads: [], added: [] };
  for (const x of sequence) {
    let heard = plus(layer(w, 'controller', x), times(read, w.matrix('controller.reads')));
    if (controller === 'lstm') {
      heard = plus(heard, times(state.h, w.matrix('controller.recurrent')));
      state = lstm(heard, state.c);
    } else state = { h: tanh(heard), c: state.c };
    const said = layer(w, 'heads', state.h).map((v) => Math.max(-20, Math.min(20, v)));
    const take = (count: number) => said.splice(0, count);
    const keys = Array.from({ length: heads }, () => tanh(take(M)));
    const added = Array.from({ length: W }, () => tanh(take(M)));
    const gates = sigma(take(heads));
    const erased = Array.from({ length: W }, () => sigma(take(M)));
    const strengths = take(heads).map(softplus);
    const exponents = take(heads).map((v) => 1 + softplus(v));
    weights = weights.map((before, h) => {
      const shifts = softmax(take(3));
      const content = softmax(
        memory.map((row) => (strengths[h] * dot(keys[h], row)) / (length(keys[h]) * length(row))),
      );
      const gated = content.map((c, n) => gates[h] * c + (1 - gates[h]) * before[n]);
      const moved = gated.map(
        (stay, n) => shifts[0] * gated[(n + 1) % N] + shifts[1] * stay + shifts[2] * gated[(n - 1 + N) % N],
      );
      const powers = moved.map((v) => v ** exponents[h]);
      return powers.map((v) => v / powers.reduce((a, b) => a + b));
    });
    const writing = weights.slice(R);
    memory = memory.map((row, n) => {
      const kept = writing.reduce(
        (v, at, h) =>
          hadamard(
            v,
            erased[h].map((e) => 1 - at[n] * e),
          ),
        row,
      );
      return writing.reduce(
        (v, at, h) =>
          plus(
            v,
            added[h].map((a) => at[n] * a),
          ),
        kept,
      );
    });
    const reads = weights.slice(0, R).map((at) => plus(...at.map((v, n) => memory[n].map((m) => v * m))));
    read = reads.flat();
    trace.logits.push(layer(w, 'output', [...state.h, ...read]));
    trace.weights.push(weights);
    trace.reads.push(reads);
    trace.added.push(added);
  }
  return trace;
}

/** Sequence b of inputs [T, B, I]. */
const sequenceOf = (feeds: Feeds, b: number): Vector[] => {
  const [, , I] = feeds.inputs.shape;
  return Array.from({ length: T }, (_, t) =>
    Array.from({ length: I }, (_, i) => Number(feeds.inputs.data[(t * B + b) * I + i])),
  );
};

describe('ntm', () => {
  for (const controller of CONTROLLERS) {
    it(`is the paper's machine, with several heads: ${controller}`, async () => {
      const builder = new Builder({ dtype: 'float64' });
      const model = ntm({ ...SIZES, controller });
      const { logits, heads } = model.run(builder, inputsOf(builder, model));
      const outputs = { logits, ...(heads as NonNullable<typeof heads>) };
      const feeds = feedsFor(Object.values(outputs), { T, B }, {}, 2, 0.8);
      const found = await compute(outputs, feeds);
      expect(found.readWeights.shape).toEqual([T, B, 2, 5]);
      expect(found.writeWeights.shape).toEqual([T, B, 2, 5]);
      expect(found.reads.shape).toEqual([T, B, 2, 3]);
      expect(found.added.shape).toEqual([T, B, 2, 3]);
      for (let b = 0; b < B; b++) {
        const trace = turing(new Weights(feeds), sequenceOf(feeds, b), SIZES, controller);
        const check = (name: keyof typeof outputs, expected: Vector[]) => {
          const size = found[name].data.length / (T * B);
          for (let t = 0; t < T; t++) {
            const at = (t * B + b) * size;
            for (const [k, x] of expected[t].entries()) {
              expect(Number(found[name].data[at + k]), `${name} ${t} ${b} ${k}`).toBeCloseTo(x, 10);
            }
          }
        };
        check('logits', trace.logits);
        check(
          'readWeights',
          trace.weights.map((w) => w.slice(0, 2).flat()),
        );
        check(
          'writeWeights',
          trace.weights.map((w) => w.slice(2).flat()),
        );
        check(
          'reads',
          trace.reads.map((r) => r.flat()),
        );
        check(
          'added',
          trace.added.map((a) => a.flat()),
        );
      }
    });

    it(`has the gradient of finite differences: ${controller}`, async () => {
      for (const heads of [{}, { readHeads: 1, writeHeads: 1 }]) {
        const builder = new Builder({ dtype: 'float64' });
        const model = ntm({ ...SIZES, ...heads, controller });
        const { logits, heads: traced } = model.run(builder, inputsOf(builder, model));
        const { readWeights, writeWeights, reads } = traced as NonNullable<typeof traced>;
        await checkGradient([logits, readWeights, writeWeights, reads], { T, B }, { scale: 0.8, probes: 6 });
      }
    });
  }

  it('by default has the sizes of the copy task, and begins with its heads at the first location', async () => {
    const builder = new Builder();
    const model = ntm({ inputs: 9, outputs: 8 });
    expect(model.locations).toBe(128);
    const { heads } = model.run(builder, inputsOf(builder, model));
    const { readWeights, writeWeights } = heads as NonNullable<typeof heads>;
    const layout = new ParameterLayout(builder.parameters.map((p) => p.spec));
    // The heads do as they did before where nothing is said to them: no shift, γ 1, and the gate shut.
    const views = layout.views(layout.initialize(1));
    (views['heads.kernel'].data as Float32Array).fill(0);
    const bias = views['heads.bias'].data as Float32Array;
    bias.fill(0);
    const [keys, rates] = [60, 22];
    bias.fill(-20, keys, keys + 2); // gates
    bias.fill(-20, keys + rates + 2, keys + rates + 4); // exponents, over 1
    for (const head of [0, 1]) bias[keys + rates + 4 + 3 * head + 1] = 20; // shifts: stay
    const inputs = { dtype: 'float32' as const, shape: [1, 1, 9], data: new Float32Array(9).fill(1) };
    const found = await compute({ readWeights, writeWeights }, { ...views, inputs });
    for (const { shape, data } of Object.values(found)) {
      expect(shape).toEqual([1, 1, 1, 128]);
      expect(Number(data[0])).toBeGreaterThan(0.99);
    }
  });

  it('does the same to a sequence alone and beside others', async () => {
    const builder = new Builder();
    const model = ntm({ ...SIZES, controller: 'lstm' });
    const { logits } = model.run(builder, inputsOf(builder, model));
    const feeds = feedsFor([logits], { T, B }, {}, 3);
    const both = await compute({ logits }, feeds);
    for (let b = 0; b < B; b++) {
      const data = Float32Array.from(sequenceOf(feeds, b).flat());
      const inputs = { dtype: 'float32' as const, shape: [T, 1, 3], data };
      const alone = await compute({ logits }, { ...feeds, inputs });
      for (const [i, x] of alone.logits.data.entries()) {
        const [t, o] = [Math.floor(i / 2), i % 2];
        expect(Number(both.logits.data[(t * B + b) * 2 + o])).toBeCloseTo(Number(x), 5);
      }
    }
  });

  for (const controller of CONTROLLERS) {
    it(`gives numbers whatever its weights and inputs are: ${controller}`, async () => {
      const builder = new Builder();
      const model = ntm({ ...SIZES, controller });
      const { logits, heads } = model.run(builder, inputsOf(builder, model));
      const { readWeights, writeWeights } = heads as NonNullable<typeof heads>;
      const { parameters } = builder;
      const gradients = g.gradient(
        g.mean(g.mul(logits, logits)),
        parameters.map((p) => p.value),
      );
      const named = Object.fromEntries(gradients.map((d, i) => [`d ${parameters[i].spec.name}`, d]));
      const outputs = { logits, readWeights, writeWeights, ...named };
      const program = await (await runtime()).load(g.toOnnx(outputs).bytes);
      const cases = fc.record({
        seed: fc.integer(),
        weights: fc.constantFrom(0, 1e-6, 1, 30, 1000),
        inputs: fc.constantFrom(0, 1e-6, 1, 1e6),
      });
      await fc.assert(
        fc.asyncProperty(cases, async ({ seed, weights, inputs }) => {
          const random = new Random(seed);
          const drawn = (shape: readonly number[], scale: number) => ({
            dtype: 'float32' as const,
            shape,
            data: Float32Array.from(
              { length: shape.reduce((a, b) => a * b, 1) },
              () => scale * random.normal(),
            ),
          });
          const feeds: Feeds = { inputs: drawn([T, B, 3], inputs) };
          for (const { spec } of parameters) feeds[spec.name] = drawn(spec.shape, weights);
          const found = await program.run(feeds);
          for (const [name, { data }] of Object.entries(found)) {
            expect(Array.from(data, Number).every(Number.isFinite), name).toBe(true);
          }
          for (const { data } of [found.readWeights, found.writeWeights]) {
            for (let at = 0; at < data.length; at += 5) {
              const row = Array.from(data.slice(at, at + 5) as Float32Array);
              expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
            }
          }
        }),
        { numRuns: 150 },
      );
      await program.dispose();
    });
  }
});

describe('lstmBaseline', () => {
  it('is layers of LSTMs and a layer over the last', async () => {
    const builder = new Builder({ dtype: 'float64' });
    const model = lstmBaseline({ inputs: 3, outputs: 2, hidden: 4, layers: 2 });
    const { logits, heads } = model.run(builder, inputsOf(builder, model));
    expect(heads).toBeUndefined();
    expect(logits.shape).toEqual(['T', 'B', 2]);
    const feeds = feedsFor([logits], { T, B }, {}, 5);
    const found = await compute({ logits }, feeds);
    const w = new Weights(feeds);
    for (let b = 0; b < B; b++) {
      let below = sequenceOf(feeds, b);
      for (const name of ['layer1', 'layer2']) {
        let state = { h: [0, 0, 0, 0], c: [0, 0, 0, 0] };
        below = below.map((x) => {
          const sums = plus(layer(w, name, x), times(state.h, w.matrix(`${name}.recurrent`)));
          state = lstm(sums, state.c);
          return state.h;
        });
      }
      for (const [t, h] of below.entries()) {
        for (const [o, z] of layer(w, 'output', h).entries()) {
          expect(Number(found.logits.data[(t * B + b) * 2 + o])).toBeCloseTo(z, 10);
        }
      }
    }
  });

  it('by default has three layers of 256, as many weights as the paper says but for its own', () => {
    const builder = new Builder();
    const model = lstmBaseline({ inputs: 9, outputs: 8 });
    model.run(builder, inputsOf(builder, model));
    const { size } = new ParameterLayout(builder.parameters.map((p) => p.spec));
    // Table 3: 1,352,969. Ours has no peepholes and nothing that skips a layer.
    expect(size).toBe(4 * 256 * (9 + 256 + 1) + 2 * 4 * 256 * (256 + 256 + 1) + 8 * 257);
  });
});
