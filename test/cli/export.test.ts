/** A run as one file, and every command with it in the run's place. */
import { cp, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerAverage } from '../../src/cli/average.ts';
import { registerEvaluate } from '../../src/cli/evaluate.ts';
import { registerExport } from '../../src/cli/export.ts';
import { registerInspect } from '../../src/cli/inspect.ts';
import { registerPredict } from '../../src/cli/predict.ts';
import { keptFiles, loadWeights, readRun, readRunOf, readText } from '../../src/cli/runDirectory.ts';
import { registerTrain } from '../../src/cli/train.ts';
import { DataError } from '../../src/errors.ts';
import { decodeBundle } from '../../src/formats/index.ts';
import { tinyRecipe, workFolder } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const REGISTER = [
  registerAverage,
  registerEvaluate,
  registerExport,
  registerInspect,
  registerPredict,
  registerTrain,
];
const run = (...args: string[]) =>
  heedHere(
    folder,
    (program) => {
      for (const register of REGISTER) register(program);
    },
    args,
  );
async function good(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const ended = await run(...args);
  if (ended.code !== 0) throw new Error(`heed ${args.join(' ')}: exit code ${ended.code}\n${ended.stderr}`);
  return ended;
}
const path = (name: string) => join(folder, name);
const one = ['--threads', '1'];
const TEXTS = ['abcd', 'dd', 'cabba'];
const load = async (name: string) => decodeBundle(await readFile(path(name)), name);

beforeAll(async () => {
  await cp(fileURLToPath(new URL('../fixtures/frozen-run', import.meta.url)), path('run'), {
    recursive: true,
  });
  await writeFile(path('run/results.json'), JSON.stringify({ metrics: { bleu: 12.25 }, steps: [200] }));
  await writeFile(path('run/lexicon.txt'), 'abc\n');
  await writeFile(path('pairs.tsv'), 'abcd\tdcba\ndd\tdd\ncab\tbac\n');
  for (const weights of ['float32', 'float16', 'int8']) {
    await good('export', 'run', '--out', `${weights}.heed`, '--weights', weights, '--licence', 'CC0-1.0');
  }
});

describe('heed export', () => {
  it('keeps all that the run has, and says what it is', async () => {
    const found = await load('float32.heed');
    expect(found.recipe).toBe(await readFile(path('run/recipe.yaml'), 'utf8'));
    expect(Object.keys(found.tokenizers)).toEqual(['source', 'target']);
    expect(found.files).toEqual({ 'lexicon.txt': 'abc\n' });
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    const metrics = { bleu: 12.25 };
    expect(found.about).toEqual({ metrics, licence: 'CC0-1.0', step: 200, madeWith: `heed ${version}` });
    const { weights } = await loadWeights(path('run'), await readRun(path('run')));
    const opened = await loadWeights(path('float32.heed'), await readRun(path('float32.heed')));
    expect(opened).toEqual({ step: 200, weights });
  });

  it('writes float16 unless asked otherwise, and a bundle anew in another form', async () => {
    const { stderr } = await good('export', 'run', '--out', 'plain.heed');
    expect(stderr).toMatch(/^plain\.heed: 0\.\d\d MB, [\d,]+ parameters as float16, of step 200\n$/);
    expect((await load('plain.heed')).weights).toBe('float16');
    await good('export', 'float32.heed', '--out', 'again.heed', '--weights', 'int8', '--attribution', 'us');
    const again = await load('again.heed');
    const { parameters, recipe, tokenizers, files, about } = await load('int8.heed');
    expect(again).toMatchObject({ parameters, recipe, tokenizers, files, weights: 'int8' });
    expect(again.about).toEqual({ ...about, attribution: 'us' });
  });

  it('does not write into a run, or over a directory', async () => {
    expect(await run('export', 'run', '--out', 'run/model.heed')).toMatchObject({ code: 2 });
    expect((await run('export', 'run', '--out', 'run')).stderr).toContain(
      'a directory; expected a file elsewhere',
    );
    expect((await run('export', 'nothing', '--out', 'x.heed')).stderr).toContain(
      'expected a run directory, or a bundle',
    );
    expect((await run('export', 'run', '--out', 'x.heed', '--weights', 'int4')).code).toBe(2);
  });
});

describe('a bundle', () => {
  it('predicts what its run predicts: all figures as float32, the same words as float16 and int8', async () => {
    const records = async (model: string) =>
      (await good('predict', model, ...TEXTS, '--json', ...one)).stdout
        .trimEnd()
        .split('\n')
        .map((l) => JSON.parse(l));
    const expected = await records('run');
    expect(await records('float32.heed')).toEqual(expected);
    for (const [model, tolerance] of [
      ['float16.heed', 0.01],
      ['int8.heed', 0.2],
    ] as const) {
      for (const [i, { translation, logProb }] of (await records(model)).entries()) {
        expect(translation).toBe(expected[i].translation);
        expect(Math.abs(logProb - expected[i].logProb)).toBeLessThan(tolerance);
      }
    }
  });

  it('is evaluated, drawn and joined in ensembles', async () => {
    const figures = async (model: string) =>
      JSON.parse((await good('evaluate', model, '--input', 'pairs.tsv', '--json', ...one)).stdout);
    const [{ sentencesPerSecond: _, ...expected }, { sentencesPerSecond: __, ...found }] = [
      await figures('run'),
      await figures('float32.heed'),
    ];
    expect(found).toEqual(expected);
    const drawn = async (model: string) => (await good('inspect', model, '--text', 'abcd', ...one)).stdout;
    expect(await drawn('float32.heed')).toBe(await drawn('run'));
    const joined = await good(
      'predict',
      'run',
      ...TEXTS,
      '--ensemble',
      'float32.heed',
      'float16.heed',
      ...one,
    );
    expect(joined.stdout).toBe((await good('predict', 'run', ...TEXTS, ...one)).stdout);
  });

  it('is read by what tasks read their runs with', async () => {
    const bundle = path('float32.heed');
    expect(await keptFiles(bundle)).toEqual(await keptFiles(path('run')));
    expect(await readText(bundle, 'recipe.yaml')).toBe(await readText(path('run'), 'recipe.yaml'));
    expect(JSON.parse(await readText(bundle, 'source.json'))).toEqual(
      JSON.parse(await readText(path('run'), 'source.json')),
    );
    await expect(readText(bundle, 'language.arpa')).rejects.toThrow(DataError);
    await expect(readRunOf(bundle, 'speech', 'a model of speech')).rejects.toThrow(
      /a run of the task translation/,
    );
  });

  it('is read anew when it changes', async () => {
    await cp(path('float32.heed'), path('changing.heed'));
    expect((await readRun(path('changing.heed'))).task).toBe('translation');
    await writeFile(path('changing.heed'), 'something else altogether');
    await expect(readRun(path('changing.heed'))).rejects.toThrow(/no bundle/);
  });

  it('is neither averaged nor trained on', async () => {
    await writeFile(path('tiny.yaml'), tinyRecipe());
    const averaged = await run('average', 'float32.heed', '--out', 'mean');
    expect(averaged).toMatchObject({ code: 2, stderr: expect.stringContaining('expected a run directory') });
    const resumed = await run('train', 'tiny.yaml', '--out', 'float32.heed', '--resume', ...one);
    expect(resumed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be read as a directory'),
    });
  });

  it('that is cut off, or is none, is refused by name', async () => {
    await cp(path('int8.heed'), path('cut.heed'));
    await truncate(path('cut.heed'), 5000);
    for (const name of ['cut.heed', 'pairs.tsv']) {
      const { code, stderr } = await run('predict', name, 'abcd', ...one);
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`^heed: ${name}: .*; expected .*\\. `));
    }
  });
});
