/** λ · CTC + (1 − λ) · attention: each part computed by itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import { BOS, EOS } from '../../src/data/vocabulary.ts';
import { ctcLoss } from '../../src/decoding/index.ts';
import { UsageError } from '../../src/errors.ts';
import * as g from '../../src/graph/index.ts';
import { listener } from '../../src/models/listener.ts';
import { Builder } from '../../src/nn/builder.ts';
import { lossGraph, type Objective, type PairBatch, pairLoss } from '../../src/programs/pairLoss.ts';
import { sourceInputs } from '../../src/programs/sources.ts';
import { TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { compute, type Feeds, feedsFor, runtime } from '../graph/check.ts';
import { type Frames, frameFeeds, randomFrames } from '../models/frames.ts';

const [F, V, reduction] = [3, 7, 2] as const;
const sizes = {
  width: F,
  targetVocabulary: V,
  embedding: 3,
  hidden: 4,
  encoder: { layers: 2, reduction },
  decoder: { layers: 1 },
  attention: { score: 'additive', size: 3, location: { filters: 2, width: 3 } },
  readout: 3,
  dropout: 0,
  initialization: 'glorot',
} as const;
const joint = listener({ ...sizes, ctc: true });
const sounds = randomFrames(new Random(1), [11, 3, 8], F);
const said = [[4, 6, 6], [5], [4, 5]];
const weight = 1 / (said.flat().length + said.length);

/** As `pairLoss` feeds them, rubbish at padding; `pad` more steps than there are. */
function feedsOf(items: readonly Frames[], texts: readonly number[][], pad = 0): { feeds: Feeds; T: number } {
  const B = items.length;
  const T = Math.max(...texts.map((t) => t.length)) + 1 + pad;
  const rows = (all: readonly (readonly number[])[]) =>
    Int32Array.from({ length: T * B }, (_, i) => all[i % B][Math.floor(i / B)] ?? (i % 2 ? 5 : EOS));
  const weights = Float64Array.from({ length: T * B }, (_, i) =>
    Math.floor(i / B) <= texts[i % B].length ? weight : 0,
  );
  const shape = [T, B];
  return {
    T,
    feeds: {
      ...frameFeeds(items, 'float64', { reduction, pad }).feeds,
      previous: { dtype: 'int32', shape, data: rows(texts.map((t) => [BOS, ...t])) },
      labels: { dtype: 'int32', shape, data: rows(texts.map((t) => [...t, EOS])) },
      weights: { dtype: 'float64', shape, data: weights },
    },
  };
}

/** The losses alone. */
async function lossesOf(objectives: readonly (Objective | undefined)[], feeds: Feeds): Promise<number[]> {
  const found: number[] = [];
  for (const objective of objectives) {
    const { loss } = lossGraph(joint, new Builder({ dtype: 'float64' }), objective);
    found.push(Number((await compute({ loss }, feeds)).loss.data[0]));
  }
  return found;
}

/** The loss, and its gradients by parameter name. */
async function lossOf(objective: Objective | undefined, feeds: Feeds) {
  const builder = new Builder({ dtype: 'float64', training: true });
  const { loss } = lossGraph(joint, builder, objective);
  const { parameters } = builder;
  const gradients = g.gradient(
    loss,
    parameters.map(({ value }) => value),
  );
  const names = parameters.map(({ spec }) => spec.name);
  const found = await compute({ loss, ...Object.fromEntries(gradients.map((d, i) => [`d${i}`, d])) }, feeds);
  return {
    loss: Number(found.loss.data[0]),
    gradients: new Map(names.map((name, i) => [name, Array.from(found[`d${i}`].data, Number)])),
  };
}

const { feeds: given } = feedsOf(sounds, said);
let weights: Feeds;
/** Σ −ln p(labels | frames), from the logits and in plain loops. */
let byCtc = 0;
beforeAll(async () => {
  const builder = new Builder({ dtype: 'float64' });
  const { source, sourceMask } = sourceInputs(joint, 'float64');
  const { frames } = joint.encode(builder, source, sourceMask);
  const whole = lossGraph(joint, new Builder({ dtype: 'float64' }), { ctcWeight: 0.5 });
  weights = feedsFor([whole.loss], {}, given, 2, 0.7);
  const found = await compute({ logits: frames?.logits as g.Value }, weights);
  const [, B, C] = found.logits.shape;
  expect(C).toBe(V + 1);
  for (const [b, labels] of said.entries()) {
    const rows = Array.from({ length: Math.ceil(sounds[b].length / reduction) }, (_, t) =>
      Array.from(found.logits.data.slice((t * B + b) * C, (t * B + b + 1) * C), Number),
    );
    byCtc += ctcLoss(rows, labels);
  }
});

describe('pairLoss with CTC', () => {
  it.each([{}, { labelSmoothing: 0.2 }])('is (1 − λ) · attention + λ · CTC, %o', async (rest) => {
    const asked = [undefined, 0, 0.3, 0.9].map((ctcWeight) => ({ ...rest, ctcWeight }));
    const [attention, ...found] = await lossesOf(asked, weights);
    for (const [i, ctcWeight] of [0, 0.3, 0.9].entries()) {
      expect(found[i]).toBeCloseTo((1 - ctcWeight) * attention + ctcWeight * weight * byCtc, 10);
    }
    expect(found[0]).toBe(attention);
  });

  it('has a gradient that is mixed alike; each part reaches its own layers alone', async () => {
    const attention = await lossOf({}, weights);
    const [some, more] = [
      await lossOf({ ctcWeight: 0.25 }, weights),
      await lossOf({ ctcWeight: 0.5 }, weights),
    ];
    for (const [name, zero] of attention.gradients) {
      const [a, b] = [some.gradients.get(name), more.gradients.get(name)] as [number[], number[]];
      // λ = ¼ lies halfway from 0 to ½.
      for (const [i, x] of zero.entries()) expect(a[i]).toBeCloseTo((x + b[i]) / 2, 10);
      const differs = zero.some((x, i) => Math.abs(x - 2 * b[i]) > 1e-9);
      if (name.startsWith('ctc.')) expect(zero.every((x) => x === 0)).toBe(true);
      // What CTC does not reach only loses its half of the weight.
      if (/^(decoder|attention)\./.test(name)) expect(differs, name).toBe(false);
      else expect(differs, name).toBe(true);
    }
  });

  it('never lets padding matter', async () => {
    const plain = await lossOf({ ctcWeight: 0.4 }, weights);
    const padded = await lossOf({ ctcWeight: 0.4 }, { ...weights, ...feedsOf(sounds, said, 2).feeds });
    expect(padded.loss).toBeCloseTo(plain.loss, 10);
    for (const [name, x] of plain.gradients) {
      for (const [i, y] of (padded.gradients.get(name) ?? []).entries()) expect(y).toBeCloseTo(x[i], 10);
    }
  });

  it('is measured by attention alone', async () => {
    const { T } = feedsOf(sounds, said);
    const S = given.source.shape[0];
    const batch: PairBatch = {
      source: Float32Array.from(given.source.data as Float64Array),
      sourceMask: Float32Array.from(given.sourceMask.data as Float64Array),
      previous: given.previous.data as Int32Array,
      labels: given.labels.data as Int32Array,
      targetMask: Float32Array.from(given.weights.data as Float64Array, (w) => (w > 0 ? 1 : 0)),
      sizes: { B: sounds.length, S, T },
    };
    const backend = await runtime();
    const both = await TrainingProgram.compile(pairLoss(joint, { ctcWeight: 0.5 }), backend, { seed: 1 });
    const { parameters } = both;
    parameters.forEach((x, i, all) => {
      all[i] = 5 * x;
    });
    const alone = await TrainingProgram.compile(pairLoss(joint), backend, { seed: 1, parameters });
    const measured = await both.evaluate(batch);
    expect(measured).toEqual(await alone.evaluate(batch));
    const { loss } = await both.step(batch, new Random(1));
    expect(Math.abs(loss - measured.loss)).toBeGreaterThan(0.01);
    await both.dispose();
    await alone.dispose();
  });

  it('refuses a weight for a model that labels no frames', () => {
    expect(() => lossGraph(listener(sizes), new Builder(), { ctcWeight: 0.3 })).toThrow(UsageError);
    expect(() => lossGraph(listener(sizes), new Builder(), { ctcWeight: 0.3 })).toThrow(
      'a weight of 0.3 for CTC; expected a model that labels its frames.',
    );
  });
});
