import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { UsageError } from '../../src/errors.ts';
import { applySettings, parseTranslationRecipe, recipeJsonSchema } from '../../src/formats/index.ts';

const full = `# German to English
task: translation
seed: 7
data:
  train: { source: train.de.gz, target: train.en.gz }
  validation: { tsv: val.tsv }   # held out
  test: { generated: dates, count: 10 }
  alternatives: true
  maxLength: 40
source: { tokens: word, lowercase: true, minFrequency: 2, maxSize: 8000 }
target: { tokens: character, lowercase: false, minFrequency: 1, maxSize: 100 }
model:
  type: rnnsearch
  embedding: 128   # E
  hidden: 64
  attention: 32
  readout: 16
  dropout: 0.1
  initialization: paper
training:
  optimizer: { type: adadelta, rho: 0.9, epsilon: 1e-5, learningRate: 0.5 }
  schedule: { type: plateau, factor: 0.2, patience: 3 }
  batch: { tokens: 2000, sentences: 80 }
  clipNorm: 5
  epochs: 9
  maxSteps: 1000
  maxMinutes: 2.5
  validateEvery: { steps: 250 }
  stop: { metric: bleu, patience: 4 }
  keepCheckpoints: 2
decoding: { beam: 12, lengthPenalty: 0.6, maxLength: 50 }
evaluation: { tokenize: none }
`;
const least = 'task: translation\ndata: { train: { tsv: a.tsv } }\n';

/** The error a recipe gives. */
function refusal(text: string): string {
  try {
    parseTranslationRecipe(text, 'r.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error('accepted');
}

describe('parseTranslationRecipe', () => {
  it('reads a recipe that says everything', () => {
    expect(parseTranslationRecipe(full, 'r.yaml')).toEqual(parse(full));
  });

  it('fills in the defaults', () => {
    const text = { tokens: 'word', lowercase: false, minFrequency: 1, maxSize: 30_000 };
    expect(parseTranslationRecipe(least, 'r.yaml')).toEqual({
      task: 'translation',
      seed: 1,
      data: { train: { tsv: 'a.tsv' }, alternatives: false, maxLength: 50 },
      source: text,
      target: text,
      model: {
        type: 'rnnsearch',
        embedding: 256,
        hidden: 512,
        attention: 512,
        readout: 256,
        dropout: 0.3,
        initialization: 'glorot',
      },
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
      decoding: { beam: 5, lengthPenalty: 1, maxLength: 100 },
      evaluation: { tokenize: '13a' },
    });
    const validated = `${least}training: { maxSteps: 5 }\n`.replace(
      'a.tsv }',
      'a.tsv }, validation: { tsv: b }',
    );
    const { training } = parseTranslationRecipe(validated, 'r.yaml');
    expect(training).toMatchObject({ epochs: undefined, maxSteps: 5, stop: { metric: 'loss', patience: 5 } });
  });

  it("has the paper's sizes as a preset, which given sizes change", () => {
    const paper = {
      embedding: 620,
      hidden: 1000,
      attention: 1000,
      readout: 500,
      dropout: 0,
      initialization: 'paper',
    };
    const { model } = parseTranslationRecipe(`${least}model: { type: rnnsearch, preset: paper }`, 'r.yaml');
    expect(model).toEqual({ type: 'rnnsearch', ...paper });
    const { attention: _, ...withoutAttention } = paper;
    const changed = parseTranslationRecipe(
      `${least}model: { type: rnnenc, preset: paper, hidden: 10 }`,
      'r.yaml',
    ).model;
    expect(changed).toEqual({ type: 'rnnenc', ...withoutAttention, hidden: 10 });
  });

  it.each([
    [
      'an unknown key',
      full.replace('seed: 7', 'sede: 7'),
      'r.yaml:3:1: unknown key "sede"; expected one of task, seed, data, source, target, joint, model, training, decoding, evaluation. Correct or remove the key.',
    ],
    [
      'an unknown key further in',
      full.replace('hidden: 64', 'hiden: 64'),
      'r.yaml:15:3: unknown key "hiden" in model; expected one of type, preset, embedding, hidden, readout, dropout, initialization, tie, attention, copy.',
    ],
    [
      'a key of the other model',
      full.replace('rnnsearch', 'rnnenc'),
      'r.yaml:16:3: unknown key "attention" in model; expected one of type, preset, embedding, hidden, readout, dropout, initialization, tie.',
    ],
    [
      'an unknown model',
      full.replace('rnnsearch', 'transformer'),
      'r.yaml:13:9: model.type is "transformer"; expected one of rnnsearch, rnnenc, recurrent.',
    ],
    [
      'a model without type',
      full.replace('  type: rnnsearch\n', ''),
      'r.yaml:12:1: model.type is missing; expected one of rnnsearch, rnnenc, recurrent. Add it.',
    ],
    [
      'text for a number',
      full.replace('epochs: 9', 'epochs: many'),
      'r.yaml:25:11: training.epochs is "many"; expected a number. Correct the value.',
    ],
    [
      'a fraction',
      full.replace('embedding: 128', 'embedding: 1.5'),
      'r.yaml:14:14: model.embedding is 1.5; expected a whole number.',
    ],
    [
      'a size of zero',
      full.replace('embedding: 128', 'embedding: 0'),
      'model.embedding is 0; expected a number of more than 0.',
    ],
    [
      'a dropout of 1',
      full.replace('dropout: 0.1', 'dropout: 1'),
      'r.yaml:18:12: model.dropout is 1; expected a number of less than 1.',
    ],
    [
      'a choice there is not',
      full.replace('tokens: word', 'tokens: words'),
      'r.yaml:10:19: source.tokens is "words"; expected one of word, character, space, bpe.',
    ],
    [
      'another task',
      full.replace('translation', 'poetry'),
      'r.yaml:2:7: task is "poetry"; expected one of translation, speech, captions, questions, algorithm',
    ],
    [
      'yes for a boolean',
      full.replace('lowercase: true', 'lowercase: yes'),
      'source.lowercase is "yes"; expected true or false.',
    ],
    [
      'nothing for a map',
      full.replace(/model:\n( {2}.*\n)+/, 'model:\n'),
      'r.yaml:12:7: model is null; expected a map of keys.',
    ],
    [
      'a file name of nothing',
      full.replace('val.tsv', '""'),
      'data.validation.tsv is ""; expected text that is not empty.',
    ],
    [
      'half of two files',
      full.replace(', target: train.en.gz', ''),
      'r.yaml:5:3: data.train.target is missing; expected a string. Add it.',
    ],
    [
      'two kinds of data at once',
      full.replace('tsv: val.tsv', 'tsv: val.tsv, count: 3'),
      'r.yaml:6:31: unknown key "count" in data.validation; expected one of tsv, separator.',
    ],
    [
      'no kind of data',
      full.replace('tsv: val.tsv', ''),
      'r.yaml:6:3: data.validation is {}; expected a map with tsv, or source and target, or generated and count, or heldOut.',
    ],
    [
      'data that are no map',
      full.replace('{ tsv: val.tsv }', 'val.tsv'),
      'r.yaml:6:15: data.validation is "val.tsv"; expected a map with',
    ],
    [
      'data not generated',
      full.replace('dates', 'numbers'),
      'data.test.generated is "numbers"; expected dates.',
    ],
    [
      'no data',
      full.replace(/data:\n( {2}.*\n)+/, ''),
      'r.yaml:2:1: data is missing; expected a map of keys.',
    ],
    [
      'a wrong number in a union',
      full.replace('sentences: 80', 'sentences: x'),
      'training.batch.sentences is "x"; expected a number.',
    ],
    [
      'stopping without validation',
      full.replace(/ {2}validation.*\n/, ''),
      'training.stop is {"metric":"bleu","patience":4}; expected validation data (data.validation)',
    ],
    ['an empty file', '', 'r.yaml:1:1: the recipe is null; expected a map of keys.'],
    ['a list', '- a', 'r.yaml:1:1: the recipe is ["a"]; expected a map of keys.'],
    ['a tab', 'task: translation\n\tdata: 1', 'r.yaml:2:1: '],
    ['an open brace', 'task: translation\ndata: { train: 1\nseed: 1', 'r.yaml:3:1: '],
    ['a key twice', 'seed: 1\nseed: 2', 'r.yaml:2:1: Map keys must be unique'],
    ['two documents', `${least}---\n${least}`, 'r.yaml:3:'],
    ['an alias to nothing', `${least}seed: *x`, 'r.yaml'],
  ])('refuses %s', (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('says how many more mistakes there are', () => {
    expect(refusal(full.replace('seed: 7', 'seed: x').replace('clipNorm: 5', 'clipNorm: -5'))).toMatch(
      /seed is "x".*\(1 more to correct after this\.\)$/,
    );
  });

  it('answers any YAML with a recipe or a UsageError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => parseTranslationRecipe(text, 'r.yaml')).toThrow(UsageError);
      }),
    );
  });

  it('blames the line of whichever value was spoilt', () => {
    const lines = full.split('\n');
    const spoilable = lines.flatMap((line, i) => (/^ *\w+: [\w.]+( |$)/.test(line) ? [i] : []));
    expect(spoilable.length).toBeGreaterThan(10);
    for (const i of spoilable) {
      const spoilt = lines.with(i, lines[i].replace(/: [\w.]+/, ': [spoilt]'));
      expect(refusal(spoilt.join('\n'))).toMatch(new RegExp(`^r.yaml:${i + 1}:`));
    }
  });
});

describe('applySettings', () => {
  it('changes values and keeps comments', () => {
    const text = applySettings(full, ['model.embedding=99', 'training.stop.metric=loss', 'decoding.beam=1']);
    expect(text).toContain('# German to English');
    expect(text).toContain('embedding: 99 # E');
    const { model, training, decoding } = parseTranslationRecipe(text, 'r.yaml');
    expect([model.embedding, training.stop?.metric, decoding.beam]).toEqual([99, 'loss', 1]);
  });

  it('adds what was not there, maps and all, and sets into them', () => {
    const text = applySettings(least, [
      'training.stop.patience=2',
      'data.validation={tsv: b.tsv}',
      'data.validation.tsv=c=d.tsv',
      'training.batch={tokens: 300}',
    ]);
    const { data, training } = parseTranslationRecipe(text, 'r.yaml');
    expect(data.validation).toEqual({ tsv: 'c=d.tsv' });
    expect(training).toMatchObject({ stop: { metric: 'loss', patience: 2 }, batch: { tokens: 300 } });
  });

  it('gives exactly the number that was set', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, noNaN: true, noDefaultInfinity: true }), (rate) => {
        const text = applySettings(full, [
          `training.optimizer.learningRate=${rate}`,
          `training.optimizer.epsilon=${rate}`,
        ]);
        const { optimizer } = parseTranslationRecipe(text, 'r.yaml').training;
        expect(optimizer).toMatchObject({ learningRate: rate, epsilon: rate });
      }),
    );
  });

  it('leaves the text alone when nothing is set', () => {
    expect(applySettings(full, [])).toBe(full);
  });

  it.each([
    ['training.seed=3', 'no key "seed" in training; expected one of optimizer, schedule, batch,'],
    ['sed=3', 'no key "sed"; expected one of task, seed, data,'],
    [
      'model.sizes=3',
      'no key "sizes" in model; expected one of type, preset, embedding, hidden, readout, dropout, initialization, tie, attention, copy, cell, encoder, decoder, residual, coverageLoss, inputFeeding, recurrentDropout.',
    ],
    [
      'data.train.csv=x',
      'no key "csv" in data.train; expected one of tsv, separator, source, target, generated, count.',
    ],
    ['seed.x=3', 'no key "x" in seed; expected nothing below seed.'],
    ['constructor=3', 'no key "constructor"; expected one of task,'],
    ['seed', 'expected path=value'],
    ['=3', 'expected path=value'],
    ['data.train={', 'expected a YAML value'],
  ])('refuses %s', (setting, message) => {
    expect(() => applySettings(full, [setting])).toThrow(UsageError);
    expect(() => applySettings(full, [setting])).toThrow(message);
  });

  it('refuses to set below what is no map, and a recipe that is no YAML', () => {
    expect(() => applySettings('data: 3', ['data.maxLength=3'])).toThrow(UsageError);
    expect(() => applySettings('a: {', ['seed=3'], 'r.yaml')).toThrow(/^r\.yaml:1:/);
  });

  it('leaves validation to parseTranslationRecipe', () => {
    expect(() => parseTranslationRecipe(applySettings(full, ['seed=x']), 'r.yaml')).toThrow(
      'r.yaml:3:7: seed is "x"',
    );
  });
});

describe('recipeJsonSchema', () => {
  /** Every object schema within. */
  function objects(schema: unknown): Record<string, unknown>[] {
    if (typeof schema !== 'object' || schema === null) return [];
    const inner = Object.values(schema).flatMap(objects);
    return 'properties' in schema ? [schema as Record<string, unknown>, ...inner] : inner;
  }

  it('is JSON, refuses unknown keys everywhere and requires only what has no default', () => {
    const schema = recipeJsonSchema();
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(objects(schema).length).toBeGreaterThan(10);
    expect(objects(schema).every((object) => object.additionalProperties === false)).toBe(true);
    for (const task of schema.oneOf as { required: unknown }[])
      expect(task.required).toEqual(expect.arrayContaining(['task', 'data']));
  });
});
