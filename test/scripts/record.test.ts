import { availableParallelism } from 'node:os';
import { beforeAll, expect, it } from 'vitest';
import { scriptFolder } from './script.ts';

const { run, read, write } = scriptFolder();
const record = (...args: string[]) => run('scripts/record.mjs', ...args);
const figures = { metrics: { bleu: 30 }, parameters: 5, backend: 'native', recipe: 'seed: 2\n' };

beforeAll(() => {
  write('runs/a/results.json', figures);
  write('runs/a/hypotheses.txt', 'a dog\n');
  const events = [
    { type: 'step', step: 1 },
    { type: 'validation', step: 9, epochs: 1, metrics: { bleu: 29 } },
  ];
  write('runs/a/metrics.jsonl', events.map((e) => `${JSON.stringify(e)}\n`).join(''));
});

it('records a run with the machine it is recorded on', () => {
  expect(record('runs/a', 'npx heed train recipes/a.yaml --threads 3')).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  const { machine, ...rest } = JSON.parse(read('results/a.json'));
  expect(rest).toEqual({
    command: 'npx heed train recipes/a.yaml --threads 3',
    ...figures,
    validations: [{ step: 9, epochs: 1, bleu: 29 }],
  });
  expect(machine).toMatchObject({ threads: 3, node: process.versions.node, cores: availableParallelism() });
  expect(machine.processor).toMatch(/\S/);
  expect(machine.noted).toContain('when recorded');
  expect(read('results/a.hypotheses.txt')).toBe('a dog\n');
});

it('keeps the machine that a run tells of, and takes all cores where no threads are asked for', () => {
  record('runs/a', 'npx heed train recipes/a.yaml');
  expect(JSON.parse(read('results/a.json')).machine.threads).toBe(availableParallelism());
  write('runs/a/results.json', { ...figures, machine: { processor: 'another', threads: 8 } });
  record('runs/a', 'npx heed train recipes/a.yaml');
  expect(JSON.parse(read('results/a.json')).machine).toEqual({ processor: 'another', threads: 8 });
});

it('records an evaluation under a name, with hypotheses where they are given', () => {
  write('ensemble.json', { metrics: { exactMatch: 0.8 }, steps: [1, 2], parameters: 10, sentences: 3 });
  write('said.txt', 'x\n');
  const command = 'npx heed evaluate runs/a --ensemble runs/b --json --threads 1';
  expect(record('--evaluation', 'ensemble.json', 'a-ensemble', command, 'said.txt').code).toBe(0);
  expect(JSON.parse(read('results/a-ensemble.json'))).toMatchObject({
    command,
    evaluation: true,
    metrics: { exactMatch: 0.8 },
    steps: [1, 2],
    machine: { threads: 1 },
  });
  expect(read('results/a-ensemble.hypotheses.txt')).toBe('x\n');
});

it.each([
  [
    ['runs/none', 'c'],
    1,
    'runs/none/results.json, which cannot be read (ENOENT); expected a run that has been',
  ],
  [
    ['--evaluation', 'said.txt', 'n', 'c'],
    1,
    'said.txt holds no metrics; expected what heed evaluate --json prints',
  ],
  [['runs/a'], 2, 'usage: node scripts/record.mjs runs/NAME'],
  [['--evaluation', 'ensemble.json', 'n'], 2, 'usage:'],
])('%j is told', (args, code, message) => {
  const ended = record(...args);
  expect(ended.stderr).toContain(message);
  expect(ended.code).toBe(code);
});
