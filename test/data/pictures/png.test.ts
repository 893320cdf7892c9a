import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { decode } from 'fast-png';
import { zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodePicture, encodePng } from '../../../src/data/pictures/index.ts';
import { DataError } from '../../../src/errors.ts';
import { CHANNELS, chunk, exif, header, joined, type PngSpec, SIGNATURE, writePng } from './files.ts';

const name = 'x.png';

/** Red, green and blue by the specification's words: samples scaled to 8 bits, laid over white. */
function expected({ width, height, depth, colour, sample, palette = [], transparency }: PngSpec): number[] {
  const most = 2 ** depth - 1;
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const s = Array.from({ length: CHANNELS[colour] }, (_, c) => sample(x, y, c));
      const keys = transparency && [0, 2, 4].map((i) => transparency[i] * 256 + transparency[i + 1]);
      let rgb = [0, 1, 2].map((c) => s[colour === 0 || colour === 4 ? 0 : c] / most);
      let opacity = 1;
      if (colour === 3) {
        rgb = [0, 1, 2].map((c) => palette[3 * s[0] + c] / 255);
        opacity = (transparency?.[s[0]] ?? 255) / 255;
      } else if (colour === 4) opacity = s[1] / most;
      else if (colour === 6) opacity = s[3] / most;
      else if (keys && s.every((v, i) => v === keys[i])) opacity = 0;
      pixels.push(...rgb.map((v) => 255 * (v * opacity + 1 - opacity)));
    }
  }
  return pixels;
}

const KINDS: readonly (readonly [PngSpec['colour'], PngSpec['depth']])[] = [
  ...([1, 2, 4, 8, 16] as const).map((d) => [0, d] as const),
  ...([8, 16] as const).flatMap((d) => ([2, 4, 6] as const).map((c) => [c, d] as const)),
  ...([1, 2, 4, 8] as const).map((d) => [3, d] as const),
];

const anyPng: fc.Arbitrary<PngSpec> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    width: fc.integer({ min: 1, max: 19 }),
    height: fc.integer({ min: 1, max: 11 }),
    interlaced: fc.boolean(),
    filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 }),
    parts: fc.integer({ min: 1, max: 4 }),
    clear: fc.boolean(),
    seed: fc.nat(1e6),
  })
  .map(({ kind: [colour, depth], clear, seed, ...rest }): PngSpec => {
    const number = (i: number, most: number) =>
      Math.abs(Math.imul(seed + i + 1, 0x9e3779b1) >> 3) % (most + 1);
    const most = 2 ** depth - 1;
    const colours = Math.min(most + 1, 5);
    const sample = (x: number, y: number, c: number) =>
      number(x * 31 + y * 7 + c, colour === 3 ? colours - 1 : most);
    const key = () => [0, 1, 2].flatMap((c) => [sample(0, 0, c) >> 8, sample(0, 0, c) & 255]);
    return {
      colour,
      depth,
      sample,
      ...rest,
      ...(colour === 3 && { palette: Array.from({ length: 3 * colours }, (_, i) => number(i, 255)) }),
      ...(clear && colour === 0 && { transparency: key().slice(0, 2) }),
      ...(clear && colour === 2 && { transparency: key() }),
      ...(clear &&
        colour === 3 && { transparency: Array.from({ length: colours - 1 }, (_, i) => number(9 * i, 255)) }),
    };
  });

describe('PNG', () => {
  it('of every kind is what the specification says, over white', () => {
    fc.assert(
      fc.property(anyPng, (spec) => {
        const { width, height, data } = decodePicture(writePng(spec), { name });
        expect([width, height, data.length]).toEqual([spec.width, spec.height, 3 * spec.width * spec.height]);
        const wanted = expected(spec);
        const off = Math.max(...data.map((v, i) => Math.abs(v - wanted[i])));
        expect(off).toBeLessThanOrEqual(0.5001);
      }),
      { seed: 4, numRuns: 100 },
    );
  });

  it('of whole bytes is what fast-png says, too', () => {
    const whole = anyPng.filter(
      (s) => s.depth === 8 && (s.colour === 0 || s.colour === 2) && !s.transparency,
    );
    fc.assert(
      fc.property(whole, (spec) => {
        const file = writePng(spec);
        const { data, channels } = decode(file);
        const rgb = channels === 1 ? Array.from(data).flatMap((v) => [v, v, v]) : Array.from(data);
        expect(Array.from(decodePicture(file).data)).toEqual(rgb);
      }),
      { seed: 5, numRuns: 30 },
    );
  });

  it('comes back from encodePng to the byte', () => {
    const data = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37) % 256);
    expect(decodePicture(encodePng({ width: 7, height: 5, data }))).toEqual({ width: 7, height: 5, data });
    expect(() => encodePng({ width: 7, height: 5, data: data.subarray(1) })).toThrow(/104 bytes for 7×5/);
  });

  it('is turned as its Exif says, and read whatever colour profile it has', () => {
    const spec: PngSpec = { width: 2, height: 1, depth: 8, colour: 0, sample: (x) => 100 * x };
    const broken = Uint8Array.from([65, 0, 0, 1, 2, 3]);
    const file = writePng({
      ...spec,
      extra: [
        ['iCCP', broken],
        ['eXIf', exif(6)],
      ],
    });
    const { width, height, data } = decodePicture(file);
    expect([width, height]).toEqual([1, 2]);
    expect(Array.from(data)).toEqual([0, 0, 0, 100, 100, 100]);
  });

  it('that moves is its first picture', () => {
    const spec: PngSpec = { width: 2, height: 2, depth: 8, colour: 0, sample: (x, y) => 10 * x + y };
    const still = writePng(spec);
    const end = still.length - 12;
    const frame = chunk('fdAT', Uint8Array.of(0, 0, 0, 2, 9, 9, 9));
    const moving = joined([
      still.subarray(0, 33),
      chunk('acTL', Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0)),
      still.subarray(33, end),
      frame,
      still.subarray(end),
    ]);
    expect(decodePicture(moving)).toEqual(decodePicture(still));
  });

  it('cut anywhere is refused or whole, never something else', () => {
    const whole = writePng({
      width: 9,
      height: 6,
      depth: 8,
      colour: 2,
      sample: (x, y, c) => (x * 83 + y * 59 + c * 31) % 256,
      filters: [4, 1],
      parts: 2,
    });
    const picture = decodePicture(whole);
    for (let length = 0; length < whole.length; length++) {
      try {
        expect(decodePicture(whole.subarray(0, length), { name })).toEqual(picture);
        expect(length).toBeGreaterThanOrEqual(whole.length - 12);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        expect((error as DataError).arrived).toMatch(/^x\.png: /);
      }
    }
  });

  it('with a changed byte is refused, or is the same picture', () => {
    const whole = writePng({
      width: 5,
      height: 4,
      depth: 8,
      colour: 6,
      sample: (x, y, c) => (x * 7 + y * c) % 256,
    });
    const picture = decodePicture(whole);
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] ^= 0x10;
      try {
        expect(decodePicture(changed, { name })).toEqual(picture);
      } catch (error) {
        expect(error, `byte ${at}: ${String(error)}`).toBeInstanceOf(DataError);
      }
    }
  });

  const grey = { depth: 8, colour: 0 } as const;
  const file = (head: Uint8Array, data: Uint8Array) =>
    joined([SIGNATURE, head, chunk('IDAT', data), chunk('IEND', new Uint8Array(0))]);

  it('is refused by its header before anything is unpacked', () => {
    const huge = file(header({ ...grey, width: 20_000, height: 20_000 }), Uint8Array.of(1, 2, 3));
    expect(() => decodePicture(huge, { name })).toThrow(
      /x\.png: a picture of 20000×20000 pixels; expected at most 64,000,000/,
    );
    const enormous = file(header({ ...grey, width: 2 ** 31, height: 2 ** 31 }), Uint8Array.of(1));
    expect(() => decodePicture(enormous, { name })).toThrow(/at most 64,000,000 pixels/);
    const none = file(header({ ...grey, width: 0, height: 5 }), Uint8Array.of(1));
    expect(() => decodePicture(none, { name })).toThrow(/0×5 pixels/);
    const odd = file(header({ ...grey, depth: 4, colour: 2, width: 1, height: 1 }), Uint8Array.of(1));
    expect(() => decodePicture(odd, { name })).toThrow(/colour type 2 with 4 bits/);
    const small = writePng({ ...grey, width: 20, height: 10, sample: () => 3 });
    expect(() => decodePicture(small, { name, maxPixels: 199 })).toThrow(/at most 199 pixels/);
    expect(decodePicture(small, { maxPixels: 200 }).width).toBe(20);
  });

  it('that unpacks to far more than its size is read in the memory of its size', () => {
    // 100 MB of zeros behind a picture of one pixel.
    const bomb = file(header({ ...grey, width: 1, height: 1 }), deflateSync(new Uint8Array(1e8)));
    const before = process.memoryUsage().arrayBuffers;
    expect(Array.from(decodePicture(bomb).data)).toEqual([0, 0, 0]);
    // Pieces of up to 4 MB, each copied as it grows.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5e7);
  });

  it('says what is missing', () => {
    const palette = file(header({ ...grey, colour: 3, width: 1, height: 1 }), zlibSync(Uint8Array.of(0, 0)));
    expect(() => decodePicture(palette)).toThrow(/no palette/);
    const short = file(header({ ...grey, width: 4, height: 4 }), zlibSync(new Uint8Array(10)));
    expect(() => decodePicture(short)).toThrow(/ends at row 2 of 4/);
    const filtered = file(header({ ...grey, width: 1, height: 1 }), zlibSync(Uint8Array.of(7, 0)));
    expect(() => decodePicture(filtered)).toThrow(/filter 7/);
    const empty = joined([
      SIGNATURE,
      header({ ...grey, width: 1, height: 1 }),
      chunk('IEND', new Uint8Array(0)),
    ]);
    expect(() => decodePicture(empty)).toThrow(/no pixels/);
  });
});
