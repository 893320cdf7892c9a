import { describe, expect, it } from 'vitest';
import {
  augmentPixels,
  type PictureAugmentation,
  pixelFloats,
  pixelStatistics,
  pixelsOf,
} from '../../../src/data/pictures/index.ts';
import { Random } from '../../../src/random.ts';

const SIZE = { width: 7, height: 5, channels: 3 };
const random = new Random(1);
const PIXELS = Uint8Array.from({ length: 7 * 5 * 3 }, () => random.integer(256));
const seen = (options: PictureAugmentation, seed: number, pixels = PIXELS, size = SIZE) =>
  augmentPixels(pixels, size, options, new Random(seed));
const seeds = Array.from({ length: 40 }, (_, i) => i);
/** Channel c of (x, y), where what is outside repeats the edge. */
const at = (x: number, y: number, c: number) =>
  PIXELS[(Math.min(4, Math.max(0, y)) * 7 + Math.min(6, Math.max(0, x))) * 3 + c];
const picture = (value: (x: number, y: number, c: number) => number) =>
  Uint8Array.from({ length: 105 }, (_, i) => value(Math.floor(i / 3) % 7, Math.floor(i / 21), i % 3));

describe('augmentPixels', () => {
  it('changes nothing where nothing is asked for, and never what it was given', () => {
    const before = PIXELS.slice();
    for (const seed of seeds) {
      const found = seen({}, seed);
      expect(found).toEqual(PIXELS);
      expect(found).not.toBe(PIXELS);
      seen({ flip: true, shift: 0.3, zoom: 0.3, rotate: 20, brightness: 0.3, contrast: 0.4 }, seed);
    }
    expect(PIXELS).toEqual(before);
  });

  it('is the same of the same state, and draws as many numbers whatever it does', () => {
    const all = { flip: true, shift: 0.2, zoom: 0.2, rotate: 9, brightness: 0.2, contrast: 0.2 };
    const [a, b] = [new Random(3), new Random(3)];
    expect(augmentPixels(PIXELS, SIZE, all, a)).toEqual(augmentPixels(PIXELS, SIZE, all, b));
    augmentPixels(PIXELS, SIZE, {}, a);
    augmentPixels(PIXELS, SIZE, all, b);
    expect(a.state).toEqual(b.state);
    expect(seen(all, 1)).not.toEqual(seen(all, 2));
  });

  it('mirrors half of the pictures, and those exactly', () => {
    const mirrored = picture((x, y, c) => at(6 - x, y, c));
    const found = seeds.map((seed) => seen({ flip: true }, seed));
    const flipped = found.filter((f) => Buffer.compare(f, mirrored) === 0).length;
    expect(flipped).toBeGreaterThan(10);
    expect(flipped).toBeLessThan(30);
    expect(found.filter((f) => Buffer.compare(f, PIXELS) === 0).length).toBe(40 - flipped);
  });

  it('moves by whole pixels, the edge going on', () => {
    const places = new Set<string>();
    for (const seed of seeds) {
      const found = seen({ shift: 0.3 }, seed);
      const moves = [-2, -1, 0, 1, 2].flatMap((dx) => [-2, -1, 0, 1, 2].map((dy) => [dx, dy]));
      const move = moves.find(
        ([dx, dy]) =>
          Buffer.compare(
            found,
            picture((x, y, c) => at(x - dx, y - dy, c)),
          ) === 0,
      );
      expect(move, `seed ${seed}`).toBeDefined();
      places.add(String(move));
    }
    expect(places.size).toBeGreaterThan(8);
  });

  it('turns and zooms around the middle: a plane stays a plane', () => {
    const size = { width: 21, height: 21, channels: 1 };
    // 100 + 3x + 2y seen from the middle
    const plane = Uint8Array.from(
      { length: 441 },
      (_, i) => 100 + 3 * ((i % 21) - 10) + 2 * (Math.floor(i / 21) - 10),
    );
    for (const seed of seeds.slice(0, 10)) {
      const draws = new Random(seed);
      const [, , , zoom, rotate] = Array.from({ length: 5 }, () => 2 * draws.uniform() - 1);
      const [scale, angle] = [1 + 0.2 * zoom, (rotate * 30 * Math.PI) / 180];
      const found = seen({ zoom: 0.2, rotate: 30 }, seed, plane, size);
      for (const [x, y] of [
        [10, 10],
        [13, 10],
        [10, 6],
        [7, 12],
      ]) {
        // What is seen at a place was, before it was turned clockwise and zoomed, at:
        const [dx, dy] = [(x - 10) / scale, (y - 10) / scale];
        const [u, v] = [
          dx * Math.cos(angle) + dy * Math.sin(angle),
          dy * Math.cos(angle) - dx * Math.sin(angle),
        ];
        expect(Math.abs(found[y * 21 + x] - (100 + 3 * u + 2 * v))).toBeLessThan(1.01);
      }
    }
  });

  it('changes brightness and contrast by one function of the value, within 0 to 255', () => {
    for (const seed of seeds.slice(0, 10)) {
      const found = seen({ brightness: 0.3, contrast: 0.5 }, seed);
      const pairs = Array.from(PIXELS, (v, i) => [v, found[i]]).sort((a, b) => a[0] - b[0]);
      for (let i = 1; i < pairs.length; i++) expect(pairs[i][1]).toBeGreaterThanOrEqual(pairs[i - 1][1]);
      const inner = pairs.filter(([, v]) => v > 0 && v < 255);
      const slope = (inner.at(-1)![1] - inner[0][1]) / (inner.at(-1)![0] - inner[0][0]);
      expect(slope).toBeGreaterThan(0.45);
      expect(slope).toBeLessThan(1.55);
    }
  });

  it('refuses what is out of range', () => {
    expect(() => seen({ shift: 0.7 }, 1)).toThrow(/a shift of 0.7; expected a number from 0 to 0.5/);
    expect(() => seen({ rotate: -1 }, 1)).toThrow(/rotate/);
    expect(() => seen({ contrast: Number.NaN }, 1)).toThrow(/contrast of NaN/);
  });
});

describe('pixelFloats', () => {
  const form = { channels: 3, height: 5, width: 7 } as const;

  it('puts channels first and maps 0 … 255 to −1 … 1', () => {
    const other = PIXELS.map((v) => 255 - v);
    const found = pixelFloats([PIXELS, other], form);
    expect(found.length).toBe(210);
    for (let b = 0; b < 2; b++) {
      for (let c = 0; c < 3; c++) {
        for (let i = 0; i < 35; i++) {
          const byte = (b === 0 ? PIXELS : other)[3 * i + c];
          expect(found[(b * 3 + c) * 35 + i]).toBeCloseTo((2 * byte) / 255 - 1, 6);
        }
      }
    }
  });

  it('with the statistics of pictures has mean 0 and deviation 1', () => {
    for (const channels of [1, 3] as const) {
      const pixels = pixelsOf({ width: 7, height: 5, data: PIXELS }, channels);
      const found = pixelFloats([pixels], { ...form, channels }, pixelStatistics([pixels], channels));
      for (let c = 0; c < channels; c++) {
        const values = found.subarray(c * 35, (c + 1) * 35);
        const mean = values.reduce((sum, v) => sum + v, 0) / 35;
        expect(mean).toBeCloseTo(0, 5);
        expect(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 35).toBeCloseTo(1, 5);
      }
    }
    const flat = new Uint8Array(35).fill(9);
    const still = pixelFloats([flat], { ...form, channels: 1 }, pixelStatistics([flat], 1));
    expect(still.every((v) => Math.abs(v) < 1e-5)).toBe(true);
  });

  it('makes grey of colours, and leaves grey as it is', () => {
    const data = Uint8Array.of(255, 255, 255, 0, 0, 0, 77, 77, 77, 255, 0, 0, 0, 255, 0);
    expect(Array.from(pixelsOf({ width: 5, height: 1, data }, 1))).toEqual([255, 0, 77, 76, 150]);
  });

  it('refuses pictures of another size and scales that cannot be', () => {
    expect(() => pixelFloats([PIXELS.subarray(3)], form)).toThrow(
      /picture 0 of a batch, of 102 bytes; expected 105/,
    );
    expect(() => pixelFloats([], form, { mean: [0], deviation: [0] })).toThrow(/a deviation of 0/);
    expect(() => pixelFloats([], form, { mean: [0, 1], deviation: [1] })).toThrow(
      /a mean of 0, 1; .*one number or 3/,
    );
    expect(() => pixelStatistics([], 3)).toThrow(/no pictures/);
  });
});
