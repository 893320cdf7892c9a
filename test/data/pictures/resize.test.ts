import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Picture, resizePicture } from '../../../src/data/pictures/index.ts';
import { Random } from '../../../src/random.ts';

function randomPicture(width: number, height: number, seed: number): Picture {
  const random = new Random(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}

const at = ({ width, data }: Picture, x: number, y: number, c: number) => data[(y * width + x) * 3 + c];

/** How much of each pixel of an axis counts in pixel i of `count`, which shows `from` … `to`. */
function shares(from: number, to: number, size: number, count: number, i: number): number[] {
  const step = (to - from) / count;
  return Array.from({ length: size }, (_, p) => {
    if (step >= 1) {
      const overlap = Math.min(p + 1, from + (i + 1) * step) - Math.max(p, from + i * step);
      return Math.max(0, overlap) / step;
    }
    // A tent around the centre; beyond the edge its pixel goes on.
    const centre = from + (i + 0.5) * step - 0.5;
    const tent = (q: number) => Math.max(0, 1 - Math.abs(centre - q));
    return tent(p) + (p === 0 ? tent(-1) : 0) + (p === size - 1 ? tent(size) : 0);
  });
}

/** Every pixel as one sum over all pixels. */
function direct(p: Picture, [x0, x1]: number[], [y0, y1]: number[], width: number, height: number): number[] {
  const found: number[] = [];
  for (let y = 0; y < height; y++) {
    const rows = shares(y0, y1, p.height, height, y);
    for (let x = 0; x < width; x++) {
      const columns = shares(x0, x1, p.width, width, x);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const [v, r] of rows.entries())
          for (const [u, s] of columns.entries()) sum += r * s * at(p, u, v, c);
        found.push(sum);
      }
    }
  }
  return found;
}

const side = fc.integer({ min: 1, max: 12 });

describe('resizePicture', () => {
  it('is the mean of what a pixel covers, or lies between two, on each axis by itself', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.nat(1e6), (W, H, width, height, seed) => {
        const p = randomPicture(W, H, seed);
        const found = resizePicture(p, width, height, { fit: 'fill' });
        expect([found.width, found.height, found.data.length]).toEqual([width, height, width * height * 3]);
        const wanted = direct(p, [0, W], [0, H], width, height);
        expect(Math.max(...Array.from(found.data, (v, i) => Math.abs(v - wanted[i])))).toBeLessThanOrEqual(
          0.5 + 1e-9,
        );
      }),
      { seed: 2, numRuns: 120 },
    );
  });

  it('cover shows the middle part of the shape wanted', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.nat(1e6), (W, H, width, height, seed) => {
        const p = randomPicture(W, H, seed);
        const found = resizePicture(p, width, height);
        // Of one ratio with what is wanted, and touching two sides.
        const wide = W * height > H * width;
        const part = wide ? (H * width) / height : (W * height) / width;
        const span = wide ? [(W - part) / 2, (W + part) / 2] : [(H - part) / 2, (H + part) / 2];
        const wanted = wide ? direct(p, span, [0, H], width, height) : direct(p, [0, W], span, width, height);
        expect(Math.max(...Array.from(found.data, (v, i) => Math.abs(v - wanted[i])))).toBeLessThanOrEqual(
          0.5 + 1e-6,
        );
      }),
      { seed: 3, numRuns: 120 },
    );
  });

  it('contain shows all of it in the middle of white', () => {
    const p = randomPicture(8, 4, 1);
    const found = resizePicture(p, 4, 6, { fit: 'contain' });
    const inner = resizePicture(p, 4, 2, { fit: 'fill' });
    for (let y = 0; y < 6; y++) {
      for (let i = 0; i < 12; i++) {
        const inside = y >= 2 && y < 4;
        expect(found.data[y * 12 + i]).toBe(inside ? inner.data[(y - 2) * 12 + i] : 255);
      }
    }
    // Never thinner than a pixel.
    const line = resizePicture(randomPicture(1, 900, 2), 10, 10, { fit: 'contain' });
    expect(Array.from(line.data.subarray(12, 15))).not.toEqual([255, 255, 255]);
  });

  it('leaves a picture of one colour that colour, and one of the size wanted as it is', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.nat(255), (W, H, width, height, v) => {
        const data = new Uint8Array(W * H * 3).fill(v);
        for (const fit of ['cover', 'fill'] as const) {
          expect(
            resizePicture({ width: W, height: H, data }, width, height, { fit }).data.every((d) => d === v),
          ).toBe(true);
        }
      }),
      { seed: 5, numRuns: 60 },
    );
    const p = randomPicture(5, 4, 1);
    for (const fit of ['cover', 'contain', 'fill'] as const) {
      expect(resizePicture(p, 5, 4, { fit }).data).toEqual(p.data);
    }
  });

  it('refuses impossible sizes and pictures that are none', () => {
    const p = randomPicture(2, 2, 1);
    for (const [w, h] of [
      [0, 1],
      [1.5, 2],
      [-1, 2],
      [Number.NaN, 1],
      [1e5, 1e5],
    ]) {
      expect(() => resizePicture(p, w, h)).toThrow(/whole numbers, 1 or more/);
    }
    expect(() => resizePicture(p, 1, 1, { fit: 'crop' as 'cover' })).toThrow(/one of cover, contain, fill/);
    expect(() => resizePicture({ width: 2, height: 2, data: new Uint8Array(16) }, 1, 1)).toThrow(
      /16 bytes for 2×2/,
    );
    expect(() => resizePicture({ width: 0, height: 2, data: new Uint8Array(0) }, 1, 1)).toThrow(/0×2 pixels/);
  });
});
