import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { parseTranslationRecipe, recipeJsonSchema } from '../../src/formats/index.ts';

const recipe = (training: string): string =>
  `task: translation\ndata: { train: { tsv: a.tsv }, validation: { tsv: b.tsv } }\ntraining: ${training}\n`;
const read = (training: string) => parseTranslationRecipe(recipe(training), 'r.yaml').training;

/** The error a training section gives. */
function refusal(training: string): string {
  try {
    read(training);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('the training section', () => {
  it('asks for nothing new when nothing is said', () => {
    const { accumulate, movingAverage, averageCheckpoints, optimizer, schedule } = read('{}');
    expect([accumulate, movingAverage, averageCheckpoints, optimizer.weightDecay]).toEqual(
      Array(4).fill(undefined),
    );
    expect(schedule).toEqual({ type: 'constant' });
  });

  it('has defaults for what a kind of optimizer or schedule needs', () => {
    const optimizer = (text: string) => read(`{ optimizer: ${text} }`).optimizer;
    expect(optimizer('{ type: sgd }')).toEqual({ type: 'sgd', learningRate: 1, momentum: 0 });
    expect(optimizer('{ type: adadelta, weightDecay: 1e-5 }')).toMatchObject({
      rho: 0.95,
      weightDecay: 1e-5,
    });
    const schedule = (text: string) => read(`{ schedule: ${text} }`).schedule;
    expect(schedule('{ type: cosine, warmupSteps: 9 }')).toEqual({
      type: 'cosine',
      warmupSteps: 9,
      finalRate: 0,
    });
    expect(schedule('{ type: halving }')).toEqual({
      type: 'halving',
      after: { epochs: 8 },
      every: { epochs: 1 },
      factor: 0.5,
    });
  });

  it("reads Luong et al.'s recipe, and one that says everything new", () => {
    const luong = read(`
  optimizer: { type: sgd, learningRate: 1 }
  schedule: { type: halving, after: { epochs: 8 }, every: { epochs: 1 } }
  clipNorm: 5
  epochs: 12`);
    expect(luong).toMatchObject({ clipNorm: 5, epochs: 12, optimizer: { type: 'sgd', momentum: 0 } });
    const everything = {
      optimizer: { type: 'adam', learningRate: 0.002, weightDecay: 0.01 },
      schedule: { type: 'cosine', warmupSteps: 100, finalRate: 1e-5 },
      maxMinutes: 5,
      maxSteps: 1000,
      accumulate: 4,
      movingAverage: 0.999,
      averageCheckpoints: { best: 3 },
    };
    expect(read(JSON.stringify(everything))).toMatchObject(everything);
    expect(read('{ averageCheckpoints: { last: 5 } }').averageCheckpoints).toEqual({ last: 5 });
  });

  it('lets cosine end with the epochs that are the default, or that stand beside minutes', () => {
    expect(read('{ schedule: { type: cosine } }').epochs).toBe(20);
    expect(read('{ schedule: { type: cosine }, maxMinutes: 5, epochs: 3 }').epochs).toBe(3);
  });

  it.each([
    [
      'cosine that nobody can plan',
      '{ maxMinutes: 5, schedule: { type: cosine } }',
      'r.yaml:3:28: training.schedule is {"type":"cosine"}; expected training.maxSteps or training.epochs beside it, because minutes tell no last step. Correct the value.',
    ],
    [
      'halving after steps, then every so many epochs',
      '{ schedule: { type: halving, after: { steps: 100 } } }',
      'training.schedule.every is missing; expected steps, as in after.',
    ],
    [
      'halving after epochs, then every so many steps',
      '{ schedule: { type: halving, after: { epochs: 1 }, every: { steps: 9 } } }',
      'training.schedule.every is {"steps":9}; expected epochs, as in after. Correct the value.',
    ],
    [
      'a factor of one',
      '{ schedule: { type: halving, factor: 1 } }',
      'factor is 1; expected a number of less than 1',
    ],
    [
      'an unknown schedule',
      '{ schedule: { type: linear } }',
      'training.schedule.type is "linear"; expected one of constant, warmupInverseSquareRoot, cosine, halving, plateau.',
    ],
    [
      'an unknown optimizer',
      '{ optimizer: { type: lion } }',
      'training.optimizer.type is "lion"; expected one of adam, adadelta, sgd.',
    ],
    [
      'momentum for Adam',
      '{ optimizer: { type: adam, momentum: 0.9 } }',
      'unknown key "momentum" in training.optimizer; expected one of type, learningRate, beta1, beta2, epsilon, weightDecay.',
    ],
    [
      'a negative decay',
      '{ optimizer: { type: adam, weightDecay: -1 } }',
      'weightDecay is -1; expected a number of at least 0',
    ],
    [
      'a moving average that keeps all',
      '{ movingAverage: 1 }',
      'movingAverage is 1; expected a number of less than 1',
    ],
    [
      'an average of one',
      '{ averageCheckpoints: { last: 1 } }',
      'averageCheckpoints.last is 1; expected a number of at least 2',
    ],
    [
      'an average of neither',
      '{ averageCheckpoints: { newest: 3 } }',
      'training.averageCheckpoints is {"newest":3}; expected a map with last, or best.',
    ],
    ['no batch', '{ accumulate: 0 }', 'training.accumulate is 0; expected a number of more than 0'],
  ])('refuses %s', (_, training, message) => {
    expect(refusal(training)).toContain(message);
  });

  it('documents every key but the names of units', () => {
    type Schema = { description?: string; properties?: Record<string, Schema>; const?: string };
    const undocumented: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, inner] of Object.entries(schema)) {
        if (key === 'properties') {
          for (const [name, property] of Object.entries(inner as Record<string, Schema>)) {
            const known = property.description !== undefined || property.const !== undefined;
            if (!known && !['epochs', 'steps'].includes(name)) undocumented.push(`${path}.${name}`);
            visit(property, `${path}.${name}`);
          }
        } else visit(inner, path);
      }
    };
    for (const task of recipeJsonSchema().oneOf as { properties: Record<string, Schema> }[]) {
      visit(task.properties.training, 'training');
    }
    expect(undocumented).toEqual([]);
  });
});
