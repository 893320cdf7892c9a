import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { UNK } from '../../src/data/vocabulary.ts';
import { coverage } from '../../src/decoding/scoring.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { type EncoderDecoder, rnnenc, rnnsearch } from '../../src/models/index.ts';
import { Builder } from '../../src/nn/builder.ts';
import { StepProgram } from '../../src/programs/decoder.ts';
import { GreedyProgram } from '../../src/programs/greedy.ts';
import { lossGraph } from '../../src/programs/pairLoss.ts';
import { ParameterLayout } from '../../src/programs/parameters.ts';
import { Random } from '../../src/random.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { type TranslateOptions, Translator } from '../../src/tasks/translator.ts';

const codec = (text: string) => TextCodec.build([text], createTokenizer({ kind: 'character' }));
const codecs = { source: codec('abcdefgh'), target: codec('stuvwxyz') };
const sizes = {
  sourceVocabulary: codecs.source.vocabulary.size,
  targetVocabulary: codecs.target.vocabulary.size,
  embedding: 5,
  hidden: 6,
  attention: 4,
  readout: 5,
  readoutType: 'maxout',
  dropout: 0,
  initialization: 'glorot',
} as const;

/** An untrained model whose sentences seldom end by themselves. */
async function translatorOf(
  model: EncoderDecoder,
  seed: number,
  biases: Record<number, number> = { 3: -1 },
  on = codecs,
) {
  const builder = new Builder();
  lossGraph(model, builder);
  const layout = new ParameterLayout(builder.parameters.map((p) => p.spec));
  const parameters = layout.initialize(seed);
  const random = new Random(seed + 1);
  for (let i = 0; i < parameters.length; i++) parameters[i] += 0.6 * random.normal();
  const bias = layout.views(parameters)['decoder.readout.logits.bias'].data;
  // Copies more often than not, if it can.
  (layout.views(parameters)['decoder.gate.bias']?.data as Float32Array | undefined)?.fill(-1);
  for (const id of [0, 1, 2]) bias[id] = -9;
  for (const [id, value] of Object.entries(biases)) bias[Number(id)] = value;
  return new Translator(model, { layout, parameters }, on, await openRuntime({ threads: 1 }));
}

const texts = ['a', 'bcd', 'hgfedcbahgfedcba', 'fade'];
const said = async (
  translator: Translator,
  options: TranslateOptions,
  of: Parameters<Translator['translate']>[0] = texts,
) => (await translator.translate(of, options)).map((found) => found.map(({ text }) => text));

describe('Translator', () => {
  let one: Translator;
  let other: Translator;
  let blind: Translator;
  beforeAll(async () => {
    one = await translatorOf(rnnsearch(sizes), 3);
    other = await translatorOf(rnnsearch(sizes), 7);
    blind = await translatorOf(rnnenc(sizes), 3);
  });
  afterAll(() => Promise.all([one, other, blind].map((translator) => translator.dispose())));

  it('scores by the penalties asked for', async () => {
    for (const beam of [1, 4]) {
      const options = { beam, lengthPenalty: 0.7, lengthPenaltyForm: 'gnmt', coveragePenalty: 0.3 } as const;
      for (const [best] of await one.translate(texts, options)) {
        const length = best.tokens.length + (best.finished ? 1 : 0);
        const cp = coverage(best.attention ?? [], best.sourceTokens.length);
        expect(best.score).toBeCloseTo(best.logProb / ((5 + length) / 6) ** 0.7 + 0.3 * cp, 5);
      }
    }
  });

  it('keeps the constraints of all texts and those of each', async () => {
    const options: TranslateOptions = {
      beam: 6,
      minLength: 9,
      noRepeat: 2,
      require: ['zu'],
      forbid: ['st', 'v'],
    };
    const own = { text: 'fade', require: ['wxw', 'xwu'], forbid: ['y'], prefix: 'us' };
    const found = (await said(one, options, [...texts, own])).map(([best]) => best);
    for (const text of found) {
      expect(text).toContain('zu');
      expect(text).not.toMatch(/st|v/);
      expect(text.length).toBeGreaterThanOrEqual(9);
      const pairs = [...text].slice(1).map((c, i) => text[i] + c);
      expect(new Set(pairs).size).toBe(pairs.length);
    }
    expect(found[4]).toMatch(/^us.*wxwu/);
    expect(found[4]).not.toContain('y');
    expect(
      (await said(one, { ...options, prefix: 'uz' }, [own, 'a'])).map(([best]) => best.slice(0, 2)),
    ).toEqual(['us', 'uz']);
  });

  it('gives constraints room up to maxLength, however short the source, and not beyond', async () => {
    const long = 'zyxw'.repeat(8);
    expect((await said(one, { require: [long] }, ['a']))[0][0]).toContain(long);
    await expect(one.translate(['bcd', 'a'], { require: [long], maxLength: 30 })).rejects.toThrow(
      /A limit of 30 tokens for text 2, "a", .* may take 32/,
    );
  });

  it('refuses phrases that cannot be said, and says which', async () => {
    await expect(one.translate(['a'], { require: ['sQ'] })).rejects.toThrow(
      /"sQ", of which the model cannot say "Q"/,
    );
    await expect(one.translate(['a'], { prefix: 'Q' })).rejects.toThrow(UsageError);
    await expect(one.translate(['a'], { forbid: [''] })).rejects.toThrow(/no token/);
    expect(await said(one, { beam: 2, forbid: ['Q'] })).toEqual(await said(one, { beam: 2 }));
    await expect(one.translate(['a'], { forbid: ['Q'], replaceUnknown: true })).rejects.toThrow(
      /cannot say "Q"/,
    );
    const everything = [...'stuvwxyz'];
    const impossible = one.translate(['bc'], {
      beam: 2,
      minLength: 3,
      forbid: [...everything, '<'],
      noRepeat: 1,
    });
    await expect(impossible).rejects.toThrow(DataError);
    await expect(impossible).rejects.toThrow(/Constraints of text 1, "bc" that no hypothesis keeps/);
  });

  it('searches diversely', async () => {
    const plain = await said(one, { beam: 4, nBest: 4 });
    expect(await said(one, { beam: 4, nBest: 4, diverseGroups: 1 })).toEqual(plain);
    const diverse = await said(one, { beam: 4, nBest: 4, diverseGroups: 4, diversity: 50 });
    for (const found of diverse) expect(new Set(found.map((text) => text[0])).size).toBe(4);
  });

  it('draws samples that belong to a text, not to its batch', async () => {
    const sampling = { samples: 4, temperature: 1.2, topK: 6, topP: 0.95, seed: 5 };
    const together = await said(one, { sampling });
    expect(new Set(together.flat()).size).toBeGreaterThan(10);
    for (const [i, text] of texts.entries()) {
      expect((await said(one, { sampling }, [text]))[0]).toEqual(together[i]);
      expect((await said(one, { sampling: { ...sampling, samples: 2 }, batch: 2 }))[i]).toEqual(
        together[i].slice(0, 2),
      );
    }
    expect(await said(one, { sampling: { ...sampling, seed: 6 } })).not.toEqual(together);
    const wild = await one.translate(['bcd'], { sampling: { samples: 200, temperature: 50 } });
    const tokens = wild[0].flatMap((translation) => translation.tokens);
    expect(tokens).toContain('<unk>');
    expect(tokens.filter((token) => ['<pad>', '<s>'].includes(token))).toEqual([]);
    for (const [text] of await said(one, { sampling, prefix: 'zz', minLength: 5 }))
      expect(text).toMatch(/^zz.{3}/);
  });

  it.each<[TranslateOptions, number[]]>([
    [{}, [64, 6]],
    [{ beam: 1 }, [64, 6]],
    [{ beam: 8 }, [40, 30]],
    [{ beam: 8, batch: 60 }, [40, 30]],
    [{ beam: 8, batch: 35 }, [35, 35]],
    [{ sampling: { samples: 10 } }, [32, 32, 6]],
    [{ sampling: {} }, [64, 6]],
    [{ sampling: { samples: 400 }, maxLength: 1 }, Array(70).fill(1)],
  ])('bounds the hypotheses of a batch for %j', async (options, batches) => {
    const starts = vi.spyOn(StepProgram.prototype, 'start');
    const decodes = vi.spyOn(GreedyProgram.prototype, 'decode');
    const short = { maxLength: 2, ...options };
    await one.translate(Array(70).fill('abc'), short);
    expect([...starts.mock.calls, ...decodes.mock.calls].map(([batch]) => batch.sizes.B)).toEqual(batches);
    vi.restoreAllMocks();
  });

  it('joins runs to an ensemble', async () => {
    const twice = Translator.ensemble([one, one]);
    const alone = await one.translate(texts, { beam: 3, nBest: 3 });
    const joined = await twice.translate(texts, { beam: 3, nBest: 3 });
    expect(joined.map((found) => found.map(({ text }) => text))).toEqual(
      alone.map((found) => found.map(({ text }) => text)),
    );
    expect(joined[1][0].logProb).toBeCloseTo(alone[1][0].logProb, 5);
    expect(await said(twice, { beam: 1 })).toEqual(await said(one, { beam: 1 }));
    // Of one token, by hand.
    const pair = [{ source: 'bcd', target: 'u' }];
    const [first, second, mean, geometric] = await Promise.all(
      [
        one,
        other,
        Translator.ensemble([one, other]),
        Translator.ensemble([one, other], { mean: 'geometric' }),
      ].map(async (translator) => (await translator.align(pair))[0]),
    );
    const p = [first, second].map(({ tokenLogProbs }) => Math.exp(tokenLogProbs[0]));
    expect(Math.exp(mean.tokenLogProbs[0])).toBeCloseTo((p[0] + p[1]) / 2, 5);
    expect(Math.exp(geometric.tokenLogProbs[0])).toBeGreaterThan(Math.sqrt(p[0] * p[1]));
    for (let s = 0; s < 4; s++) {
      const weights = [first, second].map(({ attention }) => attention![0][s]);
      expect(mean.attention![0][s]).toBeCloseTo((weights[0] + weights[1]) / 2, 5);
    }
  });

  it('refuses an ensemble of models that write otherwise', async () => {
    const wider = { source: codec('abcdefghi'), target: codecs.target };
    const foreign = await translatorOf(
      rnnsearch({ ...sizes, sourceVocabulary: wider.source.vocabulary.size }),
      3,
      {},
      wider,
    );
    expect(() => Translator.ensemble([one, foreign])).toThrow(/model 2 has another tokenizer or vocabulary/);
    expect(() => Translator.ensemble([])).toThrow(UsageError);
    await foreign.dispose();
  });

  it('replaces unknown words by what they look at, or keeps them out', async () => {
    // Says the unknown word often.
    const unsure = await translatorOf(rnnsearch(sizes), 3, { [UNK]: 2.5, 3: 0 });
    const dictionary = new Map([['b', 'B']]);
    let replaced = 0;
    for (const options of [{ beam: 1 }, { beam: 3 }, { sampling: { samples: 5 } }]) {
      const tokens = async (noUnknown: boolean) =>
        (await unsure.translate(texts, { ...options, noUnknown })).flat().flatMap((found) => found.tokens);
      expect(await tokens(false)).toContain('<unk>');
      expect(await tokens(true)).not.toContain('<unk>');
    }
    const [greedy, searched] = await Promise.all(
      [{ beam: 1 }, { beam: 1, lengthPenaltyForm: 'gnmt' } as const].map((options) =>
        said(unsure, { ...options, noUnknown: true }),
      ),
    );
    expect(greedy).toEqual(searched);
    for (const beam of [1, 3]) {
      const plain = await unsure.translate(texts, { beam });
      const copied = await unsure.translate(texts, { beam, replaceUnknown: true });
      const looked = await unsure.translate(texts, { beam, replaceUnknown: dictionary });
      for (const [i, [best]] of plain.entries()) {
        const letters = [...texts[i]];
        const expected = best.tokens.map((token, t) => {
          if (token !== '<unk>') return token;
          replaced++;
          const row = Array.from(best.attention![t]).slice(0, letters.length);
          return letters[row.indexOf(Math.max(...row))];
        });
        expect(copied[i][0].text).toBe(expected.join(''));
        expect(copied[i][0].tokens).toEqual(expected);
        expect(looked[i][0].text).toBe(expected.join('').replaceAll('b', 'B'));
      }
    }
    expect(replaced).toBeGreaterThan(5);
    await unsure.dispose();
  });

  it('says words that it copies', async () => {
    // No source letter is in the target vocabulary.
    const copying = await translatorOf(rnnsearch({ ...sizes, copy: true }), 5, { 3: -1 });
    const greedy = await copying.translate(texts, { beam: 1 });
    expect(greedy.flat().some(({ text }) => /[a-h]/.test(text))).toBe(true);
    const searched = await copying.translate(texts, { beam: 1, lengthPenaltyForm: 'gnmt' });
    const twice = await Translator.ensemble([copying, copying]).translate(texts, { beam: 1 });
    for (const [i, [best]] of greedy.entries()) {
      expect(
        [...best.text].every((c) => texts[i].includes(c) || /[s-z]/.test(c) || /[<>unkpads/]/.test(c)),
      ).toBe(true);
      expect(searched[i][0].text).toBe(best.text);
      expect(searched[i][0].logProb).toBeCloseTo(best.logProb, 4);
      expect(twice[i][0].text).toBe(best.text);
    }
    const found = await copying.translate(['bcdcb', 'fade'], {
      beam: 4,
      nBest: 4,
      noRepeat: 1,
      forbid: ['s'],
    });
    for (const [i, source] of ['bcdcb', 'fade'].entries()) {
      for (const best of found[i].filter(({ finished, text }) => finished && /^[a-z]+$/.test(text))) {
        expect(new Set(best.tokens).size).toBe(best.tokens.length);
        const [scored] = await copying.align([{ source, target: best.text }]);
        expect(scored.logProb).toBeCloseTo(best.logProb, 4);
      }
    }
    await expect(copying.translate(['a'], { forbid: ['Q'] })).rejects.toThrow(/cannot say "Q"/);
    expect(() => Translator.ensemble([copying, one])).toThrow(/or copies where it does not/);
    await copying.dispose();
    // None beyond it.
    const both = codec('abcdef');
    const known = await translatorOf(
      rnnsearch({
        ...sizes,
        sourceVocabulary: both.vocabulary.size,
        targetVocabulary: both.vocabulary.size,
        copy: true,
      }),
      5,
      {},
      { source: both, target: both },
    );
    for (const beam of [1, 3]) expect(await said(known, { beam }, ['abc', 'f'])).toHaveLength(2);
    await known.dispose();
  });

  it('refuses what needs attention where there is none', async () => {
    await expect(blind.translate(['abc'], { coveragePenalty: 0.2 })).rejects.toThrow(/a model that attends/);
    await expect(blind.translate(['abc'], { replaceUnknown: true })).rejects.toThrow(
      /model has no attention/,
    );
  });

  it.each<[TranslateOptions, RegExp]>([
    [{ sampling: {}, beam: 2 }, /beam with sampling/],
    [{ sampling: {}, nBest: 2 }, /nBest with sampling/],
    [{ sampling: {}, diverseGroups: 2 }, /diverseGroups with sampling/],
    [{ sampling: {}, require: ['s'] }, /Required phrases in a search of one hypothesis/],
    [{ sampling: { temperature: 0 } }, /temperature 0/],
    [{ noUnknown: true, replaceUnknown: true }, /noUnknown with replaceUnknown/],
    [{ beam: 4, diversity: 1 }, /diversity 1 without groups/],
    [{ beam: 4, diverseGroups: 3 }, /A beam of 4 in 3 groups/],
    [{ beam: 1, diverseGroups: 2 }, /A beam of 1 in 2 groups/],
    [{ require: ['st'], forbid: ['t'] }, /Drop one of the two/],
    [{ beam: 1, noRepeat: 0 }, /noRepeat 0/],
  ])('refuses %j', async (options, message) => {
    await expect(one.translate(['a'], options)).rejects.toThrow(UsageError);
    await expect(one.translate(['a'], options)).rejects.toThrow(message);
  });
});
