/**
 * Listen, Attend and Spell again, in plain loops, from Chan et al. 2016, equations 5–8, with the attention of Chorowski
 * et al. 2015, equations 8 and 9; one utterance at a time and with no padding.
 */
import { describe, expect, it } from 'vitest';
import { BOS, EOS } from '../../src/data/vocabulary.ts';
import * as g from '../../src/graph/index.ts';
import { type ListenerSizes, listener } from '../../src/models/listener.ts';
import type { EncoderDecoder } from '../../src/models/model.ts';
import { Builder } from '../../src/nn/builder.ts';
import { GreedyProgram } from '../../src/programs/greedy.ts';
import { lossGraph, type PairBatch, pairLoss } from '../../src/programs/pairLoss.ts';
import { sourceInputs } from '../../src/programs/sources.ts';
import { Random } from '../../src/random.ts';
import { checkGradient, compute, type Feeds, feedsFor, runtime } from '../graph/check.ts';
import { dot, type Matrix, plus, softmax, tanh, times, type Vector, Weights } from '../nn/plain.ts';
import { affine, type Frames, frameFeeds, lstm, nothing, pyramidReference, randomFrames } from './frames.ts';
import { trainOn, type Utterance, utterances } from './learnFrames.ts';

const [F, V, H] = [3, 7, 4];
const SIZES: ListenerSizes = {
  width: F,
  targetVocabulary: V,
  embedding: 3,
  hidden: H,
  encoder: { layers: 2, reduction: 2 },
  decoder: { layers: 1 },
  attention: { score: 'additive', size: 3, location: { filters: 2, width: 3 } },
  readout: 3,
  dropout: 0.3,
  recurrentDropout: 0.3,
  initialization: 'glorot',
};

/** previous, labels, weights as `lossGraph` reads them; `pad` more steps than there are. */
function targetFeeds(said: readonly Vector[], dtype: 'float32' | 'float64', weight: number, pad = 0) {
  const B = said.length;
  const T = Math.max(...said.map((t) => t.length)) + 1 + pad;
  const ints = (rows: readonly Vector[]) =>
    Int32Array.from({ length: T * B }, (_, i) => rows[i % B][Math.floor(i / B)] ?? 5);
  const labels = said.map((t) => [...t, EOS]);
  const weights = Float64Array.from({ length: T * B }, (_, i) =>
    Math.floor(i / B) < labels[i % B].length ? weight : 0,
  );
  const shape = [T, B];
  const feeds: Feeds = {
    previous: { dtype: 'int32', shape, data: ints(said.map((t) => [BOS, ...t])) },
    labels: { dtype: 'int32', shape, data: ints(labels) },
    weights: { dtype, shape, data: dtype === 'float64' ? weights : Float32Array.from(weights) },
  };
  return { feeds, T };
}

/** Logits [T, B, V] and attention weights [T, B, U] of every step, given `previous`. */
function spelled(model: EncoderDecoder, builder: Builder): { logits: g.Value; attention: g.Value } {
  const { source, sourceMask } = sourceInputs(model, builder.dtype);
  const { memory, state } = model.encode(builder, source, sourceMask);
  const names = Object.keys(state);
  const previous = g.input('previous', 'int32', ['T', 'B']);
  const { outputs } = g.scan({ states: Object.values(state), sequences: [previous] }, (states, [word]) => {
    const carried = Object.fromEntries(names.map((n, i) => [n, states[i]]));
    const next = model.step(builder, word, carried, memory);
    return {
      states: names.map((n) => next.state[n]),
      outputs: [next.logits, next.attention as g.Value],
    };
  });
  return { logits: outputs[0], attention: outputs[1] };
}

function reference(
  w: Weights,
  frames: Frames,
  said: Vector,
  depth: number,
): { logits: Matrix; attention: Matrix } {
  const options = { layers: 2, halvings: 1, hidden: H, projected: false };
  const annotations = pyramidReference(w, frames, options);
  const states = Array.from({ length: depth }, () => nothing(H));
  let context: Vector = Array(H).fill(0);
  let before: Vector = annotations.map(() => 0);
  const [logits, attention]: Matrix[] = [[], []];
  for (const word of [BOS, ...said]) {
    // s_i = RNN(s_{i−1}, y_{i−1}, c_{i−1})
    const y = w.matrix('decoder.embedding.table')[word];
    const incoming = plus(affine(w, 'decoder.layer1', y), times(context, w.matrix('decoder.layer1.feeding')));
    for (const [l, state] of states.entries()) {
      const name = `decoder.layer${l + 1}`;
      states[l] = lstm(w, name, l === 0 ? incoming : affine(w, name, states[l - 1].h), state);
    }
    const s = states[depth - 1].h;
    // f_i = F ∗ α_{i−1}; e_ij = wᵀ tanh(W s_i + V h_j + U f_ij + b)
    const energies = annotations.map((h, j) => {
      const around = [j - 1, j, j + 1].map((k) => before[k] ?? 0);
      const f = times(around, w.matrix('attention.filters'));
      const sums = [
        times(s, w.matrix('attention.query')),
        times(h, w.matrix('attention.keys')),
        times(f, w.matrix('attention.location')),
        w.vector('attention.bias'),
      ];
      return dot(
        w.matrix('attention.energy').map(([x]) => x),
        tanh(plus(...sums)),
      );
    });
    before = softmax(energies);
    context = annotations[0].map((_, k) => annotations.reduce((t, h, j) => t + before[j] * h[k], 0));
    const read = tanh(affine(w, 'decoder.readout.hidden', [...context, ...s]));
    const table = w.matrix('decoder.readout.logits.table');
    const bias = w.vector('decoder.readout.logits.bias');
    logits.push(table.map((row, k) => dot(row, read) + bias[k]));
    attention.push(before);
  }
  return { logits, attention };
}

describe('listener', () => {
  const random = new Random(1);
  const items = randomFrames(random, [7, 1, 4], F);
  const said = [[4, 6, 4], [], [5]];

  for (const layers of [1, 2]) {
    it(`is what the paper's equations say, in a ragged batch; decoder layers: ${layers}`, async () => {
      const model = listener({ ...SIZES, decoder: { layers } });
      const { logits, attention } = spelled(model, new Builder({ dtype: 'float64' }));
      const { feeds: target } = targetFeeds(said, 'float64', 1);
      const given = { ...frameFeeds(items, 'float64', { reduction: 2, pad: 1 }).feeds, ...target };
      const all = feedsFor([logits], {}, given, 3, 0.7);
      const found = await compute({ logits, attention }, all);
      const U = found.attention.shape[2];
      for (const [b, frames] of items.entries()) {
        const expected = reference(new Weights(all), frames, said[b], layers);
        for (const [t, row] of expected.logits.entries()) {
          for (const [k, x] of row.entries()) {
            expect(Number(found.logits.data[(t * 3 + b) * V + k])).toBeCloseTo(x, 12);
          }
          for (let j = 0; j < U; j++) {
            const weight = Number(found.attention.data[(t * 3 + b) * U + j]);
            expect(weight).toBeCloseTo(expected.attention[t][j] ?? 0, 12);
          }
        }
      }
    });
  }

  it('labels its frames from what attention reads, with the blank last', async () => {
    const model = listener({ ...SIZES, ctc: true });
    const builder = new Builder({ dtype: 'float64' });
    const { source, sourceMask } = sourceInputs(model, 'float64');
    const { frames } = model.encode(builder, source, sourceMask);
    const { logits, mask } = frames as NonNullable<typeof frames>;
    const all = feedsFor([logits], {}, frameFeeds(items, 'float64', { reduction: 2 }).feeds, 3, 0.8);
    const found = await compute({ logits, mask }, all);
    expect(found.logits.shape).toEqual([4, 3, V + 1]);
    const w = new Weights(all);
    for (const [b, x] of items.entries()) {
      const annotations = pyramidReference(w, x, { layers: 2, halvings: 1, hidden: H, projected: false });
      for (let u = 0; u < 4; u++) {
        expect(found.mask.data[u * 3 + b]).toBe(u < annotations.length ? 1 : 0);
        const expected = u < annotations.length ? affine(w, 'ctc', annotations[u]) : [];
        for (const [k, e] of expected.entries()) {
          expect(Number(found.logits.data[(u * 3 + b) * (V + 1) + k])).toBeCloseTo(e, 12);
        }
      }
    }
  });

  const KINDS: Record<string, Partial<ListenerSizes>> = {
    'location-aware, with CTC': { ctc: true },
    'multi-head, two layers of GRUs, projection': {
      attention: { score: 'multiHead', size: 4, heads: 2 },
      decoder: { layers: 2 },
      cell: 'gru',
      encoder: { layers: 3, reduction: 4, projection: 3 },
    },
    'dot, vectors tied': { attention: { score: 'dot' }, tie: 'target' },
  };
  for (const [name, options] of Object.entries(KINDS)) {
    const sizes = { ...SIZES, ...options };
    const { reduction } = sizes.encoder;
    const objective = { ctcWeight: options.ctc ? 0.3 : 0 };

    it(`has the gradient of finite differences, ragged and with dropout: ${name}`, async () => {
      const builder = new Builder({ dtype: 'float64', training: true });
      const { loss } = lossGraph(listener(sizes), builder, objective);
      const { feeds: target, T } = targetFeeds(said, 'float64', 1 / 7);
      const { feeds, S } = frameFeeds(items, 'float64', { reduction });
      const given: Feeds = { ...feeds, ...target };
      for (const { spec } of builder.masks) {
        const shape = spec.shape.map((d) => (typeof d === 'number' ? d : 3));
        const length = shape.reduce((a, b) => a * b, 1);
        const data = Float64Array.from({ length }, () =>
          random.uniform() < spec.rate ? 0 : 1 / (1 - spec.rate),
        );
        given[spec.name] = { dtype: 'float64', shape, data };
      }
      const except = ['sourceMask', ...(options.ctc ? ['weights'] : [])];
      await checkGradient(
        [loss],
        { B: 3, T, [`${reduction}*U`]: S },
        { given, probes: 8, scale: 0.6, except },
      );
    });

    it(`never lets padding matter: ${name}`, async () => {
      const builder = new Builder();
      const { loss } = lossGraph(listener(sizes), builder, objective);
      const { parameters } = builder;
      const gradients = g.gradient(
        loss,
        parameters.map((p) => p.value),
      );
      const named: Record<string, g.Value> = { loss };
      gradients.forEach((d, i) => {
        named[`d ${parameters[i].spec.name}`] = d;
      });
      const long = randomFrames(new Random(2), [15, 2, 6], F);
      const given = (frames: readonly Frames[], targets: readonly Vector[], pad = 0) => ({
        ...frameFeeds(frames, 'float32', { reduction, pad }).feeds,
        ...targetFeeds(targets, 'float32', 0.1, pad).feeds,
      });
      const weights = feedsFor([loss], {}, given(long, said), 5, 0.6);
      const run = async (frames: readonly Frames[], targets: readonly Vector[], pad = 0) =>
        compute(named, { ...weights, ...given(frames, targets, pad) });
      const batch = await run(long, said);
      const padded = await run(long, said, 3);
      const alone = [];
      for (const [b, frames] of long.entries()) alone.push(await run([frames], [said[b]]));
      for (const key of Object.keys(named)) {
        const size = Math.max(1, ...Array.from(batch[key].data as Float32Array, Math.abs));
        for (const [i, together] of (batch[key].data as Float32Array).entries()) {
          const separately = alone.reduce((total, one) => total + Number(one[key].data[i]), 0);
          expect(Math.abs(together - separately) / size, `${key}[${i}]`).toBeLessThan(1e-5);
          expect(Math.abs(together - Number(padded[key].data[i])) / size, `${key}[${i}]`).toBeLessThan(1e-5);
        }
      }
    });
  }

  it('learns to write what is said in patterns, noise and gaps, looking from left to right', async () => {
    const found = await learn();
    expect(found.accuracy).toBeGreaterThan(0.9);
    expect(found.forward).toBeGreaterThan(0.95);
  });
});

/**
 * Trains a small listener; of unseen utterances the share that it writes without a mistake, and of their labels the
 * share for which it looks farther to the right than for the one before. (Where exactly it looks is its own affair: the
 * encoder can say at one frame what it heard at another.)
 */
async function learn(): Promise<{ accuracy: number; forward: number }> {
  const SPECIALS = 4;
  const draw = utterances({ seed: 3, labels: 5, width: 6, repeats: false });
  const batchOf = (all: readonly Utterance[]): PairBatch => {
    const target = all.map((u) => u.labels.map((label) => label + SPECIALS));
    const { feeds, S } = frameFeeds(
      all.map((u) => u.frames),
      'float32',
      { reduction: 2 },
    );
    const { feeds: t, T } = targetFeeds(target, 'float32', 1);
    return {
      source: feeds.source.data as Float32Array,
      sourceMask: feeds.sourceMask.data as Float32Array,
      previous: t.previous.data as Int32Array,
      labels: t.labels.data as Int32Array,
      targetMask: t.weights.data as Float32Array,
      sizes: { B: all.length, S, T },
    };
  };
  const model = listener({
    ...SIZES,
    width: 6,
    targetVocabulary: 5 + SPECIALS,
    embedding: 8,
    hidden: 32,
    attention: { score: 'additive', size: 16, location: { filters: 4, width: 5 } },
    readout: 32,
    dropout: 0,
    recurrentDropout: 0,
  });
  const backend = await runtime();
  const program = await trainOn(pairLoss(model), backend, () => batchOf(draw(16)), {
    steps: 400,
    learningRate: 0.01,
  });
  const unseen = draw(100);
  const batch = batchOf(unseen);
  const greedy = await GreedyProgram.compile(model, program, backend, { bos: BOS, eos: EOS });
  const written = await greedy.decode(batch, { maxLength: 10 });
  const right = written.filter(
    ({ tokens }, b) => tokens.join() === unseen[b].labels.map((l) => l + SPECIALS).join(),
  );
  const { B, S, T } = batch.sizes;
  const { attention } = await compute(
    { attention: spelled(model, new Builder()).attention },
    {
      ...program.layout.views(program.parameters),
      source: { dtype: 'float32', shape: [S, B, 6], data: batch.source },
      sourceMask: { dtype: 'float32', shape: [S, B], data: batch.sourceMask },
      previous: { dtype: 'int32', shape: [T, B], data: batch.previous },
    },
  );
  const U = S / 2;
  let [labels, later] = [0, 0];
  for (const [b, utterance] of unseen.entries()) {
    let before = Number.NEGATIVE_INFINITY;
    for (const t of utterance.labels.keys()) {
      const weights = attention.data.slice((t * B + b) * U, (t * B + b + 1) * U) as Float32Array;
      const centre = weights.reduce((sum, a, u) => sum + a * u, 0);
      labels++;
      if (centre > before) later++;
      before = centre;
    }
  }
  await program.dispose();
  await greedy.dispose();
  return { accuracy: right.length / unseen.length, forward: later / labels };
}
