/** The doors that are not about a run of one's own: demo, bench, and WebAssembly where native is not to be had. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { heedIn, workFolder } from './heed.ts';

const folder = workFolder();
const { good, run, read, write } = heedIn(folder);
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const short = [
  'training.epochs=2',
  'data.train.count=600',
  'data.validation.count=40',
  'data.test.count=60',
  'model.hidden=24',
];

it('demo trains, says how well, draws, and writes a report', async () => {
  const settings = short.flatMap((s) => ['--set', s]);
  const { stdout } = await good(['demo', '--out', 'demo', '--threads', '1', ...settings]);
  const [, count, share] = stdout.match(/Exact match on (\d+) held-out dates: ([\d.]+) %/) ?? [];
  expect(count).toBe('60');
  expect(Number(share)).toBeLessThanOrEqual(100);
  expect(stdout).toMatch(/ │[ ░▒▓█]+/);
  const report = await read('demo/report.html');
  expect(report).toContain('<svg');
  expect(stdout.split('Heed learns')[1]).toContain('Report, written as it learns: demo/report.html');
  expect(report).toContain('Exact match of the validation');
  expect(report).toContain('Maps of test examples');
  expect(report).not.toMatch(/(src|href)="https?:/);
  // A demo takes the place of a demo with the same recipe, and of nothing else.
  await good(['demo', '--out', 'demo', '--threads', '1', ...settings]);
  const other = await run(['demo', '--out', 'demo', '--threads', '1', '--set', 'seed=9', ...settings]);
  expect({ code: other.code, says: other.stderr.includes('which exists') }).toEqual({ code: 2, says: true });
});

it('bench train prints the figures it is asked for, of the operations it says', async () => {
  const sizes = { batch: 3, source: 4, target: 5, vocab: 50, embed: 8, hidden: 6, attention: 7, steps: 3 };
  const flags = Object.entries(sizes).flatMap(([k, v]) => [`--${k}`, `${v}`]);
  const { stdout } = await good(['bench', 'train', ...flags, '--threads', '1', '--json']);
  const found = JSON.parse(stdout);
  for (const key of [
    'tokensPerSecond',
    'gflops',
    'matmulGflops',
    'ratio',
    'outsideRun',
    'peakResidentGigabytes',
  ]) {
    expect(found[key], key).toBeGreaterThan(0);
  }
  // 6·3·(4·(6·6·14 + 2·6·7) + 5·(6·7 + 3·6·(8 + 18) + 8·(18 + 8) + 8·50)), worked out by hand
  const operations = 18 * (4 * (504 + 84) + 5 * (42 + 468 + 208 + 400));
  expect(found.gflops * found.secondsPerStep * 1e9).toBeCloseTo(operations, 3);
  expect(found.ratio).toBeCloseTo(found.gflops / found.matmulGflops, 9);
  expect(found.tokensPerSecond * found.secondsPerStep).toBeCloseTo(15, 6);
});

it('bench decode prints sentences a second, greedy and beam 5, batch 1 and 64', async () => {
  const sizes = [
    '--source',
    '4',
    '--target',
    '3',
    '--vocab',
    '50',
    '--embed',
    '8',
    '--hidden',
    '6',
    '--attention',
    '5',
  ];
  const { stdout } = await good(['bench', 'decode', ...sizes, '--steps', '2', '--threads', '1', '--json']);
  const { sentencesPerSecond } = JSON.parse(stdout);
  expect(Object.keys(sentencesPerSecond)).toEqual([
    'greedy, batch 1',
    'beam 5, batch 1',
    'greedy, batch 64',
    'beam 5, batch 64',
  ]);
  for (const rate of Object.values(sentencesPerSecond)) expect(rate).toBeGreaterThan(0);
});

it('computes on WebAssembly, and says so in one line, where onnxruntime-node does not load', async () => {
  await write(
    'hooks.mjs',
    "export async function resolve(name, context, next) { if (name === 'onnxruntime-node') throw new Error('not here'); return next(name, context); }",
  );
  await write(
    'without.mjs',
    "import { register } from 'node:module'; import { pathToFileURL } from 'node:url'; register(pathToFileURL(process.env.HOOKS).href);",
  );
  const frozen = fileURLToPath(new URL('../fixtures/frozen-run', import.meta.url));
  const execute = (flags: string[]) =>
    promisify(execFile)(process.execPath, [...flags, main, 'predict', frozen, 'abc'], {
      env: { ...process.env, HOOKS: join(folder, 'hooks.mjs') },
    });
  const without = await execute(['--no-warnings', '--import', join(folder, 'without.mjs')]);
  expect(without.stderr.trim().split('\n')).toEqual([
    'heed: onnxruntime-node does not load (not here); computing on WebAssembly',
  ]);
  expect(without.stdout).toBe((await execute([])).stdout);
});
