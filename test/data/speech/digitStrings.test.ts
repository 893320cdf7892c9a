import { describe, expect, it } from 'vitest';
import { type DigitStringOptions, digitStrings } from '../../../src/data/speech/digitStrings.ts';
import type { Utterance, WaveformDecoder } from '../../../src/data/speech/utterance.ts';
import { DataError, UsageError } from '../../../src/errors.ts';

/** "WAV files" of a byte, which is a constant amplitude. */
const decoded: string[] = [];
const decode: WaveformDecoder = ([amplitude], { name }) => {
  decoded.push(name);
  return { samples: new Float32Array(200 + amplitude).fill(amplitude / 256), sampleRate: 1000 };
};
const recordings = (speakers: string[], indices: number[]): Utterance[] =>
  speakers.flatMap((speaker) =>
    Array.from({ length: 10 }, (_, digit) =>
      indices.map((index) => ({
        id: `${digit}_${speaker}_${index}`,
        text: String(digit),
        speaker,
        audio: async () => Uint8Array.of(50 + digit),
      })),
    ).flat(),
  );
const all = recordings(['ann', 'bob', 'cy'], [0, 1, 2]);
const make = (options: Partial<DigitStringOptions> = {}) =>
  digitStrings(all, decode, { seed: 1, count: 600, ...options });

describe('strings of digits', () => {
  it('are of one speaker, with texts and lengths spread evenly', () => {
    const strings = make();
    const count = <Of>(items: readonly Of[]) => {
      const counts = new Map<Of, number>();
      for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
      return counts;
    };
    for (const { id, text, speaker, recordings: parts } of strings) {
      expect(text).toBe(parts.map((part) => part[0]).join(' '));
      expect(new Set(parts.map((part) => part.split('_')[1]))).toEqual(new Set([speaker]));
      expect(id).toMatch(/^string-\d+$/);
    }
    const even = (counts: Map<unknown, number>, kinds: number) => {
      expect(counts.size).toBe(kinds);
      const mean = [...counts.values()].reduce((a, b) => a + b) / kinds;
      // Five standard deviations of a binomial count.
      for (const value of counts.values()) expect(Math.abs(value - mean)).toBeLessThan(5 * Math.sqrt(mean));
    };
    even(count(strings.map(({ recordings: parts }) => parts.length)), 7);
    even(count(strings.map(({ speaker }) => speaker)), 3);
    even(count(strings.flatMap(({ text }) => text.split(' '))), 10);
    even(count(strings.flatMap(({ recordings: parts }) => parts)), 90);
  });

  it('have gaps within their ranges', async () => {
    const options = { count: 60, length: [2, 4], gap: [0.1, 0.2], edge: [0.3, 0.5] } as const;
    const seen: number[] = [];
    for (const { audio, text } of make(options)) {
      const { samples, sampleRate, segments } = await audio();
      expect(segments.map((segment) => segment.text).join(' ')).toBe(text);
      const edges = [segments[0].from, samples.length / sampleRate - segments[segments.length - 1].to];
      for (const edge of edges) {
        expect(edge).toBeGreaterThanOrEqual(0.2995);
        expect(edge).toBeLessThanOrEqual(0.5005);
      }
      for (let i = 1; i < segments.length; i++) seen.push(segments[i].from - segments[i - 1].to);
    }
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0.0995);
    expect(Math.min(...seen)).toBeLessThan(0.11);
    expect(Math.max(...seen)).toBeGreaterThan(0.19);
    expect(Math.max(...seen)).toBeLessThanOrEqual(0.2005);
  });

  it('are decided by the seed alone', async () => {
    const [many, few, other] = [make(), make({ count: 5 }), make({ count: 5, seed: 2 })];
    for (let i = 0; i < few.length; i++) {
      expect(few[i].recordings).toEqual(many[i].recordings);
      expect(await few[i].audio()).toEqual(await many[i].audio());
      expect(await few[i].audio()).toEqual(await few[i].audio());
    }
    expect(other.map(({ text }) => text)).not.toEqual(few.map(({ text }) => text));
    const validation = make({ count: 5, name: 'validation' });
    expect(validation.map(({ text }) => text)).not.toEqual(few.map(({ text }) => text));
    // A frozen one: recipes and results refer to them.
    expect(few.map(({ speaker, text }) => `${speaker}: ${text}`)).toMatchInlineSnapshot(`
      [
        "bob: 5 5 6 9 8",
        "ann: 0 6 3 8 8 1 5",
        "cy: 2 5",
        "bob: 3 6",
        "ann: 8 1 3 5 2 3",
      ]
    `);
  });

  it('decode a recording once, and only when it is heard', async () => {
    decoded.length = 0;
    const strings = make({ count: 100 });
    expect(decoded).toEqual([]);
    for (const { audio } of strings) await audio();
    for (const { audio } of strings) await audio();
    expect(new Set(decoded).size).toBe(decoded.length);
    expect(decoded.length).toBeGreaterThan(80);
  });

  it('may be joined in other ways', () => {
    const [first] = make({ count: 1, separator: '', name: 'train', length: [7, 7] });
    expect(first.text).toMatch(/^\d{7}$/);
    expect(first.id).toBe('train-0');
    const unnamed = all.map(({ speaker, ...rest }) => rest);
    expect(digitStrings(unnamed, decode, { seed: 1, count: 1 })[0]).not.toHaveProperty('speaker');
  });

  it.each([
    { length: [0, 3] },
    { length: [3, 2] },
    { length: [1.5, 2] },
    { gap: [-0.1, 0.2] },
    { gap: [0.3, 0.2] },
    { edge: [0, Number.NaN] },
    { edge: [0, 100] },
    { count: -1 },
    { count: 0.5 },
  ] as Partial<DigitStringOptions>[])('are refused with %j', (options) => {
    expect(() => make(options)).toThrow(UsageError);
  });

  it('need recordings', () => {
    expect(() => digitStrings([], decode, { seed: 1, count: 1 })).toThrow(DataError);
  });
});
