import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { COLOURS, FITS, SHAPES } from '../../src/data/pictures/index.ts';
import { UsageError } from '../../src/errors.ts';
import { applySettings, type CaptionRecipe, parseRecipe, recipeJsonSchema } from '../../src/formats/index.ts';

const full = `# Pictures
task: captions
seed: 7
data:
  train: { mnist: mnist, part: train, strings: 100, length: [2, 4], size: [40, 120] }
  validation: { heldOut: 3 }   # by name
  test: { drawings: 20, size: 24, shapes: [cross], colours: [red, black], small: false, objects: [1, 2], combinations: heldOut }
  maxLength: 12
picture:
  width: 96
  height: 32
  channels: 1
  fit: contain
  scale: { mean: [0.5], deviation: [0.2] }
augment:
  flip: false
  shift: 0.1
  zoom: 0.2
  rotate: 10
  brightness: 0.3
  contrast: 0.4
target: { tokens: character, lowercase: true, minFrequency: 2, maxSize: 40 }
model:
  type: captioner
  encoder: { blocks: [{ channels: 8, layers: 2, reduction: [2, 4] }], normalise: none, downsample: max, positions: false }
  embedding: 16
  hidden: 64
  cell: gru
  attention: { score: additive, size: 24, coverage: true }
  gate: false
  doublyStochastic: 0.5
  readout: linear
  tie: target
  dropout: 0.1
  recurrentDropout: 0.2
  initialization: paper
training:
  optimizer: { type: adadelta, rho: 0.9, epsilon: 1e-5, learningRate: 0.5 }
  schedule: { type: plateau, factor: 0.2, patience: 3 }
  batch: { tokens: 2000, sentences: 80 }
  clipNorm: 5
  labelSmoothing: 0.1
  epochs: 9
  validateEvery: { steps: 250 }
  stop: { metric: cider, patience: 4 }
  keepCheckpoints: 2
decoding: { beam: 12, lengthPenalty: 0.6, maxLength: 50, noUnknown: true }
`;
const least =
  'task: captions\ndata: { train: { manifest: a.tsv } }\nmodel: { type: captioner, encoder: { blocks: [{ channels: 8 }] } }\n';
const withModel = (more: string) => least.replace('captioner,', `captioner, ${more},`);

const read = (text: string): CaptionRecipe => {
  const recipe = parseRecipe(text, 'r.yaml');
  if (recipe.task !== 'captions') throw new Error(recipe.task);
  return recipe;
};
/** The error a recipe gives. */
function refusal(text: string): string {
  try {
    parseRecipe(text, 'r.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('a caption recipe', () => {
  it('is read as it is written when it says everything', () => {
    expect(read(full)).toEqual(parse(full));
  });

  it('fills in the defaults', () => {
    expect(read(least)).toMatchObject({
      seed: 1,
      data: { train: { manifest: 'a.tsv' }, maxLength: 50 },
      picture: { width: 64, height: 64, channels: 3, fit: 'cover' },
      target: { tokens: 'word', lowercase: false, minFrequency: 1, maxSize: 30_000 },
      decoding: { beam: 5, lengthPenalty: 1, maxLength: 50, noUnknown: false },
    });
    expect(read(least).augment).toBeUndefined();
    expect(read(least).model).toEqual({
      type: 'captioner',
      encoder: {
        blocks: [{ channels: 8, layers: 1, reduction: [2, 2] }],
        normalise: 'group',
        downsample: 'stride',
        positions: true,
      },
      embedding: 128,
      hidden: 256,
      cell: 'lstm',
      attention: { score: 'additive', size: 256, coverage: false },
      gate: true,
      doublyStochastic: 1,
      readout: 'tanh',
      tie: 'none',
      dropout: 0.3,
      recurrentDropout: 0,
      initialization: 'glorot',
    });
  });

  it('gives each word a context by attention, the mean, or none', () => {
    const of = (more: string) => {
      const { attention, gate, doublyStochastic } = read(withModel(more)).model;
      return { attention, gate, doublyStochastic };
    };
    expect(of('context: mean')).toEqual({ attention: 'mean', gate: true, doublyStochastic: 0 });
    expect(of('context: none')).toEqual({ attention: 'none', gate: false, doublyStochastic: 0 });
    expect(of('context: attention, hidden: 9, doublyStochastic: 2')).toEqual({
      attention: { score: 'additive', size: 9, coverage: false },
      gate: true,
      doublyStochastic: 2,
    });
  });

  it('knows the shapes, the colours and the ways to fit that there are', () => {
    for (const [key, values] of Object.entries({ shapes: SHAPES, colours: COLOURS })) {
      const text = least.replace('manifest: a.tsv', `drawings: 3, ${key}: [${values.join(', ')}]`);
      expect(read(text).data.train).toMatchObject({ [key]: values });
      expect(refusal(text.replace(values[0], 'pink'))).toContain('expected one of ');
    }
    for (const fit of FITS) expect(read(`${least}picture: { fit: ${fit} }`).picture.fit).toBe(fit);
  });

  it.each([
    [
      'an unknown key',
      full.replace('seed: 7', 'sede: 7'),
      'r.yaml:3:1: unknown key "sede"; expected one of task, seed, data, picture, augment, target, model, training, decoding. Correct or remove the key.',
    ],
    [
      'a section of speech',
      `${least}features: {}`,
      'r.yaml:4:1: unknown key "features"; expected one of task,',
    ],
    [
      'an unknown model',
      least.replace('captioner', 'ctc'),
      'r.yaml:3:16: model.type is "ctc"; expected captioner. Correct the value.',
    ],
    [
      'no blocks',
      least.replace('{ channels: 8 }', ''),
      'model.encoder.blocks is []; expected a list of at least 1.',
    ],
    [
      'one number for two',
      least.replace('channels: 8', 'channels: 8, reduction: 2'),
      'model.encoder.blocks.0.reduction is 2; expected a list.',
    ],
    [
      'attention where there is none',
      withModel('context: mean, attention: {}'),
      'model.attention is {}; expected none with context: mean.',
    ],
    [
      'the doubly stochastic term where there is none',
      withModel('context: none, doublyStochastic: 1'),
      'model.doublyStochastic is 1; expected none with context: none.',
    ],
    [
      'a gate of nothing',
      withModel('context: none, gate: true'),
      'model.gate is true; expected none with context: none.',
    ],
    [
      'heads that do not divide the size',
      withModel('hidden: 30, attention: { score: multiHead }'),
      'model.attention.heads is missing; expected a number that divides size, 30.',
    ],
    [
      'coverage with a score that has none',
      withModel('attention: { score: dot, coverage: true }'),
      'model.attention.coverage is true; expected additive or normalisedAdditive as the score.',
    ],
    [
      'a grid of nothing',
      `${least.replace('encoder: {', 'encoder: { downsample: max,')}picture: { height: 1 }`,
      'expected less reduction, or a larger picture.height.',
    ],
    [
      'two numbers for three channels',
      `${least}picture: { scale: { mean: [0.5, 0.4], deviation: [0.2] } }`,
      'picture.scale.mean is [0.5,0.4]; expected one number, or 3.',
    ],
    [
      'a deviation of nothing',
      `${least}picture: { scale: { mean: [0.5], deviation: [0] } }`,
      'picture.scale.deviation.0 is 0; expected a number of more than 0.',
    ],
    ['two channels', `${least}picture: { channels: 2 }`, 'picture.channels is 2; expected one of 1, 3.'],
    [
      'too large a picture',
      `${least}picture: { width: 5000 }`,
      'picture.width is 5000; expected a number of at most 4096.',
    ],
    [
      'too much of a turn',
      `${least}augment: { rotate: 200 }`,
      'augment.rotate is 200; expected a number of at most 180.',
    ],
    [
      'three shapes',
      least.replace('manifest: a.tsv', 'drawings: 3, objects: [1, 3]'),
      'data.train.objects.1 is 3; expected one of 1, 2.',
    ],
    [
      'half of a corpus',
      least.replace('manifest: a.tsv', 'flickr8k: flickr8k'),
      'data.train.part is missing;',
    ],
    [
      'another kind of data',
      least.replace('manifest: a.tsv', 'tsv: a.tsv'),
      'data.train is {"tsv":"a.tsv"}; expected a map with manifest, or drawings, or mnist and part and strings, or flickr8k and part.',
    ],
    [
      'word vectors',
      `${least}target: { vectors: glove.txt }`,
      'target.vectors is "glove.txt"; expected none: word vectors are for text.',
    ],
    [
      'stopping without validation',
      `${least}training: { stop: {} }`,
      'expected validation data (data.validation)',
    ],
    [
      'a metric of speech',
      full.replace('metric: cider', 'metric: wer'),
      'training.stop.metric is "wer"; expected one of loss, exactMatch, bleu, bleu1, bleu2, bleu3, cider.',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('with a key left out or spoilt is a recipe or a UsageError', () => {
    type Tree = { [key: string]: Tree | unknown };
    const paths = (tree: Tree, path: string[] = []): string[][] =>
      Object.entries(tree).flatMap(([key, inner]) => [
        [...path, key],
        ...(typeof inner === 'object' && inner !== null ? paths(inner as Tree, [...path, key]) : []),
      ]);
    const all = paths(parse(full));
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.option(fc.jsonValue()), (path, value) => {
        const tree = parse(full) as Tree;
        const last = path.at(-1) as string;
        const parent = path.slice(0, -1).reduce((t, key) => t[key] as Tree, tree);
        if (value === null) delete parent[last];
        else parent[last] = value;
        try {
          parseRecipe(stringify(tree), 'r.yaml');
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          expect((error as Error).message).toMatch(/^r\.yaml:\d+:\d+: [\s\S]+; expected [\s\S]+\. \S/);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('can be changed by settings', () => {
    const text = applySettings(full, ['augment.zoom=0', 'data.train={flickr8k: f, part: train}']);
    expect(read(text)).toMatchObject({
      augment: { zoom: 0 },
      data: { train: { flickr8k: 'f', part: 'train' } },
    });
    expect(() => applySettings(full, ['picture.size=2'])).toThrow(
      'no key "size" in picture; expected one of width, height, channels, fit, scale',
    );
  });
});

describe('the schema for editors', () => {
  it('requires what has no default', () => {
    const captions = (
      recipeJsonSchema().oneOf as { properties: { task: { const: string } }; required: string[] }[]
    ).find(({ properties }) => properties.task.const === 'captions');
    expect(captions?.required).toEqual(['task', 'data', 'model']);
  });
});

describe('the recipes of captions', () => {
  const folder = fileURLToPath(new URL('../../recipes/', import.meta.url));
  const names = readdirSync(folder).filter((name) =>
    /^task: captions$/m.test(readFileSync(folder + name, 'utf8')),
  );

  it('are there', () => {
    expect(names).toEqual([
      'drawings.yaml',
      'flickr8k-no-attention.yaml',
      'flickr8k.yaml',
      'mnist-strings.yaml',
    ]);
  });

  it.each(names)('%s is one, and is measured on test data', (name) => {
    const { data, training } = read(readFileSync(folder + name, 'utf8'));
    expect(data.test).toBeDefined();
    expect(training.stop).toBeDefined();
  });

  it('of photographs differ in attention alone', () => {
    const [attending, plain] = ['flickr8k.yaml', 'flickr8k-no-attention.yaml'].map((name) =>
      read(readFileSync(folder + name, 'utf8')),
    );
    expect({ ...plain, model: { ...plain.model, attention: 0, doublyStochastic: 0 } }).toEqual({
      ...attending,
      model: { ...attending.model, attention: 0, doublyStochastic: 0 },
    });
    expect([typeof attending.model.attention, plain.model.attention]).toEqual(['object', 'mean']);
  });
});
