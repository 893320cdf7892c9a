/** A run with much of what a recipe can say at once: parts of words, one vocabulary, depth, coverage, smoothing… */
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import { heedIn, workFolder } from './heed.ts';

const folder = workFolder();
const { good, run, read, write } = heedIn(folder);
const one = ['--threads', '1'];

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const [a, b, c] = [from + i, (7 * (from + i)) % 30, (3 * (from + i)) % 17];
    return `low${a} newer${b} widest${c}\twidest${c} newer${b} low${a}\n`;
  }).join('');

const RECIPE = `task: translation
seed: 3
data:
  train: { tsv: train.tsv }
  validation: { tsv: validation.tsv }
  test: { tsv: validation.tsv }
source: { tokens: bpe, maxSize: 320, lowercase: true, dropout: 0.1 }
target: { tokens: bpe, maxSize: 320, lowercase: true, dropout: 0.1 }
joint: true
model:
  type: recurrent
  cell: lstmLayerNorm
  embedding: 16
  hidden: 16
  readout: 16
  dropout: 0.1
  recurrentDropout: 0.1
  encoder: { layers: 2, direction: alternating }
  decoder: { layers: 2 }
  residual: true
  attention: { score: additive, coverage: true, location: { filters: 2, width: 3 } }
  tie: all
training:
  optimizer: { type: adam, learningRate: 0.01, weightDecay: 0.01 }
  schedule: { type: cosine, warmupSteps: 4 }
  batch: { sentences: 20 }
  labelSmoothing: 0.1
  scheduledSampling: { decay: linear, steps: 60 }
  movingAverage: 0.9
  accumulate: 2
  maxSteps: 40
  validateEvery: { steps: 20 }
decoding: { beam: 2, maxLength: 12 }
`;

beforeAll(async () => {
  await write('train.tsv', lines(0, 120));
  await write('validation.tsv', lines(200, 212));
  await write('all.yaml', RECIPE);
  await good(['train', 'all.yaml', '--out', 'whole', ...one]);
});

describe('a run with everything', () => {
  it('learns: the loss falls from that of guessing', async () => {
    const events = (await read('whole/metrics.jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const losses = events.filter(({ type }) => type === 'step').map(({ loss }) => loss);
    expect(losses).toHaveLength(40);
    expect(losses[0]).toBeGreaterThan(5); // ln 320 and the losses of coverage
    expect(losses.at(-1)).toBeLessThan(losses[0] - 0.5);
  });

  it('predicts, aligns and goes on as any other', async () => {
    const texts = 'Low5 newer5 Widest15\nŽluťoučký 🐈\n';
    const { stdout } = await good(['predict', 'whole', '--input', '-', '--json', ...one], texts);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(2);
    expect(answers[1].sourceTokens).not.toContain('<unk>');
    expect(answers[0].attention).toHaveLength(answers[0].targetTokens.length);
    await write('given.txt', 'widest15 newer5 low5\n');
    const scored = await good([
      'predict',
      'whole',
      'low5 newer5 widest15',
      '--target',
      'given.txt',
      '--alignment',
      '-',
      ...one,
    ]);
    expect(scored.stdout).toMatch(/^-\d+\.\d+\n\d+-0( \d+-\d+)+\n$/);
    await good(['train', 'all.yaml', '--out', 'whole', '--resume', '--set', 'training.maxSteps=44', ...one]);
    expect((await read('whole/metrics.jsonl')).match(/"type":"step"/g)).toHaveLength(44);
    const refused = await run([
      'train',
      'all.yaml',
      '--out',
      'whole',
      '--resume',
      '--set',
      'joint=false',
      '--set',
      'model.tie=none',
      ...one,
    ]);
    expect(refused.code).toBe(2);
  });

  it('stops and resumes to the bit', async () => {
    const stop = ['--set', 'training.maxSteps=20', '--set', 'training.schedule={type: constant}'];
    const on = ['--set', 'training.schedule={type: constant}'];
    await good(['train', 'all.yaml', '--out', 'parts', ...stop, ...one]);
    await good(['train', 'all.yaml', '--out', 'parts', '--resume', ...on, ...one]);
    await good(['train', 'all.yaml', '--out', 'straight', ...on, ...one]);
    const losses = async (name: string) =>
      (await read(`${name}/metrics.jsonl`))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ type }) => type === 'step')
        .map(({ loss }) => loss);
    expect(await losses('parts')).toEqual(await losses('straight'));
  });

  it("leaves its tokenizers as Hugging Face's read them, with the same ids", async () => {
    const codec = TextCodec.fromJSON(JSON.parse(await read('whole/source.json')));
    const at = (name: string) => join('whole', 'tokenizers', 'source', name);
    const theirs = new Tokenizer(
      JSON.parse(await read(at('tokenizer.json'))),
      JSON.parse(await read(at('tokenizer_config.json'))),
    );
    for (const text of ['Lowest newer 12', 'a  Žluťoučký 🐈!']) {
      const { ids } = theirs.encode(text, { add_special_tokens: false });
      expect(Array.from(ids, Number)).toEqual(codec.encode(text));
    }
  });
});
