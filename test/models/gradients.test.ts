import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import type { EncoderDecoder, EncoderDecoderSizes } from '../../src/models/model.ts';
import { type RecurrentSizes, recurrent } from '../../src/models/recurrent.ts';
import { rnnenc } from '../../src/models/rnnenc.ts';
import { rnnsearch } from '../../src/models/rnnsearch.ts';
import { Builder } from '../../src/nn/builder.ts';
import { lossGraph } from '../../src/programs/pairLoss.ts';
import { Random } from '../../src/random.ts';
import type { HostTensor } from '../../src/runtime/index.ts';
import { checkGradient, compute, type Feeds } from '../graph/check.ts';
import { feedsOf, randomSentences, type Sentences, SMALL } from './small.ts';

const models: Record<string, (sizes: EncoderDecoderSizes) => EncoderDecoder> = {
  rnnsearch,
  rnnenc,
  'rnnsearch that copies, its target vectors tied': ({ readout: _, ...sizes }) =>
    rnnsearch({ ...sizes, readout: sizes.embedding, tie: 'target', copy: true }),
};

const PLAIN: Omit<RecurrentSizes, keyof typeof SMALL> & Partial<RecurrentSizes> = {
  cell: 'gru',
  encoder: { layers: 1, direction: 'forward' },
  decoder: { layers: 1 },
  residual: false,
  coverageLoss: 0.7,
  inputFeeding: false,
  recurrentDropout: 0,
};
/** Every cell, direction and attention once, in few models. */
const RECURRENT: Record<string, Partial<RecurrentSizes>> = {
  'LSTM, bidirectional, dot, input feeding': {
    cell: 'lstm',
    hidden: 4,
    encoder: { layers: 1, direction: 'bidirectional' },
    attention: { score: 'dot', size: 1 },
    inputFeeding: true,
  },
  'layer-normalised LSTM, general, dropout on the state': {
    cell: 'lstmLayerNorm',
    attention: { score: 'general', size: 1 },
    recurrentDropout: 0.3,
  },
  'GRU, reset after, two layers, alternating, residual, scaled dot': {
    cell: 'gruResetAfter',
    encoder: { layers: 2, direction: 'alternating' },
    decoder: { layers: 2 },
    residual: true,
    attention: { score: 'scaledDot', size: 1 },
  },
  'normalised additive with location and dropout on the state': {
    attention: { score: 'normalisedAdditive', size: 3, location: { filters: 2, width: 3 } },
    recurrentDropout: 0.3,
  },
  'additive with coverage, copying': {
    attention: { score: 'additive', size: 3, coverage: true },
    copy: true,
  },
  'local-p': { attention: { score: 'general', size: 3, window: 2 } },
  'multi-head, all vectors tied': {
    attention: { score: 'multiHead', size: 4, heads: 2 },
    tie: 'all',
    targetVocabulary: SMALL.sourceVocabulary,
    readout: 4,
  },
};
for (const [name, options] of Object.entries(RECURRENT)) {
  models[name] = (sizes) =>
    recurrent({ ...sizes, attention: { score: 'general', size: 1 }, ...PLAIN, ...options });
}

for (const [name, make] of Object.entries(models)) {
  describe(name, () => {
    for (const readoutType of name.startsWith('rnn') ? (['maxout', 'tanh'] as const) : (['tanh'] as const)) {
      it(`has the gradient of finite differences, ${readoutType} readout, ragged and with dropout`, async () => {
        const builder = new Builder({ dtype: 'float64', training: true });
        const model = make({ ...SMALL, readoutType });
        const { loss } = lossGraph(model, builder, {});
        const random = new Random(3);
        const sentences = randomSentences(random, [4, 2, 1], [2, 3, 1]);
        const { feeds, sizes } = feedsOf(sentences, 'float64', { weight: 1 / 9, copies: model.copies });
        const given: Feeds = { ...feeds };
        for (const { spec } of builder.masks) {
          const shape = spec.shape.map((d) => (typeof d === 'number' ? d : sizes[d as 'B']));
          const length = shape.reduce((a, b) => a * b, 1);
          const data = Float64Array.from({ length }, () =>
            random.uniform() < spec.rate ? 0 : 1 / (1 - spec.rate),
          );
          given[spec.name] = { dtype: 'float64', shape, data };
        }
        // Dropout masks and label weights are leaves too, and checked like the parameters. The mask of the source is
        // not: padding is shut out by 1e9, which no difference survives.
        await checkGradient([loss], sizes, { given, probes: 8, scale: 0.6, except: ['sourceMask'] });
      });
    }

    it('never lets padding matter: a sentence alone and in a batch has one loss and one gradient', async () => {
      const builder = new Builder();
      const model = make(SMALL);
      const { copies } = model;
      const { loss } = lossGraph(model, builder, {});
      const parameters = builder.parameters;
      const gradients = g.gradient(
        loss,
        parameters.map((p) => p.value),
      );
      const named: Record<string, g.Value> = { loss };
      gradients.forEach((d, i) => {
        named[`d ${parameters[i].spec.name}`] = d;
      });
      const random = new Random(8);
      const weights: Feeds = Object.fromEntries(
        parameters.map(({ spec }) => {
          const length = spec.shape.reduce((a, b) => a * b, 1);
          const data = Float32Array.from({ length }, () => 0.6 * random.normal());
          return [spec.name, { dtype: 'float32' as const, shape: spec.shape, data }];
        }),
      );
      const run = async (sentences: Sentences, pad: { sourceLength?: number; targetLength?: number } = {}) =>
        compute(named, {
          ...weights,
          ...feedsOf(sentences, 'float32', { weight: 0.1, copies, ...pad }).feeds,
        });
      const sentences = randomSentences(random, [1, 6, 3], [5, 1, 2]);
      const batch = await run(sentences);
      const padded = await run(sentences, { sourceLength: 11, targetLength: 9 });
      const alone: Record<string, HostTensor>[] = [];
      for (const [i, source] of sentences.source.entries()) {
        alone.push(await run({ source: [source], target: [sentences.target[i]] }));
      }
      for (const key of Object.keys(named)) {
        const size = Math.max(1, ...Array.from(batch[key].data as Float32Array, Math.abs));
        for (const [i, together] of (batch[key].data as Float32Array).entries()) {
          const separately = alone.reduce((total, one) => total + Number(one[key].data[i]), 0);
          expect(Math.abs(together - separately) / size, `${key}[${i}]`).toBeLessThan(1e-5);
          expect(Math.abs(together - Number(padded[key].data[i])) / size, `${key}[${i}]`).toBeLessThan(1e-5);
        }
      }
    });
  });
}
