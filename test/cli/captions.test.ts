/** Captions at the command line: drawings trained, described, measured, looked into; every kind of bad picture. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encode as encodeJpeg } from 'jpeg-js';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerEvaluate } from '../../src/cli/evaluate.ts';
import { registerInspect } from '../../src/cli/inspect.ts';
import { registerPredict } from '../../src/cli/predict.ts';
import { registerTrain } from '../../src/cli/train.ts';
import { encodePng, generateDrawings, type Picture } from '../../src/data/pictures/index.ts';
import { CMYK, exif, header, joined, SIGNATURE, withSegment, writePng } from '../data/pictures/files.ts';
import { sharedData } from '../data/shared.ts';
import { heedIn, workFolder } from './heed.ts';
import { heedHere } from './here.ts';

const folder = workFolder();
const { read, write } = heedIn(folder);
const one = ['--threads', '1'];
const here = (args: readonly string[]) =>
  heedHere(
    folder,
    (program) => {
      for (const register of [registerTrain, registerPredict, registerEvaluate, registerInspect]) {
        register(program);
      }
    },
    [...args, ...one],
  );
/** A command to its good end. */
async function good(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const ended = await here(args);
  if (ended.code !== 0) throw new Error(`heed ${args.join(' ')}: exit code ${ended.code}\n${ended.stderr}`);
  return ended;
}
/** The message of one that must fail. */
async function refusal(args: readonly string[], code = 1): Promise<string> {
  const ended = await here(args);
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: '' });
  expect(ended.stderr).toMatch(/^heed: .*; expected .*\. .*\n$/);
  return ended.stderr.slice('heed: '.length, -1);
}
const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const KIND = 'shapes: [square, cross], colours: [red, green, blue], small: false, objects: [1, 1]';
const recipeOf = (model = '') => `task: captions
seed: 3
data:
  train: { drawings: 1200, ${KIND} }
  validation: { heldOut: 40 }
  test: { drawings: 30, ${KIND} }
picture: { width: 16, height: 16, scale: { mean: [0.9], deviation: [0.15] } }
model: { type: captioner, encoder: { blocks: [{ channels: 16 }, { channels: 32 }] }, embedding: 16, hidden: 48, dropout: 0${model} }
training:
  optimizer: { type: adam, learningRate: 0.01 }
  batch: { sentences: 32 }
  maxSteps: 240
  validateEvery: { steps: 120 }
  stop: { metric: exactMatch }
decoding: { beam: 2, maxLength: 8 }
`;
const drawings = generateDrawings(77, 6, {
  size: 16,
  shapes: ['square', 'cross'],
  colours: ['red', 'green', 'blue'],
  small: false,
  objects: [1, 1],
});
const captionOf = (i: number): string => drawings[i].captions[0];

beforeAll(async () => {
  await write('tiny.yaml', recipeOf(', attention: { size: 24 }, doublyStochastic: 0'));
  await mkdir(join(folder, 'set'));
  for (const [i, drawing] of drawings.entries())
    await write(`set/${i}.png`, encodePng(await drawing.picture()));
  await good(['train', 'tiny.yaml', '--set', 'training.maxSteps=120']);
  const { stderr } = await good(['train', 'tiny.yaml', '--resume']);
  await write('log.txt', stderr);
});

describe('train → predict → evaluate → inspect', () => {
  it('fills a run directory, and measures the test pictures', async () => {
    const stderr = await read('log.txt');
    expect(stderr).toMatch(
      /^reading 1230 pictures\ncaptioner: [\d,]+ parameters, vocabulary 10, 1160 pictures with 1160 captions, 37 steps an epoch, on native/,
    );
    expect(stderr).toMatch(
      /validation at step 240: loss \S+ {2}exactMatch \S+ {2}bleu1 \S+ {2}bleu2 \S+ {2}bleu3 \S+ {2}bleu \S+ {2}cider \S+/,
    );
    expect(stderr).toMatch(
      /test: [\d.]+ % of 30 exactly right, BLEU-1 [\d.]+, BLEU-4 [\d.]+, CIDEr [\d.]+ \(beam 2\)\nrun directory: runs\/tiny\n$/,
    );
    expect((await readdir(join(folder, 'runs/tiny'))).filter((name) => !name.startsWith('events'))).toEqual([
      'checkpoints',
      'ended.json',
      'hypotheses.txt',
      'metrics.jsonl',
      'recipe.yaml',
      'report.html',
      'results.json',
      'shown.json',
      'target.json',
      'test.jsonl',
      'validation.jsonl',
    ]);
    const results = JSON.parse(await read('runs/tiny/results.json'));
    expect(results.metrics.exactMatch).toBeGreaterThan(0.9);
    expect(results).toMatchObject({
      pictures: 30,
      references: 30,
      decoding: { beam: 2, lengthPenalty: 1, maxLength: 8, noUnknown: false },
      versions: { node: process.versions.node },
    });
    expect((await read('runs/tiny/hypotheses.txt')).trimEnd().split('\n')).toHaveLength(30);
  });

  it('resumes to the bit', async () => {
    await good(['train', 'tiny.yaml', '--out', 'whole']);
    const losses = async (run: string) =>
      jsonLines(await read(`${run}/metrics.jsonl`)).flatMap(({ type, loss }) =>
        type === 'step' ? [loss] : [],
      );
    expect(await losses('runs/tiny')).toEqual(await losses('whole'));
    expect((await losses('runs/tiny')).length).toBe(240);
  });

  it('predict writes a line a picture, from arguments or a list of paths', async () => {
    const { stdout, stderr } = await good(['predict', 'runs/tiny', 'set/0.png', 'set/1.png']);
    expect(stderr).toBe('');
    const [first, second] = stdout.trimEnd().split('\n');
    expect(first).toMatch(/^a (red|green|blue) (square|cross)$/);
    await write('files.txt', 'set/1.png\n\nset/0.png\n');
    await good(['predict', 'runs/tiny', '--input', 'files.txt', '--output', 'said.txt']);
    expect(await read('said.txt')).toBe(`${second}\n${first}\n`);
    const all = await good(['predict', 'runs/tiny', ...drawings.map((_, i) => `set/${i}.png`)]);
    const right = all.stdout.split('\n').filter((line, i) => i < 6 && line === captionOf(i));
    expect(right.length).toBeGreaterThanOrEqual(5);
  });

  it('predict --json and --attention tell where it looked; --n-best gives several', async () => {
    const args = ['predict', 'runs/tiny', 'set/0.png', 'set/1.png', '--n-best', '3'];
    const { stdout } = await good([...args, '--json', '--attention', 'maps.jsonl']);
    expect(await read('maps.jsonl')).toBe(stdout);
    const records = jsonLines(stdout);
    expect(records.map(({ file }) => file)).toEqual([
      ...['set/0.png', 'set/0.png', 'set/0.png'],
      ...['set/1.png', 'set/1.png', 'set/1.png'],
    ]);
    for (const { tokens, attention, grid, centres, finished, caption } of records) {
      expect(finished).toBe(true);
      expect(tokens).toEqual([...caption.split(' '), '</s>']);
      expect(grid).toEqual([4, 4]);
      expect(centres).toEqual(Array(2).fill([0.0313, 0.2813, 0.5313, 0.7813]));
      expect(attention.length).toBe(tokens.length);
      for (const row of attention) {
        expect(row.length).toBe(16);
        expect(row.reduce((sum: number, w: number) => sum + w, 0)).toBeCloseTo(1, 2);
      }
    }
    const lines = (await good(args)).stdout.trimEnd().split('\n');
    expect(lines).toEqual(records.map((r) => `${r.score.toFixed(4)}\t${r.caption}`));
  });

  it('given captions are scored, and drawn', async () => {
    const [{ caption, logProb }] = jsonLines(
      (await good(['predict', 'runs/tiny', 'set/0.png', '--json'])).stdout,
    );
    await write('given.txt', `${caption}\na red zebra\n`);
    const args = ['predict', 'runs/tiny', 'set/0.png', 'set/1.png', '--target', 'given.txt'];
    const { stdout, stderr } = await good(args);
    expect(stderr).toBe('heed: 1 target token scored as unknown\n');
    const [own, other] = stdout.trimEnd().split('\n').map(Number);
    expect(own).toBeCloseTo(logProb, 3);
    expect(other).toBeLessThan(own - 1);
    const inspect = ['inspect', 'runs/tiny', '--picture', 'set/0.png', '--target', 'a red zebra'];
    await good([...inspect, '--out', 'given.svg']);
    expect(await read('given.svg')).toContain('>zebra<');
    expect(await refusal(['predict', 'runs/tiny', 'set/0.png', '--target', 'given.txt'])).toBe(
      'given.txt: 2 captions for 1 pictures; expected one line a picture. Check that they belong together.',
    );
  });

  it('evaluate gives the figures of the run, or of a manifest with several captions a picture', async () => {
    const { metrics, decoding } = JSON.parse(await read('runs/tiny/results.json'));
    expect(JSON.parse((await good(['evaluate', 'runs/tiny', '--json'])).stdout)).toMatchObject({
      metrics,
      decoding,
    });
    const said = (await good(['predict', 'runs/tiny', 'set/0.png', 'set/1.png'])).stdout.split('\n');
    await write('set/list.tsv', `0.png\t${said[0]}\n1.png\tnothing at all\n1.png\t${said[1]}\n`);
    const args = ['evaluate', 'runs/tiny', '--input', 'set/list.tsv'];
    const shown = await good([...args, '--hypotheses', 'heard.txt']);
    expect(shown.stdout).toMatch(
      /^exactly right {3}100\.0 % of 2\nBLEU-1 {10}100\.00\nBLEU-2 {10}100\.00\nBLEU-3 {10}100\.00\nBLEU-4 {10}[\d.]+\nCIDEr-D {9}[\d.]+ .*\nreferences {6}3\n$/,
    );
    expect(await read('heard.txt')).toBe(`${said[0]}\n${said[1]}\n`);
    const json = JSON.parse((await good([...args, '--json', '--beam', '1'])).stdout);
    expect(json).toMatchObject({ pictures: 2, references: 3, decoding: { beam: 1 } });
  });

  it('inspect lays the weights over the picture, word by word', async () => {
    const { stderr } = await good(['inspect', 'runs/tiny', '--picture', 'set/2.png', '--out', 'map.svg']);
    const [caption, logProb, file] = stderr.trimEnd().split('\n');
    expect(logProb).toMatch(/^log-probability -\d+\.\d{3}$/);
    expect(file).toBe('map.svg: 4 tokens');
    const svg = await read('map.svg');
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg.match(/<image /g)).toHaveLength(5);
    for (const word of [...caption.split(' '), '&lt;/s&gt;']) expect(svg).toContain(`>${word}<`);
  });
});

describe('a model without attention, trained from a manifest', () => {
  beforeAll(async () => {
    await write(
      'set/train.tsv',
      drawings.flatMap((_, i) => [`${i}.png\t${captionOf(i)}\n`, `${i}.png\ta drawing\n`]).join(''),
    );
    const set = ['data={train: {manifest: set/train.tsv}, validation: {heldOut: 2}, maxLength: 3}'];
    const sets = [...set, 'training={maxSteps: 2}'].flatMap((s) => ['--set', s]);
    await write('mean.yaml', recipeOf(', context: mean'));
    const { stderr } = await good(['train', 'mean.yaml', '--out', 'mean', ...sets]);
    expect(stderr).toMatch(/4 pictures with 8 captions, 1 steps an epoch/);
  });

  it('says what it can, and draws nothing', async () => {
    const [{ attention, tokens }] = jsonLines(
      (await good(['predict', 'mean', 'set/0.png', '--json'])).stdout,
    );
    expect([attention, Array.isArray(tokens)]).toEqual([undefined, true]);
    const none = 'the model has none (context: mean); expected a model that attends. Leave it out.';
    expect(await refusal(['predict', 'mean', 'set/0.png', '--attention', 'x'], 2)).toBe(
      `--attention, but ${none}`,
    );
    expect(await refusal(['inspect', 'mean', '--picture', 'set/0.png', '--out', 'x.svg'], 2)).toBe(
      "mean, a model without attention (context: mean); expected a model that attends. Train one, or use 'heed predict' for its captions.",
    );
    expect(await refusal(['evaluate', 'mean'], 2)).toBe(
      'a recipe without test data; expected pictures to evaluate on. Give --input.',
    );
  });
});

describe('pictures of every kind', () => {
  const described = async (name: string, bytes: Uint8Array): Promise<string> => {
    await write(name, bytes);
    return (await good(['predict', 'runs/tiny', name])).stdout.trimEnd();
  };
  const refused = async (name: string, bytes: Uint8Array | string): Promise<string> => {
    await write(name, bytes);
    return refusal(['predict', 'runs/tiny', name]);
  };
  const rgba = ({ width, height, data }: Picture): Uint8Array =>
    Uint8Array.from({ length: width * height * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : data[3 * Math.floor(i / 4) + (i % 4)],
    );
  let plain: string;
  let picture: Picture;
  const sample = (x: number, y: number, c: number) => picture.data[(y * 16 + x) * 3 + c];
  beforeAll(async () => {
    picture = await drawings[3].picture();
    plain = await described('plain.png', encodePng(picture));
  });

  it('of one pixel, of inks, in another shape: something is said', async () => {
    const pixel = { width: 1, height: 1, data: Uint8Array.of(200, 20, 20) };
    expect(await described('pixel.png', encodePng(pixel))).not.toBe('');
    expect(await described('inks.jpg', CMYK)).not.toBe('');
    const thin = { width: 300, height: 2, data: new Uint8Array(1800).fill(90) };
    expect(await described('thin.png', encodePng(thin))).not.toBe('');
  });

  it('with 16 bits, alpha, several frames or turned by Exif: the same is said', async () => {
    const deep = { width: 16, height: 16, depth: 16, colour: 2 } as const;
    expect(
      await described('deep.png', writePng({ ...deep, sample: (x, y, c) => 257 * sample(x, y, c) })),
    ).toBe(plain);
    // Black where it cannot be seen.
    const paper = (x: number, y: number) => Math.min(...[0, 1, 2].map((c) => sample(x, y, c))) > 225;
    const clear = { width: 16, height: 16, depth: 8, colour: 6 } as const;
    const covered = (x: number, y: number, c: number) => (paper(x, y) ? 0 : c === 3 ? 255 : sample(x, y, c));
    expect(await described('alpha.png', writePng({ ...clear, sample: covered }))).toBe(plain);
    const animated = writePng({
      ...{ width: 16, height: 16, depth: 8, colour: 2 },
      sample,
      extra: [['acTL', Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0)]],
    });
    expect(await described('animated.png', animated)).toBe(plain);
    // Lying on its right side, and the mark that it is to be turned upright (8: by 270° clockwise).
    const turned = Uint8Array.from({ length: 768 }, (_, i) => {
      const [x, y, c] = [Math.floor(i / 3) % 16, Math.floor(i / 48), i % 3];
      return sample(y, 15 - x, c);
    });
    const jpeg = encodeJpeg(
      { width: 16, height: 16, data: rgba({ width: 16, height: 16, data: turned }) },
      100,
    );
    const segment = joined([new TextEncoder().encode('Exif\0\0'), exif(8)]);
    const upright = encodeJpeg({ width: 16, height: 16, data: rgba(picture) }, 100);
    const expected = await described('upright.jpg', new Uint8Array(upright.data));
    expect(await described('exif.jpg', withSegment(new Uint8Array(jpeg.data), 0xe1, segment))).toBe(expected);
  });

  it('that are none are refused by name', async () => {
    expect(await refused('text.jpg', 'hello')).toBe(
      'text.jpg: no picture of a known kind: it begins with "hello"; expected a PNG or JPEG picture. Check the file with a picture viewer.',
    );
    expect(await refused('empty.png', '')).toBe(
      'empty.png: an empty file; expected a PNG or JPEG picture. Check the file with a picture viewer.',
    );
    expect(await refused('moving.gif', 'GIF89a\x10\0\x10\0')).toBe(
      'moving.gif: looks like GIF; expected a PNG or JPEG picture. Convert it to PNG or JPEG. ' +
        '(Where the package sharp is installed, Node also reads WebP, GIF, AVIF and TIFF.)',
    );
    const whole = encodePng(picture);
    expect(await refused('half.png', whole.subarray(0, whole.length / 2))).toMatch(
      /^half\.png: a PNG picture .*; expected .+\. .+$/,
    );
    expect(await refusal(['predict', 'runs/tiny', 'nowhere.png'])).toBe(
      'nowhere.png, which cannot be read (ENOENT); expected a PNG or JPEG picture. Check the path.',
    );
    expect(await refusal(['inspect', 'runs/tiny', '--picture', 'text.jpg', '--out', 'x.svg'])).toMatch(
      /^text\.jpg: /,
    );
    await write('set/bad.tsv', '0.png\ta red circle\n../text.jpg\tno picture\n');
    const data = 'data={train: {manifest: set/bad.tsv}, validation: {heldOut: 1}}';
    const ended = await here(['train', 'tiny.yaml', '--out', 'new', '--set', data]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/\nheed: \.\.\/text\.jpg: no picture of a known kind.*\n$/);
    expect(await readdir(folder)).not.toContain('new');
  });

  it('of 20,000 × 20,000 pixels are refused before any memory is taken', async () => {
    const size = { width: 20_000, height: 20_000 };
    const png = joined([SIGNATURE, header({ ...size, depth: 8, colour: 2 })]);
    // The size stands in the frame header: marker C0 or C2, length, depth, height, width.
    const jpeg = new Uint8Array(encodeJpeg({ width: 8, height: 8, data: new Uint8Array(256) }, 50).data);
    const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    jpeg.set([0x4e, 0x20, 0x4e, 0x20], frame + 5);
    const message = (name: string) =>
      `${name}: a picture of 20000×20000 pixels; expected at most 64,000,000 pixels in all. ` +
      'Make it smaller before, or raise the limit if there is memory for it.';
    const before = process.memoryUsage().rss;
    expect(await refused('huge.png', png)).toBe(message('huge.png'));
    expect(await refused('huge.jpg', jpeg)).toBe(message('huge.jpg'));
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });
});

describe('what cannot be asked', () => {
  it.each([
    [
      ['predict', 'runs/tiny', 'set/0.png', '--attention', '-'],
      '--attention - for pictures; expected a file for the attention.',
    ],
    [
      ['predict', 'runs/tiny', 'set/0.png', '--ctc-weight', '0.5'],
      '--ctc-weight with a model of the task captions; expected no such option.',
    ],
    [
      ['predict', 'runs/tiny', 'set/0.png', '--n-best', '3', '--beam', '2'],
      'nBest 3 with beam 2; expected at most as many as the beam.',
    ],
    [
      ['predict', 'runs/tiny', 'set/0.png', '--target', 'given.txt', '--beam', '2'],
      '--beam with --target; expected given captions',
    ],
    [['predict', 'runs/tiny', '--input', 'blank.txt'], 'no picture; expected PNG or JPEG files as arguments'],
    [
      ['inspect', 'runs/tiny', '--text', 'a'],
      '--text with a model of the task captions; expected no such option.',
    ],
    [
      ['inspect', 'runs/tiny', '--out', 'x.svg'],
      'no --picture with a model of captions; expected --picture FILE.',
    ],
    [
      ['inspect', 'runs/tiny', '--picture', 'set/0.png'],
      '--out -; expected a file ending in .svg, .png or .html.',
    ],
    [
      ['evaluate', 'runs/tiny', '--edits', '-'],
      '--edits with a model of the task captions; expected no such option.',
    ],
    [
      ['train', 'tiny.yaml', '--out', 'big', '--set', 'data.train.size=2000'],
      'data.train.size is 2000; expected a number of at most 1024.',
    ],
    [
      ['train', 'tiny.yaml', '--out', 'runs/tiny', '--resume', '--set', 'picture.height=24'],
      '--resume with picture.height 24; expected 16, as the run has it.',
    ],
  ])('%j', async (args, message) => {
    await write('blank.txt', '\n');
    expect(await refusal(args, 2)).toContain(message);
  });
});

describe('corpora', () => {
  const mnist = sharedData('mnist');
  const flickr8k = sharedData('flickr8k');
  const sets = (...all: string[]) =>
    ['training={maxSteps: 1, batch: {sentences: 4}}', ...all].flatMap((s) => ['--set', s]);

  it.skipIf(mnist === undefined)(
    'strings of digits are trained on (skipped without the shared data)',
    async () => {
      const part = (name: string, count: number) =>
        `{mnist: ${mnist}, part: ${name}, strings: ${count}, length: [1, 3]}`;
      const data = `data={train: ${part('train', 8)}, validation: ${part('validation', 4)}, test: ${part('test', 4)}}`;
      const picture = 'picture={width: 64, height: 16, channels: 1}';
      const { stderr } = await good(['train', 'tiny.yaml', '--out', 'digits', ...sets(data, picture)]);
      expect(stderr).toMatch(/8 pictures with 8 captions/);
      expect((await read('digits/hypotheses.txt')).split('\n')).toHaveLength(5);
    },
  );

  it.skipIf(flickr8k === undefined)('photographs are listed (skipped without the shared data)', async () => {
    const data = `data={train: {flickr8k: ${flickr8k}, part: test}}`;
    const { stderr } = await good(['train', 'tiny.yaml', '--out', 'photographs', ...sets(data)]);
    expect(stderr).toMatch(/1000 pictures with 5000 captions/);
  });
});
