/** Means of checkpoints: at the end of training, and by `heed average`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/formats/checkpoint.node.ts';
import { heedIn, tinyRecipe, workFolder, writeTiny } from './heed.ts';

const folder = workFolder();
const heed = heedIn(folder);
const { good, run, read, write } = heed;
const one = ['--threads', '1'];
const set = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);
const checkpoints = async (directory: string) =>
  (await readdir(join(folder, directory, 'checkpoints'))).sort();

/** Whether the parameters of a checkpoint are the mean of others of the run. */
async function expectMean(
  found: Awaited<ReturnType<typeof loadCheckpoint>>,
  directory: string,
  steps: number[],
) {
  const parts = await Promise.all(steps.map((step) => loadCheckpoint(join(folder, directory), step)));
  expect(Object.keys(found.parameters).length).toBeGreaterThan(10);
  for (const [name, { data }] of Object.entries(found.parameters)) {
    const values = Array.from(data as Float32Array);
    const mean = values.map((_, i) =>
      parts.reduce((sum, { parameters }) => sum + Number(parameters[name].data[i]) / steps.length, 0),
    );
    expect(values).toEqual(mean.map((x) => expect.closeTo(x, 6)));
  }
}

beforeAll(async () => {
  await writeTiny(heed);
  await write('untested.yaml', tinyRecipe({ test: false }));
  const often = set(
    'training.maxSteps=100',
    'training.validateEvery={steps: 20}',
    'training.keepCheckpoints=1',
  );
  const averaging = set('training.averageCheckpoints={last: 3}', 'training.optimizer.learningRate=0.03');
  await good(['train', 'untested.yaml', '--out', 'mean', ...one, ...often, ...averaging]);
});

describe('training.averageCheckpoints', () => {
  it('keeps what it averages, however few are kept, and uses the mean when it is better', async () => {
    const events = (await read('mean/metrics.jsonl')).trimEnd().split('\n');
    const averaged = events.map((line) => JSON.parse(line)).filter(({ type }) => type === 'averaged');
    expect(averaged).toMatchObject([{ step: 100, steps: [60, 80, 100] }]);
    const [{ improved, metrics }] = averaged;
    const losses = events.map((line) => JSON.parse(line)).filter(({ type }) => type === 'validation');
    expect(improved).toBe(metrics.loss < Math.min(...losses.map((event) => event.metrics.loss)));
    expect(improved).toBe(true); // at this learning rate; else the rest would test nothing
    expect(await checkpoints('mean')).toEqual(
      ['averaged', 'best.json', 'last.json', 'step-60', 'step-80', 'step-100'].sort(),
    );
    const found = await loadCheckpoint(join(folder, 'mean'), 'averaged');
    expect(found).toMatchObject({ step: 100, optimizer: {}, state: { averaged: [60, 80, 100], metrics } });
    await expectMean(found, 'mean', [60, 80, 100]);
  });

  it('predicts with the mean, and goes on from the last checkpoint without it', async () => {
    const evaluate = (directory: string) =>
      good(['evaluate', directory, '--input', 'validation.tsv', '--json', ...one]);
    const { metrics } = JSON.parse((await evaluate('mean')).stdout);
    await good(['average', 'mean', '--last', '3', '--out', 'same']);
    expect(JSON.parse((await evaluate('same')).stdout).metrics).toEqual(metrics);
    const { stderr } = await good([
      ...['train', 'untested.yaml', '--resume', '--out', 'mean', ...one],
      ...set(
        'training.maxSteps=120',
        'training.optimizer.learningRate=0.03',
        'training.validateEvery={steps: 20}',
      ),
    ]);
    expect(stderr).toContain('resuming after step 100');
    expect(await checkpoints('mean')).not.toContain('averaged');
  });

  it('of the best needs validation data, before anything is written', async () => {
    const blind = tinyRecipe({ test: false }).replace(/ {2}validation.*\n/, '');
    await write('blind.yaml', blind);
    const { code, stderr } = await run([
      ...['train', 'blind.yaml', '--out', 'blind', ...one],
      ...set('training.averageCheckpoints={best: 2}'),
    ]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('training.averageCheckpoints is {"best":2}; expected validation data'),
    });
    expect(await readdir(folder)).not.toContain('blind');
  });
});

describe('heed average', () => {
  beforeAll(async () => {
    await good([
      'train',
      'tiny.yaml',
      '--out',
      'kept',
      ...one,
      ...set('training.maxSteps=60', 'training.validateEvery={steps: 20}'),
    ]);
  });

  it('makes a run that predicts like any other', async () => {
    const { stdout, stderr } = await good(['average', 'kept', '--last', '2', '--out', 'two']);
    expect({ stdout, stderr }).toEqual({
      stdout: '',
      stderr: 'two: the mean of the checkpoints of steps 40, 60\n',
    });
    const found = await loadCheckpoint(join(folder, 'two'), 'best');
    await expectMean(found, 'kept', [40, 60]);
    expect((await good(['predict', 'two', 'abc', ...one])).stdout).toMatch(/^\S*\n$/);
    await good(['average', 'kept', '--out', 'all']);
    await expectMean(await loadCheckpoint(join(folder, 'all'), 'best'), 'kept', [20, 40, 60]);
  });

  it.each([
    [
      ['kept', '--last', '4', '--out', 'no'],
      1,
      'kept, which has 3 checkpoints; expected at least 4 to average.',
    ],
    [['kept', '--last', '1', '--out', 'no'], 2, '--last 1; expected a whole number of at least 2.'],
    [['kept', '--out', 'mean'], 2, 'mean, which exists; expected a new directory.'],
    [['nowhere', '--out', 'no'], 2, 'nowhere, where there is no run; expected a run directory.'],
  ])('refuses %j', async (args, code, message) => {
    const found = await run(['average', ...args]);
    expect(found).toMatchObject({ code, stdout: '' });
    expect(found.stderr).toContain(message);
    expect(await readdir(folder)).not.toContain('no');
  });

  it('makes nothing to go on training from', async () => {
    await good(['average', 'kept', '--out', 'end']);
    const { code, stderr } = await run(['train', 'tiny.yaml', '--resume', '--out', 'end', ...one]);
    expect(code).toBe(1);
    expect(stderr).toContain('optimizer slots none; expected those of adam');
  });
});
