import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { restoredWeights, storedWeights, type Weight } from '../../src/formats/quantization.ts';
import { Random } from '../../src/random.ts';

const normal = (shape: readonly number[], seed = 1): Weight => {
  const random = new Random(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length }, () => random.normal()) };
};
const there = (weights: Record<string, Weight>, type: 'float32' | 'float16' | 'int8') =>
  restoredWeights(storedWeights(weights, type), 'x');

describe('int8 weights', () => {
  it('err by at most half a scale, that of the largest in their slice', () => {
    const shape = fc.tuple(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 40 }));
    fc.assert(
      fc.property(shape, fc.nat(), (dims, seed) => {
        const weights = { w: normal(dims, seed) };
        const stored = storedWeights(weights, 'int8');
        const { data } = there(weights, 'int8').w;
        const scales = stored['w:scale'];
        if (!scales) {
          expect(data).toEqual(weights.w.data);
          return;
        }
        const byRow = scales.shape[0] === dims[0];
        expect(scales.shape).toEqual(byRow ? [dims[0], 1] : [1, dims[1]]);
        const sliceOf = (i: number) => (byRow ? Math.floor(i / dims[1]) : i % dims[1]);
        for (const [k, scale] of scales.data.entries()) {
          const own = weights.w.data.filter((_, i) => sliceOf(i) === k);
          expect(scale).toBeCloseTo(Math.max(...own.map(Math.abs)) / 127, 6);
        }
        weights.w.data.forEach((x, i) => {
          expect(Math.abs(data[i] - x)).toBeLessThanOrEqual(0.50001 * Number(scales.data[sliceOf(i)]));
        });
      }),
    );
  });

  it('takes rows or columns, whichever loses less', () => {
    for (const axis of [0, 1]) {
      const w = normal([20, 30]);
      // Slices of very different size: along the other axis each would hold large and small ones.
      const data = w.data.map((x, i) => x * 10 ** ((axis === 0 ? Math.floor(i / 30) : i % 30) % 4));
      const { shape } = storedWeights({ w: { ...w, data } }, 'int8')['w:scale'];
      expect(shape).toEqual(axis === 0 ? [20, 1] : [1, 30]);
    }
  });

  it('are for matrices and filters of some size, not for vectors and what little there is', () => {
    const weights = {
      bias: normal([600]),
      small: normal([15, 15]),
      column: normal([600, 1]),
      filter: normal([8, 3, 5, 5]),
      zeros: { shape: [40, 40], data: new Float32Array(1600) },
    };
    const stored = storedWeights(weights, 'int8');
    const dtypes = Object.fromEntries(Object.entries(stored).map(([name, { dtype }]) => [name, dtype]));
    expect(dtypes).toMatchObject({ bias: 'float32', small: 'float32', filter: 'int8', zeros: 'int8' });
    expect(stored['filter:scale'].shape).toEqual([8, 1, 1, 1]);
    const found = there(weights, 'int8');
    expect(Object.keys(found)).toEqual(Object.keys(weights));
    expect(found.bias.data).toEqual(weights.bias.data);
    expect(found.zeros).toEqual(weights.zeros);
    const bound = Number(stored['column:scale']?.data[0] ?? 0) / 2;
    weights.column.data.forEach((x, i) => {
      expect(Math.abs(found.column.data[i] - x)).toBeLessThanOrEqual(1.0001 * bound);
    });
  });

  it('refuse scales that are missing or of another shape', () => {
    const stored = storedWeights({ w: normal([20, 30]) }, 'int8');
    const { 'w:scale': scale, ...without } = stored;
    expect(() => restoredWeights(without, 'm.heed')).toThrow(
      /^m\.heed: 'w' of int8 \[20,30\] with no scales/,
    );
    const few = { dtype: 'float32' as const, shape: [7, 1], data: new Float32Array(7) };
    expect(() => restoredWeights({ ...stored, 'w:scale': few }, 'm.heed')).toThrow(
      /with scales float32 \[7,1\]; expected a float32 scale for each slice/,
    );
    const flat = { ...stored, 'w:scale': { ...scale, shape: [scale.data.length] } as never };
    expect(() => restoredWeights(flat, 'm.heed')).toThrow(FormatError);
    expect(() => restoredWeights({ w: { dtype: 'uint8', shape: [1], data: Uint8Array.of(1) } }, 'm')).toThrow(
      /of dtype uint8; expected one of float32, float16, int8/,
    );
  });
});

describe('float weights', () => {
  it('float32 keeps every bit, also where it shares a file with others', () => {
    const weights = {
      a: normal([7, 9]),
      b: normal([3]),
      c: { shape: [2], data: Float32Array.of(-0, 1e-40) },
    };
    expect(there(weights, 'float32')).toEqual(weights);
  });

  it('float16 keeps 11 bits; a tensor beyond its range stays as it was', () => {
    const weights = { a: normal([50, 50]), large: { shape: [2], data: Float32Array.of(0.1, 65520) } };
    const stored = storedWeights(weights, 'float16');
    expect([stored.a.dtype, stored.large.dtype]).toEqual(['float16', 'float32']);
    const found = there(weights, 'float16');
    expect(found.large).toEqual(weights.large);
    weights.a.data.forEach((x, i) => {
      expect(Math.abs(found.a.data[i] - x)).toBeLessThanOrEqual(Math.max(2 ** -11 * Math.abs(x), 2 ** -25));
    });
  });

  it.each([Number.NaN, Infinity, -Infinity])('refuses %d', (x) => {
    for (const type of ['float32', 'float16', 'int8'] as const) {
      expect(() => storedWeights({ w: { shape: [2], data: Float32Array.of(1, x) } }, type)).toThrow(
        /'w', which are not all finite/,
      );
    }
  });
});
