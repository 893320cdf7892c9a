/** bench/peers/recipes.mjs, with no PyTorch, with programs that only say figures, and with PyTorch where it is. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { parseTranslationRecipe, type Recipe } from '../../src/formats/index.ts';
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
/** The choice of a peer, plain JavaScript that benchmarks run without a build. */
const { peerOf } = (await import(pathToFileURL(join(root, 'bench/peers/peers.mjs')).href)) as {
  peerOf(recipe: Recipe): { skipped?: string; script?: string };
};
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
  write(
    'deep.yaml',
    recipe('type: recurrent, cell: gru, encoder: { layers: 2 }, attention: { score: additive }'),
  );
  const forward = 'encoder: { layers: 3, direction: alternating }, decoder: { layers: 2 }, residual: true';
  const atOnce = recipe(`type: recurrent, cell: gruResetAfter, inputFeeding: false, ${forward}, tie: all`);
  write('atOnce.yaml', `${atOnce.replace(', lowercase: true', '')}joint: true\n`);
  write('cells.yaml', recipe(`type: recurrent, ${forward}, attention: { score: scaledDot }`));
  write('heads.yaml', recipe('type: recurrent, attention: { score: multiHead, heads: 2 }'));
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
    'rnnsearch_torch.py --batch 8 --source 16 --target 11 --source-vocab 90 --target-vocab 15',
  );
  expect(asked).toContain('--embed 8 --hidden 6 --readout 8 --dropout 0.1 --tie target');
  expect(asked).toContain('--model rnnsearch --attention 5 --readout-type maxout');
  expect(asked).toContain('--label-smoothing 0.1 --moving-average 0.9 --steps 1 --threads 1 2 --json');
});

it('asks for the layers of a recurrent model', () => {
  // torch.nn.GRU: a second bias of 3H in each of two layers, whose directions have half of H each
  const python = peer(1000 + 36, { 1: 1 });
  const ended = measure(python, '--heed', ours(1), '--rounds', '1', '--threads', '1', 'deep.yaml');
  expect(ended.stderr).toBe('deep: 88 target tokens/s, 1.00 times PyTorch fake (threads: 1)\n');
  const flags =
    '--cell gru --encoder-layers 2 --direction bidirectional --decoder-layers 1 --score additive --attention 6 --input-feeding';
  expect(read('python.mjs.log')).toMatch(/recurrent_torch\.py --batch 8 /);
  expect(read('python.mjs.log')).toContain(`${flags} --label-smoothing`);
  const { peer: recorded } = JSON.parse(read('speed.json')).recipes.deep;
  expect(recorded.command).toMatch(/^python3 bench\/peers\/recurrent_torch\.py --batch 8 .*--input-feeding/);
});

const translations = readdirSync(join(root, 'recipes')).filter((name) =>
  /^task: translation$/m.test(readFileSync(join(root, 'recipes', name), 'utf8')),
);
it.each(translations)('%s has a peer', (name) => {
  const path = join(root, 'recipes', name);
  const { skipped, script } = peerOf(parseTranslationRecipe(readFileSync(path, 'utf8'), path));
  expect({ skipped, known: existsSync(join(root, 'bench/peers', `${script}`)) }).toEqual({ known: true });
});

it.each([
  ['type: recurrent, cell: lstmLayerNorm', '', 'no peer with a layer-normalised LSTM'],
  ['type: recurrent, recurrentDropout: 0.2', '', 'no peer with recurrent dropout'],
  [
    'type: recurrent, attention: { score: normalisedAdditive }',
    '',
    'no peer of normalisedAdditive attention',
  ],
  [
    'type: recurrent, attention: { score: additive, coverage: true }',
    '',
    'no peer of attention with coverage',
  ],
  ['type: recurrent, attention: { score: additive, location: {} }', '', 'no peer of attention with location'],
  ['type: recurrent, attention: { window: 3 }', '', 'no peer of attention with window'],
  ['type: recurrent, copy: true', '', 'no peer that copies words'],
  ['type: rnnsearch, copy: true', '', 'no peer that copies words'],
  ['type: rnnenc', ', optimizer: { type: sgd }', 'no peer with sgd'],
  ['type: rnnenc', ', optimizer: { type: adam, weightDecay: 0.1 }', 'no peer with weight decay'],
  ['type: rnnenc', ', accumulate: 2', 'no peer that accumulates gradients'],
  ['type: rnnenc', ', scheduledSampling: { decay: exponential, k: 0.9 }', 'no peer with scheduled sampling'],
])('%s%s has none, with the reason', (model, training, skipped) => {
  expect(peerOf(parseTranslationRecipe(recipe(model, training), 'recipe.yaml'))).toEqual({ skipped });
});

it('measures ours alone where there is no peer, with the reason', () => {
  const { code, stderr } = measure(peer(0), '--heed', ours(1, 1, 1), 'heads.yaml', '--threads', '1');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'heads: 88 target tokens/s, no peer of multiHead attention\n',
  });
  const { heads } = JSON.parse(read('speed.json')).recipes;
  expect(heads).toMatchObject({ peer: { skipped: 'no peer of multiHead attention' }, heed: { threads: 1 } });
  expect(heads.timesPeer).toBeUndefined();
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

withTorch.each(['search', 'enc', 'deep', 'atOnce', 'cells'])(
  'PyTorch has the model of %s.yaml (skipped where no Python has torch)',
  (name) => {
    const { code, stderr } = measure(torch as string, '--rounds', '1', '--threads', '1', `${name}.yaml`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(`^${name}: .*times PyTorch`) });
  },
);
