import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { bleu } from '../../src/metrics/index.ts';
import { elementsOf } from '../plots/xml.ts';
import { heedIn, workFolder } from './heed.ts';

const folder = workFolder();
const { good, run, read, write } = heedIn(folder, { HEED_DATA: folder });
const tiny = [
  '--threads 1 --steps 2 --sentences 2',
  '--set model.hidden=8 --set model.embedding=8 --set decoding.maxLength=20 --set decoding.beam=2',
]
  .join(' ')
  .split(' ');
const ask = (...more: string[]) => [
  'reproduce',
  'rnnsearch',
  '--out',
  'out',
  '--pairs',
  '300',
  ...tiny,
  ...more,
];
const NAMES = ['RNNenc-30', 'RNNsearch-30', 'RNNenc-50', 'RNNsearch-50'];
const lines = (text: string) => text.trimEnd().split('\n');

describe('heed reproduce rnnsearch', () => {
  let stdout = '';
  beforeAll(async () => {
    stdout = (await good(ask())).stdout;
  }, 240_000);

  it('writes table, figure and results, and says the table', async () => {
    expect(await read('out/table.txt')).toBe(stdout);
    const table = stdout.split('\n\n').find((part) => part.startsWith('model'))!;
    expect(lines(table).map((line) => line.split(' ')[0])).toEqual(['model', ...NAMES]);
    expect(stdout).toContain('Figure 2. BLEU against source length');
    const texts = elementsOf(await read('out/figure2.svg')).flatMap(({ name, text }) =>
      name === 'text' ? [text] : [],
    );
    expect(texts).toEqual(expect.arrayContaining([...NAMES, 'source sentence length (words)', 'BLEU', '60']));
  });

  it('computes every figure from what the models wrote', async () => {
    const results = JSON.parse(await read('out/results.json'));
    expect(results).toMatchObject({ seed: 1, corpus: { name: 'embedded', joined: false, test: 12 } });
    const references = lines(await read('out/data/test.tsv')).map((line) =>
      line.split('\t')[1].toLowerCase(),
    );
    for (const model of results.models) {
      const hypotheses = (await read(model.hypotheses)).split('\n').slice(0, -1);
      const { score, signature } = bleu(hypotheses, [references], { lowercase: true });
      expect(model.bleu.all).toBeCloseTo(score, 10);
      expect(model.signature).toBe(signature);
      expect(model.byLength.map((bucket: { to: number }) => bucket.to)).toEqual([10, 20, 30, 40, 50, 60]);
      expect(stdout).toContain(
        `${model.name}: BLEU ${model.within.toFixed(2)} at up to ${model.maxLength} words`,
      );
    }
  });

  it('trains all under the same conditions but for the longest sentence', async () => {
    const recipes = await Promise.all(NAMES.map((name) => read(`out/${name.toLowerCase()}/recipe.yaml`)));
    const common = recipes.map((text) =>
      text
        .replace(/^# .*\n/, '')
        .replace(/maxLength: (?:30|50)\n/, '')
        .replace(/type: rnn(?:enc|search)/, '')
        .replace(', attention: 64', ''),
    );
    expect(new Set(common).size).toBe(1);
    expect(recipes.map((text) => /maxLength: (\d+)\n/.exec(text)![1])).toEqual(['30', '30', '50', '50']);
  });

  it('takes finished models as they are, goes on with the others, and refuses what is not the same', async () => {
    const before = await Promise.all(
      NAMES.map((name) => stat(join(folder, 'out', name.toLowerCase(), 'results.json'))),
    );
    await rm(join(folder, 'out/rnnsearch-50/results.json'));
    const again = await good(ask('--resume', '--json'));
    const results = JSON.parse(again.stdout);
    expect(results.models.map(({ name }: { name: string }) => name)).toEqual(NAMES);
    expect(again.stderr.match(/finished before/g)).toHaveLength(3);
    const after = await Promise.all(
      NAMES.map((name) => stat(join(folder, 'out', name.toLowerCase(), 'results.json'))),
    );
    expect(after.map(({ mtimeMs }, i) => mtimeMs === before[i].mtimeMs)).toEqual([true, true, true, false]);

    const test = await read('out/data/test.tsv');
    for (const [more, said] of [
      [[], 'which exists'],
      [['--resume', '--seed', '2'], 'trained with another recipe'],
      [['--resume', '--pairs', '301'], 'or other data'],
      [['--minutes', '1'], '--steps'],
      [['--out', '.'], 'Choose another with --out'],
    ] as const) {
      const { code, stderr } = await run(ask(...more));
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    }
    expect(await read('out/data/test.tsv')).toBe(test);
    expect(await read('out/results.json')).toContain('"resumed": true');
  }, 120_000);

  it('joins the short pairs of a real corpus, and says so', async () => {
    await mkdir(join(folder, 'multi30k/raw'), { recursive: true });
    const parts = { train: 400, val: 20, test_2016_flickr: 120, test_2017_flickr: 120 };
    for (const [part, count] of Object.entries(parts)) {
      for (const language of ['en', 'fr']) {
        const text = Array.from({ length: count }, (_, i) => `${language} ${part} line ${i} of words .\n`);
        await write(`multi30k/raw/${part}.${language}.gz`, gzipSync(text.join('')));
      }
    }
    const said = await good(['reproduce', 'rnnsearch', '--corpus', 'multi30k', '--out', 'real', ...tiny]);
    expect(said.stdout).toMatch(/segments made of neighbouring image descriptions joined/);
    expect(await read('real/figure2.svg')).toContain('joined segments');
    for (const line of lines(await read('real/data/test.tsv'))) {
      const [source, target] = line.split('\t');
      expect(source.replaceAll('en ', 'fr ')).toBe(target);
      expect(source.split(' ').length).toBeLessThanOrEqual(60);
    }
  }, 240_000);
});
