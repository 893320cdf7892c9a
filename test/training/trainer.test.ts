import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError, TrainingError, UsageError } from '../../src/errors.ts';
import type { Random } from '../../src/random.ts';
import {
  adaDelta,
  adam,
  constant,
  globalNorm,
  restoreSlots,
  type TrainerState,
  type TrainingEvent,
  type TrainOptions,
  train,
  warmupInverseSquareRoot,
} from '../../src/training/index.ts';
import { batchesOf, Regression, type Rows, rows, width } from './regression.ts';

const data = rows(23, 1);
const heldOut = rows(50, 2);

function options(extra: Omit<Partial<TrainOptions<Rows>>, 'program'> = {}) {
  const program = new Regression();
  return {
    program,
    optimizer: adam(width),
    batches: batchesOf(data, 5, 7),
    learningRate: constant(0.05),
    validate: async () => ({ loss: program.error(heldOut) }),
    seed: 3,
    ...extra,
  };
}

async function all(events: AsyncIterable<TrainingEvent>): Promise<TrainingEvent[]> {
  const list: TrainingEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const only = <T extends TrainingEvent['type']>(events: TrainingEvent[], type: T) =>
  events.filter((e): e is Extract<TrainingEvent, { type: T }> => e.type === type);

describe('train', () => {
  it('learns, epoch by epoch, and says so', async () => {
    const o = options({ maxEpochs: 60, stopping: { metric: 'loss', mode: 'min' } });
    const events = await all(train(o));
    const steps = only(events, 'step');
    expect(steps.map((e) => e.step)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect(steps.map((e) => e.epoch)).toEqual(Array.from({ length: 300 }, (_, i) => Math.floor(i / 5) + 1));
    expect(steps.slice(0, 5).map((e) => e.tokens)).toEqual([5, 5, 5, 5, 3]);
    expect(only(events, 'validation').map((e) => [e.step, e.epochs])).toEqual(
      Array.from({ length: 60 }, (_, i) => [5 * (i + 1), i + 1]),
    );
    const validations = only(events, 'validation');
    const least = Math.min(...validations.map((e) => e.metrics.loss));
    expect(least).toBeLessThan(validations[0].metrics.loss / 10);
    const done = events.at(-1);
    expect(done).toMatchObject({ type: 'done', reason: 'epochs', step: 300 });
    expect(only(events, 'done')[0].best).toEqual({
      step: validations.find((e) => e.metrics.loss === least)?.step,
      metric: 'loss',
      value: least,
    });
  });

  it('emits a checkpoint after each validation, the best marked', async () => {
    const values = [5, 6, 4, 4];
    const o = options({
      maxSteps: 8,
      validateEvery: { steps: 2 },
      validate: async () => ({ bleu: -(values.shift() ?? 9) }),
      stopping: { metric: 'bleu', mode: 'max' },
    });
    const events = (await all(train(o))).filter((e) => e.type !== 'step');
    expect(events.map((e) => e.type)).toEqual([
      ...Array.from({ length: 4 }, () => ['validation', 'checkpoint']).flat(),
      'done',
    ]);
    expect(only(events, 'validation').map((e) => e.improved)).toEqual([true, false, true, false]);
    expect(only(events, 'checkpoint').map((e) => [e.step, e.isBest])).toEqual([
      [2, true],
      [4, false],
      [6, true],
      [8, false],
    ]);
    expect(only(events, 'validation').map((e) => e.best?.step)).toEqual([2, 2, 6, 6]);
  });

  it('times the program and the rest, and reports rate, norm and tokens', async () => {
    const o = options({ maxSteps: 3, learningRate: warmupInverseSquareRoot(0.1, 2) });
    const inner = o.program.step.bind(o.program);
    const norms: number[] = [];
    o.program.step = async (batch: Rows, random: Random) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const result = await inner(batch, random);
      norms.push(globalNorm(o.program.gradients));
      return result;
    };
    const steps = only(await all(train(o)), 'step');
    for (const e of steps) {
      expect(e.seconds.run).toBeGreaterThan(0.015);
      expect(e.seconds.rest).toBeGreaterThan(0);
      expect(e.seconds.rest).toBeLessThan(0.015);
      expect(e.tokensPerSecond).toBeCloseTo(e.tokens / (e.seconds.run + e.seconds.rest), 6);
    }
    expect(steps.map((e) => e.gradientNorm)).toEqual(norms);
    expect(steps.map((e) => e.learningRate)).toEqual([0.05, 0.1, 0.1 * Math.sqrt(2 / 3)]);
  });

  it('clips to the global norm', async () => {
    const seen: number[] = [];
    const optimizer = {
      name: 'spy',
      slots: {},
      update(_: Float32Array, gradients: Float32Array, { scale }: { scale: number }) {
        seen.push(globalNorm(gradients) * scale);
      },
    };
    const events = await all(train(options({ optimizer, maxSteps: 20, clipNorm: 6 })));
    const norms = only(events, 'step').map((e) => e.gradientNorm);
    expect(Math.min(...norms)).toBeLessThan(6);
    expect(Math.max(...norms)).toBeGreaterThan(6);
    for (const [i, norm] of norms.entries()) expect(seen[i]).toBeCloseTo(Math.min(norm, 6), 5);
  });

  it('stops when patience ends, and stays stopped when resumed', async () => {
    let value = 0;
    const stopping = { metric: 'loss', mode: 'min', patience: 3 } as const;
    const o = options({ validate: async () => ({ loss: Math.abs(4 - ++value) }), stopping });
    const events = await all(train(o));
    expect(only(events, 'validation').map((e) => e.metrics.loss)).toEqual([3, 2, 1, 0, 1, 2, 3]);
    expect(events.at(-1)).toMatchObject({ reason: 'patience', best: { step: 20, value: 0 } });
    const { state } = only(events, 'checkpoint').at(-1)!;
    const again = await all(train({ ...o, resume: state }));
    expect(again.map((e) => e.type)).toEqual(['done']);
  });

  it('lowers the rate on a plateau', async () => {
    const o = options({
      maxEpochs: 5,
      validate: async () => ({ loss: 1 }),
      stopping: { metric: 'loss', mode: 'min' },
      plateau: { factor: 0.1, patience: 2 },
    });
    const rates = only(await all(train(o)), 'step').map((e) => e.learningRate);
    expect(rates.filter((_, i) => i % 5 === 0)).toEqual([0.05, 0.05, 0.05, 0.05 * 0.1, 0.05 * 0.1]);
  });

  it('validates and saves once more when a limit ends it in between, outside the patience', async () => {
    const stopping = { metric: 'loss', mode: 'min', patience: 2 } as const;
    const events = await all(train(options({ maxSteps: 7, validate: async () => ({ loss: 1 }), stopping })));
    expect(only(events, 'validation').map((e) => e.step)).toEqual([5, 7]);
    const last = only(events, 'checkpoint').at(-1)!;
    expect(last.step).toBe(7);
    expect(last.state.stopping.waited).toBe(0);
    expect(events.at(-1)).toMatchObject({ reason: 'steps' });
  });

  it('ends by time, counted on across resumes', async () => {
    // a rhythm it never reaches, so that the time is up before the one checkpoint
    const o = options({ maxSeconds: 0.05, validateEvery: { epochs: 1e6 } });
    const first = await all(train(o));
    expect(first.at(-1)).toMatchObject({ reason: 'time' });
    const { state } = only(first, 'checkpoint').at(-1)!;
    expect(state.elapsedSeconds).toBeGreaterThanOrEqual(0.05);
    expect((await all(train({ ...o, resume: state }))).map((e) => e.type)).toEqual(['done']);
  });

  it('saves without validation data', async () => {
    const events = await all(train(options({ validate: undefined, maxEpochs: 2 })));
    expect(only(events, 'validation')).toEqual([]);
    expect(only(events, 'checkpoint').map((e) => [e.step, e.isBest])).toEqual([
      [5, false],
      [10, false],
    ]);
  });
});

describe('abort', () => {
  it('finishes the running step, saves and ends', async () => {
    const controller = new AbortController();
    const o = options({ signal: controller.signal });
    const inner = o.program.step.bind(o.program);
    o.program.step = async (batch: Rows, random: Random) => {
      if (o.program.steps === 2) controller.abort();
      return inner(batch, random);
    };
    const events = await all(train(o));
    expect(events.map((e) => e.type)).toEqual(['step', 'step', 'step', 'checkpoint', 'done']);
    expect(events.at(-1)).toMatchObject({ reason: 'aborted', step: 3 });
  });

  it('before the first step saves the start', async () => {
    const events = await all(train(options({ signal: AbortSignal.abort() })));
    expect(events.map((e) => e.type)).toEqual(['checkpoint', 'done']);
  });
});

/** Everything a checkpoint on disk would hold, through JSON and copies. */
interface Saved {
  state: TrainerState;
  parameters: Float32Array;
  slots: Record<string, Float32Array>;
}

/** Runs to the end through aborts after the given steps, each resumed in a fresh program and optimizer. */
async function interrupted(make: () => ReturnType<typeof options>, aborts: readonly number[]) {
  const events: TrainingEvent[] = [];
  let saved: Saved | undefined;
  for (const stopAfter of [...aborts, Infinity]) {
    const o = make();
    if (saved) {
      o.program.parameters.set(saved.parameters);
      restoreSlots(o.optimizer, saved.slots);
    }
    const controller = new AbortController();
    for await (const event of train({ ...o, resume: saved?.state, signal: controller.signal })) {
      events.push(event);
      if (event.type === 'step' && event.step >= stopAfter) controller.abort();
      if (event.type === 'checkpoint') {
        saved = {
          state: JSON.parse(JSON.stringify(event.state)),
          parameters: o.program.parameters.slice(),
          slots: structuredClone(o.optimizer.slots),
        };
      }
    }
    if (events.at(-1)?.type === 'done' && only(events, 'done').at(-1)?.reason !== 'aborted') break;
  }
  const losses = only(events, 'step').map((e) => [e.step, e.epoch, e.loss, e.gradientNorm, e.learningRate]);
  const validations = only(events, 'validation').map((e) => [e.step, e.metrics, e.improved, e.best]);
  const { reason, best } = only(events, 'done').at(-1)!;
  return { losses, validations, reason, best, parameters: saved?.parameters, slots: saved?.slots };
}

describe('resume', () => {
  it('is as if never stopped, to the bit, wherever it was aborted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(adam, adaDelta),
        fc.constantFrom({ epochs: 1 }, { epochs: 2 }, { steps: 1 }, { steps: 7 }),
        fc.constantFrom({ maxSteps: 57 }, { maxEpochs: 9 }),
        async (aborts, optimizer, validateEvery, limit) => {
          const make = () =>
            options({
              optimizer: optimizer(width),
              learningRate: warmupInverseSquareRoot(0.3, 10),
              validateEvery,
              clipNorm: 2,
              stopping: { metric: 'loss', mode: 'min', patience: 6 },
              plateau: { factor: 0.5, patience: 2 },
              ...limit,
            });
          const whole = await interrupted(make, []);
          expect(whole.losses.length).toBeGreaterThan(5);
          const sorted = aborts.sort((a, b) => a - b);
          expect(await interrupted(make, sorted)).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('to a higher maxSteps has the same losses as going there at once', async () => {
    const stopping = { metric: 'loss', mode: 'min' } as const;
    const plateau = { factor: 0.5, patience: 1 };
    const whole = await all(train(options({ maxSteps: 40, stopping, plateau })));
    const o = options({ maxSteps: 13, stopping, plateau });
    const first = await all(train(o));
    const { state } = only(first, 'checkpoint').at(-1)!;
    const second = await all(train({ ...o, maxSteps: 40, resume: state }));
    const losses = (events: TrainingEvent[]) => only(events, 'step').map((e) => [e.loss, e.learningRate]);
    expect([...losses(first), ...losses(second)]).toEqual(losses(whole));
  });

  it('refuses another seed or optimizer, and data that shrank', async () => {
    const o = options({ maxSteps: 4, validateEvery: { steps: 4 } });
    const { state } = only(await all(train(o)), 'checkpoint')[0];
    await expect(all(train({ ...o, resume: state, seed: 4 }))).rejects.toThrow(UsageError);
    await expect(all(train({ ...o, resume: state, optimizer: adaDelta(width) }))).rejects.toThrow(UsageError);
    const fewer = all(train({ ...o, maxSteps: 9, resume: state, batches: batchesOf(data, 12, 7) }));
    await expect(fewer).rejects.toThrow(/batch 5 of epoch 1, which has 2 batches/);
  });
});

describe('bad input', () => {
  it.each([
    ['loss', NaN, 0, /^loss NaN at step 7 \(epoch 2, batch 2 of 5\)/],
    ['loss', Infinity, 0, /^loss Infinity at step 7/],
    ['gradient', 1, NaN, /^gradient norm NaN at step 7/],
    [
      'gradient',
      1,
      Infinity,
      /^gradient norm Infinity at step 7.*Lower the learning rate \(now 0.05\) or set clipNorm/,
    ],
  ])('a %s that is not finite (%d, %d) stops before the parameters change', async (_, loss, bad, message) => {
    const o = options();
    const inner = o.program.step.bind(o.program);
    let before = new Float32Array();
    let slots = {};
    o.program.step = async (batch: Rows, random: Random) => {
      before = o.program.parameters.slice();
      slots = structuredClone(o.optimizer.slots);
      const result = await inner(batch, random);
      if (o.program.steps < 7) return result;
      o.program.gradients[3] = bad;
      return { ...result, loss };
    };
    const error = await all(train(o)).catch((e) => e);
    expect(error).toBeInstanceOf(TrainingError);
    expect(error.message).toMatch(message);
    expect(o.program.parameters).toEqual(before);
    expect(o.optimizer.slots).toEqual(slots);
    expect(o.program.steps).toBe(7);
  });

  it('a validation that is not a number, or parameters out of range, stop before they are saved', async () => {
    const validate = async () => ({ loss: 1, perplexity: o.program.steps > 4 ? NaN : 2 });
    const o = options({ maxSteps: 12, validateEvery: { steps: 3 } });
    const saved: number[] = [];
    const follow = async (changed: object) => {
      for await (const event of train({ ...o, ...changed })) {
        if (event.type === 'checkpoint') saved.push(event.step);
      }
    };
    await expect(follow({ validate })).rejects.toThrow(
      /^validation perplexity NaN after step 6; .*Lower the learning rate .*go on from the checkpoint of step 3\.$/,
    );
    expect(saved.splice(0)).toEqual([3]);
    o.program.parameters[1] = Infinity;
    o.program.step = async () => ({ loss: 1, tokens: 1 });
    await expect(follow({ validate: undefined })).rejects.toThrow(
      /^parameters of norm Infinity after step 3; .* and start again\.$/,
    );
    expect(saved).toEqual([]);
  });

  it('no batches', async () => {
    const error = await all(train(options({ batches: () => [] }))).catch((e) => e);
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/no batches in epoch 1/);
  });

  it('a stopping metric that is not measured, or nothing to measure on', async () => {
    const stopping = { metric: 'bleu', mode: 'max' } as const;
    await expect(all(train(options({ stopping, maxEpochs: 1 })))).rejects.toThrow(
      'stopping metric "bleu"; expected one that the validation measures: loss.',
    );
    await expect(all(train(options({ stopping, validate: undefined })))).rejects.toThrow(UsageError);
    await expect(all(train(options({ plateau: { factor: 0.5, patience: 1 } })))).rejects.toThrow(UsageError);
  });
});
