/** Language models of what a speech model writes: words, characters, and parts of words with their spaces. */
import { describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import { createTokenizer, type TokenizerKind } from '../../src/data/tokenizer.ts';
import { parseArpa, printArpa } from '../../src/decoding/index.ts';
import { parseRecipe, type SpeechRecipe } from '../../src/formats/index.ts';
import { Builder } from '../../src/nn/builder.ts';
import { ParameterLayout } from '../../src/programs/parameters.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { Recognizer } from '../../src/tasks/recognizer.ts';
import { languageOptions, trainLanguage, unitsOf } from '../../src/tasks/speechLanguage.ts';
import { buildSpeechModel, speechLoss } from '../../src/tasks/speechModel.ts';
import { RATE } from './speechTones.ts';

const transcripts = ['LOW LOWER', 'new lower new', 'newest low lower', 'low new', 'lower lower'];
const codecOf = (tokens: TokenizerKind, lowercase = true) => ({
  target:
    tokens === 'bpe'
      ? TextCodec.buildSubwords(transcripts, { lowercase, vocabularySize: 300 })
      : TextCodec.build(transcripts, createTokenizer({ kind: tokens, lowercase })),
});

describe('unitsOf', () => {
  it('are words, or tokens without a space in them', () => {
    const [characters, parts] = [codecOf('character'), codecOf('bpe')];
    expect(unitsOf('Low  New', 'word', characters)).toEqual(['low', 'new']);
    expect(unitsOf('Low new', 'token', characters)).toEqual([...'low▁new']);
    const units = unitsOf('Low lower', 'token', parts);
    expect(units.join('')).toBe('▁low▁lower');
    expect(units.length).toBeLessThan(10);
    expect(unitsOf('low new', 'token', codecOf('space'))).toEqual(['low', 'new']);
  });

  it.each(['character', 'bpe', 'space'] as const)('of %s tokens fit into a file', (tokens) => {
    const codecs = codecOf(tokens);
    const model = trainLanguage({ unit: 'token', order: 3, weight: 1, bonus: 0 }, transcripts, codecs);
    const read = parseArpa(printArpa(model), 'x.arpa');
    const said = unitsOf('new lower', 'token', codecs);
    expect(said.every((token) => model.has(token))).toBe(true);
    expect(read.logProb(said)).toBe(model.logProb(said));
  });
});

describe('a model that writes parts of words', () => {
  it.each(['{ type: ctc, hidden: 4, layers: 1 }', '{ type: listener, hidden: 4, embedding: 4, readout: 4 }'])(
    'writes what its language model has heard when that counts most: %s',
    async (model) => {
      const asked = { unit: 'token', order: 8, weight: 300, bonus: 0 } as const;
      const recipe = parseRecipe(
        `task: speech
data: { train: { manifest: x } }
features: { sampleRate: 8000, coefficients: 8 }
target: { tokens: bpe }
model: ${model}
decoding: { beam: 20, lengthPenalty: 0 }
`,
        'r.yaml',
      ) as SpeechRecipe;
      const codecs = codecOf('bpe');
      const builder = new Builder();
      speechLoss(buildSpeechModel(recipe, codecs)).graph(builder);
      const layout = new ParameterLayout(builder.parameters.map(({ spec }) => spec));
      const weights = { layout, parameters: layout.initialize(1) };
      const recognizer = new Recognizer(recipe, codecs, weights, await openRuntime({ threads: 1 }));
      const sound = {
        samples: Float32Array.from({ length: RATE }, (_, i) => Math.sin(i)),
        sampleRate: RATE,
        name: 'x',
      };
      const languageModel = languageOptions(asked, trainLanguage(asked, ['newest low lower'], codecs));
      const [[best]] = await recognizer.recognize([sound], { languageModel });
      expect(best.text).toBe('newest low lower');
      await recognizer.dispose();
    },
  );
});
