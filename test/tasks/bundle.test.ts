/** A model that was trained here, put into a bundle and opened again, as a page in a browser does it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { registerPredict } from '../../src/cli/predict.ts';
import { TextCodec } from '../../src/data/codec.ts';
import { parseTsv } from '../../src/data/corpus.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { printArpa, trainNgram } from '../../src/decoding/index.ts';
import { FormatError, UsageError } from '../../src/errors.ts';
import {
  decodeBundle,
  encodeBundle,
  parseRecipe,
  parseTranslationRecipe,
  recipeSchemaId,
} from '../../src/formats/index.ts';
import { type Backend, openRuntime } from '../../src/runtime/index.ts';
import { bundleOf } from '../../src/tasks/bundle.ts';
import { type ContentOf, contentOf } from '../../src/tasks/content.ts';
import { layoutOf } from '../../src/tasks/layouts.ts';
import { Observer } from '../../src/tasks/observer.ts';
import { openBundle } from '../../src/tasks/open.ts';
import { buildCodecs, buildModel } from '../../src/tasks/pairs.ts';
import { Recognizer } from '../../src/tasks/recognizer.ts';
import { trainTranslation } from '../../src/tasks/translation.ts';
import { Translator } from '../../src/tasks/translator.ts';
import { reversals, workFolder } from '../cli/heed.ts';
import { heedHere } from '../cli/here.ts';
import { MODELS, randomModel } from './randomModels.ts';
import { RATE, toneOf } from './speechTones.ts';

let native: Backend;
let wasm: Backend;
beforeAll(async () => {
  native = await openRuntime({ threads: 1 });
  wasm = await openRuntime({ device: 'wasm', threads: 1 });
});
const folder = workFolder();
const TEXTS = ['abcd', 'fed', 'aabbcc'];

describe('a training', () => {
  const recipeText = `# reversals
task: translation
data: { train: { tsv: none.tsv } }
source: { tokens: character }
target: { tokens: character }
model: { type: rnnsearch, embedding: 16, hidden: 16, attention: 16, readout: 16, dropout: 0 }
training: { optimizer: { type: adam, learningRate: 0.01 }, batch: { sentences: 20 }, maxSteps: 20 }
decoding: { beam: 2, maxLength: 12 }
`;
  const recipe = parseTranslationRecipe(recipeText, 'page');

  for (const name of ['native', 'wasm'] as const) {
    it(`on ${name} ends in a file that predicts the same, here and at the command line`, async () => {
      const backend = name === 'native' ? native : wasm;
      const train = parseTsv(new TextEncoder().encode(reversals(1, 200)), 'none.tsv');
      const codecs = buildCodecs(recipe, train);
      const { program, events } = await trainTranslation(recipe, { train }, codecs, backend);
      for await (const _ of events);
      const translator = new Translator(buildModel(recipe, codecs), program, codecs, backend);
      const expected = await translator.translate(TEXTS, { beam: 2, maxLength: 12 });

      const content = contentOf(recipe, codecs);
      const about = { step: 20, licence: 'CC0-1.0' };
      const bundle = bundleOf(content, program.layout, program.parameters, { recipeText, about });
      const bytes = encodeBundle(bundle);
      const opened = await openBundle(bytes, backend);
      if (opened.task !== 'translation') throw new Error(opened.task);
      expect(opened.about).toEqual(about);
      expect(opened.weights.parameters).toEqual(Float32Array.from(program.parameters));
      expect(await opened.translator.translate(TEXTS, { beam: 2, maxLength: 12 })).toEqual(expected);

      const observer = new Observer(opened.content, opened.weights, backend);
      const [[greedy]] = await translator.translate([TEXTS[0]], { beam: 1, maxLength: 12 });
      let at = (await observer.begin(TEXTS[0])).state;
      for await (const { next } of observer.rest(at)) at = next;
      expect(observer.text(at)).toBe(greedy.text);
      expect(at.logProb).toBeCloseTo(greedy.logProb, 4);

      await writeFile(join(folder, 'page.heed'), bytes);
      const { stdout, stderr } = await heedHere(folder, registerPredict, [
        ...['predict', 'page.heed', ...TEXTS, '--threads', '1', '--device', name],
      ]);
      expect(stderr).toBe('');
      expect(stdout.trimEnd().split('\n')).toEqual(expected.map(([best]) => best.text));
      for (const used of [observer, translator, opened.translator, program]) await used.dispose();
    });
  }
});

describe('openBundle', () => {
  const { content, recipeText, weights } = randomModel(MODELS.rnnsearch);
  const bundle = bundleOf(content, weights.layout, weights.parameters, { recipeText });
  const open = (changed: object) =>
    openBundle(encodeBundle({ ...bundle, ...changed }), native, { name: 'm.heed' });

  it('opens models of every kind', async () => {
    for (const model of Object.values(MODELS)) {
      const own = randomModel(model);
      const { layout, parameters } = own.weights;
      const bytes = encodeBundle(bundleOf(own.content, layout, parameters, own));
      const opened = await openBundle(bytes, native);
      if (opened.task !== 'translation') throw new Error(opened.task);
      const { recipe, codecs } = own.content;
      const translator = new Translator(buildModel(recipe, codecs), own.weights, codecs, native);
      expect(await opened.translator.translate(['bcd'])).toEqual(await translator.translate(['bcd']));
      await translator.dispose();
      await opened.translator.dispose();
    }
  });

  it('refuses weights that are missing or of another model, and tokenizers that are missing', async () => {
    const { 'attention.keys': _, ...fewer } = bundle.parameters;
    await expect(open({ parameters: fewer })).rejects.toThrow(FormatError);
    await expect(open({ parameters: fewer })).rejects.toThrow(/^m\.heed: no tensor 'attention\.keys'/);
    const other = { ...bundle.parameters, 'attention.keys': { shape: [1], data: new Float32Array(1) } };
    await expect(open({ parameters: other })).rejects.toThrow(/'attention\.keys' has the shape \[1\]/);
    await expect(open({ tokenizers: { source: bundle.tokenizers.source } })).rejects.toThrow(
      /m\.heed, a bundle without the tokenizer 'target'; expected source and target/,
    );
    await expect(open({ recipe: 'task: dancing' })).rejects.toThrow(UsageError);
  });

  it('takes the recipe as it was read where the schema is the same, and reads it where it is another', async () => {
    const { layout, parameters } = weights;
    const kept = bundleOf(content, layout, parameters, { recipeText, schema: recipeSchemaId() });
    // A text that nothing can read tells whether it was read.
    const bytes = encodeBundle({ ...kept, recipe: 'task: dancing' });
    const opened = await openBundle(bytes, native, { schema: recipeSchemaId() });
    expect(opened.content.recipe).toEqual(content.recipe);
    await expect(openBundle(bytes, native, { schema: 'older' })).rejects.toThrow(/dancing/);
    await expect(openBundle(bytes, native)).rejects.toThrow(/dancing/);
  });

  it('opens a model of speech with its language model and lexicon', async () => {
    const text = `task: speech
data: { train: { manifest: x }, maxSeconds: 5 }
features: { sampleRate: 8000, coefficients: 12, stack: 2 }
target: { tokens: character }
model: { type: ctc, hidden: 8, layers: 1, dropout: 0 }
training: { maxSteps: 1 }
decoding: { beam: 4, lexicon: transcripts, languageModel: { unit: word, order: 2, weight: 0.7 } }
`;
    const recipe = parseRecipe(text, 'r.yaml');
    const codecs = { target: TextCodec.build(['ab cd', 'dc ba'], createTokenizer({ kind: 'character' })) };
    const speech = contentOf(recipe, codecs) as ContentOf<'speech'>;
    const layout = layoutOf(speech);
    const parameters = layout.initialize(5);
    const arpa = printArpa(
      trainNgram(
        [
          ['ab', 'cd'],
          ['dc', 'ba'],
        ],
        { order: 2, smoothing: { type: 'addK', k: 1 } },
      ),
    );
    const files = { 'language.arpa': arpa, 'lexicon.txt': 'ab\ncd\ndc\nba\n' };
    const bytes = encodeBundle(bundleOf(speech, layout, parameters, { recipeText: text, files }));
    const opened = await openBundle(bytes, native);
    if (opened.task !== 'speech') throw new Error(opened.task);
    expect(opened.options.languageModel).toMatchObject({ unit: 'word', weight: 0.7 });
    expect([...(opened.options.lexicon?.words ?? [])].sort()).toEqual(['ab', 'ba', 'cd', 'dc']);
    const sound = { samples: toneOf('ab cd', 1).samples, sampleRate: RATE, name: 'a' };
    const recognizer = new Recognizer(speech.recipe, codecs, { layout, parameters }, native);
    const found = await opened.recognizer.recognize([sound], opened.options);
    expect(found).toEqual(await recognizer.recognize([sound], opened.options));
    for (const word of found[0][0].text.split(' ').filter(Boolean))
      expect(files['lexicon.txt']).toContain(word);
    await recognizer.dispose();
    await opened.recognizer.dispose();
    expect(decodeBundle(bytes, 'x').files).toEqual(files);
  });
});
