import { describe, expect, it } from 'vitest';
import type { AlgorithmOptions } from '../../src/data/algorithms.ts';
import { UsageError } from '../../src/errors.ts';
import type { HostTensor } from '../../src/runtime/index.ts';
import { type AlgorithmModel, type AlgorithmRecipe, buildAlgorithm } from '../../src/tasks/algorithms.ts';
import {
  evaluateBits,
  evaluationBatches,
  optimalBits,
  scoreBits,
} from '../../src/tasks/algorithmsEvaluation.ts';
import { recordSequence } from '../../src/tasks/algorithmsRecord.ts';
import { costCurve, testSeed, trainAlgorithm, trainingBatch } from '../../src/tasks/algorithmsTraining.ts';
import { runtime } from '../graph/check.ts';

/** A copy task so small that a machine of 8 locations learns it in seconds. */
function recipe(seed: number, maxSteps: number, model: AlgorithmModel): AlgorithmRecipe {
  return {
    seed,
    data: { train: { type: 'copy', width: 4, lengths: [1, 3] }, epoch: 3200, validation: { sequences: 64 } },
    model,
    training: {
      optimizer: { type: 'adam', learningRate: 0.005, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      schedule: { type: 'constant' },
      batch: { sentences: 16 },
      clipNorm: 0.5,
      epochs: undefined,
      maxSteps,
      validateEvery: { epochs: 1 },
      stop: undefined,
      keepCheckpoints: 1,
    },
  };
}
/** Without a state of its own, so that it cannot but use the memory. */
const SMALL: AlgorithmModel = {
  type: 'ntm',
  controller: 'feedForward',
  hidden: 32,
  locations: 8,
  width: 8,
};

describe('a Neural Turing Machine', () => {
  it('learns to copy, holds on beyond the lengths it was trained on, and its heads show how', async () => {
    const backend = await runtime();
    for (const seed of [1, 2]) {
      const given = recipe(seed, 600, SMALL);
      const training = await trainAlgorithm(given, backend);
      const { task, program } = training;
      const curve = costCurve({ batch: 16, every: 1600 });
      const points: (number | undefined)[] = [];
      const measured: Readonly<Record<string, number>>[] = [];
      for await (const event of training.events) {
        if (event.type === 'validation') measured.push(event.metrics);
        const point = event.type === 'step' && curve(event);
        if (point) points.push(point.sequences);
      }
      expect(points).toEqual([1600, 3200, 4800, 6400, 8000, 9600]);
      // Eight bits a sequence, a mean: nothing that does not remember gets below.
      const request = { seed: testSeed(given), sequences: 64 };
      const { bits, bitErrors, perfect, loss } = await evaluateBits(task, program, backend, request);
      expect(bits, `seed ${seed}`).toBeLessThan(0.5);
      expect(bitErrors).toBeLessThan(0.02);
      expect(perfect).toBeGreaterThan(0.9);
      expect(measured.length).toBe(3);
      expect(measured[2].bits).toBeLessThan(0.5);
      expect(measured[2].loss).toBeLessThan(10 * loss);
      const longer = await evaluateBits(task, program, backend, { ...request, sizes: { length: 5 } });
      expect(longer.bitErrors).toBeLessThan(0.2);

      const drawn = { seed: testSeed(given), sizes: { length: 3 } };
      const record = await recordSequence(task, program, backend, drawn);
      expect(record.steps).toBe(7);
      expect(record.mask).toEqual([0, 0, 0, 0, 1, 1, 1]);
      expect(record.inputs[4]).toEqual([0, 0, 0, 1, 0, 0, 0]); // the delimiter
      for (const [o, row] of record.targets.entries()) {
        expect(record.outputs[o].slice(4).map(Math.round)).toEqual(row.slice(4));
        expect(row.slice(4)).toEqual(record.inputs[o].slice(0, 3));
      }
      const { read, write } = record.heads as NonNullable<typeof record.heads>;
      expect([read.length, write.length]).toEqual([1, 1]);
      expect([read[0].vectors.length, read[0].weights.length, read[0].weights[0].length]).toEqual([8, 8, 7]);
      // Where a vector is written there it is read again (figure 6 of the paper).
      const most = (rows: readonly (readonly number[])[], t: number) => {
        const column = rows.map((row) => row[t]);
        return column.indexOf(Math.max(...column));
      };
      const written = [0, 1, 2].map((t) => most(write[0].weights, t));
      expect(new Set(written).size).toBe(3);
      await program.dispose();
    }
  }, 20_000);

  it('that is not trained can only guess', async () => {
    const backend = await runtime();
    const given = recipe(1, 1, SMALL);
    const { task, program } = await trainAlgorithm(given, backend);
    const { bits, bitErrors } = await evaluateBits(task, program, backend, { seed: 1, sizes: { length: 3 } });
    expect(bits).toBeGreaterThan(11.9);
    expect(Math.abs(bitErrors - 0.5)).toBeLessThan(0.05);
    await program.dispose();
  });
});

describe('an LSTM with attention over its own past', () => {
  it('learns to copy where an LSTM of as many weights does not, and looks where it copies from', async () => {
    const backend = await runtime();
    const models: AlgorithmModel[] = [
      { type: 'attentiveLstm', hidden: 48, window: 16 },
      { type: 'lstm', hidden: 64, layers: 1 },
    ];
    for (const seed of [1, 2]) {
      const sizes: number[] = [];
      const costs: number[] = [];
      for (const model of models) {
        const { data, ...rest } = recipe(seed, 800, model);
        const train = { type: 'copy', width: 4, lengths: [1, 6] } as const;
        const given = { ...rest, data: { ...data, train } };
        const { task, program, events } = await trainAlgorithm(given, backend);
        for await (const _ of events);
        const request = { seed: testSeed(given), sequences: 64 };
        const { bits, bitErrors } = await evaluateBits(task, program, backend, request);
        sizes.push(program.parameters.length);
        costs.push(bits);
        const record = await recordSequence(task, program, backend, { seed: 9, sizes: { length: 6 } });
        if (model.type === 'attentiveLstm') {
          expect(bitErrors).toBeLessThan(0.005);
          const { attention = [], steps, mask } = record;
          expect([steps, attention.length, attention[0].length]).toEqual([13, 13, 13]);
          for (let t = 0; t < steps; t++) {
            const column = attention.map((row) => row[t]);
            expect(column.reduce((a, b) => a + b)).toBeCloseTo(t === 0 ? 0 : 1, 5);
            for (const later of column.slice(t)) expect(later).toBe(0);
          }
          // An output of the LSTM also says what was read just before, so it may look a step or two later.
          const looked = mask.flatMap((m, t) => (m === 1 ? [attention.map((row) => row[t])] : []));
          const places = looked.map((column) => column.indexOf(Math.max(...column)));
          for (const [i, place] of places.entries()) expect(Math.abs(place - i)).toBeLessThan(3);
          expect(new Set(places).size).toBeGreaterThan(3);
        } else expect(record.attention).toBeUndefined();
        await program.dispose();
      }
      expect(sizes[0]).toBeLessThan(sizes[1]);
      expect(costs[0], `seed ${seed}`).toBeLessThan(0.1);
      expect(costs[1], `seed ${seed}`).toBeGreaterThan(1);
    }
  }, 60_000);
});

describe('buildAlgorithm', () => {
  const build = (train: AlgorithmOptions, model: AlgorithmModel) =>
    buildAlgorithm({ data: { train }, model });

  it('makes a model that fits its task', () => {
    for (const type of [
      'copy',
      'repeatCopy',
      'associativeRecall',
      'dynamicNgrams',
      'prioritySort',
    ] as const) {
      for (const model of ['ntm', 'lstm', 'attentiveLstm'] as const) {
        const { algorithm, model: built } = build({ type }, { type: model });
        expect([built.inputs, built.outputs]).toEqual([algorithm.inputs, algorithm.outputs]);
      }
    }
  });

  it('refuses a memory that cannot hold what is to be remembered', () => {
    const ntm = (locations: number): AlgorithmModel => ({ type: 'ntm', locations });
    expect(() => build({ type: 'copy' }, ntm(19))).toThrow(UsageError);
    expect(() => build({ type: 'copy' }, ntm(19))).toThrow(/19 locations for 20 vectors.*at least 20/);
    expect(() => build({ type: 'repeatCopy' }, ntm(9))).toThrow(/for 10 vectors/);
    expect(() => build({ type: 'prioritySort' }, ntm(15))).toThrow(/for 16 vectors/);
    expect(() => build({ type: 'associativeRecall' }, ntm(5))).not.toThrow();
    expect(() => build({ type: 'copy' }, ntm(20))).not.toThrow();
    expect(() => build({ type: 'copy' }, { type: 'lstm' })).not.toThrow();
    expect(() => build({ type: 'copy' }, { type: 'attentiveLstm', window: 3 })).not.toThrow();
  });

  it('refuses it when measuring and drawing, too', async () => {
    const task = build({ type: 'copy', lengths: [1, 3] }, SMALL);
    const nothing = {} as never; // refused before anything is compiled
    const request = { seed: 1, sizes: { length: 9 } };
    await expect(evaluateBits(task, nothing, nothing, request)).rejects.toThrow(/8 locations for 9 vectors/);
    await expect(recordSequence(task, nothing, nothing, request)).rejects.toThrow(UsageError);
  });
});

describe('training batches', () => {
  it('follow from the recipe and their number, and are not those that are measured', () => {
    const given = recipe(4, 1, SMALL);
    const task = buildAlgorithm(given);
    const batch = trainingBatch(given, task, 17);
    expect(batch).toEqual(trainingBatch(given, buildAlgorithm(given), 17));
    expect(batch.sizes.B).toBe(16);
    const measured = evaluationBatches(task, { seed: testSeed(given), sequences: 40 });
    expect(measured.map(({ sizes }) => sizes.B)).toEqual([16, 16, 8]);
    for (let i = 0; i < 3; i++) expect(trainingBatch(given, task, i)).not.toEqual(measured[i]);
  });

  it('are measured in sequences', async () => {
    const given = recipe(4, 1, SMALL);
    const training = { ...given.training, batch: { tokens: 100 } };
    await expect(trainAlgorithm({ ...given, training }, await runtime())).rejects.toThrow(UsageError);
  });
});

describe('scores', () => {
  it('count what counts, by sequence and by bit', () => {
    const batch = {
      inputs: new Float32Array(4),
      targets: Float32Array.of(1, 0, 1, 1, 0, 0, 1, 1),
      mask: Float32Array.of(1, 1, 1, 0),
      sizes: { T: 2, B: 2, I: 1, O: 2 },
    };
    const logits: HostTensor = {
      dtype: 'float32',
      shape: [2, 2, 2],
      data: Float32Array.of(2, -2, -1, 4, 0, 3, -9, -9),
    };
    const scores = scoreBits([{ batch, logits }]);
    const cost = (z: number) => Math.log(1 + Math.exp(z)); // of being asked for the other bit
    const nats = cost(-2) + cost(-2) + cost(1) + cost(-4) + Math.LN2 + cost(3);
    expect(scores.loss).toBeCloseTo(nats / 6, 12);
    expect(scores.bits).toBeCloseTo(nats / Math.LN2 / 2, 12);
    expect(scores.bitErrors).toBeCloseTo(2 / 6, 12);
    expect(scores.perfect).toBe(0);
    const only = scoreBits([{ batch: { ...batch, mask: Float32Array.of(1, 0, 0, 0) }, logits }]);
    expect([only.bitErrors, only.perfect]).toEqual([0, 1]);
  });

  it('know the best that dynamic n-grams allow', () => {
    const task = buildAlgorithm({ data: { train: { type: 'dynamicNgrams' } }, model: { type: 'lstm' } });
    const best = optimalBits(task, { seed: 1, sequences: 400 }) as number;
    // 195 bits that count; E[H] of Beta(½, ½) is (ψ(2) − ψ(3/2)) / ln 2 = 0.5573 bits, and learning the table costs more.
    expect(best).toBeGreaterThan(195 * 0.5573);
    expect(best).toBeLessThan(195 * 0.8);
    const copy = buildAlgorithm({ data: { train: { type: 'copy' } }, model: { type: 'lstm' } });
    expect(optimalBits(copy, { seed: 1 })).toBeUndefined();
  });
});
