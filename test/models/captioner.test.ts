/** Show, Attend and Tell again, in plain loops, from Xu et al. 2015, equations 1–7 and 14; one caption at a time. */
import { describe, expect, it } from 'vitest';
import { BOS, EOS } from '../../src/data/vocabulary.ts';
import { beamSearch, greedySearch } from '../../src/decoding/index.ts';
import * as g from '../../src/graph/index.ts';
import {
  annotationGrid,
  type CaptionDecoderSizes,
  type CaptionerSizes,
  captionDecoder,
  captioner,
} from '../../src/models/captioner.ts';
import type { EncoderDecoder } from '../../src/models/model.ts';
import { Builder } from '../../src/nn/builder.ts';
import { StepProgram } from '../../src/programs/decoder.ts';
import { GreedyProgram } from '../../src/programs/greedy.ts';
import { lossGraph } from '../../src/programs/pairLoss.ts';
import { ParameterLayout } from '../../src/programs/parameters.ts';
import { sourceFeeds, sourceInputs } from '../../src/programs/sources.ts';
import { Random } from '../../src/random.ts';
import type { HostTensor } from '../../src/runtime/index.ts';
import { checkGradient, compute, type Feeds, feedsFor, runtime } from '../graph/check.ts';
import { convolve, groupNormed, type Maps } from '../nn/pictureLayers.ts';
import { dot, type Matrix, plus, sigma, softmax, tanh, times, type Vector, Weights } from '../nn/plain.ts';
import { affine, lstm } from './frames.ts';

const [V, H, E, D, ROWS, COLUMNS] = [7, 4, 3, 5, 2, 3];
const L = ROWS * COLUMNS;
const SIZES: CaptionDecoderSizes = {
  targetVocabulary: V,
  embedding: E,
  hidden: H,
  attention: { score: 'additive', size: 3 },
  doublyStochastic: 0.7,
  dropout: 0.3,
  recurrentDropout: 0.3,
  initialization: 'glorot',
};
const KINDS: Record<string, Partial<CaptionDecoderSizes>> = {
  'as printed': { readout: 'linear' },
  'tanh before the output layer, word vectors tied': { tie: 'target' },
  'without gate and regularisation': { gate: false, doublyStochastic: 0 },
  'the mean of all places for every word': { attention: 'mean' },
  'without attention': { attention: 'none' },
};

/** The decoder over annotations that are given as the "picture" `[B, D, rows, columns]`. */
function overAnnotations(sizes: CaptionDecoderSizes): EncoderDecoder {
  const decoder = captionDecoder(sizes);
  return {
    source: { dtype: 'float32', shape: ['B', D, ROWS, COLUMNS] },
    targetVocabulary: V,
    encode: (builder, source) =>
      decoder.begin(builder, g.transpose(g.reshape(source, ['B', D, L]), [2, 0, 1])),
    step: decoder.step,
  };
}

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

/** Logits [T, B, V] and attention weights [T, B, L] of every step, given `previous`. */
function told(model: EncoderDecoder, builder: Builder): { logits: g.Value; attention?: g.Value } {
  const { source, sourceMask } = sourceInputs(model, builder.dtype);
  const { memory, state } = model.encode(builder, source, sourceMask);
  const names = Object.keys(state);
  const previous = g.input('previous', 'int32', ['T', 'B']);
  const { outputs } = g.scan({ states: Object.values(state), sequences: [previous] }, (states, [word]) => {
    const carried = Object.fromEntries(names.map((n, i) => [n, states[i]]));
    const next = model.step(builder, word, carried, memory);
    return {
      states: names.map((n) => next.state[n]),
      outputs: [next.logits, ...(next.attention ? [next.attention] : [])],
    };
  });
  return { logits: outputs[0], attention: outputs[1] };
}

function attended(w: Weights, annotations: Matrix, h: Vector): Vector {
  const energy = w.matrix('attention.energy').map(([v]) => v);
  const fromState = times(h, w.matrix('attention.query'));
  return softmax(
    annotations.map((a) => dot(energy, tanh(plus(fromState, times(a, w.matrix('attention.keys')))))),
  );
}

function reference(w: Weights, annotations: Matrix, said: Vector, sizes: CaptionDecoderSizes) {
  const attends = sizes.attention !== 'none';
  // c_0 = f_init,c((1/L) Σ a_i), h_0 = f_init,h((1/L) Σ a_i)
  const mean = annotations[0].map((_, k) => annotations.reduce((sum, a) => sum + a[k], 0) / L);
  const seen = attends ? mean : tanh(affine(w, 'decoder.initial.picture', annotations.flat()));
  let state = {
    h: tanh(affine(w, 'decoder.initial.h', seen)),
    c: tanh(affine(w, 'decoder.initial.c', seen)),
  };
  const table = w.matrix('decoder.embedding.table');
  const output = sizes.tie === 'target' ? table : w.matrix('decoder.readout.logits.table');
  const [logits, attention]: Matrix[] = [[], []];
  for (const previous of [BOS, ...said]) {
    const y = table[previous];
    let incoming = affine(w, 'decoder.recurrent', y);
    let z: Vector | undefined;
    if (attends) {
      // e_ti = f_att(a_i, h_{t−1}); α_t = softmax(e_t); ẑ_t = β Σ α_ti a_i, β = σ(f_β(h_{t−1}))
      const weights =
        sizes.attention === 'mean' ? annotations.map(() => 1 / L) : attended(w, annotations, state.h);
      if (sizes.attention !== 'mean') attention.push(weights);
      const beta = sizes.gate === false ? 1 : sigma(affine(w, 'decoder.gate', state.h))[0];
      z = mean.map((_, k) => beta * annotations.reduce((sum, a, i) => sum + weights[i] * a[k], 0));
      incoming = plus(incoming, times(z, w.matrix('decoder.recurrent.context')));
    }
    state = lstm(w, 'decoder.recurrent', incoming, state);
    // L_o (E y_{t−1} + L_h h_t + L_z ẑ_t)
    let sums = plus(y, affine(w, 'decoder.readout.state', state.h));
    if (z) sums = plus(sums, times(z, w.matrix('decoder.readout.context.kernel')));
    const read = sizes.readout === 'linear' ? sums : tanh(sums);
    logits.push(
      plus(
        output.map((row) => dot(row, read)),
        w.vector('decoder.readout.logits.bias'),
      ),
    );
  }
  return { logits, attention };
}

const said = [[4, 6, 4], [], [5]];

function annotationFeeds(dtype: 'float32' | 'float64'): { feeds: Feeds; annotations: Matrix[] } {
  const random = new Random(4);
  const values = Array.from({ length: 3 * D * L }, () => random.normal());
  const data = dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
  const annotations = said.map((_, b) =>
    Array.from({ length: L }, (_, i) => Array.from({ length: D }, (_, k) => values[(b * D + k) * L + i])),
  );
  return { feeds: { source: { dtype, shape: [3, D, ROWS, COLUMNS], data } }, annotations };
}

describe('captionDecoder', () => {
  for (const [name, options] of Object.entries(KINDS)) {
    const sizes = { ...SIZES, ...options };

    it(`is what the paper's equations say, in a ragged batch: ${name}`, async () => {
      const { logits, attention } = told(overAnnotations(sizes), new Builder({ dtype: 'float64' }));
      const { feeds, annotations } = annotationFeeds('float64');
      const { feeds: target } = targetFeeds(said, 'float64', 1);
      const all = feedsFor([logits], {}, { ...feeds, ...target }, 3, 0.7);
      const found = await compute({ logits, ...(attention && { attention }) }, all);
      for (const [b, own] of annotations.entries()) {
        const expected = reference(new Weights(all), own, said[b], sizes);
        for (const [t, row] of expected.logits.entries()) {
          for (const [k, x] of row.entries()) {
            expect(Number(found.logits.data[(t * 3 + b) * V + k])).toBeCloseTo(x, 12);
          }
        }
        for (const [t, row] of expected.attention.entries()) {
          for (const [i, x] of row.entries()) {
            expect(Number(found.attention.data[(t * 3 + b) * L + i])).toBeCloseTo(x, 12);
          }
        }
      }
    });

    it(`has the gradient of finite differences, ragged and with dropout: ${name}`, async () => {
      const builder = new Builder({ dtype: 'float64', training: true });
      const { loss } = lossGraph(overAnnotations(sizes), builder, {});
      const { feeds: target, T } = targetFeeds(said, 'float64', 1 / 7);
      const given: Feeds = { ...annotationFeeds('float64').feeds, ...target };
      const random = new Random(2);
      for (const { spec } of builder.masks) {
        const shape = spec.shape.map((d) => (typeof d === 'number' ? d : 3));
        const length = shape.reduce((a, b) => a * b, 1);
        const data = Float64Array.from({ length }, () =>
          random.uniform() < spec.rate ? 0 : 1 / (1 - spec.rate),
        );
        given[spec.name] = { dtype: 'float64', shape, data };
      }
      await checkGradient([loss], { B: 3, T }, { given, probes: 8, scale: 0.6 });
    });
  }

  it('adds λ Σ_i (1 − Σ_t α_ti)² to the loss of each caption, but for the constant λ L', async () => {
    const { feeds: target } = targetFeeds(said, 'float64', 0.25, 2);
    const build = (lambda: number, objective?: object) =>
      lossGraph(
        overAnnotations({ ...SIZES, doublyStochastic: lambda }),
        new Builder({ dtype: 'float64' }),
        objective,
      ).loss;
    const [plain, regularised, reported] = [build(0, {}), build(0.7, {}), build(0.7)];
    const all = feedsFor([plain], {}, { ...annotationFeeds('float64').feeds, ...target }, 3, 0.7);
    const { attention } = told(overAnnotations(SIZES), new Builder({ dtype: 'float64' }));
    const found: Record<string, HostTensor> = {};
    for (const [name, value] of Object.entries({
      plain,
      regularised,
      reported,
      attention: attention as g.Value,
    })) {
      Object.assign(found, await compute({ [name]: value }, all));
    }
    let wanted = Number(found.plain.data[0]);
    for (const [b, words] of said.entries()) {
      let missing = 0;
      for (let i = 0; i < L; i++) {
        let looked = 0;
        for (let t = 0; t <= words.length; t++) looked += Number(found.attention.data[(t * 3 + b) * L + i]);
        missing += (1 - looked) ** 2;
      }
      wanted += 0.25 * 0.7 * (missing - L);
    }
    expect(Number(found.regularised.data[0])).toBeCloseTo(wanted, 10);
    // What is reported is the likelihood alone.
    expect(Number(found.reported.data[0])).toBeCloseTo(Number(found.plain.data[0]), 12);
  });
});

const WHOLE: CaptionerSizes = {
  ...SIZES,
  picture: { channels: 3, height: 6, width: 9 },
  encoder: { blocks: [{ channels: 4 }, { channels: 5, reduction: [1, 2] }] },
};
const PICTURES = (() => {
  const random = new Random(6);
  return Array.from({ length: 3 }, () => Float32Array.from({ length: 3 * 6 * 9 }, () => random.normal()));
})();

function pictureBatch(which: readonly number[]) {
  const source = new Float32Array(which.length * 162);
  for (const [b, i] of which.entries()) source.set(PICTURES[i], b * 162);
  return {
    source,
    sourceMask: new Float32Array(which.length).fill(1),
    picture: [3, 6, 9] as const,
    sizes: { B: which.length, S: 1 },
  };
}

describe('captioner', () => {
  it('annotates places by rows with what the convolutions find there, and where it is', async () => {
    expect(annotationGrid(WHOLE)).toEqual([3, 3]);
    // The values of dot attention are the annotations themselves.
    const model = captioner({ ...WHOLE, attention: { score: 'general', size: 1 } });
    const builder = new Builder();
    const { source, sourceMask } = sourceInputs(model);
    const { values } = model.encode(builder, source, sourceMask).memory;
    const all = feedsFor([values], {}, sourceFeeds(pictureBatch([0, 1, 2])), 3, 0.7);
    const found = await compute({ values }, all);
    expect(found.values.shape).toEqual([3, 9, 5]);
    for (const [b, picture] of PICTURES.entries()) {
      let x: Maps = [0, 1, 2].map((c) =>
        Array.from({ length: 6 }, (_, y) =>
          Array.from(picture.subarray((c * 6 + y) * 9, (c * 6 + y + 1) * 9)),
        ),
      );
      for (const [block, groups, stride] of [
        ['encoder.block1.layer1', 1, 2],
        ['encoder.block2.layer1', 1, [1, 2]],
      ] as const) {
        const numbers = (name: string) => [...(all[`${block}.norm.${name}`].data as Float32Array)];
        x = groupNormed(
          convolve(x, all[`${block}.kernel`], undefined, stride),
          groups,
          numbers('gain'),
          numbers('bias'),
        );
        x = x.map((rows) => rows.map((row) => row.map((v) => Math.max(0, v))));
      }
      for (let i = 0; i < 9; i++) {
        const [row, column] = [Math.floor(i / 3), i % 3];
        for (let k = 0; k < 5; k++) {
          const place =
            Number(all['encoder.rows'].data[row * 5 + k]) +
            Number(all['encoder.columns'].data[column * 5 + k]);
          expect(Number(found.values.data[(b * 9 + i) * 5 + k])).toBeCloseTo(x[k][row][column] + place, 4);
        }
      }
    }
  });

  for (const attention of [WHOLE.attention, 'mean', 'none'] as const) {
    it(`never lets a batch matter: a picture alone and with others has one loss and one gradient (${typeof attention === 'string' ? attention : 'with'} attention)`, async () => {
      const builder = new Builder();
      const { loss } = lossGraph(captioner({ ...WHOLE, attention }), builder, {});
      const { parameters } = builder;
      const gradients = g.gradient(
        loss,
        parameters.map((p) => p.value),
      );
      const named: Record<string, g.Value> = { loss };
      gradients.forEach((d, i) => {
        named[`d ${parameters[i].spec.name}`] = d;
      });
      const given = (which: readonly number[], pad = 0): Feeds => ({
        ...sourceFeeds(pictureBatch(which)),
        ...targetFeeds(
          which.map((i) => said[i]),
          'float32',
          0.1,
          pad,
        ).feeds,
      });
      const weights = feedsFor([loss], {}, given([0]), 5, 0.6);
      const run = (which: readonly number[], pad = 0) => compute(named, { ...weights, ...given(which, pad) });
      const batch = await run([0, 1, 2]);
      const padded = await run([0, 1, 2], 3);
      const alone: Record<string, HostTensor>[] = [];
      for (const i of [0, 1, 2]) alone.push(await run([i]));
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

  it('decodes greedily in one program as in two and by a beam of one, and by a wider beam in order', async () => {
    const model = captioner({ ...WHOLE, dropout: 0, recurrentDropout: 0 });
    const builder = new Builder();
    lossGraph(model, builder, {});
    const layout = new ParameterLayout(builder.parameters.map((p) => p.spec));
    const weights = { layout, parameters: layout.initialize(3).map((w) => 3 * w) };
    const tokens = { bos: BOS, eos: EOS };
    const [whole, stepped] = [
      await GreedyProgram.compile(model, weights, await runtime(), tokens),
      await StepProgram.compile(model, weights, await runtime(), tokens),
    ];
    try {
      const batch = pictureBatch([0, 1, 2]);
      const options = { maxLength: 6, lengthPenalty: 0 };
      const greedy = await whole.decode(batch, options);
      const state = await stepped.start(batch);
      const byStep = await greedySearch(stepped, state, 3, options);
      const narrow = await beamSearch(stepped, state, 3, { ...options, beam: 1 });
      const wide = await beamSearch(stepped, state, 3, { ...options, beam: 4, nBest: 4 });
      for (const [b, { tokens: found, logProb, attention }] of greedy.entries()) {
        expect(byStep[b].tokens).toEqual(found);
        expect(byStep[b].logProb).toBeCloseTo(logProb, 4);
        expect(narrow[b][0].tokens).toEqual(found);
        const scores = wide[b].filter((h) => h.finished).map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((x, y) => y - x));
        expect(wide[b][0].attention?.[0].length).toBe(9);
        for (const row of attention ?? []) {
          expect(row.length).toBe(9);
          expect(row.reduce((sum, a) => sum + a, 0)).toBeCloseTo(1, 5);
        }
        const [own] = await whole.decode(pictureBatch([b]), options);
        expect(own.tokens).toEqual(found);
      }
      expect(new Set(greedy.map((h) => h.tokens.join())).size).toBeGreaterThan(1);
    } finally {
      await whole.dispose();
      await stepped.dispose();
    }
  });
});
