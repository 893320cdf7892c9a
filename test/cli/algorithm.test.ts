/** Generated tasks at the command line: a small copy task trained, measured, answered, drawn, resumed; what is refused. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerAverage } from '../../src/cli/average.ts';
import { registerEvaluate } from '../../src/cli/evaluate.ts';
import { registerInspect } from '../../src/cli/inspect.ts';
import { registerPredict } from '../../src/cli/predict.ts';
import { registerTrain } from '../../src/cli/train.ts';
import { elementsOf } from '../plots/xml.ts';
import { heedIn, workFolder } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const { read, write } = heedIn(folder);
const commands = [registerTrain, registerPredict, registerEvaluate, registerInspect, registerAverage];
const here = (args: readonly string[]) =>
  heedHere(folder, (program) => commands.forEach((register) => void register(program)), [
    ...args,
    ...(args[0] === 'average' ? [] : ['--threads', '1']),
  ]);
async function good(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const ended = await here(args);
  if (ended.code !== 0) throw new Error(`heed ${args.join(' ')}: exit code ${ended.code}\n${ended.stderr}`);
  return ended;
}

const COPY = `task: algorithm
seed: 1
data:
  train: { type: copy, width: 4, lengths: [1, 3] }
  epoch: 3200
  validation: { sequences: 64 }
  test: { sequences: 64, sizes: [{}, { length: 5 }] }
model: { type: ntm, controller: feedForward, hidden: 32, locations: 8, width: 8 }
training:
  optimizer: { type: adam, learningRate: 0.005 }
  batch: { sentences: 16 }
  clipNorm: 0.5
  maxSteps: 600
  stop: { metric: bits, patience: 9 }
`;
const short = (...more: string[]) => [
  '--set',
  'training.validateEvery={steps: 4}',
  ...more.flatMap((s) => ['--set', s]),
];

beforeAll(async () => {
  await write('copy.yaml', COPY);
});

describe('train → evaluate → predict → inspect', () => {
  it('fills a run directory, and measures each of the test sizes', async () => {
    const { stdout, stderr } = await good('train', 'copy.yaml');
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^ntm: [\d,]+ parameters, copy: 5 input channels, 4 output bits, 200 steps an epoch/,
    );
    expect(stderr).toMatch(/validation at step 200: loss \S+ {2}bits \S+ {2}bitErrors \S+ {2}\(best\)/);
    expect(stderr).toMatch(
      /test:\nas in training {2}\S+ bits a sequence {2}\S+ % of the bits wrong {2}\S+ % of 64 sequences right\nlength 5 /,
    );
    const files = (await readdir(join(folder, 'runs/copy'))).filter((name) => !name.startsWith('events'));
    expect(files).toEqual([
      'checkpoints',
      'ended.json',
      'metrics.jsonl',
      'recipe.yaml',
      'report.html',
      'results.json',
      'shown.json',
      'test.jsonl',
      'validation.jsonl',
    ]);
    const results = JSON.parse(await read('runs/copy/results.json'));
    expect(results.tests.map(({ sizes }: { sizes: object }) => sizes)).toEqual([{}, { length: 5 }]);
    expect(results.metrics.bits).toBe(results.tests[0].bits);
    expect(results.metrics.bits).toBeLessThan(0.5);
    expect(results.metrics.bitErrors).toBeLessThan(2);
    expect(results).toMatchObject({ recipe: COPY, steps: [600], backend: 'native' });
  }, 30_000);

  it('evaluate gives the same figures, or those of other sizes', async () => {
    const { tests } = JSON.parse(await read('runs/copy/results.json'));
    const same = JSON.parse((await good('evaluate', 'runs/copy', '--json')).stdout);
    expect(same.tests).toEqual(tests);
    const { stdout } = await good('evaluate', 'runs/copy', '--lengths', '2,7', '--sequences', '10');
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^length 2 {2}\S+ bits a sequence .* of 10 sequences right$/),
      expect.stringMatching(/^length 7 {2}/),
    ]);
  });

  it('predict answers vectors written by hand', async () => {
    expect((await good('predict', 'runs/copy', '0110 1010', '1111')).stdout).toBe('0110 1010\n1111\n');
    await write('vectors.txt', '1000 0001 0111\n');
    const { stdout } = await good('predict', 'runs/copy', '--input', 'vectors.txt', '--json');
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({
      line: 1,
      answer: '1000 0001 0111',
      expected: '1000 0001 0111',
      wrongBits: 0,
    });
    expect(answer.probabilities.map((step: number[]) => step.map(Math.round))).toEqual([
      [1, 0, 0, 0],
      [0, 0, 0, 1],
      [0, 1, 1, 1],
    ]);
  });

  it('inspect draws the sequence and the heads', async () => {
    const { stderr } = await good('inspect', 'runs/copy', '--length', '4', '--out', 'heads.svg');
    expect(stderr).toMatch(/^heads\.svg: 9 steps, \d+ of 16 bits wrong\n$/);
    const texts = elementsOf(await read('heads.svg')).flatMap(({ name, text }) =>
      name === 'text' ? [text] : [],
    );
    expect(texts).toEqual(
      expect.arrayContaining([
        'ntm, copy, length 4',
        'inputs',
        'targets',
        'outputs',
        'write head: where',
        'read head: where',
      ]),
    );
    const drawn = (await good('inspect', 'runs/copy', '--length', '4')).stdout;
    expect(drawn).toMatch(/^ntm, copy, length 4\n\nsteps 1 to 9; answers count from step 6\ninputs\n {4}│/);
    const other = (await good('inspect', 'runs/copy', '--length', '4', '--seed', '3')).stdout;
    expect(other).not.toBe(drawn);
  });
});

describe('a run that was stopped', () => {
  const losses = async (run: string) =>
    (await read(`${run}/metrics.jsonl`))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ type, step, loss, metrics }) => ({ type, step, loss, metrics }));

  it.each([
    ['ntm', []],
    ['lstm', ['model={type: lstm, hidden: 8, layers: 2}']],
  ])('goes on with the same losses: %s', async (name, model) => {
    const [whole, parts] = [`${name}-whole`, `${name}-parts`];
    const settings = short('data.epoch=80', ...model);
    await good('train', 'copy.yaml', '--out', whole, ...settings, '--set', 'training.maxSteps=12');
    await good('train', 'copy.yaml', '--out', parts, ...settings, '--set', 'training.maxSteps=7');
    await good(
      'train',
      'copy.yaml',
      '--out',
      parts,
      '--resume',
      ...settings,
      '--set',
      'training.maxSteps=12',
    );
    const [expected, found] = [await losses(whole), await losses(parts)];
    const steps = (all: typeof found) => all.filter(({ type }) => type === 'step');
    expect(steps(found).map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(steps(found)).toEqual(steps(expected));
    expect(found[found.length - 1]).toEqual(expected[expected.length - 1]);
  });

  it('has checkpoints that can be averaged', async () => {
    await good('average', 'ntm-whole', '--last', '2', '--out', 'mean');
    expect((await good('evaluate', 'mean', '--lengths', '1')).stdout).toMatch(/^length 1 {2}/);
  });
});

describe('refused', () => {
  const refusal = async (...args: string[]) => {
    const { code, stderr, stdout } = await here(args);
    expect({ code, stdout }).toEqual({ code: expect.any(Number), stdout: '' });
    expect(code).toBeGreaterThan(0);
    return `${code} ${stderr.trimEnd().split('\n').at(-1)}`;
  };
  const set = (setting: string) => refusal('train', 'copy.yaml', '--out', 'never', '--set', setting);

  it('a memory smaller than the sequences, before anything is trained', async () => {
    const todo = 'Raise model.locations, or make the sequences shorter.';
    expect(await set('data.train.lengths=[1, 9]')).toBe(
      `2 heed: a memory of 8 locations for 9 vectors; expected at least 9 locations, one for each vector. ${todo}`,
    );
    expect(await set('data.test.sizes=[{length: 12}]')).toContain('8 locations for 12 vectors');
    expect(await set('data.validation.sizes={length: 10}')).toContain('8 locations for 10 vectors');
    expect(await refusal('evaluate', 'runs/copy', '--lengths', '3,20')).toContain(
      '8 locations for 20 vectors',
    );
    expect(await refusal('inspect', 'runs/copy', '--length', '9')).toContain('8 locations for 9 vectors');
    const nine = Array(9).fill('0101').join(' ');
    expect(await refusal('predict', 'runs/copy', nine)).toContain('8 locations for 9 vectors');
    expect(await readdir(folder)).not.toContain('never');
  });

  it('a recipe whose values do not go together', async () => {
    expect(await set('data.test.sizes=[{repeats: 2}]')).toMatch(
      /^2 heed: copy\.yaml:\d+:\d+: data\.test\.sizes\.0\.repeats is 2; expected none: sequences of copy have length\./,
    );
    expect(await set('training.batch={tokens: 99}')).toContain(
      'expected { sentences: … }, sequences in a batch',
    );
    expect(await set('data.train={type: repeatCopy, repeats: [1, 3]}')).toContain(
      'whose mean 2 would be shown as 0',
    );
    expect(
      await refusal('train', 'copy.yaml', '--out', 'runs/copy', '--resume', '--set', 'data.epoch=9'),
    ).toContain('--resume with data.epoch 9; expected 3200');
  });

  it('options and lines that mean nothing for it', async () => {
    expect(await refusal('evaluate', 'runs/copy', '--beam', '3')).toBe(
      '2 heed: --beam with a model of the task algorithm; expected no such option. Leave it out.',
    );
    expect(await refusal('evaluate', 'runs/copy', '--items', '3')).toBe(
      '2 heed: --items with a model of copy; expected sizes of its sequences: length. Leave it out.',
    );
    expect(await refusal('inspect', 'runs/copy', '--text', 'x')).toContain(
      '--text with a model of the task algorithm',
    );
    await write('wrong.txt', '0110\n0110 01101\n');
    expect(await refusal('predict', 'runs/copy', '--input', 'wrong.txt')).toBe(
      '1 heed: wrong.txt, line 2: 01101, of 5 bits; expected vectors of 4 bits, such as 0101. Correct the line.',
    );
    expect(await refusal('predict', 'runs/copy', 'hello')).toContain(
      'argument 1: "hello"; expected vectors of 4 bits',
    );
    await write('none.txt', '');
    expect(await refusal('predict', 'runs/copy', '--input', 'none.txt')).toContain('none.txt is empty');
  });
});
