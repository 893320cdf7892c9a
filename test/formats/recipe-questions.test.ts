import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { UsageError } from '../../src/errors.ts';
import { parseRecipe, type QuestionsRecipe } from '../../src/formats/index.ts';
import { paperQuestions } from '../../src/tasks/questionsExperiment.ts';

const full = `task: questions
seed: 7
data:
  train:
    - { babi: babi.tar.gz, part: train, tasks: [1, 2], language: en-10k, instead: newer }
    - { stories: mine.txt }
  validation: { heldOut: 0.2 }
  test: { stories: test.txt }
text: { lowercase: false }
model:
  type: memn2n
  embedding: 20
  hops: 2
  memory: 10
  positions: 0
  temporal: false
  tying: layerwise
  nonlinearity: relu
training:
  optimizer: { type: sgd, learningRate: 0.16, momentum: 0.5 }
  schedule: { type: constant }
  batch: { sentences: 16 }
  clipNorm: 2
  epochs: 9
  maxSteps: 100
  validateEvery: { steps: 25 }
  stop: { metric: exactMatch, patience: 4 }
  keepCheckpoints: 2
  linearStart: { epochs: 4, patience: 2, learningRate: 0.1 }
  timeNoise: 0.1
`;
const least = 'task: questions\ndata: { train: { stories: a.txt } }\n';

const read = (text: string) => parseRecipe(text, 'r.yaml') as QuestionsRecipe;

/** The error a recipe gives. */
function refusal(text: string): string {
  try {
    parseRecipe(text, 'r.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('a recipe of questions', () => {
  it('is read as it is written when it says everything', () => {
    expect(read(full)).toEqual(parse(full));
  });

  it('fills in the defaults, and stops by nothing unless it says so', () => {
    const { data, text, model, training } = read(least.replace('}\n', ', validation: { heldOut: 0.1 } }\n'));
    expect(data).toEqual({ train: { stories: 'a.txt' }, validation: { heldOut: 0.1 } });
    expect(text).toEqual({ lowercase: true });
    expect(model).toEqual({
      type: 'memn2n',
      embedding: 50,
      hops: 3,
      memory: 50,
      positions: 12,
      temporal: true,
      tying: 'adjacent',
      nonlinearity: 'none',
    });
    expect(training).toMatchObject({ epochs: 20, timeNoise: 0 });
    expect([training.stop, training.linearStart]).toEqual([undefined, undefined]);
    const babi = read(least.replace('stories: a.txt', 'babi: b, part: test')).data.train;
    expect(babi).toEqual({ babi: 'b', part: 'test', language: 'en' });
    expect(read(least.replace('}\n', ', validation: { heldOut: 0.5 } }\n')).data.validation).toEqual({
      heldOut: 0.5,
    });
  });

  it.each([
    [
      'an unknown key in a list',
      full.replace('mine.txt', 'mine.txt, task: 2'),
      'r.yaml:6:28: unknown key "task" in data.train.1; expected one of stories.',
    ],
    [
      'a part of bAbI that is missing, in a list',
      full.replace(' part: train,', ''),
      'r.yaml:5:7: data.train.0.part is missing; expected one of train, test.',
    ],
    [
      'a part of bAbI that is missing',
      least.replace('stories: a.txt', 'babi: b'),
      'r.yaml:2:9: data.train.part is missing; expected one of train, test.',
    ],
    [
      'no data at all',
      least.replace('{ stories: a.txt }', '[]'),
      'data.train is []; expected a list of at least 1.',
    ],
    [
      'another kind of data',
      least.replace('stories', 'tsv'),
      'data.train is {"tsv":"a.txt"}; expected a map with babi and part, or stories',
    ],
    [
      'a task there is not',
      full.replace('[1, 2]', '[1, 21]'),
      'data.train.0.tasks.1 is 21; expected a number of at most 20.',
    ],
    ['a task twice', full.replace('[1, 2]', '[2, 2]'), 'expected each of its tasks once, not 2 again.'],
    [
      'all held out',
      full.replace('heldOut: 0.2', 'heldOut: 1'),
      'data.validation.heldOut is 1; expected a number of less than 1.',
    ],
    ['another model', full.replace('type: memn2n', 'type: ctc'), 'model.type is "ctc"; expected memn2n.'],
    ['no hop', full.replace('hops: 2', 'hops: 0'), 'model.hops is 0; expected a number of more than 0.'],
    [
      'another key of training',
      full.replace('timeNoise', 'noise'),
      'unknown key "noise" in training; expected one of optimizer, schedule, batch,',
    ],
    [
      'patience without validation',
      full.replace('  validation: { heldOut: 0.2 }\n', '').replace(/ {2}stop: .*\n/, ''),
      'expected validation data (data.validation), whose loss says when it ends.',
    ],
    [
      'stopping without validation',
      full.replace('  validation: { heldOut: 0.2 }\n', '').replace(' patience: 2,', ''),
      'training.stop is {"metric":"exactMatch","patience":4}; expected validation data (data.validation), which it looks at.',
    ],
    [
      'batches of tokens',
      full.replace('sentences: 16', 'tokens: 16'),
      'expected sentences: how many questions.',
    ],
    [
      'label smoothing',
      full.replace('  timeNoise', '  labelSmoothing: 0.1\n  timeNoise'),
      'training.labelSmoothing is 0.1; expected none: an answer is one word.',
    ],
    [
      'a cosine without an end',
      full
        .replace('constant', 'cosine')
        .replace('maxSteps: 100', 'maxMinutes: 3')
        .replace('  epochs: 9\n', ''),
      'training.maxSteps or training.epochs beside it',
    ],
  ])('with %s is refused', (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });
});

describe('recipes/babi.yaml', () => {
  const text = readFileSync(fileURLToPath(new URL('../../recipes/babi.yaml', import.meta.url)), 'utf8');

  it("has the paper's settings for all tasks together", () => {
    const { seed, text: reading, model, training, data } = read(text);
    const paper = paperQuestions('joint');
    expect({ seed, text: reading, model }).toEqual({ seed: 1, text: paper.text, model: paper.model });
    expect({ ...training, keepCheckpoints: 3 }).toEqual(paper.training);
    expect(data.train).toMatchObject({ part: 'train', language: 'en' });
    expect(data.test).toEqual({ ...data.train, part: 'test' });
    expect('tasks' in data.train).toBe(false);
  });

  it('says where its corpus is', () => {
    expect(text).toContain('heed data get babi');
  });
});
