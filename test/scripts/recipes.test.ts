/** bench/peers/recipes.mjs, with no PyTorch, with programs that only say figures, and with PyTorch where it is. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { root, scriptFolder } from './script.ts';

const { folder, run, read, write } = scriptFolder();
const measure = (python: string, ...args: string[]) =>
  run('bench/peers/recipes.mjs', '--python', python, '--out', 'speed.json', '--steps', '1', ...args);

const recipe = (model: string, training = '') => `task: translation
data: { train: { generated: dates, count: 40 } }
source: { tokens: character, lowercase: true }
target: { tokens: character }
model: { ${model}, embedding: 8, hidden: 6, readout: 8, dropout: 0.1 }
training: { batch: { sentences: 8 }${training} }
`;
const torch = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import torch']).status === 0);
const withTorch = torch === undefined ? it.skip : it;

/** A program that prints one JSON line after the other, call by call, and writes down what it was asked for. */
function says(name: string, lines: readonly object[]): string {
  const log = join(folder, `${name}.log`);
  write(`${name}.log`, '');
  write(
    name,
    `#!${process.execPath}
import { appendFileSync, readFileSync } from 'node:fs';
if (process.argv[2] !== '-c') {
  appendFileSync('${log}', process.argv.slice(2).join(' ') + '\\n');
  const calls = readFileSync('${log}', 'utf8').split('\\n').length - 1;
  console.log(JSON.stringify(${JSON.stringify(lines)}[calls - 1]));
}
`,
  );
  chmodSync(join(folder, name), 0o755);
  return join(folder, name);
}

const shape = { batch: 8, source: 16, target: 11, sourceVocabulary: 90, targetVocabulary: 15 };
const ours = (...seconds: number[]): string =>
  says(
    'cli/main.mjs',
    seconds.map((secondsPerStep) => ({ secondsPerStep, shape, parameters: 1000, versions: {} })),
  );
const peer = (parameters: number, ...seconds: Readonly<Record<string, number>>[]): string =>
  says(
    'python.mjs',
    seconds.map((secondsPerStep) => ({ torch: 'fake', parameters, secondsPerStep })),
  );

beforeAll(() => {
  write('formats/index.js', `export * from '${join(root, 'dist/formats/index.js')}';\n`);
  write(
    'search.yaml',
    recipe('type: rnnsearch, attention: 5, tie: target', ', labelSmoothing: 0.1, movingAverage: 0.9'),
  );
  write('enc.yaml', recipe('type: rnnenc'));
  write('deep.yaml', recipe('type: recurrent'));
});

it('measures nothing where there is no PyTorch, and says why', () => {
  const { code, stderr } = measure('no-python', 'deep.yaml');
  expect({ code, written: existsSync(join(folder, 'speed.json')) }).toEqual({ code: 0, written: false });
  expect(stderr).toMatch(/^no PyTorch in no-python: nothing measured \(Debian: .*python3-torch/);
});

it('takes medians of the rounds and the better number of threads, and keeps other recipes', () => {
  write('speed.json', { recipes: { zebra: { kept: true } } });
  const rounds = [
    { 1: 5, 2: 4 },
    { 1: 3, 2: 8 },
    { 1: 2, 2: 6 },
  ];
  // torch.nn.GRU: a second bias of 3H in each of two directions
  const python = peer(1000 + 36, ...rounds);
  const ended = measure(python, '--heed', ours(2, 0.5, 1.5), '--threads', '2', 'search.yaml');
  expect(ended.stderr).toBe('search: 59 target tokens/s, 2.00 times PyTorch fake (threads: 1)\n');
  const { recipes } = JSON.parse(read('speed.json'));
  expect(Object.keys(recipes)).toEqual(['search', 'zebra']);
  const { search } = recipes;
  expect(search.heed).toMatchObject({ threads: 2, secondsPerStep: 1.5, rounds: [2, 0.5, 1.5] });
  expect(search.heed.tokensPerSecond).toBeCloseTo((8 * 11) / 1.5, 9);
  expect(search.peer).toMatchObject({ secondsPerStep: { 1: 3, 2: 6 }, bestThreads: 1, rounds });
  expect(search.peer.tokensPerSecond).toBeCloseTo((8 * 11) / 3, 9);
  expect(search).toMatchObject({ shape, parameters: 1000, timesPeer: 2 });
  expect(read('cli/main.mjs.log').split('\n')[2]).toBe(
    'bench train --recipe search.yaml --threads 2 --steps 1 --json',
  );
  const asked = read('python.mjs.log').split('\n')[2];
  expect(asked).toContain(
    '--model rnnsearch --batch 8 --source 16 --target 11 --source-vocab 90 --target-vocab 15',
  );
  expect(asked).toContain(
    '--embed 8 --hidden 6 --attention 5 --readout 8 --readout-type maxout --dropout 0.1',
  );
  expect(asked).toContain('--label-smoothing 0.1 --moving-average 0.9 --steps 1 --tie --threads 1 2 --json');
});

it('measures ours alone where there is no peer, with the reason', () => {
  const { code, stderr } = measure(peer(0), '--heed', ours(1, 1, 1), 'deep.yaml', '--threads', '1');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'deep: 88 target tokens/s, no peer of model recurrent\n',
  });
  const { deep } = JSON.parse(read('speed.json')).recipes;
  expect(deep).toMatchObject({ peer: { skipped: 'no peer of model recurrent' }, heed: { threads: 1 } });
  expect(deep.timesPeer).toBeUndefined();
});

it('refuses a peer that is another model', () => {
  const { code, stderr } = measure(peer(7, { 1: 1 }), '--heed', ours(1), '--threads', '1', 'enc.yaml');
  expect(stderr).toBe('the peer has 7 parameters, expected 1000 and 18 more: not the same model\n');
  expect(code).toBe(1);
});

it.each([[[]], [['--rounds', 'few', 'enc.yaml']]])('%j is wrong usage', (args) => {
  const { code, stderr } = measure(peer(0), ...args);
  expect(stderr).toContain('usage: node bench/peers/recipes.mjs');
  expect(code).toBe(2);
});

withTorch('PyTorch has the same models (skipped where no Python has torch)', () => {
  const { code, stderr } = measure(
    torch as string,
    '--rounds',
    '1',
    '--threads',
    '1',
    'search.yaml',
    'enc.yaml',
  );
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/search: .*PyTorch[\s\S]*enc: .*PyTorch/),
  });
});
