import { encode } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { orient, orientationOf } from '../../../src/data/pictures/exif.ts';
import type { Picture } from '../../../src/data/pictures/index.ts';
import { decodePicture } from '../../../src/data/pictures/index.ts';
import { DataError } from '../../../src/errors.ts';
import { CMYK, exif, joined, PROGRESSIVE, withSegment } from './files.ts';

const name = 'x.jpg';

/** A JPEG file of a picture given by its colours. */
function jpegOf(
  width: number,
  height: number,
  colour: (x: number, y: number) => readonly number[],
): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 4);
  return new Uint8Array(encode({ width, height, data }, 95).data);
}

const at = ({ width, data }: Picture, x: number, y: number): number[] =>
  Array.from(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));

function expectColour(picture: Picture, x: number, y: number, [...rgb]: readonly number[], off = 5): void {
  for (const [c, v] of at(picture, x, y).entries()) {
    expect(Math.abs(v - rgb[c]), `(${x}, ${y}): ${at(picture, x, y)} for ${rgb}`).toBeLessThanOrEqual(off);
  }
}

const exifSegment = (orientation: number, little = true) =>
  joined([new TextEncoder().encode('Exif\0\0'), exif(orientation, little)]);

describe('JPEG', () => {
  it('is read, baseline and progressive, of one pixel too', () => {
    const corner = (x: number, y: number) => (x < 8 && y < 8 ? [220, 40, 30] : [40, 90, 160]);
    const picture = decodePicture(jpegOf(16, 24, corner), { name });
    expect([picture.width, picture.height]).toEqual([16, 24]);
    expectColour(picture, 3, 3, [220, 40, 30]);
    expectColour(picture, 12, 3, [40, 90, 160]);
    expectColour(picture, 3, 20, [40, 90, 160]);
    const progressive = decodePicture(PROGRESSIVE, { name });
    expectColour(progressive, 2, 3, [200, 30, 40]);
    expectColour(progressive, 13, 3, [20, 60, 210]);
    expectColour(decodePicture(jpegOf(1, 1, () => [9, 8, 7])), 0, 0, [9, 8, 7]);
  });

  it("of Adobe's inks is laid over white", () => {
    const picture = decodePicture(CMYK, { name });
    const seen = ([c, m, y, k]: readonly number[]) => [c, m, y].map((ink) => ((255 - ink) * (255 - k)) / 255);
    expectColour(picture, 2, 3, seen([10, 200, 180, 60]));
    expectColour(picture, 13, 3, seen([220, 120, 0, 20]));
    const unmarked = joined([CMYK.subarray(0, 2), CMYK.subarray(18)]);
    expect(() => decodePicture(unmarked, { name })).toThrow(
      /x\.jpg: .*four components, without the mark of Adobe/,
    );
  });

  it('is red, green and blue itself where Adobe says so', () => {
    const bytes = jpegOf(8, 8, () => [120, 200, 90]);
    const app0 = bytes.indexOf(0xe0) - 1;
    const length = (bytes[app0 + 2] << 8) | bytes[app0 + 3];
    const bare = joined([bytes.subarray(0, app0), bytes.subarray(app0 + 2 + length)]);
    const adobe = (transform: number) =>
      withSegment(
        bare,
        0xee,
        Uint8Array.from([...new TextEncoder().encode('Adobe'), 0, 100, 0, 0, 0, 0, transform]),
      );
    expectColour(decodePicture(adobe(1)), 4, 4, [120, 200, 90]);
    // Y, Cb and Cr of that colour (Rec. 601), taken as they are.
    expectColour(decodePicture(adobe(0)), 4, 4, [163.5, 86.5, 97]);
  });

  it('is turned as its Exif says: rows and columns of what is stored are where the standard puts them', () => {
    // Exif 2.32: where the 0th row and the 0th column are to be seen.
    const SIDES: Record<number, readonly [row: string, column: string]> = {
      1: ['top', 'left'],
      2: ['top', 'right'],
      3: ['bottom', 'right'],
      4: ['bottom', 'left'],
      5: ['left', 'top'],
      6: ['right', 'top'],
      7: ['right', 'bottom'],
      8: ['left', 'bottom'],
    };
    const data = Uint8Array.from({ length: 18 }, (_, i) => i);
    const stored: Picture = { width: 3, height: 2, data };
    for (const [orientation, [row, column]] of Object.entries(SIDES)) {
      const seen = orient(stored, Number(orientation));
      const isTurned = row === 'left' || row === 'right';
      expect([seen.width, seen.height]).toEqual(isTurned ? [2, 3] : [3, 2]);
      for (let v = 0; v < 2; v++) {
        for (let u = 0; u < 3; u++) {
          const place = { x: 0, y: 0 };
          for (const [side, distance] of [
            [row, v],
            [column, u],
          ] as const) {
            if (side === 'left') place.x = distance;
            if (side === 'right') place.x = seen.width - 1 - distance;
            if (side === 'top') place.y = distance;
            if (side === 'bottom') place.y = seen.height - 1 - distance;
          }
          expect(at(seen, place.x, place.y), `orientation ${orientation}`).toEqual(at(stored, u, v));
        }
      }
      expect(orientationOf(exif(Number(orientation)))).toBe(Number(orientation));
      expect(orientationOf(exif(Number(orientation), false))).toBe(Number(orientation));
    }
    const bytes = jpegOf(16, 8, (x) => (x < 8 ? [200, 0, 0] : [0, 0, 200]));
    const turned = decodePicture(withSegment(bytes, 0xe1, exifSegment(6)));
    expect([turned.width, turned.height]).toEqual([8, 16]);
    expectColour(turned, 4, 2, [200, 0, 0]);
    expectColour(turned, 4, 13, [0, 0, 200]);
  });

  it('takes Exif that says nothing as nothing', () => {
    const whole = exif(6);
    expect(orientationOf(exif(0))).toBe(1);
    expect(orientationOf(exif(9))).toBe(1);
    for (let length = 0; length < 22; length++) {
      expect([1, 6]).toContain(orientationOf(whole.subarray(0, length)));
    }
    const lost = exif(6);
    new DataView(lost.buffer).setUint32(4, 0xffffff00, true);
    expect(orientationOf(lost)).toBe(1);
  });

  it('cut anywhere before its end is refused', () => {
    for (const whole of [jpegOf(20, 12, (x, y) => [x * 12, y * 20, 99]), PROGRESSIVE, CMYK]) {
      for (let length = 0; length < whole.length - 1; length += 7) {
        const cut = () => decodePicture(whole.subarray(0, length), { name });
        expect(cut, `${length} of ${whole.length}`).toThrow(DataError);
        expect(cut).toThrow(/^x\.jpg: /);
      }
    }
  });

  it('with a changed byte gives a picture of the same size or an error that says so', () => {
    const whole = jpegOf(16, 16, (x, y) => [x * 15, y * 15, 99]);
    for (let place = 2; place < whole.length; place++) {
      const changed = whole.slice();
      changed[place] ^= 0x41;
      try {
        const { width, height, data } = decodePicture(changed, { name, maxPixels: 1e6 });
        expect(data.length).toBe(width * height * 3);
      } catch (error) {
        expect(error, `byte ${place}: ${String(error)}`).toBeInstanceOf(DataError);
      }
    }
  });

  it('is refused by its header: sizes, kinds that are not decoded', () => {
    const bytes = jpegOf(8, 8, () => [1, 2, 3]);
    const sof = bytes.findIndex((b, i) => b === 0xff && bytes[i + 1] === 0xc0);
    const changed = (entries: readonly (readonly [offset: number, value: number])[]) => {
      const copy = bytes.slice();
      for (const [offset, value] of entries) copy[sof + offset] = value;
      return () => decodePicture(copy, { name });
    };
    const size = (n: number) => [n >> 8, n & 255];
    const [h, w] = [size(20_000), size(20_000)];
    expect(
      changed([
        [5, h[0]],
        [6, h[1]],
        [7, w[0]],
        [8, w[1]],
      ]),
    ).toThrow(/20000×20000 pixels; expected at most 64,000,000/);
    expect(
      changed([
        [5, 0],
        [6, 0],
      ]),
    ).toThrow(/8×0 pixels/);
    expect(changed([[1, 0xc9]])).toThrow(/of the kind arithmetic/);
    expect(changed([[1, 0xc3]])).toThrow(/lossless/);
    expect(changed([[4, 12]])).toThrow(/12 bits/);
  });
});
