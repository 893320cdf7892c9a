import { beforeAll, describe, expect, it } from 'vitest';
import { bleu, chrf, ter, tokenizerIntl, wer } from '../../src/metrics/index.ts';
import { heedIn, workFolder } from './heed.ts';

const { good, run, write } = heedIn(workFolder());

const system = ['The dog bit the man.', "It wasn't surprising.", 'The man had just bitten him.'];
const baseline = ['A dog bit a man.', 'Was it surprising?', 'A man just bit him.'];
const references = [
  ['The dog bit the man.', 'It was not unexpected.', 'The man bit him first.'],
  ['The dog had bit the man.', 'No one was surprised.', 'The man had bitten the dog.'],
];
const files = ['score', '--hypotheses', 'system.txt', '--references', 'one.txt', 'two.txt'];
const json = async (...more: string[]) => JSON.parse((await good([...files, ...more, '--json'])).stdout);

beforeAll(async () => {
  const file = (lines: string[]) => lines.map((line) => `${line}\n`).join('');
  await write('system.txt', file(system));
  await write('baseline.txt', file(baseline));
  await write('one.txt', file(references[0]));
  await write('two.txt', file(references[1]));
  await write('short.txt', 'one line\n');
});

describe('heed score', () => {
  it('prints a line a metric, with its signature', async () => {
    const { stdout } = await good([
      ...files,
      '--metric',
      'bleu,chrf,chrf++,ter,wer,cer,per,rougeL,cider,exactMatch',
    ]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('BLEU         48.53   nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0');
    expect(lines[1]).toMatch(
      /^chrF2 {8}\d\d\.\d\d {3}nrefs:2\|case:mixed\|eff:yes\|nc:6\|nw:0\|space:no\|version:2\.6\.0$/,
    );
    expect(lines[2]).toMatch(
      /^chrF2\+\+ {6}\d\d\.\d\d {3}nrefs:2\|case:mixed\|eff:yes\|nc:6\|nw:2\|space:no\|version:2\.6\.0$/,
    );
    expect(lines[3]).toMatch(
      /^TER .* {3}nrefs:2\|case:lc\|tok:tercom\|norm:no\|punct:yes\|asian:no\|version:2\.6\.0$/,
    );
    expect(lines.slice(4).map((line) => line.slice(0, 13).trim())).toEqual([
      'WER',
      'CER',
      'PER',
      'ROUGE-L',
      'CIDEr-D',
      'exact match',
    ]);
  });

  it('--json has every figure at full precision', async () => {
    const figures = await json('--metric', 'bleu,chrf++,ter,wer', '--lowercase');
    expect(figures).toEqual({
      sentences: 3,
      bleu: bleu(system, references, { lowercase: true }),
      'chrf++': chrf(system, references, { lowercase: true, wordOrder: 2 }),
      ter: ter(system, references),
      wer: wer(system, references, { lowercase: true }),
    });
  });

  it('passes the options of BLEU on', async () => {
    const given = ['--tokenize', 'intl', '--smooth', 'floor', '--smooth-value', '0.5', '--effective-order'];
    const options = { smoothing: 'floor', smoothingValue: 0.5, effectiveOrder: true } as const;
    expect((await json(...given)).bleu).toEqual(
      bleu(system, references, { ...options, tokenizer: tokenizerIntl }),
    );
  });

  it('--sentence-level: a line of scores a sentence, with --json the edits too', async () => {
    const level = ['--metric', 'bleu,wer', '--sentence-level'];
    const { stdout, stderr } = await good([...files, ...level]);
    expect(stderr).toMatch(/^BLEU +\S+ {3}nrefs:2\|case:mixed\|eff:yes\|/);
    const rows = stdout.trimEnd().split('\n');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toBe('100.00\t0.00');
    const figures = await json(...level);
    expect(figures.bleu.perSentence.map(({ score }: { score: number }) => score.toFixed(2))).toEqual(
      rows.map((row) => row.split('\t')[0]),
    );
    expect(figures.wer.perSentence[0].operations.map(({ kind }: { kind: string }) => kind)).toEqual(
      Array(5).fill('hit'),
    );
  });

  it('--baseline compares two systems, the same for the same seed', async () => {
    const against = ['--metric', 'bleu,ter', '--baseline', 'baseline.txt', '--samples', '200'];
    const figures = await json(...against, '--seed', '7');
    expect(figures).toEqual(await json(...against, '--seed', '7'));
    const { paired } = figures.bleu;
    expect(paired).toMatchObject({ samples: 200, seed: 7, system: { score: figures.bleu.score } });
    expect(paired.baseline.score).toBe(bleu(baseline, references).score);
    expect(paired.delta.score).toBe(paired.system.score - paired.baseline.score);
    expect(figures.ter.paired.wins).toBeGreaterThan(0.5);
    const { stdout } = await good([...files, ...against]);
    expect(stdout).toMatch(
      /\n {2}baseline {3}[\d.]+ {3}\+[\d.]+ \(95 % \S+ to \S+\) {3}p = [\d.]+ {3}better in [\d.]+ % of 200 samples, seed 1\n/,
    );
  });

  it.each([
    [['--metric', 'bleu,meteor'], '"meteor"; expected one of bleu, chrf, chrf++, ter, wer, cer, per, rougeL'],
    [['--tokenize', 'moses'], 'Allowed choices are 13a, intl, zh, char, none'],
    [['--smooth', 'laplace'], 'Allowed choices are exp, floor, add-k, none'],
    [['--smooth-value', '1'], '--smooth-value with --smooth exp; expected --smooth floor or --smooth add-k'],
    [['--smooth', 'floor', '--smooth-value', '-1'], '--smooth-value -1; expected a number of 0 or more'],
    [['--metric', 'ter', '--tokenize', 'char'], '--tokenize without BLEU; expected bleu in --metric'],
    [['--seed', '3'], '--seed without a baseline; expected --baseline FILE'],
    [['--baseline', 'one.txt', '--sentence-level'], '--baseline with --sentence-level; expected one of them'],
    [['--baseline', 'one.txt', '--samples', '0'], '--samples 0; expected a whole number of at least 1'],
  ])('%j is wrong usage', async (more, message) => {
    const { code, stdout, stderr } = await run([...files, ...more]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('a baseline of another length is a data error', async () => {
    const { code, stderr } = await run([...files, '--baseline', 'short.txt']);
    expect(code).toBe(1);
    expect(stderr).toContain('system.txt has 3 lines and short.txt has 1; expected as many in both');
  });
});
