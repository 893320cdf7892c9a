/** What training can ask beside the likelihood, against the long way round. */
import { describe, expect, it } from 'vitest';
import { BOS } from '../../src/data/vocabulary.ts';
import * as g from '../../src/graph/index.ts';
import { recurrent } from '../../src/models/recurrent.ts';
import { rnnsearch } from '../../src/models/rnnsearch.ts';
import { Builder } from '../../src/nn/builder.ts';
import { copyingLosses, copyingProbabilities } from '../../src/programs/copying.ts';
import { lossGraph, pairLoss } from '../../src/programs/pairLoss.ts';
import { TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { compute, type Feeds, feedsFor } from '../graph/check.ts';
import { feedsOf, randomSentences, SMALL } from '../models/small.ts';

const model = rnnsearch({ ...SMALL, dropout: 0 });
const ragged = randomSentences(new Random(3), [4, 2, 1], [3, 4, 1]);

describe('scheduled sampling', () => {
  it('gives the decoder the words it thought most probable, where the coin says so', async () => {
    const { feeds, sizes } = feedsOf(ragged, 'float64', { weight: 0.1 });
    const { B, T } = sizes;
    const sampled = lossGraph(model, new Builder({ dtype: 'float64' }), { scheduledSampling: true });
    const coins = Float64Array.from({ length: T * B }, (_, i) => (i >= B && i % 3 !== 1 ? 1 : 0));
    const given: Feeds = { ...feeds, coins: { dtype: 'float64', shape: [T, B], data: coins } };
    const previous = Int32Array.from(feeds.previous.data as Int32Array).fill(BOS, 0, B);
    given.previous = { dtype: 'int32', shape: [T, B], data: Int32Array.from(previous) };
    const all = feedsFor([sampled.loss], sizes, given, 5);
    const { loss } = await compute({ loss: sampled.loss }, all);

    // The long way: teacher forcing, again and again, each time with one more row of the model's own words.
    const forced = lossGraph(model, new Builder({ dtype: 'float64' }));
    const { coins: _, ...plain } = all;
    let found = 0;
    let changed = 0;
    for (let t = 0; t < T; t++) {
      const shown = { ...plain, previous: { dtype: 'int32' as const, shape: [T, B], data: previous } };
      const answer = await compute({ loss: forced.loss, said: g.argMax(forced.logits) }, shown);
      found = Number(answer.loss.data[0]);
      if (t + 1 === T) break;
      for (let b = 0; b < B; b++) {
        const at = (t + 1) * B + b;
        if (coins[at] === 0) continue;
        changed += Number(previous[at] !== Number(answer.said.data[t * B + b]));
        previous[at] = Number(answer.said.data[t * B + b]);
      }
    }
    expect(changed).toBeGreaterThan(3);
    expect(Number(loss.data[0])).toBeCloseTo(found, 12);
  });

  it('tosses its coins from the generator, by the probability of the batch', async () => {
    const backend = await openRuntime({ threads: 1 });
    const objective = { scheduledSampling: true };
    const program = await TrainingProgram.compile(pairLoss(model, objective), backend, { seed: 1 });
    const { feeds, sizes } = feedsOf(ragged, 'float32', { weight: 1 });
    const batch = {
      source: feeds.source.data as Int32Array,
      sourceMask: feeds.sourceMask.data as Float32Array,
      previous: feeds.previous.data as Int32Array,
      labels: feeds.labels.data as Int32Array,
      targetMask: feeds.weights.data as Float32Array,
      sizes,
    };
    const lossAt = async (sampling: number | undefined, seed: number) =>
      (await program.step({ ...batch, sampling }, new Random(seed))).loss;
    const forced = (await program.evaluate(batch)).loss;
    expect(await lossAt(undefined, 1)).toBeCloseTo(forced, 5);
    expect(await lossAt(0, 1)).toBe(await lossAt(undefined, 2));
    const own = await lossAt(1, 1);
    expect(own).toBe(await lossAt(1, 2));
    expect(Math.abs(own - forced)).toBeGreaterThan(1e-6);
    await program.dispose();
  });
});

describe('label smoothing', () => {
  it('is trained on and not measured', async () => {
    const backend = await openRuntime({ threads: 1 });
    const { feeds, sizes } = feedsOf(ragged, 'float32', { weight: 1 });
    const batch = {
      source: feeds.source.data as Int32Array,
      sourceMask: feeds.sourceMask.data as Float32Array,
      previous: feeds.previous.data as Int32Array,
      labels: feeds.labels.data as Int32Array,
      targetMask: feeds.weights.data as Float32Array,
      sizes,
    };
    const smoothed = await TrainingProgram.compile(pairLoss(model, { labelSmoothing: 0.3 }), backend, {
      seed: 1,
    });
    smoothed.parameters.forEach((x, i, all) => {
      all[i] = 20 * x;
    });
    const plain = await TrainingProgram.compile(pairLoss(model), backend, {
      seed: 1,
      parameters: smoothed.parameters,
    });
    const measured = await smoothed.evaluate(batch);
    expect(measured).toEqual(await plain.evaluate(batch));
    const { loss } = await smoothed.step(batch, new Random(1));
    expect(Math.abs(loss - measured.loss)).toBeGreaterThan(1e-3);
    await smoothed.dispose();
    await plain.dispose();
  });
});

describe('copying', () => {
  const f = 'float64' as const;

  it("loses the logarithm of the label's probability in the extended distribution", async () => {
    const [T, B, S, V, X] = [3, 2, 4, 5, 2];
    const copies = { ...model, targetVocabulary: V };
    const [logits, rest, energies] = [
      g.input('logits', f, ['T', 'B', V]),
      g.input('rest', f, ['T', 'B']),
      g.input('energies', f, ['T', 'B', 'S']),
    ];
    const [gate, attention] = [g.sigmoid(rest), g.softmax(energies)];
    const labels = g.input('labels', 'int32', ['T', 'B']);
    const losses = copyingLosses(copies, { logits, gate, attention }, labels);
    const ids = [0, 6, 1, 5, 6, 2, 6, 6]; // [S, B]; 5 and 6 are words of the source
    const asked = [6, 6, 5, 1, 2, 6]; // [T, B]: copied, copied, absent from the source of b = 0, generated, …
    const given: Feeds = {
      copied: { dtype: 'int32', shape: [S, B], data: Int32Array.from(ids) },
      labels: { dtype: 'int32', shape: [T, B], data: Int32Array.from(asked) },
    };
    const feeds = feedsFor([losses], { T, B, S }, given, 4);
    const found = await compute({ losses }, feeds);

    const row = (name: string, t: number, shape: number[]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const data = feeds[name].data.slice(t * size, (t + 1) * size);
      return { dtype: f, shape, data: Float64Array.from(data as Float64Array) };
    };
    for (let t = 0; t < T; t++) {
      const step = {
        logits: g.input('logits', f, ['B', V]),
        gate: g.sigmoid(g.input('rest', f, ['B'])),
        attention: g.softmax(g.input('energies', f, ['B', 'S'])),
      };
      const copied = g.transpose(g.input('copied', 'int32', ['S', 'B']));
      const p = copyingProbabilities(step, copied, g.input('extra', f, ['X']));
      const all = await compute(
        { p },
        {
          logits: row('logits', t, [B, V]),
          rest: row('rest', t, [B]),
          energies: row('energies', t, [B, S]),
          copied: given.copied,
          extra: { dtype: f, shape: [X], data: new Float64Array(X) },
        },
      );
      for (let b = 0; b < B; b++) {
        const distribution = Array.from(all.p.data.slice(b * (V + X), (b + 1) * (V + X)) as Float64Array);
        expect(distribution.reduce((total, x) => total + x, 0)).toBeCloseTo(1, 12);
        const probability = distribution[asked[t * B + b]];
        expect(Number(found.losses.data[t * B + b])).toBeCloseTo(-Math.log(probability + 1e-30), 9);
      }
    }
  });

  it('has the coverage loss in what it trains on, and not in what it measures', async () => {
    const covered = recurrent({
      ...SMALL,
      dropout: 0,
      cell: 'gru',
      encoder: { layers: 1, direction: 'forward' },
      decoder: { layers: 1 },
      residual: false,
      attention: { score: 'additive', size: 3, coverage: true },
      coverageLoss: 2,
      inputFeeding: false,
      recurrentDropout: 0,
    });
    const { feeds, sizes } = feedsOf(ragged, f, { weight: 0.1 });
    const lossOf = async (objective?: object) => {
      const { loss } = lossGraph(covered, new Builder({ dtype: f }), objective);
      return Number((await compute({ loss }, feedsFor([loss], sizes, feeds, 6))).loss.data[0]);
    };
    const difference = (await lossOf({})) - (await lossOf());
    // Every step but the first attends again to something; λ = 2, at most 1 a token, 11 tokens of weight 0.1.
    expect(difference).toBeGreaterThan(0.1);
    expect(difference).toBeLessThan(2 * 1.1);
  });
});
