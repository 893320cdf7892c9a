/** Models that were taught made speech, then spoken to: labels, their times, attention, searches and language models. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extractFeatures, featureStatistics } from '../../src/data/audio/index.ts';
import { TextCodec } from '../../src/data/codec.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { BOS, EOS } from '../../src/data/vocabulary.ts';
import { ctcLexicon, ctcLoss, type NgramModel, trainNgram } from '../../src/decoding/index.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { parseRecipe, type SpeechRecipe } from '../../src/formats/index.ts';
import { StepProgram } from '../../src/programs/decoder.ts';
import { LabellerProgram } from '../../src/programs/labeller.ts';
import { type Backend, type HostTensor, openRuntime } from '../../src/runtime/index.ts';
import { type NamedSound, Recognizer, type Transcription } from '../../src/tasks/recognizer.ts';
import { trainSpeech } from '../../src/tasks/speech.ts';
import { padFrames } from '../../src/tasks/speechBatches.ts';
import { framesOf, stacked } from '../../src/tasks/speechExamples.ts';
import { trainLanguage } from '../../src/tasks/speechLanguage.ts';
import { buildSpeechModel } from '../../src/tasks/speechModel.ts';
import { mistakes, RATE, type ToneUtterance, toneOf, toneTexts, toneUtterances } from './speechTones.ts';

const recipeOf = (model: string, training: string, normalise = 'utterance'): SpeechRecipe =>
  parseRecipe(
    `task: speech
data: { train: { manifest: x }, maxSeconds: 5 }
features: { sampleRate: 8000, coefficients: 12, stack: 2, normalise: ${normalise} }
model: ${model}
training: { batch: { sentences: 16 }, clipNorm: 5, ${training} }
decoding: { beam: 4, maxLength: 20 }
`,
    'r.yaml',
  ) as SpeechRecipe;

const texts = toneTexts(1, 200, { words: true });
const codecs = { target: TextCodec.build(texts, createTokenizer({ kind: 'character' })) };
/** Said by nobody in training. */
const heldOut = toneUtterances(
  [...new Set(toneTexts(2, 60, { words: true }))].filter((text) => !texts.includes(text)).slice(0, 24),
  'held',
);
const soundsOf = (utterances: readonly ToneUtterance[]): Promise<NamedSound[]> =>
  Promise.all(utterances.map(async (u) => ({ ...(await u.audio()), name: u.id })));

let backend: Backend;
let sounds: NamedSound[];
async function taught(recipe: SpeechRecipe) {
  const train = toneUtterances(texts, 'train');
  const { program, events } = await trainSpeech(recipe, { train }, codecs, backend);
  for await (const _ of events);
  return { recognizer: new Recognizer(recipe, codecs, program, backend), program };
}
/** The share of tokens that were understood. */
function accuracy(found: readonly (readonly Transcription[])[]): number {
  const wrong = found.reduce((sum, [best], i) => sum + mistakes(best.tokens, [...heldOut[i].text]), 0);
  return 1 - wrong / heldOut.reduce((sum, { text }) => sum + text.length, 0);
}
const textsOf = (found: readonly (readonly Transcription[])[]) => found.map(([best]) => best.text);

/** Logits of a sound alone, `[U, 1, V + 1]`, as rows. */
const rowsOf = ({ data, shape: [frames, , classes] }: HostTensor): number[][] =>
  Array.from({ length: frames }, (_, t) => Array.from(data.slice(t * classes, (t + 1) * classes), Number));

/** A model of some sentences and nothing else. */
const only = (sentences: readonly string[], unit: 'word' | 'token'): NgramModel =>
  trainNgram(
    sentences.map((text) =>
      unit === 'word'
        ? text.split(' ').filter((word) => word !== '')
        : [...text].map((c) => (c === ' ' ? '▁' : c)),
    ),
    {
      order: 9,
      smoothing: { type: 'addK', k: 1e-9 },
      ...(unit === 'token' && { vocabulary: [...'abcdef▁'] }),
    },
  );

beforeAll(async () => {
  backend = await openRuntime({ threads: 1 });
  sounds = await soundsOf(heldOut);
});

describe('a model with CTC', () => {
  const recipe = recipeOf(
    '{ type: ctc, hidden: 32, layers: 1, dropout: 0 }',
    'optimizer: { type: adam, learningRate: 0.03 }, maxSteps: 110',
  );
  let recognizer: Recognizer;
  let program: Awaited<ReturnType<typeof taught>>['program'];
  beforeAll(async () => {
    ({ recognizer, program } = await taught(recipe));
  });
  afterAll(async () => {
    await recognizer.dispose();
    await program.dispose();
  });

  it('understands what nobody said in training, by the best path and by beam search', async () => {
    const greedy = await recognizer.recognize(sounds, { beam: 1 });
    const beam = await recognizer.recognize(sounds);
    for (const found of [greedy, beam]) {
      expect(found.length).toBe(sounds.length);
      expect(accuracy(found)).toBeGreaterThan(0.95);
    }
    expect(textsOf(greedy).filter((text, i) => text === beam[i][0].text).length).toBeGreaterThan(20);
    for (const [i, [best]] of beam.entries()) {
      expect(best.finished).toBe(true);
      expect(best.attention).toBeUndefined();
      // More alignments than the path has.
      expect(greedy[i][0].logProb).toBeGreaterThanOrEqual(greedy[i][0].score);
    }
  });

  it('says when each letter was heard', async () => {
    const found = await recognizer.recognize(sounds);
    let checked = 0;
    for (const [i, [{ tokens, spans = [], frameSeconds }]] of found.entries()) {
      expect(frameSeconds).toBeCloseTo(0.02, 12);
      expect(spans.length).toBe(tokens.length);
      const seconds = sounds[i].samples.length / RATE;
      let before = 0;
      for (const { from, to } of spans) {
        expect(from).toBeGreaterThanOrEqual(before - 1e-9);
        expect(to).toBeGreaterThan(from);
        before = to;
      }
      expect(before).toBeLessThanOrEqual(seconds);
      if (tokens.join('') !== heldOut[i].text) continue;
      const letters = spans.filter((_, k) => tokens[k] !== ' ');
      for (const [k, { from, to }] of heldOut[i].letters.entries()) {
        // CTC says a label once, somewhere about its sound (or when it is over).
        expect((letters[k].from + letters[k].to) / 2).toBeGreaterThan(from - 0.04);
        expect((letters[k].from + letters[k].to) / 2).toBeLessThan(to + 0.08);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(60);
  });

  it('gives the log-probability of the text, over all its alignments', async () => {
    const built = buildSpeechModel(recipe, codecs);
    if (built.kind !== 'labeller') throw new Error(built.kind);
    const labeller = await LabellerProgram.compile(built.model, program, backend);
    for (const beam of [1, 25]) {
      const [[best]] = await recognizer.recognize([sounds[3]], { beam });
      const frames = stacked(framesOf(sounds[3], recipe.features, 'x'), recipe.features);
      const { logits } = await labeller.label(padFrames([frames], 1));
      const rows = rowsOf(logits);
      expect(best.logProb).toBeCloseTo(-ctcLoss(rows, codecs.target.encode(best.text)), 3);
    }
    await labeller.dispose();
  });

  it('gives the n best, all different, by falling score', async () => {
    const found = await recognizer.recognize(sounds.slice(0, 4), { beam: 8, nBest: 5 });
    for (const hypotheses of found) {
      expect(hypotheses.length).toBe(5);
      expect(new Set(hypotheses.map(({ text }) => text)).size).toBe(5);
      const scores = hypotheses.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
  });

  it('hears a sound alone as it does among others, however many at a time', async () => {
    const together = await recognizer.recognize(sounds, { beam: 1 });
    for (const batch of [1, 7]) {
      const found = await recognizer.recognize(sounds, { beam: 1, batch });
      expect(textsOf(found)).toEqual(textsOf(together));
      for (const [i, [{ logProb }]] of found.entries())
        expect(logProb).toBeCloseTo(together[i][0].logProb, 3);
    }
    expect(await recognizer.recognize([])).toEqual([]);
  });

  it.each([['word'], ['token']] as const)('asks a language model of %ss', async (unit) => {
    const asked = (model: NgramModel, weight: number, bonus = 0, chosen = sounds.slice(0, 6)) =>
      recognizer.recognize(chosen, { beam: 12, languageModel: { model, unit, weight, bonus } });
    const plain = await recognizer.recognize(sounds.slice(0, 6), { beam: 12, nBest: 4 });
    for (const [i, hypotheses] of plain.entries()) {
      // One that knows nothing but what was less likely heard, and counts more than that.
      const [, , third] = hypotheses;
      const [[best]] = await asked(only([third.text], unit), 100, 0, [sounds[i]]);
      if (unit === 'token') expect(best.text).toBe(third.text);
      // Of several spaces a model of words knows nothing.
      else expect(best.text.split(/ +/)).toEqual(third.text.split(/ +/));
    }
    // Almost no weight: what was heard.
    const model = only(texts, unit);
    expect(textsOf(await asked(model, 1e-9))).toEqual(textsOf(plain));
    // A bonus for every unit makes for more of them.
    const units = (found: Transcription[][]) =>
      textsOf(found).reduce((sum, text) => sum + (unit === 'word' ? text.split(' ') : [...text]).length, 0);
    expect(units(await asked(model, 0.1, 40))).toBeGreaterThan(units(await asked(model, 0.1)));
  });

  it('is helped by a model of its language where the sound says little', async () => {
    const language = trainLanguage(
      { unit: 'token', order: 4, weight: 1, bonus: 0 },
      heldOut.map(({ text }) => text),
      codecs,
    );
    const noisy = sounds.map((sound, i) => {
      const noise = toneOf('', i).samples;
      return { ...sound, samples: sound.samples.map((x, t) => x + 60 * (noise[t % noise.length] ?? 0)) };
    });
    const plain = await recognizer.recognize(noisy, { beam: 12 });
    const helped = await recognizer.recognize(noisy, {
      beam: 12,
      languageModel: { model: language, unit: 'token', weight: 0.7, bonus: 0.7 },
    });
    expect(accuracy(plain)).toBeLessThan(0.97);
    expect(accuracy(helped)).toBeGreaterThan(accuracy(plain));
  });

  it('says words of its lexicon alone, and spells them', async () => {
    const lexicon = ctcLexicon(['ab', 'fed', 'c', 'dad', 'be', 'a']);
    for (const beam of [1, 6]) {
      for (const [{ text, tokens }] of await recognizer.recognize(sounds, { beam, lexicon })) {
        for (const word of text.split(' ').filter((w) => w !== '')) expect(lexicon.words).toContain(word);
        expect(tokens.join('')).toBe(text);
      }
    }
    // With the words that were said it changes nothing.
    const said = ctcLexicon(heldOut.flatMap(({ text }) => text.split(' ')));
    const found = await recognizer.recognize(sounds, { lexicon: said });
    expect(accuracy(found)).toBeGreaterThanOrEqual(accuracy(await recognizer.recognize(sounds)));
    // A model of tokens has a name of its own for the space.
    const model = only(texts, 'token');
    const both = await recognizer.recognize(sounds, {
      lexicon: said,
      languageModel: { model, unit: 'token', weight: 1e-9, bonus: 0 },
    });
    expect(textsOf(both)).toEqual(textsOf(found));
  });

  it('aligns a given text: the sum over its alignments, its letters and its words in time', async () => {
    const given = sounds.map((sound, i) => ({ ...sound, target: heldOut[i].text }));
    const aligned = await recognizer.align(given);
    const built = buildSpeechModel(recipe, codecs);
    if (built.kind !== 'labeller') throw new Error(built.kind);
    const labeller = await LabellerProgram.compile(built.model, program, backend);
    for (const [i, { text, tokens, logProb, spans = [], words = [] }] of aligned.entries()) {
      expect([text, tokens]).toEqual([heldOut[i].text, [...heldOut[i].text]]);
      const frames = stacked(framesOf(sounds[i], recipe.features, 'x'), recipe.features);
      const rows = rowsOf((await labeller.label(padFrames([frames], 1))).logits);
      expect(logProb).toBeCloseTo(-ctcLoss(rows, codecs.target.encode(text)), 3);
      expect(spans.length).toBe(tokens.length);
      const seconds = sounds[i].samples.length / RATE;
      for (const { from, to } of spans) expect(from < to && to <= seconds).toBe(true);
      expect(words.map(({ word }) => word)).toEqual(text.split(' '));
      const { letters } = heldOut[i];
      for (const [k, { word, from, to }] of words.entries()) {
        const first = letters[words.slice(0, k).reduce((sum, before) => sum + before.word.length, 0)];
        expect(from).toBeGreaterThan(first.from - 0.06);
        expect(to).toBeLessThan(letters[letters.indexOf(first) + word.length - 1].to + 0.1);
      }
    }
    await labeller.dispose();
    // Another text is less probable than what was heard; nothing at all has a probability too.
    const [[best]] = await recognizer.recognize([sounds[0]]);
    const [other, none] = await recognizer.align([
      { ...sounds[0], target: 'fade' },
      { ...sounds[0], target: '' },
    ]);
    expect(other.logProb).toBeLessThan(best.logProb);
    expect(none).toMatchObject({ text: '', tokens: [], spans: [], words: [] });
    expect(none.logProb).toBeLessThan(best.logProb);
  });

  it('says whose text is longer than its sound', async () => {
    const long = recognizer.align([{ ...sounds[0], target: 'abcdef'.repeat(60) }]);
    await expect(long).rejects.toThrow(DataError);
    await expect(long).rejects.toThrow(
      /^held-0: Labels longer than frames: 360 labels in \d+ frames; expected/,
    );
  });

  it('hears nothing in silence, and does not break', async () => {
    for (const seconds of [0.001, 0.5]) {
      const silence = { samples: new Float32Array(Math.ceil(seconds * RATE)), sampleRate: RATE, name: 's' };
      for (const beam of [1, 4]) {
        const [[best]] = await recognizer.recognize([silence], { beam });
        expect(Number.isFinite(best.logProb)).toBe(true);
        expect(best.tokens.length).toBeLessThan(8);
      }
    }
  });

  it('takes sound of another rate', async () => {
    const twice = {
      ...sounds[0],
      samples: new Float32Array(2 * sounds[0].samples.length),
      sampleRate: 2 * RATE,
    };
    twice.samples.forEach((_, i, all) => {
      const [a, b] = [Math.floor(i / 2), Math.ceil(i / 2)].map((k) => sounds[0].samples[k] ?? 0);
      all[i] = (a + b) / 2;
    });
    expect(textsOf(await recognizer.recognize([twice]))).toEqual(
      textsOf(await recognizer.recognize([sounds[0]])),
    );
  });

  it("takes a speaker's statistics in place of the sound's own", async () => {
    const { normalise: _, stack: __, stride: ___, ...front } = recipe.features;
    const own = sounds.map(({ samples }) => featureStatistics([extractFeatures(samples, RATE, front)]));
    const said = (found: Transcription[][]) => found.map(([{ text, logProb }]) => ({ text, logProb }));
    expect(said(await recognizer.recognize(sounds, {}, own))).toEqual(
      said(await recognizer.recognize(sounds)),
    );
    const all = featureStatistics(sounds.map(({ samples }) => extractFeatures(samples, RATE, front)));
    const shared = await recognizer.recognize(sounds, {}, [undefined, ...sounds.slice(1).map(() => all)]);
    expect(said(shared)[0]).toEqual(said(await recognizer.recognize(sounds))[0]);
    expect(shared[1][0].logProb).not.toBe((await recognizer.recognize(sounds))[1][0].logProb);
    expect(accuracy(shared)).toBeGreaterThan(0.8);
  });

  it('refuses what it cannot be asked', async () => {
    const ask = (options: Parameters<Recognizer['recognize']>[1], asked = sounds.slice(0, 1)) =>
      recognizer.recognize(asked, options);
    await expect(ask({ beam: 3, nBest: 4 })).rejects.toThrow('nBest 4 with beam 3; expected at most as many');
    await expect(ask({ ctcWeight: 0.3 })).rejects.toThrow(
      'a ctcWeight of 0.3 for a model of type ctc; expected a listener that was trained with CTC. ',
    );
    for (const wrong of [{ beam: 0 }, { beam: 1.5 }, { batch: 0 }, { batch: Number.NaN }]) {
      await expect(ask(wrong)).rejects.toThrow(UsageError);
    }
    const sound = (samples: Float32Array, sampleRate = RATE) => [{ samples, sampleRate, name: 'x.wav' }];
    for (const [wrong, message] of [
      [sound(new Float32Array(5.01 * RATE)), 'x.wav, which lasts 5.0 s; expected at most 5 s'],
      [sound(new Float32Array(0)), 'x.wav: a sound of 0 samples'],
      [sound(Float32Array.of(Number.NaN)), 'x.wav: a sound whose sample 0 (from 0) is NaN'],
      [sound(new Float32Array(9), 0), 'x.wav'],
    ] as const) {
      await expect(ask({}, wrong)).rejects.toThrow(DataError);
      await expect(ask({}, wrong)).rejects.toThrow(message);
    }
  });
});

describe('a listener that learnt with CTC too', () => {
  const recipe = recipeOf(
    '{ type: listener, hidden: 32, embedding: 8, readout: 32, dropout: 0, encoder: { layers: 3, reduction: 4 }, attention: { score: additive, size: 16, location: { filters: 4, width: 5 } }, ctcWeight: 0.5 }',
    'optimizer: { type: adam, learningRate: 0.02 }, schedule: { type: cosine, warmupSteps: 20 }, maxSteps: 240',
  );
  let recognizer: Recognizer;
  let program: Awaited<ReturnType<typeof taught>>['program'];
  beforeAll(async () => {
    ({ recognizer, program } = await taught(recipe));
  });
  afterAll(async () => {
    await recognizer.dispose();
    await program.dispose();
  });

  it('understands what nobody said in training, greedily, by beam search, and with CTC', async () => {
    const greedy = await recognizer.recognize(sounds, { beam: 1, ctcWeight: 0 });
    const searched = await recognizer.recognize(sounds, { ctcWeight: 0 });
    const joint = await recognizer.recognize(sounds);
    expect(accuracy(greedy)).toBeGreaterThan(0.85);
    expect(accuracy(searched)).toBeGreaterThan(0.85);
    expect(accuracy(joint)).toBeGreaterThan(0.9);
  });

  it('looks from left to right, at columns of its sound alone', async () => {
    const found = await recognizer.recognize(sounds);
    let [steps, forward] = [0, 0];
    for (const [i, [{ tokens, attention = [], finished, frameSeconds }]] of found.entries()) {
      expect(frameSeconds).toBeCloseTo(0.08, 12);
      expect(attention.length).toBe(tokens.length + (finished ? 1 : 0));
      const columns = Math.ceil(Math.ceil(framesOf(sounds[i], recipe.features, 'x').shape[0] / 2) / 4);
      const centres = attention.map((row) => {
        expect(row.length).toBe(columns);
        expect(row.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 4);
        return row.reduce((sum, x, t) => sum + x * t, 0);
      });
      for (let k = 1; k < tokens.length; k++) {
        steps++;
        if (centres[k] > centres[k - 1]) forward++;
      }
    }
    expect(forward / steps).toBeGreaterThan(0.9);
  });

  it('has spans of CTC in a search, that lie where the letters sound', async () => {
    const found = await recognizer.recognize(sounds);
    let [checked, near] = [0, 0];
    for (const [i, [{ tokens, spans = [] }]] of found.entries()) {
      if (tokens.join('') !== heldOut[i].text) continue;
      const letters = spans.filter((_, k) => tokens[k] !== ' ');
      for (const [k, { from, to }] of heldOut[i].letters.entries()) {
        const centre = (letters[k].from + letters[k].to) / 2;
        checked++;
        if (centre > from - 0.09 && centre < to + 0.09) near++;
      }
    }
    expect(checked).toBeGreaterThan(50);
    expect(near / checked).toBeGreaterThan(0.9);
  });

  it('scores by the weighted sum of decoder and CTC, whichever way it was found', async () => {
    const asked = async (ctcWeight: number) =>
      (await recognizer.recognize([sounds[2]], { beam: 12, nBest: 12, ctcWeight, lengthPenalty: 0 }))[0];
    const [decoder, mixed, ctc] = [await asked(0), await asked(0.25), await asked(1)];
    // What CTC thinks of its frames, from the frames.
    const built = buildSpeechModel(recipe, codecs);
    if (built.kind !== 'listener') throw new Error(built.kind);
    const steps = await StepProgram.compile(built.model, program, backend, { bos: BOS, eos: EOS });
    const read = stacked(framesOf(sounds[2], recipe.features, 'x'), recipe.features);
    const { frames } = await steps.read(padFrames([read], built.reduction));
    await steps.dispose();
    const rows = rowsOf(frames?.logits as HostTensor);
    for (const { text, logProb } of ctc) {
      expect(logProb).toBeCloseTo(-ctcLoss(rows, codecs.target.encode(text)), 3);
    }
    let compared = 0;
    for (const { text, logProb } of mixed) {
      const [a, b] = [decoder, ctc].map((all) => all.find((h) => h.text === text));
      if (!a || !b) continue;
      expect(logProb).toBeCloseTo(0.75 * a.logProb + 0.25 * b.logProb, 3);
      compared++;
    }
    expect(compared).toBeGreaterThan(2);
    for (const { logProb, score } of mixed) expect(score).toBe(logProb);
  });

  it.each([['word'], ['token']] as const)('asks a language model of %ss', async (unit) => {
    const beam = 8;
    const plain = await recognizer.recognize(sounds.slice(0, 4), { beam, nBest: 3 });
    for (const [i, [best, ...others]] of plain.entries()) {
      for (const { text } of others) {
        const model = only([text], unit);
        const said = async (weight: number) => {
          const languageModel = { model, unit, weight, bonus: 0 };
          return textsOf(await recognizer.recognize([sounds[i]], { beam, languageModel }))[0];
        };
        expect(await said(1e-9)).toBe(best.text);
        // Worth more than what it lacks. Of a space at the end a model of words knows nothing.
        const found = await said(1 + best.logProb - others[1].logProb);
        expect(unit === 'word' ? found.trimEnd() : found).toBe(unit === 'word' ? text.trimEnd() : text);
      }
    }
  });

  it('aligns a given text: forced, as probable as when it was found, with attention and times', async () => {
    const found = await recognizer.recognize(sounds, { ctcWeight: 0, lengthPenalty: 1 });
    const given = found.map(([{ text }], i) => ({ ...sounds[i], target: text }));
    const aligned = await recognizer.align(given);
    for (const [i, { text, logProb, score, attention, spans, words = [] }] of aligned.entries()) {
      const [best] = found[i];
      expect(text).toBe(best.text);
      expect(logProb).toBeCloseTo(best.logProb, 3);
      expect(score).toBeCloseTo(logProb / (text.length + 1), 5);
      expect(attention?.length).toBe(best.attention?.length);
      for (const [t, row] of (attention ?? []).entries()) {
        for (const [u, weight] of row.entries()) expect(weight).toBeCloseTo(best.attention?.[t][u] ?? -1, 3);
      }
      expect(spans).toEqual(best.spans);
      expect(words.map(({ word }) => word)).toEqual(text.split(' ').filter((word) => word !== ''));
    }
  });

  it('follows no lexicon', async () => {
    const asked = recognizer.recognize(sounds.slice(0, 1), { lexicon: ctcLexicon(['a']) });
    await expect(asked).rejects.toThrow(
      'a lexicon for a model of type listener; expected a model of CTC alone. ',
    );
  });

  it('cuts what is too long, and says so', async () => {
    const found = await recognizer.recognize(sounds.slice(0, 5), { maxLength: 2 });
    for (const [best] of found) {
      expect(best.tokens.length).toBeLessThanOrEqual(2);
      expect(best.finished).toBe(best.tokens.length < 2);
    }
  });

  it('hears a sound alone as it does among others', async () => {
    const together = await recognizer.recognize(sounds);
    const found = await recognizer.recognize(sounds, { batch: 1 });
    expect(textsOf(found)).toEqual(textsOf(together));
    for (const [i, [{ logProb }]] of found.entries()) expect(logProb).toBeCloseTo(together[i][0].logProb, 3);
  });

  it('survives silence, and sound of a frame', async () => {
    for (const seconds of [0.001, 0.5]) {
      const silence = { samples: new Float32Array(Math.ceil(seconds * RATE)), sampleRate: RATE, name: 's' };
      for (const options of [{ beam: 1, ctcWeight: 0 }, { beam: 1 }, { beam: 4 }]) {
        const [[best]] = await recognizer.recognize([silence], options);
        expect(Number.isFinite(best.logProb)).toBe(true);
        expect(best.attention?.flatMap((row) => [...row]).every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('refuses weights that are none', async () => {
    for (const ctcWeight of [-0.1, 1.5, Number.NaN]) {
      await expect(recognizer.recognize(sounds.slice(0, 1), { ctcWeight })).rejects.toThrow(UsageError);
    }
  });
});
