/** Sounds looked through before they are recognised: whether they can be, and what their speakers sound like. */
import { describe, expect, it } from 'vitest';
import { encodeWav, normaliseFrames } from '../../src/data/audio/index.ts';
import { TextCodec } from '../../src/data/codec.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { DataError } from '../../src/errors.ts';
import { parseRecipe, type SpeechRecipe } from '../../src/formats/index.ts';
import { framesOf, speechExamples } from '../../src/tasks/speechExamples.ts';
import { checkSounds, speakerStatistics } from '../../src/tasks/speechSounds.ts';
import { RATE, toneOf, toneTexts, toneUtterances } from './speechTones.ts';

const recipe = parseRecipe(
  `task: speech
data: { train: { manifest: x }, maxSeconds: 3 }
features: { sampleRate: 8000, coefficients: 10, deltas: 1, stack: 2, normalise: speaker }
model: { type: ctc }
`,
  'r.yaml',
) as SpeechRecipe;

describe('speakerStatistics', () => {
  it('are those that training normalises by', async () => {
    const utterances = toneUtterances(toneTexts(1, 7), 'x', 3);
    const statistics = await speakerStatistics(utterances, recipe);
    expect(statistics.map((own) => statistics.indexOf(own))).toEqual([0, 1, 2, 0, 1, 2, 0]);
    const codec = TextCodec.build(['abcdef'], createTokenizer({ kind: 'character' }));
    const { examples } = await speechExamples(utterances, recipe, codec);
    for (const [i, { frames }] of examples.entries()) {
      const { letters: _, ...sound } = { ...toneOf(utterances[i].text, 1000 + i), sampleRate: RATE };
      const own = framesOf(sound, recipe.features, 'x');
      expect(normaliseFrames(own, statistics[i])).toEqual(frames[0]);
    }
  });

  it('are not there for whom nobody knows', async () => {
    const [known, unknown] = [...toneUtterances(['ab'], 'x', 1), ...toneUtterances(['ab'], 'y')];
    const [first, second] = await speakerStatistics([known, unknown], recipe);
    expect(first?.count).toBeGreaterThan(5);
    expect(second).toBeUndefined();
    expect(await speakerStatistics([], recipe)).toEqual([]);
  });
});

describe('checkSounds', () => {
  const named = (id: string, audio: Uint8Array) => ({ id, text: 'a', audio: async () => audio });
  const sound = (seconds: number) => encodeWav(new Float32Array(Math.round(seconds * RATE)), RATE);

  it('names what cannot be read, or lasts too long', async () => {
    await checkSounds([named('a', sound(1)), named('b', sound(3))], recipe);
    for (const [audio, message] of [
      [sound(3.1), 'c, which lasts 3.1 s; expected at most 3 s'],
      [new TextEncoder().encode('hello'), 'c begins with "hell"; expected a WAV file'],
    ] as const) {
      const check = checkSounds([named('a', sound(1)), named('c', audio)], recipe);
      await expect(check).rejects.toThrow(DataError);
      await expect(check).rejects.toThrow(message);
    }
  });

  it('lets signals through while it reads', async () => {
    // Sounds that are at hand give the loop no pause of their own.
    let turns = 0;
    let going = true;
    const count = () => {
      turns++;
      if (going) setImmediate(count);
    };
    setImmediate(count);
    const slow = {
      ...named('a', sound(1)),
      audio: async () => {
        for (const begun = performance.now(); performance.now() - begun < 60; );
        return sound(0.1);
      },
    };
    await checkSounds(Array(6).fill(slow), recipe);
    going = false;
    expect(turns).toBeGreaterThanOrEqual(2);
  });
});
