/** A speech recipe as a stream of training events. */
import { beforeAll, describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import type { Utterance } from '../../src/data/speech/utterance.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { parseRecipe, type SpeechRecipe } from '../../src/formats/index.ts';
import { type Backend, openRuntime } from '../../src/runtime/index.ts';
import { errorRates, trainSpeech } from '../../src/tasks/speech.ts';
import type { SavedTraining } from '../../src/tasks/training.ts';
import { toneTexts, toneUtterances } from './speechTones.ts';

const recipeOf = (model: string, training: string, rest = ''): SpeechRecipe =>
  parseRecipe(
    `task: speech
seed: 3
data: { train: { manifest: x }, validation: { manifest: y }, maxSeconds: 0.8 }
features: { sampleRate: 8000, coefficients: 8, stack: 2 }
model: ${model}
training: { batch: { sentences: 4 }, ${training} }
${rest}`,
    'r.yaml',
  ) as SpeechRecipe;
const CTC = '{ type: ctc, hidden: 8, layers: 1, dropout: 0.2 }';
const listener = (more = '') =>
  `{ type: listener, hidden: 8, embedding: 4, readout: 8, dropout: 0.2, encoder: { layers: 2, reduction: 2 }, attention: { score: additive, size: 4 }${more} }`;

const codecs = { target: TextCodec.build(['abcdef'], createTokenizer({ kind: 'character' })) };
const train = toneUtterances(toneTexts(1, 18), 'train');
const validation = toneUtterances(toneTexts(2, 6), 'val');

let backend: Backend;
beforeAll(async () => {
  backend = await openRuntime({ threads: 1 });
});

/** Losses of the steps, what was measured, and what was saved last. */
async function followed(recipe: SpeechRecipe, resume?: SavedTraining) {
  const training = await trainSpeech(recipe, { train, validation }, codecs, backend, { resume });
  const { program, optimizer } = training;
  const losses: number[] = [];
  const measured: { step: number; metrics: Readonly<Record<string, number>>; isBest: boolean }[] = [];
  let saved: SavedTraining | undefined;
  let metrics: Readonly<Record<string, number>> = {};
  for await (const event of training.events) {
    if (event.type === 'step') losses.push(event.loss);
    if (event.type === 'validation') ({ metrics } = event);
    if (event.type !== 'checkpoint') continue;
    measured.push({ step: event.step, metrics, isBest: event.isBest });
    saved = {
      parameters: Float32Array.from(program.parameters),
      slots: Object.fromEntries(
        Object.entries(optimizer.slots).map(([name, slot]) => [name, Float32Array.from(slot)]),
      ),
      state: structuredClone(event.state),
    };
  }
  await program.dispose();
  return { losses, measured, saved, training };
}

describe('trainSpeech', () => {
  const augment = 'augment: { speeds: [0.9, 1, 1.1], frequencyWidth: 3, timeWidth: 10 }';
  it.each([
    [CTC, 'movingAverage: 0.9'],
    [
      listener(', ctcWeight: 0.3'),
      'labelSmoothing: 0.1, scheduledSampling: { decay: linear, steps: 9 }, accumulate: 2',
    ],
  ])('goes on to the bit as if it had never stopped: %s', async (model, training) => {
    const steps = (count: number) =>
      recipeOf(model, `maxSteps: ${count}, validateEvery: { steps: 3 }, ${training}`, augment);
    const whole = await followed(steps(9));
    // In the middle of an epoch.
    const first = await followed(steps(6));
    const second = await followed(steps(9), first.saved);
    expect(whole.losses.length).toBe(9);
    expect([...first.losses, ...second.losses]).toEqual(whole.losses);
    expect([...first.measured, ...second.measured]).toEqual(whole.measured);
    expect(second.saved?.parameters).toEqual(whole.saved?.parameters);
  });

  it('measures loss, word and character errors and whole transcripts, and knows which are better low', async () => {
    const recipe = recipeOf(
      '{ type: ctc, hidden: 32, layers: 1, dropout: 0 }',
      'optimizer: { type: adam, learningRate: 0.05 }, epochs: 8, stop: { metric: cer, patience: 9 }',
    );
    const { measured, training } = await followed(recipe);
    expect(measured.length).toBe(8);
    for (const { metrics } of measured)
      expect(Object.keys(metrics)).toEqual(['loss', 'wer', 'cer', 'exactMatch']);
    let best = Number.POSITIVE_INFINITY;
    for (const { metrics, isBest } of measured) {
      expect(isBest).toBe(metrics.cer < best);
      best = Math.min(best, metrics.cer);
    }
    expect(measured.at(-1)?.metrics.loss).toBeLessThan(measured[0].metrics.loss);
    const seconds = (await Promise.all(train.map(({ audio }) => audio()))).map(
      (s) => s.samples.length / s.sampleRate,
    );
    const used = seconds.filter((s) => s <= 0.8);
    expect(used.length).toBeLessThan(train.length);
    expect(training.utterances).toEqual({ used: used.length, tooLong: train.length - used.length });
    expect(training.seconds).toBeCloseTo(
      used.reduce((a, b) => a + b, 0),
      6,
    );
    expect(training.stepsPerEpoch).toBe(Math.ceil(used.length / 4));
  });

  const fast: Utterance = {
    id: 'fast talker',
    text: 'abcdefabcdefabcdef',
    audio: async () => ({ samples: new Float32Array(2000), sampleRate: 8000 }),
  };
  const start = (model: string, data: Parameters<typeof trainSpeech>[1], rest = '') =>
    trainSpeech(recipeOf(model, 'maxSteps: 1', rest), data, codecs, backend);

  it.each([CTC, listener(', ctcWeight: 0.3')])(
    'refuses labels that are longer than their frames where CTC is to learn them: %s',
    async (model) => {
      const message =
        /^fast talker, \d+ frames after the encoder for 18 labels \("abcdefabcdefabcdef"\); expected at least 18 frames/;
      await expect(start(model, { train: [...train, fast] })).rejects.toThrow(message);
      await expect(start(model, { train, validation: [fast] })).rejects.toThrow(message);
    },
  );

  it('takes them where attention alone does', async () => {
    const { program, events } = await start(listener(), { train: [...train, fast], validation });
    for await (const _ of events);
    await program.dispose();
  });

  it('finds a sound that fits no batch before the first step, at whatever speed it would be played', async () => {
    const recipe = recipeOf(CTC, 'maxSteps: 1', 'augment: { speeds: [2, 0.5] }');
    const tokens = { ...recipe, training: { ...recipe.training, batch: { tokens: 60 } } };
    await expect(trainSpeech(tokens, { train }, codecs, backend)).rejects.toThrow(
      /^train-\d+, \d+ frames and \d tokens; expected at most training\.batch\.tokens \(60\)/,
    );
  });

  it('refuses to stop by what is not there', async () => {
    const asked = start(CTC, { train });
    await expect(asked).rejects.toThrow(UsageError);
    await expect(asked).rejects.toThrow('no validation data');
    await expect(start(CTC, { train: [] })).rejects.toThrow(DataError);
  });
});

describe('errorRates', () => {
  it('counts words, characters and whole texts, references as the model could write them', () => {
    const rates = (hypotheses: string[], references: string[], lowercase = false) =>
      errorRates(hypotheses, references, {
        target: TextCodec.build([''], createTokenizer({ kind: 'character', lowercase })),
      });
    expect(rates(['go on', 'stop'], ['go on', 'stop'])).toEqual({ wer: 0, cer: 0, exactMatch: 1 });
    // One word of three, and two characters of nine, spaces counted.
    const some = rates(['go in', 'stap'], ['go on', 'stop']);
    expect(some.wer).toBeCloseTo((100 * 2) / 3, 6);
    expect(some.cer).toBeCloseTo((100 * 2) / 9, 6);
    expect(some.exactMatch).toBe(0);
    expect(rates(['go on'], ['GO ON'], true)).toEqual({ wer: 0, cer: 0, exactMatch: 1 });
    expect(rates(['go on'], ['GO ON']).wer).toBe(100);
    expect(rates(['caf\u00e9'], ['cafe\u0301']).wer).toBe(0);
    expect(rates([''], ['go on']).wer).toBe(100);
  });
});
