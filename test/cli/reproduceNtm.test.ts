/** `heed reproduce ntm`: a copy task so small that it takes seconds; what it writes, says, goes on with and refuses. */
import { readdirSync, readFileSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { measureRun } from '../../src/cli/reproduce/ntm/measured.ts';
import { ntmRuns } from '../../src/cli/reproduce/ntm/recipe.ts';
import { registerReproduce } from '../../src/cli/reproduce/reproduce.ts';
import { ALGORITHMS } from '../../src/data/algorithms.ts';
import { type AlgorithmRecipe, parseRecipe } from '../../src/formats/index.ts';
import { elementsOf } from '../plots/xml.ts';
import { heedIn, workFolder } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const { read } = heedIn(folder);
const here = (args: readonly string[]) => heedHere(folder, registerReproduce, args);
const SETTINGS = [
  'data.train={type: copy, width: 3, lengths: [1, 2]}',
  'data.test={sequences: 20, sizes: [{}, {length: 4}, {length: 120}]}',
  'data.validation={sequences: 20}',
  'model={type: ntm, controller: feedForward, hidden: 8, width: 4}',
  'training.validateEvery={steps: 20}',
];
const ask = (...more: string[]) => [
  ...'reproduce ntm --out out --sequences 320 --threads 1'.split(' '),
  ...SETTINGS.flatMap((setting) => ['--set', setting]),
  ...['--set-baseline', 'model={type: lstm, hidden: 4, layers: 1}'],
  ...more,
];

describe('heed reproduce ntm', () => {
  let stdout = '';
  beforeAll(async () => {
    const ended = await here(ask());
    if (ended.code !== 0) throw new Error(ended.stderr);
    stdout = ended.stdout;
  }, 60_000);

  it('trains two seeds and the baseline, and leaves table, curves, head maps and figures', async () => {
    expect(readdirSync(join(folder, 'out')).sort()).toEqual([
      'curves.svg',
      'heads-seed1.svg',
      'heads-seed2.svg',
      'lstm',
      'ntm-seed1',
      'ntm-seed2',
      'results.json',
      'table.md',
    ]);
    expect(await read('out/table.md')).toBe(stdout);
    const rows = stdout.split('\n').filter((line) => line.startsWith('|'));
    expect(rows.map((row) => row.split(' | ')[0])).toEqual([
      '| run',
      '| ---',
      '| NTM, seed 1',
      '| NTM, seed 2',
      '| LSTM, seed 1',
    ]);
    expect(rows[0]).toContain('bit errors, as in training | bit errors, length 4 | bit errors, length 120');
    expect(stdout).toContain('Below 0.01 bits a sequence: 0 of 2 seeds.');
    expect(stdout).toMatch(/At most 1 % bit errors at length 120: \d of 2 seeds\./);
    expect(stdout).toContain('needs --seeds 10; these are 2.');
    const texts = elementsOf(await read('out/curves.svg')).map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(['NTM, seed 1', 'NTM, seed 2', 'LSTM, seed 1']));
    expect(await read('out/heads-seed2.svg')).toContain('NTM, seed 2: copy, length 2');
  });

  it('says of every run what its directory holds', async () => {
    const results = JSON.parse(await read('out/results.json'));
    expect(results).toMatchObject({ task: 'copy', seeds: 2, resumed: false, unfinished: 0 });
    for (const run of results.runs) {
      const own = JSON.parse(await read(`${run.directory}/results.json`));
      expect(run.tests).toEqual(own.tests);
      expect(run.used).toBe(8 * own.steps[0]);
      const events = (await read(`${run.directory}/metrics.jsonl`))
        .trimEnd()
        .split('\n')
        .map((l) => JSON.parse(l));
      const validations = events.filter(({ type }) => type === 'validation');
      expect(run.validations.map(({ bits }: { bits: number }) => bits)).toEqual(
        validations.map(({ metrics }) => metrics.bits),
      );
      const bits = events
        .filter(({ type }) => type === 'step')
        .map(({ loss, tokens }) => (loss * tokens) / Math.LN2 / 8);
      expect(run.curve[0].bits).toBeCloseTo(bits[0], 9);
      expect(run.curve.at(-1).sequences).toBe(320);
      const recipe = parseRecipe(run.recipe, 'x') as AlgorithmRecipe;
      expect([recipe.seed, recipe.data.train]).toEqual([
        run.seed,
        { type: 'copy', width: 3, lengths: [1, 2] },
      ]);
    }
    expect(new Set(results.runs.map(({ curve }: { curve: { bits: number }[] }) => curve[0].bits)).size).toBe(
      3,
    );
  });

  it('goes on, with more seeds too, and leaves finished runs alone', async () => {
    const at = async (run: string) => (await stat(join(folder, 'out', run, 'results.json'))).mtimeMs;
    const before = [await at('ntm-seed1'), await at('ntm-seed2')];
    const whole = await read('out/ntm-seed2/metrics.jsonl');
    await rm(join(folder, 'out/ntm-seed2/results.json'));
    const { code, stderr, stdout } = await here(ask('--resume', '--seeds', '3', '--json'));
    expect([code, stderr.match(/finished before/g)?.length]).toEqual([0, 2]); // seed 1 and the LSTM
    const results = JSON.parse(stdout);
    expect(results.runs.map(({ name }: { name: string }) => name)).toEqual([
      'NTM, seed 1',
      'NTM, seed 2',
      'NTM, seed 3',
      'LSTM, seed 1',
    ]);
    expect(results.resumed).toBe(true);
    expect(await at('ntm-seed1')).toBe(before[0]);
    expect(await at('ntm-seed2')).toBeGreaterThan(before[1]);
    const steps = (text: string) => text.match(/"type":"step","step":\d+,"epoch":1,"loss":[^,]+/g);
    expect(steps(await read('out/ntm-seed2/metrics.jsonl'))).toEqual(steps(whole));
  }, 60_000);

  it('refuses another directory, other settings, and what is no task', async () => {
    const table = await read('out/table.md');
    for (const [more, said] of [
      [[], 'out, which exists; expected a new directory'],
      [
        ['--resume', '--set', 'model.hidden=9'],
        'was trained with another recipe; expected the options it was begun with',
      ],
      [['--out', '.'], 'Choose another with --out'],
      [['--out', 'x', '--set', 'model.locations=20'], 'a memory of 20 locations for 120 vectors'],
      [['--out', 'x', '--task', 'sorting'], "'--task <name>' argument 'sorting' is invalid"],
      [['--out', 'x', '--seeds', '0'], '--seeds 0; expected a whole number of at least 1'],
    ] as const) {
      const { code, stderr } = await here(ask(...more)).catch((error) => ({
        code: 2,
        stderr: String(error),
      }));
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    }
    expect(await read('out/table.md')).toBe(table);
  });

  it('counts a seed whose numbers leave their range as one that failed, and trains the others', async () => {
    const { code, stdout, stderr } = await here([
      ...ask('--out', 'broken', '--no-baseline', '--seeds', '2'),
      ...['--set', 'training.optimizer={type: adam, learningRate: 3e38}', '--set', 'training.clipNorm=1e30'],
    ]);
    expect([code, stderr.match(/heed: .*; expected a finite number/g)?.length]).toEqual([0, 2]);
    expect(stdout.match(/\| failed: .* \|/g)).toHaveLength(2);
    expect(stdout).toContain('Below 0.01 bits a sequence: 0 of 2 seeds.');
  }, 60_000);
});

it('says when a run came below the threshold first', async () => {
  const [run] = await ntmRuns({
    task: 'copy',
    seeds: 1,
    baseline: false,
    set: [],
    setBaseline: [],
    out: folder,
  });
  const line = (step: number, bits: number) =>
    JSON.stringify({ type: 'validation', step, metrics: { bits, bitErrors: 0 } });
  const text = [line(625, 3), line(1250, 0.0099), line(1875, 0.5), line(2500, 0.001)].join('\n');
  const directory = join(folder, 'out', 'ntm-seed1');
  await writeFile(join(directory, 'metrics.jsonl'), `${text}\n`);
  expect((await measureRun({ ...run, directory })).reached).toBe(10_000);
  await writeFile(join(directory, 'metrics.jsonl'), `${line(625, 0.01)}\n`);
  expect((await measureRun({ ...run, directory })).reached).toBeNull();
});

describe('its recipes', () => {
  const recipesFolder = fileURLToPath(new URL('../../recipes/', import.meta.url));
  const recipes = readdirSync(recipesFolder).flatMap((name) => {
    const recipe = parseRecipe(readFileSync(`${recipesFolder}${name}`, 'utf8'), name);
    return recipe.task === 'algorithm' ? [{ name, recipe }] : [];
  });

  it('are those of recipes/, and the LSTM beside them', async () => {
    const options = { seeds: 2, baseline: true, set: [], setBaseline: [] };
    for (const task of ALGORITHMS) {
      const runs = await ntmRuns({ ...options, task });
      expect(runs.map(({ kind, seed }) => [kind, seed])).toEqual([
        ['ntm', 1],
        ['ntm', 2],
        ['lstm', 1],
      ]);
      expect(runs.map(({ recipe }) => recipe.data)).toEqual(Array(3).fill(runs[0].recipe.data));
      expect(runs[0].recipe.data.train.type).toBe(task);
      expect(recipes.map(({ recipe }) => recipe)).toContainEqual(runs[0].recipe);
    }
    const [, , baseline] = await ntmRuns({ ...options, task: 'copy' });
    expect(recipes.find(({ name }) => name === 'lstm-copy.yaml')?.recipe).toEqual(baseline.recipe);
  });

  it('keep their shares in another number of sequences', async () => {
    const set = ['data.epoch=99', 'model.hidden=7', 'training.clipNorm=3'];
    const options = { task: 'copy', seeds: 1, baseline: true, setBaseline: ['model.layers=1'] } as const;
    const [machine, lstm] = await ntmRuns({ ...options, set, sequences: 1600, controller: 'feedForward' });
    for (const { recipe } of [machine, lstm]) {
      expect(recipe.training).toMatchObject({
        maxSteps: 200,
        schedule: { after: { steps: 150 }, every: { steps: 10 } },
        validateEvery: { steps: 5 },
      });
      expect(recipe.data.epoch).toBe(99);
    }
    expect(machine.recipe.model).toMatchObject({ controller: 'feedForward', hidden: 7 });
    expect(machine.recipe.training).toMatchObject({ clipNorm: 3, optimizer: { learningRate: 0.0005 } });
    expect(lstm.recipe.model).toEqual({ type: 'lstm', hidden: 256, layers: 1 });
    expect(lstm.recipe.training).toMatchObject({ clipNorm: 1, optimizer: { learningRate: 0.001 } });
  });
});
