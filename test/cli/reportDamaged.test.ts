/** Reports of runs that are not finished, and of runs whose files are damaged: what is said, and that it says so clearly. */
import { appendFile, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerExport } from '../../src/cli/export.ts';
import { registerReport } from '../../src/cli/report.ts';
import { registerTrain } from '../../src/cli/train.ts';
import { heedIn, workFolder } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const { read, write } = heedIn(folder);
const here = (args: readonly string[]) =>
  heedHere(
    folder,
    (program) => {
      for (const register of [registerTrain, registerReport, registerExport]) register(program);
    },
    args,
  );
const report = (...args: string[]) => here(['report', ...args]);

const COPY = `task: algorithm
seed: 1
data:
  train: { type: copy, width: 3, lengths: [1, 3] }
  validation: { sequences: 16 }
  test: { sequences: 16 }
model: { type: ntm, controller: feedForward, hidden: 8, locations: 6, width: 4 }
training:
  optimizer: { type: adam, learningRate: 0.005 }
  batch: { sentences: 16 }
  maxSteps: 20
  validateEvery: { steps: 10 }
`;

/** A copy of the run, to be damaged. */
async function copied(name: string): Promise<string> {
  await cp(join(folder, 'runs', 'copy'), join(folder, name), { recursive: true });
  await rm(join(folder, name, 'report.html'));
  return name;
}

/** What is said of a run that cannot be reported, and that nothing is written. */
async function refusal(directory: string, code = 1): Promise<string> {
  const ended = await report(directory);
  expect(ended).toMatchObject({ code, stdout: '' });
  await expect(read(`${directory}/report.html`)).rejects.toThrow('ENOENT');
  expect(ended.stderr).toMatch(/^heed: .*; expected .*\. .*\n$/);
  return ended.stderr;
}

beforeAll(async () => {
  await write('copy.yaml', COPY);
  const { code, stderr } = await here(['train', 'copy.yaml', '--threads', '1']);
  expect(stderr).toContain('run directory: runs/copy');
  expect(code).toBe(0);
}, 60_000);

describe('a run that was killed', () => {
  it.each([
    ['before its first step', 0, 'State</dt><dd dir="auto">at its beginning'],
    ['before its first validation', 5, 'not finished: step 5, epoch 1'],
    ['after it', 12, 'not finished: step 11, epoch 1'],
  ])('%s', async (_, lines, state) => {
    const name = await copied(`killed-${lines}`);
    for (const file of ['ended.json', 'results.json', 'test.jsonl']) await rm(join(folder, name, file));
    const kept = (await read(`${name}/metrics.jsonl`)).split('\n').slice(0, lines);
    await write(`${name}/metrics.jsonl`, `${kept.map((line) => `${line}\n`).join('')}{"type":"ste`);
    expect((await report(name)).code).toBe(0);
    const page = await read(`${name}/report.html`);
    expect(page).toContain(state);
    expect(page.includes('Samples during training')).toBe(lines > 10);
  });
});

describe('a file that is damaged is named, with the line where there are lines', () => {
  it.each([
    ['metrics.jsonl', 'an event of the training, as JSON'],
    ['test.jsonl', 'an example of the test, as JSON'],
  ])('%s', async (file, expected) => {
    const name = await copied(`lines-${file}`);
    const lines = (await read(`${name}/${file}`)).split('\n');
    for (const broken of ['{"type":"st', '\u0000\u0001', 'null', '[]', '{"type":"step"}', '{"source":3}']) {
      await write(`${name}/${file}`, [lines[0], broken, ...lines.slice(1)].join('\n'));
      const said = await refusal(name);
      expect(said).toContain(`${name}/${file}, line 2: ${JSON.stringify(broken)}; expected ${expected}`);
      expect(said).toContain('The file is damaged');
    }
  });

  it.each([
    ['results.json', '{"metrics": {"bits": "few"}}', 'the results of the test'],
    ['results.json', '{"metr', 'the results of the test'],
    ['shown.json', '[1]', 'what the samples show'],
  ])('%s: %s', async (file, content, expected) => {
    const name = await copied(`file-${file}-${content.length}`);
    await write(`${name}/${file}`, content);
    const said = await refusal(name);
    expect(said).toContain(`${name}/${file}: ${JSON.stringify(content)}; expected ${expected}`);
  });

  it('the recipe', async () => {
    const name = await copied('recipe');
    await write(`${name}/recipe.yaml`, 'task: algorithm\nseed: [');
    expect(await refusal(name, 2)).toContain('recipe/recipe.yaml');
  });

  it('a map that cannot be drawn is told where it would stand, and all else is there', async () => {
    const name = await copied('map');
    const asked = JSON.parse(await read(`${name}/shown.json`));
    for (const sequence of Object.values(asked) as { inputs: unknown[] }[]) sequence.inputs = [[1], [0]];
    await write(`${name}/shown.json`, JSON.stringify(asked));
    expect((await report(name)).code).toBe(0);
    const page = await read(`${name}/report.html`);
    expect(page).toContain(
      'step 10: no map, for what was kept of it cannot be drawn (A row of 1 steps in inputs',
    );
    expect(page).toContain('Test by size');
  });
});

it('a run that is gone on with says that its history is damaged, and trains all the same', async () => {
  const name = await copied('on');
  await appendFile(join(folder, name, 'metrics.jsonl'), '{"type":"validation","step":3}\n');
  const more = ['--out', name, '--resume', '--set', 'training.maxSteps=30', '--threads', '1'];
  const { stderr } = await here(['train', 'copy.yaml', ...more]);
  expect(stderr).toContain(
    'heed: no report: on/metrics.jsonl, line 23: "{\\"type\\":\\"validation\\",\\"step\\":3}"',
  );
  expect(stderr).toContain('stopped after step 30');
});

it('a bundle has nothing to report', async () => {
  expect((await here(['export', 'runs/copy', '--out', 'copy.heed'])).code).toBe(0);
  const { code, stderr } = await report('copy.heed');
  expect(code).toBe(2);
  expect(stderr).toBe(
    "heed: copy.heed, a bundle, which holds nothing of the training; expected a run directory. Name the one that it was exported from; 'heed evaluate' measures a bundle.\n",
  );
});
