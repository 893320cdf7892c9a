/** From sounds and transcripts to what a model is trained on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeSpeed, encodeWav, extractFeatures } from '../../src/data/audio/index.ts';
import { TextCodec } from '../../src/data/codec.ts';
import type { Utterance } from '../../src/data/speech/utterance.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { ctcLoss } from '../../src/decoding/index.ts';
import { DataError } from '../../src/errors.ts';
import { parseRecipe, type SpeechRecipe } from '../../src/formats/index.ts';
import { padFrames } from '../../src/tasks/speechBatches.ts';
import {
  checkDuration,
  checkFitsBatch,
  checkFitsFrames,
  frameSeconds,
  framesOf,
  frameWidth,
  type SpeechExample,
  speechExamples,
  stacked,
} from '../../src/tasks/speechExamples.ts';
import { RATE, toneOf, toneTexts, toneUtterances } from './speechTones.ts';

const recipeOf = (features = '', rest = ''): SpeechRecipe =>
  parseRecipe(
    `task: speech
data: { train: { manifest: x }, maxSeconds: 1 }
features: { sampleRate: 8000, coefficients: 10${features} }
model: { type: ctc }
${rest}`,
    'r.yaml',
  ) as SpeechRecipe;
const codecOf = (texts: readonly string[]) => TextCodec.build(texts, createTokenizer({ kind: 'character' }));
const letters = codecOf(['abcdef ']);
const silent = (id: string, seconds: number, text = 'a', rate = RATE): Utterance => ({
  id,
  text,
  audio: async () => ({ samples: new Float32Array(Math.round(seconds * rate)), sampleRate: rate }),
});

/** Mean and variance of each coefficient over all frames of some examples. */
function moments(all: readonly { data: Float32Array; shape: readonly [number, number] }[]) {
  const [, width] = all[0].shape;
  return Array.from({ length: width }, (_, c) => {
    const values = all.flatMap(({ data, shape }) =>
      Array.from({ length: shape[0] }, (_, t) => data[t * width + c]),
    );
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length };
  });
}
const standardised = (all: Parameters<typeof moments>[0]) => {
  for (const { mean, variance } of moments(all)) {
    expect(mean).toBeCloseTo(0, 4);
    expect(variance).toBeCloseTo(1, 3);
  }
};

describe('speechExamples', () => {
  it('leaves out what is too long, to the sample, and says how many', async () => {
    const utterances = [silent('short', 0.3), silent('long', 1.001), silent('just', 1), silent('longer', 9)];
    const found = await speechExamples(utterances, recipeOf(), letters);
    expect(found.examples.map(({ id }) => id)).toEqual(['short', 'just']);
    expect(found.tooLong).toBe(2);
    expect(found.seconds).toBeCloseTo(1.3, 10);
    await expect(speechExamples([utterances[1], utterances[3]], recipeOf(), letters)).rejects.toThrow(
      '2 utterances, all of them longer than 1 s; expected some of at most data.maxSeconds (1). ',
    );
  });

  it('measures length as it was recorded, whatever the speed', async () => {
    const found = await speechExamples([silent('a', 0.9)], recipeOf(), letters, { speeds: [0.5, 2] });
    expect(found.seconds).toBeCloseTo(0.9, 10);
    const [slow, fast] = found.examples[0].frames.map(({ shape }) => shape[0]);
    expect(slow).toBeGreaterThan(3.9 * fast);
  });

  it('makes features of every speed, in the order of the recipe', async () => {
    const recipe = recipeOf(', normalise: none');
    const utterances = toneUtterances(['ab', 'f'], 'x');
    const { examples } = await speechExamples(utterances, recipe, letters, { speeds: [1.1, 1, 0.9] });
    for (const [i, { frames }] of examples.entries()) {
      const { samples } = await utterances[i].audio();
      for (const [k, speed] of [1.1, 1, 0.9].entries()) {
        const played = { samples: changeSpeed(samples, speed), sampleRate: RATE };
        expect(frames[k]).toEqual(framesOf(played, recipe.features, 'x'));
      }
    }
    const [alone] = (await speechExamples(utterances, recipe, letters)).examples;
    expect(alone.frames).toEqual([examples[0].frames[1]]);
  });

  it('has the labels of the text, unknown characters as unknown', async () => {
    const { examples } = await speechExamples([silent('x', 0.1, 'fax')], recipeOf(), letters);
    expect(examples[0].labels).toEqual(letters.encode('fax'));
    expect(examples[0].text).toBe('fax');
  });

  it('gives what the front end gives at once, when it is stacked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          type: fc.constantFrom('logMel', 'mfcc'),
          deltas: fc.constantFrom(0, 1, 2),
          normalise: fc.constantFrom('utterance', 'none'),
          stack: fc.integer({ min: 1, max: 4 }),
          stride: fc.option(fc.integer({ min: 1, max: 4 })),
        }),
        async ({ type, deltas, normalise, stack, stride }) => {
          const text = `, type: ${type}, deltas: ${deltas}, normalise: ${normalise}, stack: ${stack}`;
          const { features } = recipeOf(stride === null ? text : `${text}, stride: ${stride}`);
          const sound = { samples: toneOf('ace', 3).samples, sampleRate: RATE };
          const found = stacked(framesOf(sound, features, 'x'), features);
          const { normalise: norm, ...rest } = features;
          const whole = extractFeatures(sound.samples, RATE, { ...rest, normalise: norm as 'utterance' });
          expect(found).toEqual(whole);
          expect(found.shape[1]).toBe(frameWidth(features));
          expect(frameWidth(features)).toBe(10 * (1 + deltas) * stack);
          // 10 ms a frame before stacking: sound lasts about as long as its frames.
          const seconds = sound.samples.length / RATE;
          expect(Math.abs(found.shape[0] * frameSeconds(features) - seconds)).toBeLessThan(
            0.02 + 0.01 * stack,
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it('normalises over the utterance', async () => {
    const { examples } = await speechExamples(toneUtterances(toneTexts(1, 3), 'x'), recipeOf(), letters, {
      speeds: [0.9, 1],
    });
    for (const { frames } of examples) for (const one of frames) standardised([one]);
  });

  it('normalises over all that a speaker said, at each speed; unknown speakers by utterance', async () => {
    const recipe = recipeOf(', normalise: speaker');
    const known = toneUtterances(toneTexts(2, 5), 'x', 2);
    const unknown = toneUtterances(toneTexts(3, 2), 'yy');
    const utterances = [...known, ...unknown];
    const { examples } = await speechExamples(utterances, recipe, letters, { speeds: [0.8, 1, 1.2] });
    for (const speed of [0, 1, 2]) {
      const framesAt = (kept: readonly SpeechExample[]) => kept.map(({ frames }) => frames[speed]);
      for (const speaker of ['s0', 's1']) {
        const own = examples.filter((_, i) => utterances[i].speaker === speaker);
        standardised(framesAt(own));
        expect(Math.abs(moments([own[0].frames[speed]])[3].mean)).toBeGreaterThan(0.001);
      }
      for (const one of framesAt(examples.slice(5))) standardised([one]);
    }
  });

  it('survives silence', async () => {
    for (const normalise of ['utterance', 'speaker', 'none']) {
      const recipe = recipeOf(`, normalise: ${normalise}`);
      const { examples } = await speechExamples([silent('a', 0.4)], recipe, letters);
      expect(examples[0].frames[0].data.every(Number.isFinite)).toBe(true);
    }
  });

  it.each<[string, Partial<Utterance>, string]>([
    [
      'a text without a token',
      { text: '' },
      'u, whose text "" has no token; expected text with at least one. ',
    ],
    ['bytes that are no WAV', { audio: async () => Uint8Array.of(1, 2, 3) }, 'u begins with'],
    [
      'no samples',
      { audio: async () => ({ samples: new Float32Array(0), sampleRate: RATE }) },
      'u: a sound of 0 samples; expected at least one.',
    ],
    [
      'NaN',
      { audio: async () => ({ samples: Float32Array.of(0, Number.NaN), sampleRate: RATE }) },
      'u: a sound whose sample 1 (from 0) is NaN',
    ],
    [
      'a rate that says nothing of speech',
      { audio: async () => encodeWav(new Float32Array(5), 7) },
      'u: resampling from 7 to 8000 Hz; expected rates at most 1000 times each other.',
    ],
  ])('refuses %s with the name of the utterance', async (_, change, message) => {
    const wrong = { ...silent('u', 0.1), ...change };
    for (const speeds of [[1], [0.9, 1]]) {
      const asked = speechExamples([silent('before', 0.1), wrong], recipeOf(), letters, { speeds });
      await expect(asked).rejects.toThrow(DataError);
      await expect(asked).rejects.toThrow(message);
    }
  });
});

/** An example with so many frames at each speed. */
const exampleOf = (labels: readonly number[], counts: readonly number[]): SpeechExample => ({
  id: 'u7',
  text: letters.decode(labels),
  labels,
  frames: counts.map((count) => ({ data: new Float32Array(count), shape: [count, 1] })),
});

describe('checkFitsFrames', () => {
  it('refuses just what CTC cannot say', () => {
    fc.assert(
      fc.property(
        fc.record({
          labels: fc.array(fc.integer({ min: 4, max: 5 }), { minLength: 1, maxLength: 6 }),
          counts: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
          stack: fc.integer({ min: 1, max: 3 }),
          reduction: fc.constantFrom(1, 2, 4, 8),
        }),
        ({ labels, counts, stack, reduction }) => {
          const { features } = recipeOf(`, stack: ${stack}`);
          const example = exampleOf(labels, counts);
          const read = example.frames.map((frames) => {
            const { sizes } = padFrames([stacked(frames, features)], reduction);
            return sizes.S / reduction;
          });
          const fits = read.every((frames) => {
            const logits = Array.from({ length: frames }, () => [0, 0, 0, 0, 0, 0, 0]);
            try {
              return ctcLoss(logits, labels) < Number.POSITIVE_INFINITY;
            } catch {
              return false;
            }
          });
          const check = () => checkFitsFrames([exampleOf([4], [80]), example], features, reduction);
          if (fits) check();
          else expect(check).toThrow(DataError);
        },
      ),
    );
  });

  it('names the utterance, its frames after the encoder, and its text', () => {
    const { features } = recipeOf(', stack: 2');
    const labels = letters.encode('abba');
    expect(() => checkFitsFrames([exampleOf(labels, [40, 30])], features, 4)).toThrow(
      'u7, 4 frames after the encoder for 4 labels with 1 repeated ones ("abba"); expected at least 5 frames, which CTC needs.',
    );
    expect(() => checkFitsFrames([exampleOf(labels, [40, 33])], features, 4)).not.toThrow();
  });
});

describe('checkFitsBatch', () => {
  it('refuses what no batch holds at one of its speeds, whichever epoch would have played it', () => {
    const training = (batch: string) => recipeOf(', stack: 2', `training: { batch: ${batch} }`);
    const example = exampleOf([4, 5], [38, 44]);
    checkFitsBatch([example], training('{ tokens: 22 }'));
    checkFitsBatch([example], training('{ sentences: 1 }'));
    expect(() => checkFitsBatch([example], training('{ tokens: 21 }'))).toThrow(
      'u7, 22 frames and 3 tokens; expected at most training.batch.tokens (21), which a batch may hold of either.',
    );
    expect(() => checkFitsBatch([exampleOf([4, 5, 4, 5], [2])], training('{ tokens: 4 }'))).toThrow(
      DataError,
    );
  });
});

describe('checkDuration', () => {
  it('refuses what lasts longer than the limit', () => {
    const sound = { samples: new Float32Array(801), sampleRate: 800 };
    checkDuration(sound, 801 / 800, 'x.wav');
    expect(() => checkDuration(sound, 1, 'x.wav')).toThrow(
      'x.wav, which lasts 1.0 s; expected at most 1 s (data.maxSeconds of the recipe). ',
    );
  });
});
