import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { Builder } from '../../src/nn/builder.ts';
import { lossGraph } from '../../src/programs/pairLoss.ts';
import { ParameterLayout } from '../../src/programs/parameters.ts';
import { Random } from '../../src/random.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { buildCodecs, buildModel } from '../../src/tasks/pairs.ts';
import { Translator } from '../../src/tasks/translator.ts';

const text = { tokens: 'character', lowercase: false, minFrequency: 1, maxSize: 100 } as const;
const recipe = {
  source: text,
  target: text,
  model: {
    type: 'rnnsearch',
    embedding: 5,
    hidden: 6,
    attention: 4,
    readout: 5,
    dropout: 0,
    initialization: 'glorot',
  },
} as const;

describe('Translator', () => {
  let translator: Translator;
  beforeAll(async () => {
    const codecs = buildCodecs(recipe, [{ source: 'abcdefgh', target: 'stuvwxyz', line: 1 }]);
    const model = buildModel(recipe, codecs);
    const builder = new Builder();
    lossGraph(model, builder);
    const layout = new ParameterLayout(builder.parameters.map((p) => p.spec));
    const parameters = layout.initialize(3);
    const random = new Random(4);
    for (let i = 0; i < parameters.length; i++) parameters[i] += 0.6 * random.normal();
    // Sentences seldom end by themselves, so that limits matter.
    layout.views(parameters)['decoder.readout.logits.bias'].data[3] = -2;
    translator = new Translator(model, { layout, parameters }, codecs, await openRuntime({ threads: 1 }));
  });
  afterAll(() => translator.dispose());

  const texts = ['a', 'bcd', 'hgfedcbahgfedcbahgfedcba', 'fade'];

  for (const beam of [1, 3]) {
    it(`translates a text the same alone and beside longer ones (beam ${beam})`, async () => {
      const together = await translator.translate(texts, { beam });
      expect(together.some(([best]) => !best.finished)).toBe(true);
      for (const [i, alone] of texts.entries()) {
        const [[best]] = await translator.translate([alone], { beam });
        expect(together[i][0].text).toBe(best.text);
        expect(together[i][0].logProb).toBeCloseTo(best.logProb, 4);
      }
    });

    it(`scores by the length penalty asked for (beam ${beam})`, async () => {
      for (const lengthPenalty of [0, 0.5, 1]) {
        const [[best]] = await translator.translate(['bcd'], { beam, lengthPenalty });
        const length = best.tokens.length + (best.finished ? 1 : 0);
        expect(best.score).toBeCloseTo(best.logProb / length ** lengthPenalty, 6);
      }
    });
  }

  it('cuts every text at the same length, however short it is', async () => {
    for (const beam of [1, 2]) {
      for (const maxLength of [undefined, 47]) {
        const found = await translator.translate(texts, { beam, maxLength });
        const cut = found.flat().filter(({ finished }) => !finished);
        expect(cut.map(({ sourceTokens }) => sourceTokens.length - 1)).toContain(1);
        for (const { tokens } of cut) expect(tokens).toHaveLength(maxLength ?? 100);
      }
    }
  });

  it('refuses more translations than its beam holds, whatever the beam', async () => {
    for (const beam of [1, 3]) {
      await expect(translator.translate(['a'], { beam, nBest: 4 })).rejects.toThrow(UsageError);
    }
  });

  it('gives as many rows of attention as words, each over the text and its end', async () => {
    for (const [best] of await translator.translate(texts, { beam: 2 })) {
      expect(best.attention?.length).toBe(best.tokens.length + (best.finished ? 1 : 0));
      for (const row of best.attention ?? []) expect(row.length).toBe(best.sourceTokens.length);
    }
  });
});
