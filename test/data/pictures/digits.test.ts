import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../../src/data/folder.node.ts';
import type { Folder } from '../../../src/data/folder.ts';
import { type Digit, digitPictures, parseIdx, readMnist } from '../../../src/data/pictures/index.ts';
import { DataError } from '../../../src/errors.ts';
import { sharedData } from '../shared.ts';

/** A digit whose ink is a box of its own size, so that it can be found again. */
const box = (label: number, [left, top, right, bottom]: number[]): Digit => ({
  label,
  ink: Uint8Array.from({ length: 784 }, (_, i) => {
    const [x, y] = [i % 28, Math.floor(i / 28)];
    return x >= left && x <= right && y >= top && y <= bottom ? 255 : 0;
  }),
});
const DIGITS = [
  box(0, [4, 4, 20, 24]),
  box(1, [12, 3, 14, 25]),
  box(7, [8, 5, 20, 22]),
  box(9, [0, 0, 27, 27]),
];

describe('digitPictures', () => {
  const pictures = digitPictures(DIGITS, { seed: 1, count: 80 });

  it('puts the digits of the caption on the sheet, left to right, none over another', async () => {
    for (const { captions, boxes, picture } of pictures) {
      expect(captions[0]).toMatch(/^[0179]( [0179]){0,5}$/);
      expect(boxes.length).toBe(captions[0].split(' ').length);
      const { width, height, data } = await picture();
      expect([width, height]).toEqual([128, 32]);
      for (const [i, b] of boxes.entries()) {
        expect(b.left).toBeGreaterThan(i === 0 ? 0 : boxes[i - 1].left + boxes[i - 1].width);
        expect(b.left + b.width).toBeLessThan(128);
        expect(b.top).toBeGreaterThanOrEqual(0);
        expect(b.top + b.height).toBeLessThanOrEqual(32);
      }
      // Ink fills the boxes, for these digits do, and nothing else.
      const paper = Math.max(...data);
      const wrong = Array.from({ length: 128 * 32 }, (_, i) => {
        const [x, y] = [i % 128, Math.floor(i / 128)];
        const inked = boxes.some(
          (b) => x >= b.left && x < b.left + b.width && y >= b.top && y < b.top + b.height,
        );
        return data[3 * i] < paper !== inked || data[3 * i + 1] !== data[3 * i];
      });
      expect(wrong.indexOf(true)).toBe(-1);
    }
  });

  it('varies lengths, places and sizes', () => {
    const lengths = new Set(pictures.map(({ boxes }) => boxes.length));
    expect([...lengths].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const all = pictures.flatMap(({ boxes }) => boxes);
    expect(new Set(all.map((b) => b.top)).size).toBeGreaterThan(10);
    expect(new Set(all.map((b) => b.height)).size).toBeGreaterThan(8);
    expect(new Set(all.map((b) => b.left)).size).toBeGreaterThan(50);
  });

  it('is the same of the same seed and name, however many are made', async () => {
    const few = digitPictures(DIGITS, { seed: 1, count: 3 });
    for (const [i, one] of few.entries()) {
      expect(one.captions).toEqual(pictures[i].captions);
      expect(await one.picture()).toEqual(await pictures[i].picture());
    }
    const other = digitPictures(DIGITS, { seed: 1, count: 3, name: 'test' });
    expect(other[0].id).toBe('test-0');
    expect(other.map((p) => p.boxes)).not.toEqual(few.map((p) => p.boxes));
  });

  it('refuses what cannot be', () => {
    expect(() => digitPictures([], { seed: 1, count: 1 })).toThrow(/no digits/);
    expect(() => digitPictures(DIGITS, { seed: 1, count: 1, length: [3, 2] })).toThrow(/3 to 2 digits/);
    expect(() => digitPictures(DIGITS, { seed: 1, count: 1, size: [32, 40] })).toThrow(
      /40 wide .* at least 48 wide/,
    );
    expect(() => digitPictures(DIGITS, { seed: 1, count: 1.5 })).toThrow(/1.5 pictures/);
  });
});

const idx = (shape: number[], data: Uint8Array) =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]), ...data]);
const bytesFolder = (files: Record<string, Uint8Array>): Folder => ({
  name: 'mnist',
  has: async (path) => path in files,
  read: async (path) => files[path],
  list: async () => Object.keys(files),
});
const set = (name: string, count: number, pack = (b: Uint8Array) => b) => ({
  [`${name}-images-idx3-ubyte`]: pack(idx([count, 28, 28], new Uint8Array(784 * count))),
  [`${name}-labels-idx1-ubyte`]: pack(
    idx(
      [count],
      Uint8Array.from({ length: count }, (_, i) => i % 10),
    ),
  ),
});

describe('MNIST', () => {
  it('is read, packed or not, and divided so that no part shares a digit', async () => {
    const alone = await readMnist(bytesFolder(set('t10k', 40, (b) => gzipSync(b))));
    expect([alone.train.length, alone.validation.length, alone.test.length]).toEqual([32, 4, 4]);
    const places = [...alone.train, ...alone.validation, ...alone.test].map(({ ink }) => ink.byteOffset);
    expect(new Set(places).size).toBe(40);
    const both = await readMnist(bytesFolder({ ...set('t10k', 20), ...set('train', 30) }));
    expect([both.train.length, both.validation.length, both.test.length]).toEqual([27, 3, 20]);
  });

  it('is refused where it is none', async () => {
    await expect(readMnist(bytesFolder({}))).rejects.toThrow(/mnist holds no digits/);
    expect(() => parseIdx(Uint8Array.of(1, 2, 3), 'x')).toThrow(/x begins with the bytes 1, 2, 3/);
    expect(() => parseIdx(idx([4], new Uint8Array(3)), 'x')).toThrow(/3 bytes of data; expected 4/);
    expect(() => parseIdx(gzipSync(idx([4], new Uint8Array(4))).subarray(0, 20), 'x')).toThrow(DataError);
    const wrong = { ...set('t10k', 20), 't10k-labels-idx1-ubyte': idx([20], new Uint8Array(20).fill(11)) };
    await expect(readMnist(bytesFolder(wrong))).rejects.toThrow(/one of them 11/);
    const fewer = { ...set('t10k', 20), 't10k-labels-idx1-ubyte': idx([19], new Uint8Array(19)) };
    await expect(readMnist(bytesFolder(fewer))).rejects.toThrow(/20 × 28 × 28, labels of 19/);
  });

  const mnist = sharedData('mnist');
  it.skipIf(mnist === undefined)(
    'has ten digits of each kind in about equal numbers (skipped without the shared data)',
    async () => {
      const { train, validation, test } = await readMnist(await openFolder(mnist as string));
      expect([train.length, validation.length, test.length]).toEqual([8000, 1000, 1000]);
      for (const part of [train, validation, test]) {
        for (let label = 0; label < 10; label++) {
          const share = part.filter((d) => d.label === label).length / part.length;
          expect(share).toBeGreaterThan(0.07);
          expect(share).toBeLessThan(0.13);
        }
      }
      // The first ones of the official test set.
      expect([test[0], validation[0], ...train.slice(0, 6)].map((d) => d.label)).toEqual([
        7, 2, 1, 0, 4, 1, 4, 9,
      ]);
    },
  );
});
