/** Speech at the command line: sounds and a manifest in a folder, trained, recognised, measured; and what is refused. */
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { registerAverage } from '../../src/cli/average.ts';
import { registerEvaluate } from '../../src/cli/evaluate.ts';
import { registerInspect } from '../../src/cli/inspect.ts';
import { registerPredict } from '../../src/cli/predict.ts';
import { readSound } from '../../src/cli/speech/predict.ts';
import { registerTrain } from '../../src/cli/train.ts';
import { encodeWav } from '../../src/data/audio/index.ts';
import { printArpa, trainNgram } from '../../src/decoding/index.ts';
import { DataError } from '../../src/errors.ts';
import { Recognizer } from '../../src/tasks/recognizer.ts';
import { wavFile } from '../data/audio/sounds.ts';
import { RATE, toneOf, toneTexts } from '../tasks/speechTones.ts';
import { heedIn, tinyRecipe, workFolder, writeTiny } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const heed = heedIn(folder);
const { read, write } = heed;
/** A command in this process, to its good end. */
async function good(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const ended = await here(args);
  if (ended.code !== 0) throw new Error(`heed ${args.join(' ')}: exit code ${ended.code}\n${ended.stderr}`);
  return ended;
}
const here = (args: readonly string[]) =>
  heedHere(
    folder,
    (program) => {
      for (const register of [
        registerTrain,
        registerPredict,
        registerEvaluate,
        registerInspect,
        registerAverage,
      ]) {
        register(program);
      }
    },
    args,
  );
const one = ['--threads', '1'];
const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const recipeOf = (model: string, training: string, decoding: string) => `task: speech
seed: 2
data:
  train: { manifest: train.tsv }
  validation: { heldOut: { utterances: 8 } }
  test: { manifest: test.tsv }
  maxSeconds: 3
features: { sampleRate: 8000, coefficients: 12, stack: 2 }
target: { tokens: character, lowercase: true }
model: ${model}
training:
  batch: { sentences: 16 }
  clipNorm: 5
  keepCheckpoints: 2
${training}decoding: ${decoding}
`;
const CTC = recipeOf(
  '{ type: ctc, hidden: 32, layers: 1, dropout: 0 }',
  '  optimizer: { type: adam, learningRate: 0.03 }\n  stop: { metric: cer, patience: 9 }\n  maxSteps: 100\n  validateEvery: { steps: 50 }\n',
  '{ beam: 8, languageModel: { unit: word, order: 2, weight: 0.05 } }',
);
const JOINT = recipeOf(
  '{ type: listener, hidden: 16, embedding: 4, readout: 16, dropout: 0, encoder: { layers: 2, reduction: 2 }, attention: { score: additive, size: 8 }, ctcWeight: 0.3 }',
  '  maxSteps: 4\n  validateEvery: { steps: 2 }\n',
  '{ beam: 2, maxLength: 6 }',
);

/** WAV files of these texts, and a manifest that names them. */
async function writeCorpus(name: string, texts: readonly string[]): Promise<void> {
  const lines: string[] = [];
  for (const [i, text] of texts.entries()) {
    const { samples } = toneOf(text, 1000 * name.length + i);
    await write(`${name}-${i}.wav`, encodeWav(samples, RATE));
    lines.push(`${name}-${i}.wav\t${text.toUpperCase()}\n`);
  }
  await write(`${name}.tsv`, lines.join(''));
}
const tests = ['ab fed', 'c', 'dad bed'];

beforeAll(async () => {
  await writeCorpus('train', toneTexts(1, 150, { words: true }));
  await writeCorpus('test', tests);
  await write('ctc.yaml', CTC);
  await write('joint.yaml', JOINT);
});

describe('train → predict → evaluate', () => {
  it('fills a run directory from a manifest, and measures the test data', async () => {
    const { stdout, stderr } = await heed.good(['train', 'ctc.yaml', ...one]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^reading 153 sounds\nctc: [\d,]+ parameters, vocabulary 11, 142 utterances of 2 min \d+ s, 9 steps an epoch, on native/,
    );
    expect(stderr).toMatch(/validation at step 50: loss \S+ {2}wer \S+ {2}cer \S+ {2}exactMatch/);
    expect(stderr).toMatch(
      /test: word error rate [\d.]+ %, character error rate [\d.]+ %, [\d.]+ % of 3 right \(beam 8, with its language model\)\nrun directory: runs\/ctc\n$/,
    );
    expect((await readdir(join(folder, 'runs/ctc'))).filter((name) => !name.startsWith('events'))).toEqual([
      'checkpoints',
      'ended.json',
      'hypotheses.txt',
      'language.arpa',
      'metrics.jsonl',
      'recipe.yaml',
      'report.html',
      'results.json',
      'shown.json',
      'target.json',
      'test.jsonl',
      'tokenizers',
      'validation.jsonl',
    ]);
    const results = JSON.parse(await read('runs/ctc/results.json'));
    expect(results.metrics).toEqual({ wer: 0, cer: 0, exactMatch: 1 });
    expect(await read('runs/ctc/hypotheses.txt')).toBe(`${tests.join('\n')}\n`);
    expect(results).toMatchObject({
      recipe: CTC,
      decoding: {
        beam: 8,
        languageModel: { unit: 'word', order: 2, weight: 0.05, bonus: 0 },
        lexicon: null,
      },
      overlap: { utterances: 3 },
      versions: { node: process.versions.node },
    });
  });

  it('predict writes a line a file, from arguments or a list of paths', async () => {
    const { stdout, stderr } = await heed.good(['predict', 'runs/ctc', 'test-0.wav', 'test-2.wav', ...one]);
    expect([stdout, stderr]).toEqual([`${tests[0]}\n${tests[2]}\n`, '']);
    await write('files.txt', 'test-2.wav\n\ntest-1.wav\n');
    const listed = await good([
      'predict',
      'runs/ctc',
      '--input',
      'files.txt',
      '--output',
      'said.txt',
      ...one,
    ]);
    expect([listed.stdout, await read('said.txt')]).toEqual(['', `${tests[2]}\n${tests[1]}\n`]);
  });

  it('predict --json tells when each token was heard; --n-best gives several', async () => {
    const args = ['predict', 'runs/ctc', 'test-0.wav', 'test-1.wav', '--no-language-model', '--n-best', '12'];
    const records = jsonLines((await good([...args, '--json', ...one])).stdout);
    const first = records.filter(({ file }) => file === 'test-0.wav');
    expect(records.length).toBe(24);
    expect(first.map(({ score }) => score)).toEqual(first.map(({ score }) => score).sort((a, b) => b - a));
    expect(first[0]).toMatchObject({ transcript: tests[0], tokens: [...tests[0]], finished: true });
    const { letters } = toneOf(tests[0], 4000);
    const spans = first[0].spans.filter((_: unknown, i: number) => tests[0][i] !== ' ');
    expect(first[0].wordSpans).toEqual([
      { word: 'ab', from: first[0].spans[0][0], to: first[0].spans[1][1] },
      { word: 'fed', from: first[0].spans[3][0], to: first[0].spans[5][1] },
    ]);
    for (const [i, { from, to }] of letters.entries()) {
      expect(spans[i][0]).toBeGreaterThan(from - 0.06);
      expect(spans[i][1]).toBeLessThan(to + 0.1);
    }
    const lines = (await good([...args, ...one])).stdout.split('\n');
    expect(lines.slice(0, -1)).toEqual(records.map((r) => `${r.score.toFixed(4)}\t${r.transcript}`));
  });

  it('evaluate gives the figures of the run, or of a manifest, and shows the edits', async () => {
    const table = await good(['evaluate', 'runs/ctc', ...one]);
    expect(table.stdout).toMatch(
      /^word error rate {7}0\.00 %\ncharacter error rate {2}0\.00 %\ntranscripts right {5}100\.0 % of 3\nreal-time factor {6}\d+\.\d{3} .*\ntest transcripts in the training {2}\d of 3; words that are not: .+\n$/,
    );
    await write('spoilt.tsv', 'test-0.wav\tAB CAB FAD\ntest-1.wav\tC\n');
    const args = ['evaluate', 'runs/ctc', '--input', 'spoilt.tsv', '--hypotheses', 'heard.txt'];
    const shown = await good([...args, '--edits', '-', ...one]);
    // Upper case in the manifest, which the model cannot write.
    expect(shown.stdout).toContain('test-0\nref  ab cab fad\nhyp  ab *** fed\n        D   S\n');
    expect(shown.stdout).toContain('test-1\nref  c\nhyp  c\n');
    expect(shown.stdout).toContain('word error rate       50.00 %');
    expect(await read('heard.txt')).toBe('ab fed\nc\n');
    const json = await good([...args, '--json', '--edits', 'edits.txt', '--beam', '1', ...one]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      sentences: 2,
      metrics: { wer: 50 },
      decoding: { beam: 1 },
    });
    expect(shown.stdout.startsWith(await read('edits.txt'))).toBe(true);
  });

  it('resumes with another language model, packed, and keeps it', async () => {
    const arpa = printArpa(trainNgram([['dad', 'bed']], { order: 2, smoothing: { type: 'addK', k: 1e-6 } }));
    await write('lm.arpa.gz', gzipSync(arpa));
    const set = ['--set', 'decoding.languageModel={arpa: lm.arpa.gz, weight: 3}'];
    await good(['train', 'ctc.yaml', '--resume', ...set, '--set', 'training.maxSteps=101', ...one]);
    expect((await read('runs/ctc/metrics.jsonl')).match(/"type":"step"/g)).toHaveLength(101);
    expect(await read('runs/ctc/language.arpa')).toBe(arpa);
    const other = await good(['train', 'ctc.yaml', '--resume', '--set', 'decoding={beam: 1}', ...one]);
    expect(other.stderr).toMatch(/right \(beam 1\)\n/);
    await good(['train', 'ctc.yaml', '--resume', ...set, ...one]);
    const { stdout } = await good(['predict', 'runs/ctc', 'test-0.wav', ...one]);
    expect(stdout).not.toBe(`${tests[0]}\n`);
  });

  it('averages checkpoints with the language model that belongs to them', async () => {
    await good(['average', 'runs/ctc', '--last', '2', '--out', 'mean']);
    expect(await read('mean/language.arpa')).toBe(await read('runs/ctc/language.arpa'));
    const { stdout } = await good(['predict', 'mean', 'test-2.wav', ...one]);
    expect(stdout).toBe(`${tests[2]}\n`);
  });
});

describe('a model without a language model or a lexicon', () => {
  beforeAll(async () => {
    await cp(join(folder, 'runs/ctc'), join(folder, 'plain'), { recursive: true });
    await rm(join(folder, 'plain/language.arpa'));
    await write('plain/recipe.yaml', CTC.replace(/decoding: .*/, 'decoding: { beam: 8 }'));
    await write('words.txt', 'ab\nFAD\n\nbed\n');
  });
  const said = async (...args: string[]) =>
    (await good(['predict', 'plain', 'test-0.wav', ...args, ...one])).stdout.trimEnd();
  const decodingOf = async (run: string, ...args: string[]) =>
    JSON.parse((await good(['evaluate', run, '--json', ...args, ...one])).stdout).decoding;

  it('is given a language model for a search', async () => {
    expect(await said()).toBe(tests[0]);
    expect(await said('--language-model', 'lm.arpa.gz', '--language-weight', '1e-9')).toBe(tests[0]);
    expect(await said('--language-model', 'lm.arpa.gz', '--language-weight', '3')).not.toBe(tests[0]);
    const letters = [...'ab fab'].map((c) => (c === ' ' ? '▁' : c));
    await write(
      'letters.arpa',
      printArpa(trainNgram([letters], { order: 6, smoothing: { type: 'addK', k: 1e-6 } })),
    );
    const tokens = ['--language-model', 'letters.arpa', '--language-unit', 'token'];
    expect(await said(...tokens, '--language-weight', '5')).toBe('ab fab');
    // A bonus for every letter makes for more of them.
    const more = await said(...tokens, '--language-weight', '0.01', '--language-bonus', '30');
    expect(more.length).toBeGreaterThan(tests[0].length);
    expect(await decodingOf('plain', '--language-model', 'lm.arpa.gz', '--language-weight', '2')).toEqual({
      beam: 8,
      lengthPenalty: 1,
      maxLength: 200,
      languageModel: { arpa: 'lm.arpa.gz', unit: 'word', weight: 2, bonus: 0 },
      lexicon: null,
    });
    // Over what the recipe says.
    expect((await decodingOf('runs/ctc', '--language-weight', '2')).languageModel).toEqual({
      arpa: 'lm.arpa.gz',
      unit: 'word',
      weight: 2,
      bonus: 0,
    });
    expect((await decodingOf('runs/ctc', '--no-language-model')).languageModel).toBeNull();
  });

  it('is given a lexicon for a search', async () => {
    expect((await said('--lexicon', 'words.txt')).split(/ +/)).toEqual([
      'ab',
      expect.stringMatching(/^(fad|bed)$/),
    ]);
    expect(await decodingOf('plain', '--lexicon', 'words.txt')).toMatchObject({
      lexicon: { from: 'words.txt', words: 3 },
    });
    await write('xray.txt', 'ab\nx-ray\n');
    expect(await refusal(['predict', 'plain', 'test-0.wav', '--lexicon', 'xray.txt'])).toBe(
      'xray.txt:2: "x-ray", whose "x" the model cannot write; expected words of the characters that the training transcripts have. ' +
        'Take it out, or write it as they would.',
    );
  });

  it('has a lexicon of its own by the recipe, which the run keeps', async () => {
    const train = (lexicon: string) =>
      good([
        'train',
        'ctc.yaml',
        '--out',
        'plain',
        '--resume',
        '--set',
        `decoding={beam: 8, lexicon: ${lexicon}}`,
        ...one,
      ]);
    expect((await train('transcripts')).stderr).toContain('right (beam 8, with its lexicon)\n');
    const words = (await read('plain/lexicon.txt')).trimEnd().split('\n');
    const spoken = toneTexts(1, 150, { words: true }).flatMap((text) => text.split(' '));
    // Of what was held out nothing is known.
    for (const word of words) expect(spoken).toContain(word);
    expect(words).toEqual([...new Set(words)].sort());
    expect(JSON.parse(await read('plain/results.json')).decoding).toMatchObject({
      lexicon: { from: 'transcripts', words: words.length },
      languageModel: null,
    });
    for (const word of (await said()).split(/ +/)) expect(words).toContain(word);
    expect((await decodingOf('plain', '--no-lexicon')).lexicon).toBeNull();
    await train('words.txt');
    expect(await read('plain/lexicon.txt')).toBe('ab\nfad\nbed\n');
    expect(await said('--no-lexicon')).toBe(tests[0]);
    await good(['average', 'plain', '--last', '2', '--out', 'plainMean']);
    expect(await read('plainMean/lexicon.txt')).toBe('ab\nfad\nbed\n');
  });
});

describe('given transcripts', () => {
  const files = ['test-0.wav', 'test-2.wav'];
  it('are scored and placed in time', async () => {
    await write('said.txt', `${tests[0]}\nDAB bed\n`);
    const args = ['predict', 'runs/ctc', ...files, '--target', 'said.txt'];
    const records = jsonLines((await good([...args, '--json', ...one])).stdout);
    expect((await good([...args, ...one])).stdout).toBe(
      records.map(({ logProb }) => `${logProb.toFixed(4)}\n`).join(''),
    );
    expect(records.map(({ transcript }) => transcript)).toEqual([tests[0], 'DAB bed']);
    const [{ wordSpans }] = records;
    const { letters } = toneOf(tests[0], 4000);
    for (const [k, [first, last]] of [
      [0, 1],
      [2, 4],
    ].entries()) {
      expect(wordSpans[k].from).toBeGreaterThan(letters[first].from - 0.06);
      expect(wordSpans[k].to).toBeLessThan(letters[last].to + 0.1);
    }
    // What was heard is more probable than what was not.
    const heard = jsonLines(
      (await good(['predict', 'runs/ctc', ...files, '--no-language-model', '--json', ...one])).stdout,
    );
    // The search sums over the alignments in its beam, the given text has all of them.
    expect(records[0].logProb).toBeCloseTo(heard[0].logProb, 3);
    expect(records[1].logProb).toBeLessThan(heard[1].logProb - 1);
  });

  it('are drawn', async () => {
    const args = ['inspect', 'runs/ctc', '--audio', 'test-0.wav', '--out', 'given.svg'];
    const { stderr } = await good([...args, '--target', 'ab fad', ...one]);
    expect(stderr).toMatch(/^ab fad\nlog-probability -\d+\.\d{3}\ngiven\.svg: 6 tokens\n$/);
    expect(await read('given.svg')).toContain('>ab fad<');
  });

  it('have to be as many as the sounds, and short enough', async () => {
    await write('few.txt', 'a\n');
    expect(await refusal(['predict', 'runs/ctc', ...files, '--target', 'few.txt'])).toBe(
      'few.txt: 1 transcripts for 2 sounds; expected one line a sound. Check that they belong together.',
    );
    await write('few.txt', `${'abc'.repeat(300)}\n`);
    expect(await refusal(['predict', 'runs/ctc', 'test-0.wav', '--target', 'few.txt'])).toMatch(
      /^test-0\.wav: Labels longer than frames: 900 labels in \d+ frames; /,
    );
  });
});

describe('a model normalised by speaker', () => {
  it('is tested so', async () => {
    const manifest = (name: string, count: number) =>
      Array.from({ length: count }, (_, i) => `${name}-${i}.wav\t${i % 2 ? 'AB' : 'C D'}\ts${i % 2}\n`).join(
        '',
      );
    await write('speakers.tsv', manifest('train', 20));
    await write('heard.tsv', manifest('test', 3));
    const sets = ['features.normalise=speaker', 'training.maxSteps=1', 'data.train={manifest: speakers.tsv}'];
    sets.push('data.validation={manifest: heard.tsv}', 'data.test={manifest: heard.tsv}');
    const recognize = vi.spyOn(Recognizer.prototype, 'recognize');
    try {
      const args = ['train', 'ctc.yaml', '--out', 'speakers', ...sets.flatMap((set) => ['--set', set])];
      await good([...args, ...one]);
      // Once to compile, then all.
      expect(recognize.mock.calls.map(([sounds]) => sounds.length)).toEqual([1, 3]);
      const [, , statistics = []] = recognize.mock.calls[1];
      expect(statistics.map((own) => statistics.indexOf(own))).toEqual([0, 1, 0]);
      const frames = [0, 2].map((i) => toneOf(tests[i], 4000 + i).samples.length / (0.01 * RATE));
      expect(Math.abs((statistics[0]?.count ?? 0) - frames[0] - frames[1])).toBeLessThan(8);
    } finally {
      recognize.mockRestore();
    }
  });
});

describe('a listener', () => {
  it('stops and resumes to the bit, writes its attention, and is drawn', async () => {
    await good(['train', 'joint.yaml', '--out', 'parts', '--set', 'training.maxSteps=2', ...one]);
    await good(['train', 'joint.yaml', '--out', 'parts', '--resume', ...one]);
    await good(['train', 'joint.yaml', ...one]);
    const losses = async (name: string) =>
      jsonLines(await read(`${name}/metrics.jsonl`)).flatMap(({ type, loss }) =>
        type === 'step' ? [loss] : [],
      );
    expect(await losses('parts')).toEqual(await losses('runs/joint'));
    const args = ['predict', 'runs/joint', 'test-0.wav', 'test-1.wav'];
    const { stdout } = await good([
      ...args,
      '--json',
      '--attention',
      'maps.jsonl',
      '--ctc-weight',
      '0.5',
      ...one,
    ]);
    expect(await read('maps.jsonl')).toBe(stdout);
    for (const [i, { tokens, attention, frameSeconds, spans, finished }] of jsonLines(stdout).entries()) {
      expect(frameSeconds).toBe(0.04);
      expect(attention.length).toBe(tokens.length);
      // Four steps teach it little; what CTC never says has no place in time.
      if (spans) expect(spans.length).toBe(tokens.length - (finished ? 1 : 0));
      const seconds = toneOf(tests[i], 4000 + i).samples.length / RATE;
      for (const row of attention) expect(Math.abs(row.length * frameSeconds - seconds)).toBeLessThan(0.08);
    }
    await good(['inspect', 'runs/joint', '--audio', 'test-0.wav', '--out', 'map.svg', ...one]);
    expect(await read('map.svg')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    const json = await good(['evaluate', 'runs/joint', '--json', ...one]);
    expect(JSON.parse(json.stdout).decoding).toMatchObject({ beam: 2, ctcWeight: 0.3, lexicon: null });
  });

  it('is forced to say a given text', async () => {
    await write('given.txt', 'ab q\n');
    const args = ['predict', 'runs/joint', 'test-0.wav', '--target', 'given.txt', '--json'];
    const { stdout, stderr } = await good([...args, ...one]);
    expect(stderr).toBe('heed: 1 target token scored as unknown\n');
    const [{ transcript, tokens, attention, logProb, score, spans, wordSpans }] = jsonLines(stdout);
    expect([transcript, tokens]).toEqual(['ab q', [...'ab q', '</s>']]);
    expect(attention.length).toBe(5);
    expect(score).toBeCloseTo(logProb / 5, 5);
    expect(spans.length).toBe(4);
    expect(wordSpans.map(({ word }: { word: string }) => word)).toEqual(['ab', 'q']);
  });
});

/** Runs what must fail, and gives its message. */
async function refusal(args: readonly string[], code = 1, start = here): Promise<string> {
  const before = (await readdir(folder)).sort();
  const ended = await start([...args, ...one]);
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: '' });
  const stderr = ended.stderr.replace(/^reading \d+ sounds\n/, '');
  expect(stderr).toMatch(/^heed: .*; expected .*\. .*\n$/);
  // No part of an output is left.
  expect((await readdir(folder)).sort()).toEqual(before);
  return stderr.slice('heed: '.length, -1).replaceAll(`${folder}/`, '');
}

describe('sounds that cannot be read', () => {
  const at = (name: string) => join(folder, name);
  const sixteen = (parts: Partial<Parameters<typeof wavFile>[0]>) =>
    wavFile({ code: 1, bits: 16, rate: RATE, data: new Uint8Array(32), ...parts });
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), ' is an empty file (0 bytes); expected a WAV file (RIFF, WAVE). '],
    ['text', new TextEncoder().encode('hello world, no sound'), ' begins with "hell"; expected a WAV file'],
    [
      'another format',
      Uint8Array.from([...'fLaC....'].map((c) => c.charCodeAt(0))),
      ' looks like FLAC; expected',
    ],
    ['zero samples', sixteen({ data: new Uint8Array(0) }), ' holds 0 samples; expected at least one. '],
    [
      'a header longer than the file',
      sixteen({ dataSize: 1e6 }),
      ' promises 1000000 bytes of sound and has 32; ',
    ],
    [
      '0 Hz',
      sixteen({ rate: 0 }),
      ' has a sample rate of 0 Hz; expected a whole number of Hz from 1 to 384000. ',
    ],
    [
      '1 MHz',
      sixteen({ rate: 1_000_000 }),
      ' has a sample rate of 1000000 Hz; expected a whole number of Hz',
    ],
    [
      'NaN',
      wavFile({ code: 3, bits: 32, rate: RATE, data: new Uint8Array(Float32Array.of(0, Number.NaN).buffer) }),
      ': sample 1 of channel 0 (from 0) is NaN; expected finite numbers',
    ],
  ])('%s', async (_, bytes, message) => {
    await write('bad.wav', bytes);
    await expect(readSound(at('bad.wav'))).rejects.toThrow(DataError);
    await expect(readSound(at('bad.wav'))).rejects.toThrow(`${at('bad.wav')}${message}`);
  });

  it('is said with exit code 1, and leaves no output', async () => {
    await write('bad.wav', 'hello');
    await write('kept.txt', 'as it was');
    const args = [
      'predict',
      'runs/joint',
      'test-0.wav',
      'bad.wav',
      '--output',
      'kept.txt',
      '--attention',
      'new.jsonl',
    ];
    expect(await refusal(args, 1, heed.run)).toBe(
      'bad.wav begins with "hell"; expected a WAV file (RIFF, WAVE). Convert it to 16-bit PCM WAV.',
    );
    expect(await read('kept.txt')).toBe('as it was');
    expect(await refusal(['predict', 'runs/ctc', 'none.wav'])).toBe(
      'none.wav, which cannot be read (ENOENT); expected a WAV file. Check the path.',
    );
    await write('long.wav', encodeWav(new Float32Array(3.5 * RATE), RATE));
    expect(await refusal(['predict', 'runs/ctc', 'long.wav'])).toBe(
      'long.wav, which lasts 3.5 s; expected at most 3 s (data.maxSeconds of the recipe). Cut it at pauses, or raise the limit.',
    );
    await write('slow.wav', encodeWav(new Float32Array(5), 5));
    expect(await refusal(['predict', 'runs/ctc', 'slow.wav'])).toBe(
      'slow.wav: resampling from 5 to 8000 Hz; expected rates at most 1000 times each other. Check the rates; sound of such a rate says nothing of the other.',
    );
  });

  it('silence, 8 channels and another rate are heard', async () => {
    await write('silence.wav', encodeWav(new Float32Array(4000), RATE));
    const { samples } = toneOf(tests[0], 4000);
    const data = new Int16Array(8 * samples.length);
    for (const [i, x] of samples.entries()) data.fill(Math.round(32767 * x), 8 * i, 8 * i + 8);
    await write('eight.wav', sixteen({ channels: 8, data: new Uint8Array(data.buffer) }));
    const args = ['predict', 'runs/ctc', 'silence.wav', 'eight.wav', '--no-language-model', '--json'];
    const [silence, eight] = jsonLines((await good([...args, ...one])).stdout);
    expect(Number.isFinite(silence.logProb)).toBe(true);
    expect(eight.transcript).toBe(tests[0]);
  });
});

describe('training data', () => {
  const training = async (manifest: string, settings: readonly string[] = [], code = 1) => {
    await write('bad.tsv', manifest);
    const set = [
      'data.train={manifest: bad.tsv}',
      'data.validation={manifest: test.tsv}',
      'decoding={beam: 1}',
      ...settings,
    ];
    return refusal(['train', 'ctc.yaml', '--out', 'new', ...set.flatMap((s) => ['--set', s])], code);
  };

  it('that CTC cannot learn', async () => {
    expect(await training(`train-0.wav\t${'fed'.repeat(40)}\n`)).toMatch(
      /^train-0, \d+ frames after the encoder for 120 labels \("fedfedfedfedfedfedfedfedfedfedfedfedfedf"\); expected at least 120 frames, which CTC needs\. /,
    );
  });

  it('without the spaces that a model of words needs, or a language model without them', async () => {
    expect(await training('train-0.wav\tA\n', ['decoding={languageModel: {}}'], 2)).toBe(
      'decoding.languageModel.unit word, where no transcript has a space; expected transcripts of several words. ' +
        'Set decoding.languageModel.unit to token.',
    );
    await write(
      'bad.arpa',
      printArpa(trainNgram([['a', 'b']], { order: 2, smoothing: { type: 'addK', k: 1 } })),
    );
    expect(
      await training('train-0.wav\tA B\n', ['decoding={languageModel: {unit: token, arpa: bad.arpa}}']),
    ).toMatch(
      /^bad\.arpa, a language model of tokens without ▁; expected ▁ for the space, which transcripts have\. /,
    );
    await write('bad.arpa', 'nonsense');
    expect(await training('train-0.wav\tA B\n', ['decoding={languageModel: {arpa: bad.arpa}}'])).toMatch(
      /^No line \\data\\ in bad\.arpa; expected an n-gram model in ARPA format\. /,
    );
  });

  it('whose test could not be recognised at the end', async () => {
    const test = (manifest: string) =>
      write('badTest.tsv', manifest).then(() =>
        training('train-0.wav\tA B\n', ['data.test={manifest: badTest.tsv}']),
      );
    await write('long.wav', encodeWav(new Float32Array(3.5 * RATE), RATE));
    expect(await test('test-0.wav\tA\nlong.wav\tB\n')).toMatch(
      /^long, which lasts 3\.5 s; expected at most 3 s \(data\.maxSeconds of the recipe\)\. /,
    );
    await write('bad.wav', 'hello');
    expect(await test('bad.wav\tB\n')).toMatch(/^bad begins with "hell"; expected a WAV file/);
  });

  it('are read until Ctrl-C, which leaves nothing', async () => {
    const before = (await readdir(folder)).sort();
    // Twenty times as much to do as usual.
    const speeds = Array.from({ length: 20 }, (_, i) => 0.8 + 0.02 * i);
    const set = ['--set', `augment={speeds: [${speeds}]}`];
    const running = heed.start(['train', 'ctc.yaml', '--out', 'much', ...set, ...one]);
    await running.saying('reading 153 sounds\n');
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: '', stderr: 'reading 153 sounds\n' });
    expect((await readdir(folder)).sort()).toEqual(before);
  });

  it('that are not there, broken, or all too long', async () => {
    expect(await training('train-0.wav\tA\nnone.wav\tB\n')).toMatch(
      /lacks 1 of the 2 sounds that bad\.tsv names, first none\.wav; expected files/,
    );
    await write('bad.wav', 'hello');
    expect(await training('bad.wav\tA\n')).toMatch(/^bad begins with "hell"; expected a WAV file/);
    await write('short.wav', encodeWav(new Float32Array(0.05 * RATE), RATE));
    await write('short.tsv', 'short.wav\tA\n');
    const short = ['data.maxSeconds=0.1', 'data.test={manifest: short.tsv}'];
    expect(await training('train-0.wav\tA\n', short)).toMatch(
      /^1 utterances, all of them longer than 0\.1 s; expected some of at most data\.maxSeconds \(0\.1\)\. /,
    );
  });
});

describe('usage', () => {
  it('flags of the other task, and flags that do not go together', async () => {
    await writeTiny(heed);
    await write('tiny.yaml', tinyRecipe({ test: false }));
    await good([
      'train',
      'tiny.yaml',
      '--set',
      'training.maxSteps=1',
      '--set',
      'training.validateEvery={steps: 1}',
      ...one,
    ]);
    const said: string[] = [];
    for (const args of [
      ['predict', 'runs/ctc', 'test-0.wav', '--prefix', 'a'],
      ['predict', 'runs/tiny', 'abc', '--ctc-weight', '0.3'],
      ['evaluate', 'runs/ctc', '--source', 'a', '--reference', 'b'],
      ['evaluate', 'runs/tiny', '--edits', '-'],
      ['inspect', 'runs/ctc', '--text', 'abc', '--out', 'x.svg'],
      ['inspect', 'runs/tiny', '--audio', 'test-0.wav'],
      ['predict', 'runs/ctc'],
      ['predict', 'runs/ctc', 'test-0.wav', '--attention', 'x.jsonl'],
      ['predict', 'runs/ctc', 'test-0.wav', '--max-length', '3'],
      ['predict', 'runs/joint', 'test-0.wav', '--output', 'x', '--attention', './x'],
      ['evaluate', 'runs/ctc', '--json', '--edits', '-'],
      ['predict', 'runs/tiny', 'abc', '--no-language-model'],
      ['evaluate', 'runs/tiny', '--lexicon', 'words.txt'],
      ['predict', 'runs/joint', 'test-0.wav', '--language-weight', '2'],
      ['predict', 'runs/ctc', 'test-0.wav', '--no-language-model', '--language-unit', 'word'],
      ['predict', 'runs/ctc', 'test-0.wav', '--language-unit', 'token'],
      ['predict', 'runs/ctc', 'test-0.wav', '--language-weight', '0'],
      ['predict', 'runs/joint', 'test-0.wav', '--lexicon', 'words.txt'],
      ['predict', 'runs/joint', 'test-0.wav', '--language-model', 'lm.arpa.gz', '--language-bonus', '1'],
      ['predict', 'runs/ctc', 'test-0.wav', '--target', 'few.txt', '--beam', '2', '--no-language-model'],
      ['inspect', 'runs/ctc', '--audio', 'test-0.wav', '--out', 'x.svg', '--target', ' '],
    ]) {
      said.push((await refusal(args, 2)).split('; expected ')[0]);
    }
    expect(said).toEqual([
      '--prefix with a model of the task speech',
      '--ctc-weight with a model of the task translation',
      '--source with a model of the task speech',
      '--edits with a model of the task translation',
      '--text with a model of the task speech',
      '--audio with a model of the task translation',
      'nothing to predict',
      '--attention, but ctc has none',
      '--max-length with a model of type ctc',
      '--output and --attention ./x',
      '--json with --edits -',
      '--no-language-model with a model of the task translation',
      '--lexicon with a model of the task translation',
      '--language-weight without a language model',
      '--language-unit without a language model',
      "--language-unit token with the run's own model of words",
      '--language-weight 0',
      '--lexicon with a model of type listener',
      '--language-bonus with a model of type listener',
      '--beam and --no-language-model with --target',
      'an empty --target',
    ]);
  });
});
