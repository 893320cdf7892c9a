import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError, TrainingError, UsageError } from '../../src/errors.ts';
import type { Random } from '../../src/random.ts';
import { chooseCandidates } from '../../src/training/averaging.ts';
import {
  Arena,
  adaDelta,
  adam,
  approach,
  type CheckpointAveraging,
  constant,
  globalNorm,
  halving,
  movingAverage,
  restoreSlots,
  sgd,
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

/** The mean of arrays, in float64. */
const mean = (arrays: readonly Float32Array[]) =>
  Float32Array.from(arrays[0], (_, i) => arrays.reduce((sum, array) => sum + array[i], 0) / arrays.length);

/** Runs to the end through aborts after the given steps, each resumed in a fresh program and optimizer. */
async function interrupted(
  make: () => ReturnType<typeof options>,
  aborts: readonly number[],
  which?: Pick<CheckpointAveraging, 'which' | 'count'>,
) {
  const events: TrainingEvent[] = [];
  /** the checkpoints on disk */
  let kept = new Map<number, Float32Array>();
  let saved: Saved | undefined;
  let average: Float32Array | undefined;
  const averaging = which && {
    ...which,
    mean: async (steps: readonly number[]) => mean(steps.map((step) => kept.get(step)!)),
  };
  for (const stopAfter of [...aborts, Infinity]) {
    const o = make();
    if (saved) {
      o.program.parameters.set(saved.parameters);
      restoreSlots(o.optimizer, saved.slots);
    }
    const controller = new AbortController();
    for await (const event of train({ ...o, averaging, resume: saved?.state, signal: controller.signal })) {
      events.push(event);
      if (event.type === 'step' && event.step >= stopAfter) controller.abort();
      if (event.type === 'checkpoint') {
        saved = {
          state: JSON.parse(JSON.stringify(event.state)),
          parameters: o.program.parameters.slice(),
          slots: structuredClone(o.optimizer.slots),
        };
        const wanted = saved.state.toAverage?.map(({ step }) => step) ?? [];
        kept = new Map(
          [...kept, [event.step, saved.parameters] as const].filter(([s]) => wanted.includes(s)),
        );
      } else if (event.type === 'averaged') average = o.program.parameters.slice();
    }
    if (events.at(-1)?.type === 'done' && only(events, 'done').at(-1)?.reason !== 'aborted') break;
  }
  const losses = only(events, 'step').map((e) => [e.step, e.epoch, e.loss, e.gradientNorm, e.learningRate]);
  const validations = only(events, 'validation').map((e) => [e.step, e.metrics, e.improved, e.best]);
  const averages = only(events, 'averaged');
  const { reason, best } = only(events, 'done').at(-1)!;
  const { parameters, slots } = saved!;
  return { losses, validations, averages, average, reason, best, parameters, slots };
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

  it('so too with momentum, moving average, accumulation and averaged checkpoints', async () => {
    const resumed = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom<Parameters<typeof sgd>[1]>(
          {},
          { momentum: 0.5 },
          { weightDecay: 0.1, decayed: [[1, 3]] },
        ),
        fc.boolean(),
        fc.constantFrom(1, 2, 3, 7),
        fc.constantFrom(
          undefined,
          { which: 'last', count: 3 } as const,
          { which: 'best', count: 2 } as const,
        ),
        fc.constantFrom({ epochs: 1 }, { steps: 4 }),
        async (aborts, settings, averaged, accumulate, which, validateEvery) => {
          const make = () => {
            const optimizer = sgd(width, settings);
            return options({
              optimizer: averaged ? movingAverage(optimizer, width, { decay: 0.8 }) : optimizer,
              learningRate: halving(0.05, { unit: 'epochs', after: 4, every: 2 }),
              accumulate,
              validateEvery,
              clipNorm: 4,
              stopping: { metric: 'loss', mode: 'min', patience: 6 },
              plateau: { factor: 0.5, patience: 2 },
              maxEpochs: 12,
            });
          };
          const whole = await interrupted(make, [], which);
          const sorted = aborts.sort((a, b) => a - b);
          expect(await interrupted(make, sorted, which)).toEqual(whole);
          expect(whole.averages.length).toBe(which ? 1 : 0);
          expect(Object.hasOwn(whole.slots, 'rawWeights')).toBe(averaged);
          if (whole.losses.length > sorted[0]) resumed.add(`${averaged} ${which?.which}`);
        },
      ),
      { numRuns: 120 },
    );
    expect(resumed.size).toBe(6);
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

describe('accumulation', () => {
  /** Every update's parameters, and what its event says. */
  const run = async (batches: Rows[], accumulate?: number, arena?: Arena) => {
    const o = options({ batches: () => batches, accumulate, arena, optimizer: sgd(width), maxEpochs: 2 });
    const updates: unknown[] = [];
    for await (const e of train({ ...o, clipNorm: 3, validate: undefined })) {
      if (e.type === 'step') updates.push([e.loss, e.gradientNorm, e.tokens, ...o.program.parameters]);
    }
    return updates as number[][];
  };
  const joined = (batches: Rows[]): Rows => ({
    x: batches.flatMap(({ x }) => x),
    y: batches.flatMap(({ y }) => y),
  });

  it('of N batches updates as the N batches as one, the last of an epoch fewer', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 2, max: 4 }), fc.boolean(), async (lengths, n, inArena) => {
        const small = lengths.map((length, i) => rows(length, i));
        const large: Rows[] = [];
        for (let i = 0; i < small.length; i += n) large.push(joined(small.slice(i, i + n)));
        const [found, expected] = [
          await run(small, n, inArena ? new Arena(width, 1) : undefined),
          await run(large),
        ];
        expect(found.length).toBe(2 * Math.ceil(small.length / n));
        expect(found).toEqual(expected.map((update) => update.map((x) => expect.closeTo(x, 4))));
      }),
    );
  });

  it('weighs each batch by its tokens, worked out by hand', async () => {
    const program = new Regression();
    const given = [
      { g: 1, loss: 3, tokens: 1 },
      { g: 5, loss: 7, tokens: 3 },
    ];
    program.step = async () => {
      const { g, loss, tokens } = given.shift()!;
      program.gradients.fill(g);
      return { loss, tokens };
    };
    const o = options({ optimizer: sgd(width), learningRate: constant(1), accumulate: 2, maxSteps: 1 });
    const [step] = await all(train({ ...o, program, batches: () => [data, data], validate: undefined }));
    expect(step).toMatchObject({ type: 'step', loss: 6, tokens: 4, gradientNorm: 4 * Math.sqrt(width) });
    expect([...program.parameters]).toEqual([-4, -4, -4, -4, -4]); // (1 · 1 + 3 · 5) / 4
  });

  it('of one batch changes no bit and allocates nothing', async () => {
    const batches = [1, 2, 3].map((seed) => rows(4, seed));
    const arena = new Arena(width, 2);
    let allocated = 0;
    const allocate = arena.allocate.bind(arena);
    arena.allocate = (length) => {
      allocated++;
      return allocate(length);
    };
    expect(await run(batches, 1, arena)).toEqual(await run(batches));
    expect(allocated).toBe(0);
    await run(batches, 2, arena);
    expect(allocated).toBe(1);
  });
});

describe('moving average', () => {
  it('is what is validated and saved; training goes on with the raw weights', async () => {
    const [raw, o] = [0, 1].map(() => options({ maxEpochs: 3, validateEvery: { steps: 4 } }));
    const plain: number[][] = [];
    const losses: number[] = [];
    for await (const e of train(raw)) {
      if (e.type !== 'step') continue;
      plain.push([...raw.program.parameters]);
      losses.push(e.loss);
    }
    const average = new Array(width).fill(0);
    const averages = plain.map((theta, i) => {
      const d = Math.min(0.7, (i + 2) / (i + 11)); // t = i + 1
      for (const k of average.keys()) average[k] = d * average[k] + (1 - d) * theta[k];
      return average.map((x) => expect.closeTo(x, 5));
    });
    const optimizer = movingAverage(adam(width), width, { decay: 0.7 });
    const seen: number[][] = [];
    const validate = async () => {
      seen.push([...o.program.parameters]);
      return { loss: o.program.error(heldOut) };
    };
    const found: number[] = [];
    for await (const e of train({ ...o, optimizer, validate })) {
      if (e.type === 'step') {
        found.push(e.loss);
        expect([...o.program.parameters]).toEqual(plain[e.step - 1]);
      } else expect([...o.program.parameters]).toEqual(averages[e.step - 1]);
      if (e.type === 'checkpoint') expect([...optimizer.slots.rawWeights]).toEqual(plain[e.step - 1]);
    }
    expect(found).toEqual(losses);
    expect(seen).toEqual([4, 8, 12, 15].map((step) => averages[step - 1]));
  });
});

describe('averaging of checkpoints', () => {
  const stopping = { metric: 'loss', mode: 'min' } as const;
  /** Validation losses by step, every step one; `last` is the average's. */
  async function run(
    losses: number[],
    last: number,
    which: 'last' | 'best',
    count: number,
    more: object = {},
  ) {
    const values = [...losses, last];
    const saved = new Map<number, Float32Array>();
    const o = options({
      maxSteps: losses.length,
      validateEvery: { steps: 1 },
      validate: async () => ({ loss: values.shift()! }),
      stopping,
      averaging: { which, count, mean: async (steps) => mean(steps.map((step) => saved.get(step)!)) },
      ...more,
    });
    const events: TrainingEvent[] = [];
    let during = new Float32Array();
    for await (const event of train(o)) {
      events.push(event);
      if (event.type === 'checkpoint') saved.set(event.step, o.program.parameters.slice());
      if (event.type === 'averaged') during = o.program.parameters.slice();
    }
    return { events, saved, during, after: o.program.parameters };
  }

  it.each([
    ['last', 3, [3, 4, 5]],
    ['last', 9, [1, 2, 3, 4, 5]],
    ['best', 3, [1, 2, 4]],
    ['best', 2, [2, 4]],
  ] as const)(
    'takes the mean of the %s %d, validates it and puts the weights back',
    async (which, count, steps) => {
      const { events, saved, during, after } = await run([3, 1, 5, 2, 4], 0.5, which, count);
      const expected = mean(steps.map((step) => saved.get(step)!));
      expect(during).toEqual(expected);
      expect(after).toEqual(saved.get(5));
      expect(events.at(-2)).toEqual({
        type: 'averaged',
        step: 5,
        steps,
        metrics: { loss: 0.5 },
        improved: true,
      });
      const best = { step: 5, metric: 'loss', value: 0.5, averaged: true };
      expect(events.at(-1)).toEqual({ type: 'done', reason: 'steps', step: 5, best });
    },
  );

  it('is not the best when it is no better than the best checkpoint', async () => {
    const { events } = await run([3, 1, 2], 1, 'last', 2);
    expect(events.at(-2)).toMatchObject({ type: 'averaged', improved: false });
    expect(events.at(-1)).toMatchObject({ best: { step: 2, metric: 'loss', value: 1 } });
    expect(only(events, 'done')[0].best).not.toHaveProperty('averaged');
  });

  it('needs two checkpoints, and an end that is none of the user’s', async () => {
    const types = async (...args: Parameters<typeof run>) => (await run(...args)).events.map((e) => e.type);
    expect(await types([3], 1, 'last', 2)).not.toContain('averaged');
    expect(await types([3, 2, 1], 1, 'last', 1)).not.toContain('averaged');
    const controller = new AbortController();
    const abortLater = async () => {
      controller.abort();
      return { loss: 1 };
    };
    const stopped = await types([3, 2, 1], 1, 'last', 2, {
      signal: controller.signal,
      validateEvery: { steps: 3 },
      validate: abortLater,
    });
    expect(stopped).not.toContain('averaged');
  });

  it('without a stopping metric is what to use', async () => {
    const { events } = await run([1, 2, 3], 9, 'last', 2, { validate: undefined, stopping: undefined });
    expect(events.at(-2)).toEqual({ type: 'averaged', step: 3, steps: [2, 3], metrics: {}, improved: true });
    await expect(run([1, 2], 1, 'best', 2, { stopping: undefined })).rejects.toThrow(
      'an average of the best checkpoints without a stopping metric; expected validation data and',
    );
  });

  it('chooses the best by the mode, of equals the earlier', () => {
    const saved = [5, 7, 5, 6].map((value, i) => ({ step: i + 1, value }));
    const steps = (count: number, mode: 'min' | 'max') =>
      chooseCandidates({ which: 'best', count }, saved, mode).map(({ step }) => step);
    expect([steps(1, 'min'), steps(3, 'min'), steps(2, 'max')]).toEqual([[1], [1, 3, 4], [2, 4]]);
  });

  it('by `approach` is the plain mean', () => {
    const arrays = Array.from({ length: 7 }, (_, k) =>
      Float32Array.from({ length: 50 }, (_, i) => Math.sin(k + 9 * i)),
    );
    const running = arrays[0].slice();
    for (const [k, array] of arrays.entries()) approach(running, array, 1 / (k + 1));
    expect([...running]).toEqual([...mean(arrays)].map((x) => expect.closeTo(x, 6)));
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
