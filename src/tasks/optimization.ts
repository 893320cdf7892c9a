import { UsageError } from '../errors.ts';
import type { Recipe } from '../formats/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import {
  type Arena,
  adaDelta,
  adam,
  constant,
  cosine,
  halving,
  movingAverage,
  type Optimizer,
  type ParameterRange,
  type Schedule,
  sgd,
  warmup,
  warmupInverseSquareRoot,
} from '../training/index.ts';

/** Where the matrices of a layout lie in its flat array: what weight decay is for. */
export function matrixRanges({ specs }: Pick<ParameterLayout, 'specs'>): ParameterRange[] {
  let at = 0;
  return specs.flatMap(({ shape }) => {
    const start = at;
    at += shape.reduce((a, b) => a * b, 1);
    return shape.length > 1 ? [[start, at] as const] : [];
  });
}

/** The recipe's optimizer, its slots in the arena, with the moving average of the weights if it has one. */
export function optimizerOf(
  { training }: Pick<Recipe, 'training'>,
  { layout, arena }: { layout: ParameterLayout; arena: Arena },
): Optimizer {
  const given = { ...training.optimizer, decayed: matrixRanges(layout), arena };
  const make = () => {
    switch (given.type) {
      case 'adam':
        return adam(layout.size, given);
      case 'adadelta':
        return adaDelta(layout.size, given);
      case 'sgd':
        return sgd(layout.size, given);
    }
  };
  const decay = training.movingAverage;
  return decay === undefined ? make() : movingAverage(make(), layout.size, { decay, arena });
}

/** Steps that the recipe plans for; undefined where only time or patience ends it. */
export function plannedSteps(
  { training }: Pick<Recipe, 'training'>,
  stepsPerEpoch: number,
): number | undefined {
  const { maxSteps = Infinity, epochs = Infinity } = training;
  const steps = Math.min(maxSteps, epochs * stepsPerEpoch);
  return Number.isFinite(steps) ? steps : undefined;
}

/**
 * The recipe's learning rates; those of a plateau the trainer lowers.
 *
 * @throws UsageError when a cosine schedule has no end, or none after its warm-up
 */
export function scheduleOf({ training }: Pick<Recipe, 'training'>, planned: number | undefined): Schedule {
  const { schedule, optimizer } = training;
  const rate = optimizer.learningRate;
  const warm = (rates: Schedule) =>
    schedule.warmupSteps === undefined ? rates : warmup(rates, schedule.warmupSteps);
  switch (schedule.type) {
    case 'warmupInverseSquareRoot':
      return warmupInverseSquareRoot(rate, schedule.warmupSteps);
    case 'cosine': {
      if (planned !== undefined) return cosine(rate, planned, { ...schedule, final: schedule.finalRate });
      throw new UsageError(
        'a cosine schedule without a last step',
        'training.maxSteps or training.epochs',
        'Add one of them.',
      );
    }
    case 'halving': {
      const [[unit, after]] = Object.entries(schedule.after) as ['steps' | 'epochs', number][];
      const [every] = Object.values(schedule.every);
      return warm(halving(rate, { unit, after, every, factor: schedule.factor }));
    }
    default:
      return warm(constant(rate));
  }
}
