import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { parseTranslationRecipe } from '../../src/formats/index.ts';
import { zero } from '../../src/nn/init.ts';
import { ParameterLayout } from '../../src/programs/parameters.ts';
import { matrixRanges, optimizerOf, plannedSteps, scheduleOf } from '../../src/tasks/optimization.ts';
import { Arena } from '../../src/training/index.ts';

const recipe = (training: string) =>
  parseTranslationRecipe(
    `task: translation\ndata: { train: { tsv: a.tsv } }\ntraining: ${training}\n`,
    'r.yaml',
  );
const layout = new ParameterLayout(
  [[2], [2, 3], [3, 1], [4], [1, 1, 2], []].map((shape, i) => ({ name: `p${i}`, shape, initialize: zero })),
);
const rates = (
  training: string,
  stepsPerEpoch: number,
  at: readonly (readonly [step: number, epoch: number])[],
) => {
  const asked = recipe(training);
  const schedule = scheduleOf(asked, plannedSteps(asked, stepsPerEpoch));
  return at.map(([step, epoch]) => schedule(step, epoch));
};

describe('optimizerOf', () => {
  it('lets matrices decay, not vectors', () => {
    expect(layout.size).toBe(2 + 6 + 3 + 4 + 2 + 1);
    expect(matrixRanges(layout)).toEqual([
      [2, 8],
      [8, 11],
      [15, 17],
    ]);
    const asked = recipe('{ optimizer: { type: sgd, learningRate: 0.5, weightDecay: 0.5 } }');
    const arena = new Arena(layout.size, 4);
    const parameters = arena.allocate(layout.size).fill(4);
    const gradients = arena.allocate(layout.size);
    const optimizer = optimizerOf(asked, { layout, arena });
    optimizer.update(parameters, gradients, { step: 1, learningRate: 0.5, scale: 1 });
    expect([...parameters].map((x, i) => (x === 3 ? i : undefined)).filter((i) => i !== undefined)).toEqual([
      2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16,
    ]);
  });

  it.each([
    ['{}', 'adam', ['firstMoment', 'secondMoment']],
    ['{ optimizer: { type: adadelta } }', 'adadelta', ['squaredGradient', 'squaredStep']],
    ['{ optimizer: { type: sgd } }', 'sgd', []],
    ['{ optimizer: { type: sgd, momentum: 0.9 }, movingAverage: 0.9 }', 'sgd', ['velocity', 'rawWeights']],
  ])('%s', (training, name, slots) => {
    const optimizer = optimizerOf(recipe(training), { layout, arena: new Arena(layout.size, 4) });
    expect([optimizer.name, Object.keys(optimizer.slots)]).toEqual([name, slots]);
    expect(optimizer.average !== undefined).toBe(slots.includes('rawWeights'));
  });
});

describe('scheduleOf', () => {
  const close = (values: number[]) => values.map((value) => expect.closeTo(value, 12));

  it('plans by whichever limit comes first', () => {
    expect(plannedSteps(recipe('{ epochs: 3 }'), 50)).toBe(150);
    expect(plannedSteps(recipe('{ epochs: 3, maxSteps: 70 }'), 50)).toBe(70);
    expect(plannedSteps(recipe('{ maxMinutes: 3 }'), 50)).toBeUndefined();
  });

  it('cosine over the steps of the epochs', () => {
    const training =
      '{ epochs: 2, schedule: { type: cosine, finalRate: 0.0002 }, optimizer: { type: adam } }';
    expect(
      rates(training, 50, [
        [50, 1],
        [100, 2],
      ]),
    ).toEqual(close([0.0006, 0.0002]));
    expect(() => scheduleOf(recipe('{ schedule: { type: cosine }, maxSteps: 9 }'), undefined)).toThrow(
      UsageError,
    );
  });

  it('halving by epochs and by steps', () => {
    const sgd = 'optimizer: { type: sgd }';
    const epochs = `{ ${sgd}, schedule: { type: halving, after: { epochs: 2 }, every: { epochs: 2 } } }`;
    expect(
      rates(epochs, 50, [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
        [5, 5],
      ]),
    ).toEqual([1, 1, 0.5, 0.5, 0.25]);
    const steps = `{ ${sgd}, schedule: { type: halving, after: { steps: 2 }, every: { steps: 1 }, factor: 0.1, warmupSteps: 2 } }`;
    expect(
      rates(steps, 50, [
        [1, 9],
        [2, 9],
        [3, 9],
        [4, 9],
      ]),
    ).toEqual(close([0.5, 1, 0.1, 0.01]));
  });

  it('constant and inverse square root, with a warm-up and without', () => {
    const at = [
      [1, 1],
      [4, 1],
      [9, 1],
    ] as const;
    expect(rates('{ schedule: { type: constant, warmupSteps: 4 } }', 5, at)).toEqual(
      close([0.00025, 0.001, 0.001]),
    );
    expect(rates('{}', 5, at)).toEqual([0.001, 0.001, 0.001]);
    expect(rates('{ schedule: { type: warmupInverseSquareRoot, warmupSteps: 4 } }', 5, at)).toEqual(
      close([0.00025, 0.001, 0.001 * (2 / 3)]),
    );
  });
});
