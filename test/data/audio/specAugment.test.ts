import { describe, expect, it } from 'vitest';
import type { Frames } from '../../../src/data/audio/frames.ts';
import { type SpecAugmentOptions, specAugment } from '../../../src/data/audio/specAugment.ts';
import { UsageError } from '../../../src/errors.ts';
import { Random } from '../../../src/random.ts';

/** No place is 0: what is masked shows. */
const frames = (count: number, width: number): Frames => ({
  data: Float32Array.from({ length: count * width }, (_, i) => 1 + (i % width)),
  shape: [count, width],
});

/** Lengths of the masks, whole columns and whole rows, where masks of one kind alone are drawn. */
function masked({ data, shape: [count, width] }: Frames) {
  const zero = (t: number, c: number) => data[t * width + c] === 0;
  const all = (n: number, test: (i: number) => boolean) => Array.from({ length: n }, (_, i) => i).every(test);
  const columns = Array.from({ length: width }, (_, c) => c).filter((c) => all(count, (t) => zero(t, c)));
  const rows = Array.from({ length: count }, (_, t) => t).filter((t) => all(width, (c) => zero(t, c)));
  return { columns, rows };
}
const isInterval = (places: number[]) => places.every((place, i) => place === places[0] + i);

describe('SpecAugment', () => {
  it('hides intervals of channels, every length up to F and every place about equally often', () => {
    const lengths = new Array<number>(8).fill(0);
    const hits = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 4000; seed++) {
      const out = specAugment(frames(3, 20), { F: 7, mF: 1, mT: 0 }, new Random(seed));
      const { columns } = masked(out);
      expect(isInterval(columns)).toBe(true);
      expect(out.data.filter((x) => x === 0)).toHaveLength(3 * columns.length);
      lengths[columns.length]++;
      for (const c of columns) hits[c]++;
    }
    // Uniform from 0 to 7: 500 each, standard deviation 21.
    for (const count of lengths) expect(Math.abs(count - 500)).toBeLessThan(90);
    // The ends are hidden less often, but are; channels of equal distance to the middle equally often.
    expect(Math.min(hits[0], hits[19])).toBeGreaterThan(100);
    for (let c = 0; c < 10; c++) expect(Math.abs(hits[c] - hits[19 - c])).toBeLessThan(150);
  });

  it('hides stretches of time, up to T and the part p of the frames', () => {
    const longest = (options: SpecAugmentOptions) => {
      let most = 0;
      for (let seed = 0; seed < 300; seed++) {
        const { rows } = masked(specAugment(frames(50, 4), { mF: 0, mT: 1, ...options }, new Random(seed)));
        expect(isInterval(rows)).toBe(true);
        most = Math.max(most, rows.length);
      }
      return most;
    };
    expect(longest({ T: 6, p: 1 })).toBe(6);
    expect(longest({ T: 40, p: 0.2 })).toBe(10);
    expect(longest({ T: 1000, p: 1 })).toBe(50);
    expect(longest({ T: 40, p: 0 })).toBe(0);
  });

  it('draws as many masks as asked for', () => {
    let runs = 0;
    for (let seed = 0; seed < 50; seed++) {
      const out = specAugment(frames(400, 4), { mF: 0, mT: 3, T: 5, p: 1 }, new Random(seed));
      const { rows } = masked(out);
      expect(rows.length).toBeLessThanOrEqual(15);
      runs = Math.max(runs, rows.filter((t, i) => t !== rows[i - 1] + 1).length);
    }
    expect(runs).toBe(3);
  });

  it('leaves what is not masked, and its input, alone; equal states give equal masks', () => {
    const input = frames(30, 8);
    const before = input.data.slice();
    const out = specAugment(input, { F: 3, T: 5 }, new Random(4));
    expect(input.data).toEqual(before);
    expect(out.data.buffer).not.toBe(input.data.buffer);
    expect(out.shape).toEqual([30, 8]);
    out.data.forEach((x, i) => {
      if (x !== 0) expect(x).toBe(before[i]);
    });
    expect(specAugment(input, { F: 3, T: 5 }, new Random(4))).toEqual(out);
    expect(specAugment(input, { mF: 0, mT: 0 }, new Random(4)).data).toEqual(before);
  });

  it('hides the same channels in every group', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { columns } = masked(
        specAugment(frames(2, 12), { F: 3, mF: 1, mT: 0, groups: 3 }, new Random(seed)),
      );
      const first = columns.filter((c) => c < 4);
      expect(columns).toEqual([0, 4, 8].flatMap((group) => first.map((c) => group + c)));
    }
  });

  it('fills with a number or the mean of each column', () => {
    const input: Frames = { data: Float32Array.of(1, 10, 3, 30), shape: [2, 2] };
    const random = () => new Random(2);
    const mean = specAugment(input, { F: 0, mF: 0, T: 2, mT: 9, p: 1, fill: 'mean' }, random());
    expect(Array.from(mean.data)).toEqual([2, 20, 2, 20]);
    const number = specAugment(input, { F: 0, mF: 0, T: 2, mT: 9, p: 1, fill: -5 }, random());
    expect(Array.from(number.data)).toEqual([-5, -5, -5, -5]);
  });

  it.each([
    { F: -1 },
    { mF: 1.5 },
    { T: Number.NaN },
    { mT: -2 },
    { p: 1.1 },
    { p: Number.NaN },
    { groups: 3 },
    { groups: 0 },
    { fill: Number.NaN },
  ])('refuses %j', (options) => {
    expect(() => specAugment(frames(3, 4), options, new Random(1))).toThrow(UsageError);
  });
});
