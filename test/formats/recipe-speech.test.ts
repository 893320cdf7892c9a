import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { UsageError } from '../../src/errors.ts';
import { applySettings, parseRecipe, recipeJsonSchema, type SpeechRecipe } from '../../src/formats/index.ts';

const full = `# Letters and words
task: speech
seed: 7
data:
  train: { sphinx: an4.tar.gz, set: an4_train }
  validation: { heldOut: { speakers: 3 } }   # by name
  test: { fsdd: fsdd, part: test, strings: { count: 5, length: [2, 4], gap: [0, 0.5], edge: [0, 0.2] } }
  maxSeconds: 12.5
features:
  type: mfcc
  preset: sphinx
  sampleRate: 16000
  coefficients: 20
  deltas: 2
  normalise: speaker
  stack: 3
  stride: 2
augment:
  frequencyMasks: 1
  frequencyWidth: 5
  timeMasks: 3
  timeWidth: 20
  timeShare: 0.5
  speeds: [0.9, 1.1]
target: { tokens: character, lowercase: true, minFrequency: 2, maxSize: 40 }
model:
  type: listener
  cell: gru
  hidden: 64
  dropout: 0.1
  recurrentDropout: 0.2
  initialization: glorot
  encoder: { layers: 4, reduction: 8 }
  decoder: { layers: 2 }
  embedding: 16
  readout: 32
  attention: { score: additive, size: 24, coverage: false, location: { filters: 3, width: 7 } }
  ctcWeight: 0.4
training:
  optimizer: { type: adadelta, rho: 0.9, epsilon: 1e-5, learningRate: 0.5 }
  schedule: { type: plateau, factor: 0.2, patience: 3 }
  batch: { tokens: 2000, sentences: 80 }
  clipNorm: 5
  labelSmoothing: 0.1
  epochs: 9
  maxSteps: 1000
  validateEvery: { steps: 250 }
  stop: { metric: wer, patience: 4 }
  keepCheckpoints: 2
decoding:
  beam: 12
  lengthPenalty: 0.6
  maxLength: 50
  ctcWeight: 0.2
  languageModel: { arpa: lm.arpa.gz, unit: word, order: 4, weight: 0.7, bonus: 0 }
`;
const least = 'task: speech\ndata: { train: { manifest: a.tsv } }\nmodel: { type: ctc }\n';
const listener = least.replace('ctc', 'listener');

const read = (text: string): SpeechRecipe => {
  const recipe = parseRecipe(text, 'r.yaml');
  if (recipe.task !== 'speech') throw new Error(recipe.task);
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

describe('a speech recipe', () => {
  it('is read as it is written when it says everything', () => {
    expect(read(full)).toEqual(parse(full));
  });

  it('fills in the defaults', () => {
    const common = {
      cell: 'lstm',
      hidden: 256,
      dropout: 0.3,
      recurrentDropout: 0,
      initialization: 'glorot',
    };
    expect(read(least)).toEqual({
      task: 'speech',
      seed: 1,
      data: { train: { manifest: 'a.tsv' }, maxSeconds: 30 },
      features: {
        type: 'logMel',
        preset: 'standard',
        sampleRate: 16_000,
        deltas: 0,
        normalise: 'utterance',
        stack: 1,
        stride: 1,
      },
      target: { tokens: 'character', lowercase: false, minFrequency: 1, maxSize: 30_000 },
      model: { type: 'ctc', ...common, layers: 3, reduction: 1 },
      training: {
        optimizer: { type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        schedule: { type: 'constant' },
        batch: { sentences: 64 },
        clipNorm: 1,
        epochs: 20,
        validateEvery: { epochs: 1 },
        stop: undefined,
        keepCheckpoints: 3,
      },
      decoding: { beam: 10, lengthPenalty: 1, maxLength: 200 },
    });
    expect(read(listener).model).toEqual({
      type: 'listener',
      ...common,
      encoder: { layers: 3, reduction: 4 },
      decoder: { layers: 1 },
      embedding: 64,
      readout: 256,
      attention: { score: 'additive', size: 128, coverage: false, location: { filters: 10, width: 15 } },
      ctcWeight: 0,
    });
    expect(read(`${least}augment: {}`).augment).toEqual({
      frequencyMasks: 2,
      frequencyWidth: 8,
      timeMasks: 2,
      timeWidth: 40,
      timeShare: 0.2,
    });
    expect(read(`${least}decoding: { languageModel: {} }`).decoding.languageModel).toEqual({
      unit: 'word',
      order: 3,
      weight: 0.5,
      bonus: 0,
    });
    const strings = read(least.replace('manifest: a.tsv', 'fsdd: f, part: train, strings: { count: 9 }'));
    expect(strings.data.train).toMatchObject({
      strings: { count: 9, length: [1, 7], gap: [0.05, 0.3], edge: [0.1, 0.4] },
    });
  });

  it('takes as many frames a step as it stacks, unless it says otherwise', () => {
    const features = (text: string) => read(`${least}features: ${text}`).features;
    expect(features('{ stack: 3 }')).toMatchObject({ stack: 3, stride: 3 });
    expect(features('{ stack: 3, stride: 1 }')).toMatchObject({ stack: 3, stride: 1 });
    expect(features('{ stride: 2 }')).toMatchObject({ stack: 1, stride: 2 });
  });

  it('stops by the loss where there are validation data, or by any of its metrics', () => {
    const validated = least.replace('a.tsv }', 'a.tsv }, validation: { manifest: b.tsv }');
    expect(read(validated).training.stop).toEqual({ metric: 'loss', patience: 5 });
    for (const metric of ['loss', 'wer', 'cer', 'exactMatch']) {
      const { stop } = read(`${validated}training: { stop: { metric: ${metric} } }`).training;
      expect(stop).toEqual({ metric, patience: 5 });
    }
  });

  it('means every kind of data', () => {
    for (const kind of [
      '{ manifest: a.tar.xz/train.tsv }',
      '{ sphinx: an4, set: x }',
      '{ fsdd: f, part: validation }',
    ]) {
      const { data } = read(
        least.replace('{ manifest: a.tsv }', `${kind}, validation: ${kind}, test: ${kind}`),
      );
      expect(data.train).toEqual(parse(kind));
      expect([data.validation, data.test]).toEqual([data.train, data.train]);
    }
    const held = read(least.replace('a.tsv }', 'a.tsv }, validation: { heldOut: { utterances: 4 } }'));
    expect(held.data.validation).toEqual({ heldOut: { utterances: 4 } });
  });

  it.each([
    [
      'an unknown key',
      full.replace('seed: 7', 'sede: 7'),
      'r.yaml:3:1: unknown key "sede"; expected one of task, seed, data, features, augment, target, model, training, decoding. Correct or remove the key.',
    ],
    [
      'a section of translations',
      `${least}source: { tokens: word }`,
      'r.yaml:4:1: unknown key "source"; expected one of task, seed, data, features,',
    ],
    [
      'an unknown key of the features',
      full.replace('stride: 2', 'hop: 2'),
      'r.yaml:17:3: unknown key "hop" in features; expected one of type, preset, sampleRate, coefficients, deltas, normalise, stack, stride.',
    ],
    [
      'a key of the other model',
      least.replace('ctc', 'ctc, embedding: 3'),
      'r.yaml:3:21: unknown key "embedding" in model; expected one of type, cell, hidden, dropout, recurrentDropout, initialization, layers, reduction.',
    ],
    [
      'a key of a model that translates',
      listener.replace('listener', 'listener, tie: target'),
      'unknown key "tie" in model',
    ],
    [
      'an unknown model',
      least.replace('ctc', 'rnnsearch'),
      'r.yaml:3:16: model.type is "rnnsearch"; expected one of ctc, listener. Correct the value.',
    ],
    [
      'no model',
      least.replace(/model.*\n/, ''),
      'r.yaml:1:1: model is missing; expected a map of keys. Add it.',
    ],
    [
      'another task',
      least.replace('speech', 'singing'),
      'r.yaml:1:7: task is "singing"; expected one of translation, speech, captions, questions, algorithm',
    ],
    [
      'a reduction that is no power of two',
      least.replace('ctc', 'ctc, reduction: 3'),
      'r.yaml:3:32: model.reduction is 3; expected one of 1, 2, 4, 8.',
    ],
    [
      'fewer layers than halvings of time',
      least.replace('ctc', 'ctc, layers: 2, reduction: 4'),
      'r.yaml:3:29: model.layers is 2; expected more than 2, for time is halved between layers (reduction 4).',
    ],
    [
      'fewer layers than the default halvings',
      listener.replace('listener', 'listener, encoder: { layers: 1 }'),
      'model.encoder.layers is 1; expected more than 2, for time is halved between layers (reduction 4).',
    ],
    [
      'an odd size',
      least.replace('ctc', 'ctc, hidden: 33'),
      'r.yaml:3:29: model.hidden is 33; expected an even number, for half of it each way.',
    ],
    [
      'heads that do not divide the size',
      listener.replace('listener', 'listener, hidden: 30, attention: { score: multiHead }'),
      'model.attention.heads is missing; expected a number that divides size, 30.',
    ],
    [
      'location with a score that has none',
      listener.replace('listener', 'listener, attention: { score: dot, location: {} }'),
      'model.attention.location is {}; expected additive or normalisedAdditive as the score',
    ],
    [
      'CTC alone beside attention',
      listener.replace('listener', 'listener, ctcWeight: 1'),
      'model.ctcWeight is 1; expected a number of less than 1.',
    ],
    [
      "Sphinx's front end at another rate",
      `${least}features: { preset: sphinx, sampleRate: 8000 }`,
      'r.yaml:4:41: features.sampleRate is 8000; expected 16000 with the preset sphinx. Correct the value.',
    ],
    [
      'word vectors',
      `${least}target: { vectors: glove.txt, tokens: word }`,
      'r.yaml:4:20: target.vectors is "glove.txt"; expected none: word vectors are for text.',
    ],
    [
      'parts of words cut at random, which transcripts are not',
      `${least}target: { tokens: bpe, dropout: 0.1 }`,
      'r.yaml:4:33: target.dropout is 0.1; expected none: transcripts are always cut the same way.',
    ],
    [
      'smoothed labels with CTC',
      `${least}training: { labelSmoothing: 0.1 }`,
      'r.yaml:4:29: training.labelSmoothing is 0.1; expected none with CTC alone.',
    ],
    [
      'scheduled sampling with CTC',
      `${least}training: { scheduledSampling: { decay: linear, steps: 9 } }`,
      'expected none with CTC, which is given no words.',
    ],
    [
      'CTC in the search of a model without',
      `${listener}decoding: { ctcWeight: 0.3 }`,
      'r.yaml:4:24: decoding.ctcWeight is 0.3; expected none without a listener that is trained with CTC (model.ctcWeight).',
    ],
    [
      'the same with CTC alone, which needs no weight',
      `${least}decoding: { ctcWeight: 0.3 }`,
      'decoding.ctcWeight is 0.3; expected none without a listener',
    ],
    [
      'a model of words where words are no characters',
      `${least}target: { tokens: space }\ndecoding: { languageModel: {} }`,
      'decoding.languageModel.unit is missing; expected token, because the model does not write characters.',
    ],
    [
      'a bonus with a listener',
      `${listener}decoding: { languageModel: { bonus: 1 } }`,
      'decoding.languageModel.bonus is 1; expected none with a listener, which has decoding.lengthPenalty.',
    ],
    [
      'a lexicon with a listener',
      `${listener}decoding: { lexicon: words.txt }`,
      'r.yaml:4:22: decoding.lexicon is "words.txt"; expected none with a listener, whose decoder follows no lexicon.',
    ],
    [
      'a lexicon of what is not spelt',
      `${least}target: { tokens: bpe }\ndecoding: { lexicon: transcripts }`,
      'decoding.lexicon is "transcripts"; expected none unless the model writes characters (target.tokens).',
    ],
    [
      'a language model that counts nothing',
      `${least}decoding: { languageModel: { weight: 0 } }`,
      'decoding.languageModel.weight is 0; expected a number of more than 0.',
    ],
    [
      'stopping without validation',
      full.replace(/ {2}validation.*\n/, ''),
      'training.stop is {"metric":"wer","patience":4}; expected validation data (data.validation)',
    ],
    [
      'a metric of translations',
      full.replace('metric: wer', 'metric: bleu'),
      'training.stop.metric is "bleu"; expected one of loss, wer, cer, exactMatch.',
    ],
    [
      'a speed at which nobody speaks',
      full.replace('[0.9, 1.1]', '[0.9, 3]'),
      'r.yaml:24:17: augment.speeds.1 is 3; expected a number of at most 2.',
    ],
    [
      'no speed',
      full.replace('[0.9, 1.1]', '[]'),
      'r.yaml:24:3: augment.speeds is []; expected a list of at least 1. Correct the value.',
    ],
    [
      'one speed that is no list',
      full.replace('[0.9, 1.1]', '0.9'),
      'r.yaml:24:11: augment.speeds is 0.9; expected a list. Correct the value.',
    ],
    [
      'the fewest without the most',
      full.replace('length: [2, 4]', 'length: [2]'),
      'data.test.strings.length is [2]; expected a list of at least 2.',
    ],
    [
      'more than fewest and most',
      full.replace('length: [2, 4]', 'length: [2, 4, 5]'),
      'data.test.strings.length is [2,4,5]; expected a list of at most 2.',
    ],
    [
      'a range that is a number',
      full.replace('gap: [0, 0.5]', 'gap: 0.5'),
      'data.test.strings.gap is 0.5; expected a list.',
    ],
    [
      'a held-out part of nothing',
      full.replace('speakers: 3', 'speakers: 0'),
      'data.validation.heldOut.speakers is 0; expected a number of more than 0.',
    ],
    [
      'half of a corpus',
      full.replace(', set: an4_train', ''),
      'r.yaml:5:3: data.train.set is missing; expected a string. Add it.',
    ],
    [
      'another kind of data',
      full.replace('sphinx: an4.tar.gz, set: an4_train', 'tsv: a.tsv'),
      'r.yaml:5:3: data.train is {"tsv":"a.tsv"}; expected a map with manifest, or sphinx and set, or fsdd and part',
    ],
    [
      'a part there is not',
      full.replace('part: test', 'part: dev'),
      'data.test.part is "dev"; expected one of train, validation, test.',
    ],
    [
      'a limit of no time',
      full.replace('12.5', '0'),
      'r.yaml:8:15: data.maxSeconds is 0; expected a number of more than 0.',
    ],
    [
      'deltas of deltas of deltas',
      full.replace('deltas: 2', 'deltas: 3'),
      'r.yaml:14:11: features.deltas is 3; expected one of 0, 1, 2.',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('blames the line of whichever value was spoilt', () => {
    const lines = full.split('\n');
    const spoilable = lines.flatMap((line, i) => (/^ *\w+: [\w.]+( |$)/.test(line) ? [i] : []));
    expect(spoilable.length).toBeGreaterThan(25);
    for (const i of spoilable) {
      const spoilt = lines.with(i, lines[i].replace(/: [\w.]+/, ': [spoilt]'));
      expect(refusal(spoilt.join('\n'))).toMatch(new RegExp(`^r.yaml:${i + 1}:`));
    }
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
      { numRuns: 200 },
    );
  });

  it('can be changed by settings', () => {
    const text = applySettings(full, [
      'augment.speeds=[1]',
      'model.encoder.layers=5',
      'decoding.languageModel.weight=2',
      'data.test={manifest: t.tsv}',
    ]);
    expect(read(text)).toMatchObject({
      augment: { speeds: [1] },
      model: { encoder: { layers: 5 } },
      decoding: { languageModel: { weight: 2 } },
      data: { test: { manifest: 't.tsv' } },
    });
    expect(() => applySettings(full, ['features.hop=2'])).toThrow(
      'no key "hop" in features; expected one of type, preset, sampleRate,',
    );
    // Of the recipe's own task alone.
    expect(() => applySettings(full, ['model.tie=all'])).toThrow(
      'no key "tie" in model; expected one of type, cell, hidden, dropout, recurrentDropout, initialization, layers, reduction, encoder, decoder, embedding, readout, attention, ctcWeight. ',
    );
    expect(() => applySettings('task: 3', ['sed=3'])).toThrow('no key "sed"; expected one of task, seed,');
  });
});

describe('the schema for editors', () => {
  type Schema = { description?: string; const?: unknown; properties?: Record<string, Schema> };
  const speech = (recipeJsonSchema().oneOf as Schema[]).find(
    ({ properties }) => properties?.task.const === 'speech',
  ) as Schema;

  it('documents every key of speech but those that are sections', () => {
    const undocumented = new Set<string>();
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, inner] of Object.entries(schema)) {
        if (key !== 'properties') {
          visit(inner, path);
          continue;
        }
        for (const [name, property] of Object.entries(inner as Record<string, Schema>)) {
          if (property.description === undefined && property.const === undefined) {
            undocumented.add(`${path}${name}`);
          }
          visit(property, `${path}${name}.`);
        }
      }
    };
    visit(speech, '');
    const sections = [
      'data',
      'data.train',
      'target',
      'model',
      'model.encoder',
      'model.attention',
      'training',
      'decoding',
    ];
    const units = [...undocumented].filter((path) => /\.(epochs|steps)$/.test(path));
    expect([...undocumented].filter((path) => !units.includes(path)).sort()).toEqual(sections.sort());
  });

  it('requires what has no default', () => {
    expect((speech as { required?: unknown }).required).toEqual(['task', 'data', 'model']);
  });
});

describe('the recipes of speech', () => {
  const folder = fileURLToPath(new URL('../../recipes/', import.meta.url));
  const names = readdirSync(folder).filter((name) =>
    /^task: speech$/m.test(readFileSync(folder + name, 'utf8')),
  );

  it('are there', () => {
    expect(names).toEqual(expect.arrayContaining(['an4-ctc.yaml', 'an4-joint.yaml', 'an4-las.yaml']));
    expect(names).toEqual(expect.arrayContaining(['fsdd-digits.yaml', 'fsdd-strings.yaml']));
  });

  it.each(names)('%s is one, says where its corpus is, and is measured on test data', (name) => {
    const text = readFileSync(folder + name, 'utf8');
    const { data, training } = parseRecipe(text, name) as SpeechRecipe;
    expect(data.test).toBeDefined();
    expect(training.stop).toBeDefined();
    const [corpus] = Object.values(data.train)[0].toString().split('/');
    expect(text).toContain(`heed data get ${corpus}`);
  });
});
