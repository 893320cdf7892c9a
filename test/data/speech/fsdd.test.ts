import { describe, expect, it } from 'vitest';
import { decodeWav } from '../../../src/data/audio/wav.ts';
import { openFolder } from '../../../src/data/folder.node.ts';
import { digitStrings } from '../../../src/data/speech/digitStrings.ts';
import { fsddTranscripts, readFsdd } from '../../../src/data/speech/fsdd.ts';
import { soundOf } from '../../../src/data/speech/utterance.ts';
import { DataError } from '../../../src/errors.ts';
import { Random } from '../../../src/random.ts';
import { sharedData } from '../shared.ts';
import { memoryFolder, utf8 } from './files.ts';

/** 50 recordings each of two digits by two speakers, and other files. */
const names = ['7', '0'].flatMap((digit) =>
  ['theo', 'ann'].flatMap((speaker) => Array.from({ length: 50 }, (_, i) => `${digit}_${speaker}_${i}.wav`)),
);
const paths = new Random(1).shuffle([
  ...names.map((name) => `recordings/${name}`),
  'recordings/.DS_Store',
  'recordings/12_theo_3.wav',
  'README.md',
]);

describe('recordings of digits', () => {
  it('are divided by index, in one order whatever that of the list', () => {
    const parts = fsddTranscripts(paths, 'fsdd', 5);
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([160, 20, 20]);
    expect(parts.test.slice(0, 6).map(({ id }) => id)).toEqual([
      ...[0, 1, 2, 3, 4].map((i) => `0_ann_${i}`),
      '0_theo_0',
    ]);
    expect(parts.validation.map(({ id }) => id)).toContain('7_theo_9');
    expect(parts.train[0]).toEqual({
      id: '0_ann_10',
      path: 'recordings/0_ann_10.wav',
      text: '0',
      speaker: 'ann',
    });
    expect(parts.train.at(-1)?.id).toBe('7_theo_49');
    expect(fsddTranscripts([...paths].reverse(), 'fsdd', 5)).toEqual(parts);
    const none = fsddTranscripts(paths, 'fsdd');
    expect([none.train.length, none.validation.length]).toEqual([180, 0]);
    expect(none.test).toEqual(parts.test);
  });

  it('are asked for where there are none', () => {
    expect(() => fsddTranscripts(['7_theo.wav', 'x.wav'], 'fsdd')).toThrow(DataError);
    expect(() => fsddTranscripts([], 'fsdd')).toThrow('fsdd holds no recordings of digits');
  });

  it('lie in recordings/ or in the folder itself', async () => {
    for (const start of ['recordings/', '']) {
      const folder = memoryFolder(Object.fromEntries(names.map((name) => [start + name, name])));
      const { test } = await readFsdd(folder);
      expect(test[0]).toMatchObject({ id: '0_ann_0', text: '0', speaker: 'ann' });
      expect(await test[0].audio()).toEqual(utf8('0_ann_0.wav'));
    }
  });
});

const fsdd = sharedData('fsdd/recordings.tar.xz');
describe.skipIf(!fsdd)(`The Free Spoken Digit Dataset${fsdd ? '' : ' (no shared data here)'}`, () => {
  it('has 3,000 recordings, and makes strings of digits', async () => {
    const parts = await readFsdd(await openFolder(fsdd as string), 5);
    expect([parts.train.length, parts.validation.length, parts.test.length]).toEqual([2400, 300, 300]);
    for (const part of Object.values(parts)) {
      const counts = new Map<string, number>();
      for (const { text, speaker } of part) {
        counts.set(`${text} ${speaker}`, (counts.get(`${text} ${speaker}`) ?? 0) + 1);
      }
      // Ten digits by six speakers, as often each.
      expect(counts.size).toBe(60);
      expect(new Set(counts.values()).size).toBe(1);
    }
    const strings = [parts.train, parts.test].flatMap((part) =>
      digitStrings(part, decodeWav, { seed: 1, count: 40 }),
    );
    let seconds = 0;
    for (const one of strings) {
      const { samples, sampleRate, segments } = await one.audio();
      expect(sampleRate).toBe(8000);
      expect(segments.map(({ text }) => text).join(' ')).toBe(one.text);
      expect(samples.every((sample) => Math.abs(sample) <= 0.99)).toBe(true);
      seconds += samples.length / sampleRate;
    }
    // 4 digits of 0.44 s, 3 gaps of 0.175 s and two edges of 0.25 s on average.
    expect(seconds / 80).toBeGreaterThan(2.2);
    expect(seconds / 80).toBeLessThan(3.4);
    const [first] = parts.test;
    const sound = await soundOf(first, decodeWav);
    expect(sound.samples.length).toBeGreaterThan(1000);
  }, 30_000);
});
