/** The report of a run, as it is trained and afterwards; and inspect, which draws the same maps into files. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerInspect } from '../../src/cli/inspect.ts';
import { thinned } from '../../src/cli/report/curves.ts';
import { spread } from '../../src/cli/report/samples.ts';
import { registerReport } from '../../src/cli/report.ts';
import { registerTrain } from '../../src/cli/train.ts';
import type { ValidationEvent } from '../../src/training/index.ts';
import { heedIn, tinyRecipe, workFolder, writeTiny } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const one = ['--threads', '1'];
const at = (...path: string[]) => join(folder, ...path);
const read = (...path: string[]) => readFile(at(...path), 'utf8');
const train = (...args: string[]) => heedHere(folder, registerTrain, ['train', ...args, ...one]);
const report = (...args: string[]) => heedHere(folder, registerReport, ['report', ...args]);
const inspect = (...args: string[]) => heedHere(folder, registerInspect, ['inspect', ...args, ...one]);

const headings = (page: string): string[] =>
  [...page.matchAll(/<h[23][^>]*>(.*?)<\/h[23]>/g)].map(([, text]) => text);

/** Every element is closed where it must be, and none but those that may stand alone is left open. */
function checkMarkup(page: string): void {
  const open: string[] = [];
  const text = page.replace(/<style>[\s\S]*?<\/style>/g, '').replace(/^<!doctype html>/, '');
  for (const [, closing, name, alone] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/gi)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!alone && name !== 'meta') open.push(name);
  }
  expect(open).toEqual([]);
}

beforeAll(async () => {
  await writeTiny(heedIn(folder));
  await writeFile(at('bare.yaml'), tinyRecipe({ type: 'rnnenc', test: false }));
  const { code, stderr } = await train('tiny.yaml');
  expect(stderr).toContain('report, written as it trains: runs/tiny/report.html');
  expect(code).toBe(0);
}, 60_000);

describe('of a finished run', () => {
  it('has curves, samples with maps, lengths, worst sentences, unknown words, recipe and versions', async () => {
    const page = await read('runs', 'tiny', 'report.html');
    expect(page.match(/<title>(.*?)<\/title>/)?.[1]).toBe('Heed: tiny');
    expect(headings(page)).toEqual([
      'Loss and metrics',
      'Optimisation',
      'Samples during training',
      expect.any(String),
      expect.any(String),
      expect.any(String),
      'Maps of test examples',
      expect.stringMatching(/ by length \(test data\)$/),
      'Worst of 20 (test data)',
      'Unknown words (test data)',
      'Recipe',
      'Versions',
    ]);
    expect(page).toContain('finished after step 40: all steps done');
    expect(page).toContain(tinyRecipe().split('\n')[2]);
    expect(page).toContain(`<td dir="auto">${process.versions.node}</td>`);
    // Three sentences at two validations, and eight of the test.
    expect(page.match(/aria-label="Attention weights"/g)).toHaveLength(14);
    checkMarkup(page);
  });

  it('asks no server for anything, and is dark where the reader has it so', async () => {
    const page = await read('runs', 'tiny', 'report.html');
    const links = page.match(/\b(?:src|href|action)=|url\(|@import|https?:\/\/[^"\s]*/g) ?? [];
    expect(new Set(links)).toEqual(new Set(['http://www.w3.org/2000/svg']));
    expect(page).not.toContain('<script');
    expect(page).toMatch(/prefers-color-scheme: dark/);
  });

  it('is written again by heed report, the same to the byte, or elsewhere', async () => {
    const before = await read('runs', 'tiny', 'report.html');
    await rm(at('runs', 'tiny', 'report.html'));
    expect(await report('runs/tiny')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'report: runs/tiny/report.html\n',
    });
    expect(await read('runs', 'tiny', 'report.html')).toBe(before);
    expect((await report('runs/tiny', '--out', 'mine.html')).code).toBe(0);
    expect(await read('mine.html')).toBe(before);
  });

  it('metrics.jsonl keeps the same few samples at every validation, with rows that sum to 1', async () => {
    const events = (await read('runs', 'tiny', 'metrics.jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const validations: ValidationEvent[] = events.filter(({ type }) => type === 'validation');
    expect(validations).toHaveLength(2);
    const sources = validations.map(({ samples = [] }) => samples.map(({ source }) => source));
    expect(sources[0]).toHaveLength(3);
    expect(sources[1]).toEqual(sources[0]);
    for (const { samples = [] } of validations) {
      for (const { shown } of samples) {
        const { weights, source, target } = shown as {
          weights: number[][];
          source: string[];
          target: string[];
        };
        expect(weights.map((row) => row.length)).toEqual(target.map(() => source.length));
        for (const row of weights) expect(row.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 1);
      }
    }
    expect(JSON.parse(await read('runs', 'tiny', 'ended.json'))).toMatchObject({ reason: 'steps', step: 40 });
    expect((await read('runs', 'tiny', 'validation.jsonl')).trimEnd().split('\n')).toHaveLength(20);
    expect((await read('runs', 'tiny', 'test.jsonl')).trimEnd().split('\n')).toHaveLength(20);
  });

  it('a resumed run keeps what was said before, and goes on', async () => {
    await train('tiny.yaml', '--out', 'resumed', '--set', 'training.maxSteps=20');
    const before = (await read('resumed', 'metrics.jsonl'))
      .split('\n')
      .find((line) => line.includes('"validation"'));
    const { code } = await train('tiny.yaml', '--out', 'resumed', '--resume');
    expect(code).toBe(0);
    const events = (await read('resumed', 'metrics.jsonl')).trimEnd().split('\n');
    expect(events).toContain(before);
    const page = await read('resumed', 'report.html');
    expect(page).toContain('<td class="number">20</td>'.replace(' class="number"', ' dir="auto"'));
    expect(page).toContain('finished after step 40');
    expect(JSON.parse(await read('resumed', 'ended.json')).step).toBe(40);
  });
});

describe('of other runs', () => {
  it('without attention and without test data: no maps, and what the validation tells', async () => {
    await train('bare.yaml', '--set', 'training.maxSteps=20');
    const page = await read('runs', 'bare', 'report.html');
    expect(page).not.toContain('Attention weights');
    expect(headings(page)).toContain('Worst of 20 (validation data)');
    expect(headings(page)).toContain('Samples during training');
  });

  it('without validation: curves of the training alone', async () => {
    const recipe = tinyRecipe({ test: false })
      .replace('  validation: { tsv: validation.tsv }\n', '')
      .replace('  validateEvery: { steps: 20 }\n', '');
    await writeFile(at('alone.yaml'), recipe);
    const { stderr } = await train('alone.yaml', '--set', 'training.maxSteps=5');
    expect(stderr).toContain('run directory: runs/alone');
    const page = await read('runs', 'alone', 'report.html');
    expect(headings(page)).toEqual(['Loss and metrics', 'Optimisation', 'Recipe', 'Versions']);
    expect(page).toContain('No validation yet');
    checkMarkup(page);
  });

  it('that are not finished, down to their beginning, with a last line half written', async () => {
    await mkdir(at('half', 'checkpoints'), { recursive: true });
    for (const name of ['recipe.yaml', 'source.json', 'target.json']) {
      await writeFile(at('half', name), await read('runs', 'tiny', name));
    }
    expect((await report('half')).code).toBe(0);
    expect(await read('half', 'report.html')).toContain('No step has been done yet.');
    const lines = (await read('runs', 'tiny', 'metrics.jsonl')).split('\n').slice(0, 31);
    await writeFile(at('half', 'metrics.jsonl'), `${lines.join('\n')}\n{"type":"step","st`);
    await report('half');
    const page = await read('half', 'report.html');
    expect(page).toContain('not finished: step 30, epoch 3');
    expect(headings(page)).toContain('Samples during training');
  });

  it('that are none: says what was expected', async () => {
    expect(await report('nowhere')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nowhere, where there is no run; expected a run directory'),
    });
    await mkdir(at('notes'));
    await writeFile(at('notes', 'todo.txt'), 'buy milk');
    const { code, stderr } = await report('notes');
    expect(code).toBe(1);
    expect(stderr).toContain('notes, which has no recipe.yaml; expected a run directory made by');
  });
});

describe('inspect', () => {
  it('writes PNG of the size that the SVG has, twice', async () => {
    await inspect('runs/tiny', '--text', 'abcd', '--out', 'map.svg');
    await inspect('runs/tiny', '--text', 'abcd', '--out', 'map.png');
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(await read('map.svg')) ?? [];
    const png = decode(await readFile(at('map.png')));
    expect([png.width, png.height]).toEqual([2 * Number(width), 2 * Number(height)]);
  });

  it('draws several texts, from the command line or a file, into one page', async () => {
    const { stderr } = await inspect('runs/tiny', '--text', 'abcd', '--text', 'fed', '--out', 'two.html');
    expect(stderr).toMatch(
      /^1: log-probability \S+, \S+ a token\n2: log-probability .*\ntwo.html: 2 maps\n$/,
    );
    await writeFile(at('texts.txt'), 'abcd\n\nfed\n');
    await inspect('runs/tiny', '--input', 'texts.txt', '--out', 'file.html');
    expect(await read('file.html')).toBe(await read('two.html'));
    expect(headings(await read('two.html')).map((text) => text.split(' ')[0])).toEqual(['abcd', 'fed']);
  });

  it('draws each head of multi-head attention, their mean first', async () => {
    const recipe = tinyRecipe().replace(
      /model: .*/,
      'model: { type: recurrent, embedding: 16, hidden: 16, attention: { score: multiHead, heads: 2, size: 16 } }',
    );
    await writeFile(at('heads.yaml'), recipe);
    await train('heads.yaml', '--set', 'training.maxSteps=20');
    await inspect('runs/heads', '--text', 'abcd', '--out', 'heads.html');
    const page = await read('heads.html');
    expect(headings(page)).toEqual([
      expect.stringMatching(/^abcd → .* · mean of 2 heads$/),
      'head 1',
      'head 2',
    ]);
    const weights = page
      .split('<section>')
      .slice(1)
      .map((section) => [...section.matchAll(/ → .*?: ([\d.]+)<\/title>/g)].map(([, w]) => Number(w)));
    expect(weights[0].length).toBeGreaterThan(4);
    for (const [i, mean] of weights[0].entries()) {
      expect(Math.abs((weights[1][i] + weights[2][i]) / 2 - mean)).toBeLessThan(0.0011);
    }
    expect(weights[1]).not.toEqual(weights[2]);
  });

  it('joins characters into words, and refuses where there is nothing to join', async () => {
    await inspect(
      'runs/tiny',
      '--text',
      'abc fed',
      '--target',
      'cba',
      '--join-subwords',
      '--out',
      'joined.svg',
    );
    const labels = [...(await read('joined.svg')).matchAll(/<text[^>]*>([^<]+)/g)].map(([, text]) => text);
    expect(labels.slice(0, 6)).toEqual(['abc', '␣', 'fed', '&lt;/s&gt;', 'cba', '&lt;/s&gt;']);
    const refused = await Promise.resolve(inspect('runs/tiny', '--text', 'a', '--input', 'texts.txt'));
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--text and --input') });
  });
});

it('long curves are thinned to means, lists to what is evenly between', () => {
  const points = Array.from({ length: 1000 }, (_, i) => [i, 2 * i] as const);
  const few = thinned(points, 100);
  expect(few).toHaveLength(100);
  expect(few[0]).toEqual([4.5, 9]);
  expect(few[99]).toEqual([994.5, 1989]);
  expect(thinned(points.slice(0, 7), 100)).toEqual(points.slice(0, 7));
  expect(spread([1, 2, 3, 4, 5, 6, 7], 3)).toEqual([1, 4, 7]);
  expect(spread([1, 2], 3)).toEqual([1, 2]);
});
