import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { ctcLabeller, type LabellerSizes } from '../../src/models/ctc.ts';
import { Builder } from '../../src/nn/builder.ts';
import { CELLS, type CellName } from '../../src/nn/cells.ts';
import { sourceInputs } from '../../src/programs/sources.ts';
import type { TrainingLoss } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { checkGradient, compute, type Feeds, feedsFor, runtime } from '../graph/check.ts';
import { Weights } from '../nn/plain.ts';
import { affine, type Frames, frameFeeds, labelFeeds, pyramidReference, randomFrames } from './frames.ts';
import { trainOn, type Utterance, utterances } from './learnFrames.ts';

const SIZES: LabellerSizes = {
  width: 3,
  labels: 4,
  hidden: 4,
  layers: 2,
  reduction: 2,
  dropout: 0.3,
  recurrentDropout: 0.3,
  initialization: 'glorot',
};

/** The model's loss, and its inputs; masks of dropout are drawn. */
function lossOf(sizes: LabellerSizes, builder: Builder): g.Value {
  const model = ctcLabeller(sizes);
  const { source, sourceMask } = sourceInputs(model, builder.dtype);
  const { logits, mask } = model.label(builder, source, sourceMask);
  const labels = g.input('labels', 'int32', ['L', 'B']);
  return g.ctc(logits, mask, labels, g.input('labelMask', builder.dtype, ['L', 'B']));
}

describe('ctcLabeller', () => {
  const random = new Random(1);
  const items = randomFrames(random, [9, 2, 5], SIZES.width);
  const labels = [[0, 3, 1], [], [2, 2]];

  it('is bidirectional layers and a layer over labels and the blank, in a ragged batch', async () => {
    const model = ctcLabeller({ ...SIZES, layers: 3, reduction: 4, projection: 3 });
    expect(model.source.shape).toEqual(['4*U', 'B', 3]);
    const builder = new Builder({ dtype: 'float64' });
    const { source, sourceMask } = sourceInputs(model, 'float64');
    const { logits, mask } = model.label(builder, source, sourceMask);
    expect(logits.shape).toEqual(['U', 'B', 5]);
    const all = feedsFor([logits], {}, frameFeeds(items, 'float64', { reduction: 4, pad: 1 }).feeds, 3, 0.8);
    const found = await compute({ logits, mask }, all);
    const w = new Weights(all);
    const lengths = items.map(
      (_, b) => found.mask.data.filter((m, i) => i % 3 === b && Number(m) === 1).length,
    );
    expect(lengths).toEqual([3, 1, 2]);
    for (const [b, frames] of items.entries()) {
      const options = { layers: 3, halvings: 2, hidden: 4, projected: true };
      for (const [u, h] of pyramidReference(w, frames, options).entries()) {
        for (const [k, x] of affine(w, 'ctc', h).entries()) {
          expect(Number(found.logits.data[(u * 3 + b) * 5 + k])).toBeCloseTo(x, 12);
        }
      }
    }
  });

  for (const cell of Object.keys(CELLS) as CellName[]) {
    it(`has the gradient of finite differences, ${cell}, ragged and with dropout`, async () => {
      const builder = new Builder({ dtype: 'float64', training: true });
      const losses = lossOf({ ...SIZES, hidden: 8, cell }, builder);
      const given: Feeds = {
        ...frameFeeds(items, 'float64', { reduction: 2 }).feeds,
        ...labelFeeds(labels, 'float64').feeds,
      };
      for (const { spec } of builder.masks) {
        const shape = spec.shape.map((d) => (typeof d === 'number' ? d : items.length));
        const length = shape.reduce((a, b) => a * b, 1);
        const data = Float64Array.from({ length }, () =>
          random.uniform() < spec.rate ? 0 : 1 / (1 - spec.rate),
        );
        given[spec.name] = { dtype: 'float64', shape, data };
      }
      const sizes = { B: 3, L: 3, U: 5, '2*U': 10 };
      const except = ['sourceMask', 'labelMask'];
      await checkGradient([losses], sizes, { given, probes: 8, scale: 0.6, except });
    });
  }

  it('never lets padding matter: frames alone and in a batch have one loss and one gradient', async () => {
    const builder = new Builder();
    const loss = g.sum(lossOf({ ...SIZES, layers: 3, reduction: 4 }, builder));
    const { parameters } = builder;
    const gradients = g.gradient(
      loss,
      parameters.map((p) => p.value),
    );
    const named: Record<string, g.Value> = { loss };
    gradients.forEach((d, i) => {
      named[`d ${parameters[i].spec.name}`] = d;
    });
    const given = (frames: readonly Frames[], said: readonly number[][], pad = 0) => ({
      ...frameFeeds(frames, 'float32', { reduction: 4, pad }).feeds,
      ...labelFeeds(said, 'float32', pad).feeds,
    });
    const weights = feedsFor([loss], {}, given(items, labels), 5, 0.6);
    const run = async (frames: readonly Frames[], said: readonly number[][], pad = 0) =>
      compute(named, { ...weights, ...given(frames, said, pad) });
    const said = [[0, 1], [], [2, 3]];
    const batch = await run(items, said);
    const padded = await run(items, said, 3);
    const alone = [];
    for (const [b, frames] of items.entries()) alone.push(await run([frames], [said[b]]));
    for (const key of Object.keys(named)) {
      const size = Math.max(1, ...Array.from(batch[key].data as Float32Array, Math.abs));
      for (const [i, together] of (batch[key].data as Float32Array).entries()) {
        const separately = alone.reduce((total, one) => total + Number(one[key].data[i]), 0);
        expect(Math.abs(together - separately) / size, `${key}[${i}]`).toBeLessThan(1e-5);
        expect(Math.abs(together - Number(padded[key].data[i])) / size, `${key}[${i}]`).toBeLessThan(1e-5);
      }
    }
  });

  for (const [name, options] of Object.entries({
    'one layer': { layers: 1 },
    'two layers of GRUs, one frame of two': { layers: 2, reduction: 2, cell: 'gru' },
  } as const)) {
    it(`learns what is said in patterns, noise and gaps: ${name}`, async () => {
      const found = await learn({
        width: 6,
        labels: 5,
        hidden: 32,
        dropout: 0,
        initialization: 'glorot',
        ...options,
      });
      expect(found.accuracy).toBeGreaterThan(0.95);
      expect(found.loss).toBeLessThan(0.3);
    });
  }
});

/** Trains a labeller; the share of unseen utterances of which the best path says all labels, and their mean loss. */
async function learn(sizes: LabellerSizes): Promise<{ accuracy: number; loss: number }> {
  const { reduction = 1 } = sizes;
  const draw = utterances({ seed: 1, labels: sizes.labels, width: sizes.width, repeats: reduction === 1 });
  const backend = await runtime();
  const feedsOf = (batch: readonly Utterance[]) => ({
    ...frameFeeds(
      batch.map((u) => u.frames),
      'float32',
      { reduction },
    ).feeds,
    ...labelFeeds(
      batch.map((u) => u.labels),
      'float32',
    ).feeds,
  });
  const loss: TrainingLoss<Utterance[]> = {
    graph: (builder) => g.mean(lossOf(sizes, builder)),
    feeds: (batch) => ({ feeds: feedsOf(batch), sizes: { B: batch.length }, tokens: batch.length }),
  };
  const program = await trainOn(loss, backend, () => draw(16), { steps: 200, learningRate: 0.01 });
  const unseen = draw(100);
  const model = ctcLabeller(sizes);
  const { source, sourceMask } = sourceInputs(model);
  const { logits, mask } = model.label(new Builder(), source, sourceMask);
  const weights = program.layout.views(program.parameters);
  const found = await compute({ best: g.argMax(logits), mask }, { ...weights, ...feedsOf(unseen) });
  const best = Array.from(found.best.data as BigInt64Array, Number);
  const right = unseen.filter(({ labels }, b) => {
    const path = best.filter((_, i) => i % unseen.length === b && Number(found.mask.data[i]) === 1);
    const said = path.filter((label, t) => label !== sizes.labels && label !== path[t - 1]);
    return said.join() === labels.join();
  });
  const { loss: unseenLoss } = await program.evaluate(unseen);
  await program.dispose();
  return { accuracy: right.length / unseen.length, loss: unseenLoss };
}
