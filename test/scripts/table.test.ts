import { spawnSync } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';
import { root, scriptFolder } from './script.ts';

const { run, read, write, remove } = scriptFolder();
const table = (...args: string[]) => run('scripts/table.mjs', ...args);

const task = (name: string, more: object = {}) => ({
  name,
  title: `Task ${name}`,
  metric: 'bleu',
  label: 'BLEU',
  transform: 'none',
  decimals: 1,
  ours: 'words',
  published: [],
  ...more,
});
const record = (seed: number, bleu: number, more: object = {}) => ({
  command: 'npx heed train recipes/a.yaml --threads 2',
  metrics: { bleu, exactMatch: 0.625 },
  signature: 'nrefs:1|case:lc|eff:no|tok:13a|smooth:exp|version:2.6.0',
  parameters: 12_137_511,
  trainingSeconds: 2400,
  recipe: `seed: ${seed} # of all that is random\nmodel: { type: rnnsearch }\n`,
  ...more,
});
const published = (tasks: object[], reproduced: object[] = []) =>
  write('results/published.json', { tasks, reproduced });
/** The cells of the row of a task. */
const row = (title: string) => {
  const found = read('README.md')
    .split('\n')
    .find((line) => line.includes(`[${title}]`));
  return found?.slice(2, -2).split(' | ');
};
const frame = (inside: string) => `# Top\n\n<!-- results -->${inside}<!-- /results -->\n\nBottom\n`;

beforeEach(() => {
  write('README.md', frame('\nstale\n'));
  write('results/a.json', record(1, 38.05));
  write('results/bench.json', { machine: 'no record' });
  published([task('a')]);
  for (const name of [
    'results/a-seed2.json',
    'results/a-seed3.json',
    'results/b.json',
    'results/speed.json',
  ]) {
    write(name, '');
    remove(name);
  }
});

describe('the table', () => {
  it('has a row a task, published figures, their notes, and what is to be held beside', () => {
    const figure = {
      figure: '28.1',
      system: 'Peer',
      source: 'https://example.org/x',
      differences: 'other words',
    };
    const known = { ...figure, parameters: '20.5 M', note: '28.11, as printed' };
    published(
      [task('a', { signature: ['case', 'tok'], published: [known, { ...figure, figure: '30' }] })],
      [
        {
          command: 'heed x',
          what: 'Table 1',
          source: 'https://example.org/y',
          figures: { M: '1.5' },
          differences: 'd',
        },
      ],
    );
    expect(table()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(row('Task a')).toEqual([
      '[Task a](recipes/a.yaml)',
      '**38.0** BLEU (case:lc, tok:13a)',
      '12.1 M',
      '40 min, 2 threads',
      '1',
      '28.1<sup>1</sup> [Peer](https://example.org/x), 20.5 M<br>30 [Peer](https://example.org/x)',
      'ours: words<br>28.1: other words<br>30: other words',
    ]);
    expect(read('README.md')).toContain('\n1. 28.1, Peer: 28.11, as printed.\n');
    expect(read('README.md')).toContain('`heed x`: [Table 1](https://example.org/y): M 1.5; d.');
    expect(read('README.md')).toMatch(
      /^# Top\n\n<!-- results -->\n\n\| task [\s\S]*\n\n<!-- \/results -->\n\nBottom\n$/,
    );
    expect(read('README.md')).not.toContain('stale');
  });

  it('gives mean and standard deviation of runs with several seeds', () => {
    write('results/a.json', record(1, 30));
    write('results/a-seed2.json', record(7, 34, { trainingSeconds: 3600 }));
    write('results/a-seed3.json', record(3, 32, { trainingSeconds: 3000 }));
    expect(table().code).toBe(0);
    // deviations −2, 2, 0: √(8 / 2) = 2
    expect(row('Task a')?.slice(1, 5)).toEqual([
      '**32.0 ± 2.0** BLEU',
      '12.1 M',
      '50 min each, 2 threads',
      '1, 3, 7',
    ]);
    expect(read('README.md')).toContain('±: standard deviation over the seeds');
  });

  it.each([
    ['none', 3, '**0.625** of them'],
    ['percent', 1, '**62.5** of them'],
    ['errorPercent', 1, '**37.5** of them'],
  ])('shows a metric through the transform %s', (transform, decimals, shown) => {
    published([task('a', { metric: 'exactMatch', label: 'of them', transform, decimals })]);
    expect(table().code).toBe(0);
    expect(row('Task a')?.[1]).toBe(shown);
  });

  it('tells threads of the machine, hours, and what trained nothing', () => {
    write(
      'results/a.json',
      record(1, 1, { machine: { threads: 1 }, command: 'x', trainingSeconds: 3930, parameters: 245_967 }),
    );
    write('results/b.json', { evaluation: true, metrics: { bleu: 2 }, parameters: 9_000_000 });
    published([task('a'), task('b', { recipe: 'a' })]);
    expect(table().code).toBe(0);
    expect(row('Task a')?.slice(2, 5)).toEqual(['246 k', '1 h 06 min, 1 thread', '1']);
    expect(row('Task b')).toEqual([
      '[Task b](recipes/a.yaml)',
      '**2.0** BLEU',
      '9.0 M',
      '–',
      '–',
      '–',
      'ours: words',
    ]);
  });

  it('has a column of speed where there are figures', () => {
    write('results/b.json', record(1, 2));
    published([task('a'), task('b')]);
    const heed = { tokensPerSecond: 2653.99 };
    const speed = {
      a: { heed, timesPeer: 1.66, peer: { torch: '1.13.0a0' } },
      b: { heed, peer: { skipped: 'no peer of model recurrent' } },
    };
    write('results/speed.json', { recipes: speed });
    expect(table().code).toBe(0);
    expect(row('Task a')?.[5]).toBe('2,654 tokens/s, **1.7 ×** PyTorch 1.13');
    expect(row('Task b')?.[5]).toBe('2,654 tokens/s (no peer of model recurrent)');
  });

  it('leaves out a task without a record, and says so', () => {
    published([task('a'), task('b')]);
    expect(table()).toEqual({ code: 0, stdout: '', stderr: 'no results/b.json: not in the table\n' });
    expect(row('Task b')).toBeUndefined();
  });
});

describe('--check', () => {
  it('accepts what was written, and nothing else; it writes nothing', () => {
    expect(table('--check').code).toBe(1);
    expect(read('README.md')).toBe(frame('\nstale\n'));
    table();
    const written = read('README.md');
    expect(table('--check')).toEqual({ code: 0, stdout: '', stderr: '' });
    table();
    expect(read('README.md')).toBe(written);
    write('results/a.json', record(1, 39));
    expect(table('--check')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'README.md is not what results/ gives: node scripts/table.mjs\n',
    });
    expect(read('README.md')).toBe(written);
  });
});

describe('what is wrong', () => {
  const wrong: [string, () => void, string][] = [
    [
      'a missing metric',
      () => write('results/a.json', record(1, 0, { metrics: { chrf: 1 } })),
      'results/a.json has no metrics.bleu (metrics: chrf); expected a number',
    ],
    [
      'no parameters',
      () => write('results/a.json', record(1, 0, { parameters: undefined })),
      'results/a.json has no parameters; expected a number',
    ],
    [
      'no wall time',
      () => write('results/a.json', record(1, 0, { trainingSeconds: null })),
      'results/a.json has no trainingSeconds; expected a number',
    ],
    [
      'no recipe',
      () => write('results/a.json', record(1, 0, { recipe: undefined })),
      'results/a.json has no recipe; expected a string',
    ],
    [
      'no signature',
      () => {
        published([task('a', { signature: ['tok'] })]);
        write('results/a.json', record(1, 0, { signature: 'case:lc' }));
      },
      'results/a.json: signature case:lc; expected tok: in it',
    ],
    ['no JSON', () => write('results/a.json', '{'), 'results/a.json, which cannot be read'],
    [
      'a record that no task names',
      () => write('results/b.json', record(1, 0)),
      'results/b.json, which no task in results/published.json names',
    ],
    [
      'another recipe',
      () => write('results/a-seed2.json', record(2, 0, { recipe: 'seed: 2\nmodel: { type: rnnenc }\n' })),
      'results/a-seed2.json is of another recipe, decoding or metric than results/a.json',
    ],
    [
      'another tokenizer',
      () => write('results/a-seed2.json', record(2, 0, { signature: 'case:lc|tok:none' })),
      'results/a-seed2.json is of another recipe, decoding or metric',
    ],
    [
      'one seed twice',
      () => write('results/a-seed2.json', record(1, 0)),
      'results/a-seed2.json has seed 1, as results/a.json',
    ],
    [
      'a seed without the first run',
      () => {
        remove('results/a.json');
        write('results/a-seed2.json', record(2, 0));
      },
      'results/a-seed2.json without results/a.json',
    ],
    [
      'a transform',
      () => published([task('a', { transform: 'half' })]),
      'transform half of a; expected one of none, percent, errorPercent',
    ],
    [
      'no markers',
      () => write('README.md', '# Top\n'),
      'README.md without <!-- results --> … <!-- /results -->',
    ],
  ];
  it.each(wrong)('%s is told, and nothing written', (_, spoil, message) => {
    spoil();
    const before = read('README.md');
    const { code, stderr } = table();
    expect(stderr).toContain(message);
    expect(code).toBe(1);
    expect(read('README.md')).toBe(before);
  });
});

it("the README's table is what results/ gives", () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/table.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
