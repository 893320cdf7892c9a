import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { heedIn, tinyRecipe, workFolder, writeTiny } from './heed.ts';

const folder = workFolder();
const heed = heedIn(folder);
const { good, run, read, write } = heed;
const one = ['--threads', '1'];

beforeAll(async () => {
  await writeTiny(heed);
  await write('bare.yaml', tinyRecipe({ type: 'rnnenc', test: false }));
});

describe('train → predict → evaluate → inspect → score', () => {
  it('train fills a run directory; nothing goes to stdout', async () => {
    const { stdout, stderr } = await good(['train', 'tiny.yaml', ...one]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^rnnsearch: [\d,]+ parameters, vocabularies 10 and 10, 200 pairs, 10 steps an epoch/,
    );
    expect(stderr).toMatch(/validation at step 20: loss \S+ {2}perplexity \S+ {2}bleu \S+ {2}exactMatch/);
    expect(stderr).toContain('stopped after step 40: all steps');
    expect(stderr).toMatch(
      /test: BLEU [\d.]+, chrF [\d.]+, exact match [\d.]+ % of 20 \(beam 2\)\nrun directory: runs\/tiny\n$/,
    );
    expect(await read('runs/tiny/recipe.yaml')).toBe(tinyRecipe());
    const events = (await read('runs/tiny/metrics.jsonl'))
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l));
    expect(events.filter(({ type }) => type === 'step').map(({ step }) => step)).toEqual(
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    const results = JSON.parse(await read('runs/tiny/results.json'));
    expect(results).toMatchObject({
      steps: [40],
      recipe: tinyRecipe(),
      versions: { node: process.versions.node },
    });
    expect((await read('runs/tiny/hypotheses.txt')).split('\n').length).toBe(21);
    expect((await readdir(join(folder, 'runs/tiny'))).filter((name) => name.startsWith('.tmp'))).toEqual([]);
  });

  it('--set changes the recipe that is kept', async () => {
    await good([
      'train',
      'tiny.yaml',
      '--out',
      'set',
      '--set',
      'training.maxSteps=2',
      '--set',
      'seed=9',
      ...one,
    ]);
    expect(await read('set/recipe.yaml')).toMatch(/seed: 9\n[\s\S]*maxSteps: 2\n/);
  });

  it('predict writes a line a text, blank lines included, from arguments, a file or standard input', async () => {
    const { stdout } = await good(['predict', 'runs/tiny', 'abc', 'fed', ...one]);
    const [abc, fed, ...rest] = stdout.split('\n');
    expect(rest).toEqual(['']);
    const piped = await good(['predict', 'runs/tiny', '--input', '-', ...one], 'abc\n\nfed\r\n');
    expect(piped.stdout).toBe(`${abc}\n\n${fed}\n`);
    expect(piped.stderr).toBe('heed: 1 empty line left empty\n');
    await write('texts.txt', 'abc\nfed');
    const filed = await good([
      'predict',
      'runs/tiny',
      '--input',
      'texts.txt',
      '--output',
      'said.txt',
      ...one,
    ]);
    expect([filed.stdout, await read('said.txt')]).toEqual(['', stdout]);
  });

  it('predict --json gives scores and alignments; --n-best several; --attention draws', async () => {
    const args = ['predict', 'runs/tiny', 'abc', 'fedcba', '--n-best', '2', ...one];
    const { stdout } = await good([...args, '--json', '--attention', 'maps.jsonl']);
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ source }) => source)).toEqual(['abc', 'abc', 'fedcba', 'fedcba']);
    for (const {
      source,
      translation,
      score,
      logProb,
      finished,
      sourceTokens,
      targetTokens,
      attention,
    } of records) {
      expect(sourceTokens).toEqual([...source, '</s>']);
      expect(targetTokens).toEqual([...translation, ...(finished ? ['</s>'] : [])]);
      expect(logProb).toBeCloseTo(score * targetTokens.length, 5);
      expect(attention.length).toBe(targetTokens.length);
      for (const row of attention) {
        expect(row.length).toBe(sourceTokens.length);
        expect(row.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 3);
      }
    }
    expect(records[0].score).toBeGreaterThanOrEqual(records[1].score);
    expect(await read('maps.jsonl')).toBe(stdout);
    const drawn = await good(['predict', 'runs/tiny', 'abc', '--attention', '-', ...one]);
    expect(drawn.stdout).toMatch(/^\S+\n[\s\S]*│[ ░▒▓█]+\n[\s\S]*█ 0\.75\n$/);
  });

  it('evaluate measures files, or the test data of the recipe', async () => {
    const { stdout } = await good(['evaluate', 'runs/tiny', '--json', ...one]);
    const figures = JSON.parse(stdout);
    const results = JSON.parse(await read('runs/tiny/results.json'));
    expect(figures.metrics).toEqual(results.metrics);
    expect(figures).toMatchObject({ sentences: 20, steps: [40], decoding: { beam: 2 } });
    expect(figures.signature).toContain('tok:13a');
    const table = await good(['evaluate', 'runs/tiny', '--input', 'train.tsv', '--beam', '1', ...one]);
    expect(table.stdout).toMatch(
      /^BLEU +[\d.]+ {3}nrefs:1\S+\nchrF +[\d.]+\nexact match +[\d.]+ % of 200\nsource length/,
    );
  });

  it('score gives the same figures for the same translations', async () => {
    const pairs = (await read('validation.tsv')).trimEnd().split('\n');
    await write('references.txt', pairs.map((pair) => `${pair.split('\t')[1]}\n`).join(''));
    const args = ['--references', 'references.txt', '--metric', 'bleu,exactMatch', '--json'];
    const { stdout } = await good(['score', '--hypotheses', 'runs/tiny/hypotheses.txt', ...args]);
    const figures = JSON.parse(stdout);
    const results = JSON.parse(await read('runs/tiny/results.json'));
    expect(figures).toMatchObject({
      sentences: 20,
      bleu: { score: results.metrics.bleu, signature: results.signature },
      exactMatch: { rate: results.metrics.exactMatch, total: 20 },
    });
  });

  it('score knows several references, letter case, and standard input', async () => {
    await write('one.txt', 'The cat sat on the mat .\nBirds\n');
    await write('two.txt', 'A cat is on the mat .\nbirds\n');
    const hypotheses = 'A CAT IS ON THE MAT .\nbirds\n';
    const args = [
      'score',
      '--hypotheses',
      '-',
      '--references',
      'one.txt',
      'two.txt',
      '--metric',
      'bleu,exactMatch',
    ];
    const { stdout } = await good([...args, '--lowercase'], hypotheses);
    expect(stdout).toMatch(/^BLEU +100\.00 {3}nrefs:2\|case:lc\S+\nexact match {2}100\.0 % {3}2 of 2\n$/);
    expect((await good(args, hypotheses)).stdout).toMatch(/exact match {2}50\.0 % {3}1 of 2\n$/);
  });

  it('inspect draws the translation, or a given target with its probability', async () => {
    const own = await good(['inspect', 'runs/tiny', '--text', 'abcd', '--out', 'map.svg', ...one]);
    expect(own.stdout).toBe('');
    expect(await read('map.svg')).toMatch(/^<svg xmlns[\s\S]*<\/svg>\n$/);
    const said = JSON.parse((await good(['predict', 'runs/tiny', 'abcd', '--json', ...one])).stdout);
    const logProb = (stderr: string) => Number(/^log-probability (\S+),/.exec(stderr)?.[1]);
    const again = await good([
      'inspect',
      'runs/tiny',
      '--text',
      'abcd',
      '--target',
      said.translation,
      ...one,
    ]);
    expect(again.stdout.startsWith(`${said.translation}\n`)).toBe(true);
    expect(again.stdout).toMatch(/<\/s> │/);
    if (said.finished) expect(logProb(again.stderr)).toBeCloseTo(said.logProb, 2);
    // Beam search said what it found most probable, so something else is less so.
    const other = await good([
      'inspect',
      'runs/tiny',
      '--text',
      'abcd',
      '--target',
      'xff',
      '--out',
      '-',
      ...one,
    ]);
    expect(other.stdout).toMatch(/^xff\n/);
    expect(logProb(other.stderr)).toBeLessThan(said.logProb);
    expect((await run(['inspect', 'runs/tiny'])).stderr).toContain('no --text with a model that translates');
  });

  it('evaluate wants sources and references together', async () => {
    const { code, stderr } = await run(['evaluate', 'runs/tiny', '--source', 'f']);
    expect(code).toBe(2);
    expect(stderr).toContain('--source; expected --input alone, or --source with --reference');
  });

  it('a model without attention says so', async () => {
    await good(['train', 'bare.yaml', '--set', 'training.maxSteps=2', ...one]);
    const inspected = await run(['inspect', 'runs/bare', '--text', 'abc', ...one]);
    expect(inspected).toMatchObject({ code: 2, stdout: '' });
    expect(inspected.stderr).toMatch(
      /runs\/bare, a model of type rnnenc, which has no attention; expected .*rnnsearch/,
    );
    const predicted = await run(['predict', 'runs/bare', 'abc', '--attention', '-', ...one]);
    expect(predicted).toMatchObject({ code: 2, stdout: '' });
    expect(predicted.stderr).toMatch(/--attention, but .*rnnenc/);
    expect((await good(['predict', 'runs/bare', 'abc', '--json', ...one])).stdout).not.toContain('attention');
  });

  it('computes on WebAssembly too, with the same answer', async () => {
    const args = ['predict', 'runs/tiny', 'abcd', '--json'];
    const native = JSON.parse((await good([...args, ...one])).stdout);
    const wasm = await good([...args, '--device', 'wasm', ...one]);
    expect(wasm.stderr).toBe('');
    expect(JSON.parse(wasm.stdout)).toMatchObject({
      translation: native.translation,
      logProb: expect.closeTo(native.logProb, 3),
    });
  });
});

describe('usage', () => {
  it('every command has help with an example', async () => {
    const seen: string[] = [];
    const check = async (command: string[]) => {
      const { stdout } = await good([...command, '--help']);
      const name = ['heed', ...command].join(' ');
      expect(stdout.startsWith(`Usage: ${name} `)).toBe(true);
      if (command.length > 0) expect(`${stdout} `).toMatch(new RegExp(`Example:\\n {2}${name}\\s`));
      seen.push(name);
      const listed = /^Commands:\n((?: .*\n)+)/m.exec(stdout)?.[1] ?? '';
      const inner = [...listed.matchAll(/^ {2}(\w+)/gm)].map(([, subcommand]) => subcommand);
      await Promise.all(inner.filter((sub) => sub !== 'help').map((sub) => check([...command, sub])));
    };
    await check([]);
    for (const name of [
      'train',
      'predict',
      'evaluate',
      'score',
      'inspect',
      'report',
      'data',
      'data list',
      'data get',
    ]) {
      expect(seen).toContain(`heed ${name}`);
    }
  });

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await good(['--version'])).stdout).toBe(`${version}\n`);
  });

  it.each([
    [['fly'], "unknown command 'fly'"],
    [['train'], "missing required argument 'recipe'"],
    [['train', 'tiny.yaml', '--fast'], "unknown option '--fast'"],
    [['train', 'tiny.yaml', '--threads', 'many'], '--threads many; expected a whole number of at least 1'],
    [['train', 'tiny.yaml', '--device', 'gpu'], 'Allowed choices are native, wasm'],
    [['train', 'tiny.yaml', '--force', '--resume'], "'--force' cannot be used with option '--resume'"],
    [['train', 'none.yaml'], 'recipe none.yaml, which cannot be read (ENOENT); expected a recipe file'],
    [
      ['train', 'tiny.yaml', '--set', 'model.size=3'],
      '--set model.size=3: no key "size" in model; expected one of ',
    ],
    [['train', 'tiny.yaml', '--out', 'new', '--resume'], '--resume, but new holds no run'],
    [
      ['predict', 'nowhere', 'abc'],
      'nowhere, where there is no run; expected a run directory. Check the path, or',
    ],
    [['evaluate', 'nowhere'], 'nowhere, where there is no run; expected a run directory. Check the path, or'],
    [['predict', 'nowhere'], 'nothing to predict; expected texts or files as arguments, or --input FILE'],
    [['predict', 'nowhere', 'abc', '--input', 'f'], 'arguments and --input; expected one of them'],
    [['score', '--hypotheses', 'f'], "required option '--references <files...>' not specified"],
    [
      ['score', '--hypotheses', 'f', '--references', 'g', '--metric', 'bleu,meteor'],
      '"meteor"; expected one of bleu, chrf',
    ],
    [['inspect', 'nowhere'], 'nowhere, where there is no run; expected a run directory. Check the path, or'],
    [
      ['inspect', 'nowhere', '--text', 'a', '--out', 'a.gif'],
      '--out a.gif; expected a file ending in .svg, .png or .html, or - for the',
    ],
    [['data', 'get', 'wmt'], 'the corpus "wmt"; expected multi30k, tatoeba-en-fr, '],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('stops without a word when the reader of its output has seen enough', async () => {
    const lines = Array.from({ length: 30_000 }, () => 'abcdef');
    await write('many.txt', lines.join('\n'));
    const running = heed.start(['score', '--hypotheses', 'many.txt', '--references', 'many.txt']);
    running.process.stdout?.destroy();
    expect(await running.ended).toMatchObject({ stderr: '' });
  });
});
