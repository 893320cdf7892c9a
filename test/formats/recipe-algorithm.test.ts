import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALGORITHMS, createAlgorithm } from '../../src/data/algorithms.ts';
import { UsageError } from '../../src/errors.ts';
import { type AlgorithmRecipe, parseRecipe } from '../../src/formats/index.ts';
import { buildAlgorithm, checkLocations } from '../../src/tasks/algorithms.ts';

const parse = (data: string, more = '') =>
  parseRecipe(`task: algorithm\ndata: ${data}\n${more}`, 'a.yaml') as AlgorithmRecipe;
const refusal =
  (data: string, more = '') =>
  () =>
    parse(data, more);

describe('a recipe of a generated task', () => {
  it('has the sizes of the paper unless told otherwise', () => {
    for (const type of ALGORITHMS) {
      const { data, model } = parse(`{ train: { type: ${type} } }`);
      const [given, own] = [createAlgorithm(data.train), createAlgorithm({ type })];
      expect([given.inputs, given.outputs, given.largest]).toEqual([own.inputs, own.outputs, own.largest]);
      expect(model).toEqual({
        type: 'ntm',
        controller: 'lstm',
        hidden: 100,
        locations: 128,
        width: 20,
        readHeads: 1,
        writeHeads: 1,
        clip: 20,
      });
    }
    expect(parse('{ train: { type: copy } }').data).toEqual({
      train: { type: 'copy', width: 8, lengths: [1, 20] },
      epoch: 10_000,
      validation: { sequences: 320, sizes: {} },
      test: { sequences: 320, sizes: [{}] },
    });
    expect(parse('{ train: { type: copy } }', 'model: { type: lstm }').model).toEqual({
      type: 'lstm',
      hidden: 256,
      layers: 3,
    });
    expect(parse('{ train: { type: copy } }', 'model: { type: attentiveLstm }').model).toEqual({
      type: 'attentiveLstm',
      hidden: 100,
      window: 128,
      score: 'general',
    });
    expect(parse('{ train: { type: copy } }').training.stop).toEqual({ metric: 'loss', patience: 5 });
  });

  it.each([
    [
      '{ train: { type: copy, lengths: [3, 2] } }',
      'a.yaml:2:30: data.train.lengths is [3,2]; expected the smaller number first',
    ],
    ['{ train: { type: associativeRecall, items: [1, 2] } }', 'a number of at least 2'],
    ['{ train: { type: dynamicNgrams, order: 21 } }', 'a number of at most 20'],
    ['{ train: { type: copy, items: [2, 3] } }', 'one of type, width, lengths'],
    [
      '{ train: { type: copy }, test: { sizes: [{ length: 3 }, { kept: 3 }] } }',
      'data.test.sizes.1.kept is 3; expected none: sequences of copy have length.',
    ],
    [
      '{ train: { type: prioritySort }, validation: { sizes: { repeats: 3 } } }',
      'expected none: sequences of prioritySort have length and kept.',
    ],
    ['{ train: { type: copy }, test: { sizes: [] } }', 'a list of at least 1'],
    [
      '{ train: { type: copy } }\ntraining: { batch: { tokens: 4 } }',
      'expected { sentences: … }, sequences in a batch',
    ],
    ['{ train: { type: copy } }\ntraining: { labelSmoothing: 0.1 }', 'expected none: targets are bits'],
    ['{ train: { type: copy } }\ntraining: { stop: { metric: wer } }', 'one of loss, bits, bitErrors'],
    [
      '{ train: { type: copy } }\ntraining: { scheduledSampling: { decay: linear, steps: 4 } }',
      'none of its own answers',
    ],
    ['{ train: { type: copy } }\nmodel: { type: ntm, controller: gru }', 'one of lstm, feedForward'],
    ['{ train: { type: copy } }\nmodel: { type: attentiveLstm, window: 0 }', 'model.window is 0; expected'],
    ['{ train: { type: copy } }\nmodel: { type: attentiveLstm, score: multiHead }', 'one of additive,'],
    ['{ train: { type: copy } }\nmodel: { type: attentiveLstm, layers: 2 }', 'one of type, hidden, window'],
  ])('%s is refused', (data, said) => {
    expect(refusal(data)).toThrow(UsageError);
    expect(refusal(data)).toThrow(said);
  });
});

describe('the recipes of generated tasks', () => {
  const folder = fileURLToPath(new URL('../../recipes/', import.meta.url));
  const recipes = readdirSync(folder).flatMap((name) => {
    const recipe = parseRecipe(readFileSync(`${folder}${name}`, 'utf8'), name);
    return recipe.task === 'algorithm' ? [{ name, recipe }] : [];
  });

  it.each(recipes)('$name fits its memory at every size that is measured', ({ recipe }) => {
    const task = buildAlgorithm(recipe);
    const { largest } = task.algorithm;
    for (const sizes of recipe.data.test.sizes) checkLocations(task, { ...largest, ...sizes });
    // The rate falls in the last quarter, 5 % at a time, as `heed reproduce ntm --sequences` keeps it.
    const { schedule, maxSteps = 0 } = recipe.training;
    expect(schedule).toMatchObject({
      type: 'halving',
      after: { steps: 0.75 * maxSteps },
      every: { steps: 0.05 * maxSteps },
    });
  });
});
