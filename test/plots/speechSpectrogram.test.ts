import { describe, expect, it } from 'vitest';
import { logMel } from '../../src/data/audio/index.ts';
import { rampColour } from '../../src/plots/ramp.ts';
import { type SpeechMap, speechSvg } from '../../src/plots/speechSvg.ts';
import { Drawing, map, ramp16, sound, spans } from './speechDrawing.ts';
import { elementsOf } from './xml.ts';

describe('the spectrogram in speechSvg', () => {
  it('has low channels at the bottom, time as above, and is darker where it is louder', () => {
    const value = (frame: number, channel: number) => (((frame * 201 + channel * 77) % 640) / 320 - 1) ** 3;
    const drawn = new Drawing({ ...map, spectrogram: sound(value, 16, 40) });
    const cells = [];
    for (let frame = 0; frame < 16; frame++) {
      for (let channel = 0; channel < 40; channel++) {
        const colour = drawn.soundAt((frame + 0.5) / 10, (channel + 0.5) / 40);
        cells.push({ loud: value(frame, channel), level: ramp16.indexOf(colour) });
      }
    }
    cells.sort((a, b) => a.loud - b.loud);
    const levels = cells.map(({ level }) => level);
    expect(levels).toEqual([...levels].sort((a, b) => a - b));
    expect(new Set(levels)).toEqual(new Set(ramp16.keys()));
  });

  it('draws the mean of channels and of frames that share a cell', () => {
    const loud = (frame: number, channel: number) => (frame * 13 + channel * 5) % 32;
    const mapOf = (spectrogram: SpeechMap['spectrogram']) => ({ ...map, spectrogram });
    const plain = new Drawing(mapOf(sound(loud, 16, 40)));
    const split = sound((frame, c) => loud(frame, c >> 1) + (c % 4 === 1 || c % 4 === 2 ? 9 : -9), 16, 80);
    expect(new Drawing(mapOf(split)).rasters).toEqual(plain.rasters);

    const columns = Math.floor((plain.x(1.6) - plain.x(0)) / 2);
    const wide = new Drawing(mapOf(sound(loud, columns, 5)));
    const twice = sound(
      (frame, c) => loud(frame >> 1, c) + (frame % 4 === 1 || frame % 4 === 2 ? 9 : -9),
      2 * columns,
      5,
    );
    expect(new Drawing(mapOf(twice)).rasters).toEqual(wide.rasters);
  });

  it('keeps the place of a sound among thousands of frames, in cells one can see', () => {
    for (const at of [20, 1_711, 2_979]) {
      const click = (frame: number, channel: number) =>
        Math.abs(frame - at) <= 20 ? 5 : (frame * channel) % 3;
      const spectrogram = { ...sound(click, 3_000, 80), frameSeconds: 0.01 };
      const drawn = new Drawing({ tokens: ['a'], spans: [spans[0]], columnSeconds: 0.04, spectrogram });
      const [panel] = drawn.rasters;
      const darkest = panel.filter(({ colour }) => colour === rampColour(1));
      expect(darkest).toHaveLength(40);
      for (const { left, right } of darkest) {
        expect(Math.abs(left - drawn.x((at - 20) / 100))).toBeLessThan(2.1);
        expect(Math.abs(right - drawn.x((at + 21) / 100))).toBeLessThan(2.1);
      }
      expect(Math.min(...panel.map(({ left, right }) => right - left))).toBeGreaterThanOrEqual(2 - 1e-6);
    }
  });

  it('takes its contrast from the sound: neither digital silence nor a click takes it away', () => {
    const speech = (frame: number, channel: number) => ((frame * 29 + channel * 17) % 100) / 25;
    const levels = (value: (frame: number, channel: number) => number) => {
      const drawn = new Drawing({ ...map, spectrogram: sound(value, 200, 40) });
      return new Set(drawn.rasters[1].map(({ colour }) => colour)).size;
    };
    expect(levels(speech)).toBe(15);
    expect(levels((frame, channel) => (frame < 140 ? -23 : speech(frame, channel)))).toBe(15);
    expect(levels((frame, channel) => (frame === 7 && channel < 20 ? 60 : speech(frame, channel)))).toBe(15);
  });

  it('draws silence, and a sound that is on or off', () => {
    const silent = new Drawing({ ...map, spectrogram: sound(() => -23) });
    expect(silent.soundAt(0.8, 0.5)).toBe(rampColour(0));
    const onOff = new Drawing({ ...map, spectrogram: sound((frame) => (frame < 8 ? -23 : 2)) });
    expect([0.4, 1.2].map((seconds) => onOff.soundAt(seconds, 0.5))).toEqual([rampColour(0), rampColour(1)]);
  });

  it('shows a low tone below a high one, each in its time', () => {
    const hertz = (t: number) => (t < 0.5 ? 300 : 5_000);
    const samples = Float32Array.from(
      { length: 16_000 },
      (_, i) => 0.3 * Math.sin((2 * Math.PI * hertz(i / 16_000) * i) / 16_000),
    );
    const spectrogram = { ...logMel(samples, { sampleRate: 16_000, filters: 40 }), frameSeconds: 0.01 };
    const drawn = new Drawing({
      tokens: ['a'],
      spans: [{ from: 0, to: 0.5 }],
      columnSeconds: 0.04,
      spectrogram,
    });
    const loudest = (seconds: number) => {
      const bands = Array.from({ length: 40 }, (_, band) => drawn.soundAt(seconds, (band + 0.5) / 40));
      const levels = bands.map((colour) => ramp16.indexOf(colour));
      return levels.indexOf(Math.max(...levels));
    };
    for (const seconds of [0.1, 0.3, 0.45]) expect(loudest(seconds)).toBeLessThan(10);
    for (const seconds of [0.55, 0.7, 0.9]) expect(loudest(seconds)).toBeGreaterThan(25);
  });

  it('stays small: ten seconds of noise', () => {
    const noise = sound((frame, channel) => Math.sin(1e4 * Math.sin(frame * 80 + channel)), 1_000, 80);
    const svg = speechSvg({ tokens: ['a'], spans: [spans[0]], columnSeconds: 0.04, spectrogram: noise });
    expect(svg.length).toBeLessThan(200_000);
    expect(elementsOf(svg).length).toBeLessThan(100);
  });
});
