import { FormatError } from '../errors.ts';
import { FLOAT16_LIMIT, float16Bits, float16Values } from './float16.ts';
import type { NamedTensor, TensorMap } from './safetensors.ts';

/** How weights are stored. */
export const WEIGHT_TYPES = ['float32', 'float16', 'int8'] as const;
export type WeightType = (typeof WEIGHT_TYPES)[number];

/** A tensor of weights as they are computed with. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** After a tensor's name: the scales of its rows or columns. No parameter's name has a colon. */
const SCALE = ':scale';
/** Below that many values to a scale, or in all, the scales take the room that is won. */
const LEAST = { shared: 16, values: 256 };

/**
 * Weights as tensors to be stored.
 *
 * - float32: to the bit.
 * - float16: the nearest; an error of at most 2^−11 |w| + 2^−25. A tensor with a magnitude from 65,520 on stays float32.
 * - int8: whole numbers from −127 to 127 times a scale, the largest magnitude of its slice over 127; an error of at most
 *   half a scale. Slices run along the first or the last axis, whichever loses less. The scales, float32, are a tensor
 *   `NAME:scale`, of size 1 in every other axis. Vectors and small tensors stay float32.
 *
 * @throws FormatError for weights that are not finite
 */
export function storedWeights(weights: Readonly<Record<string, Weight>>, type: WeightType): TensorMap {
  const stored: Record<string, NamedTensor> = {};
  for (const [name, { shape, data }] of Object.entries(weights)) {
    const largest = data.reduce((most, x) => (Math.abs(x) <= most ? most : Math.abs(x)), 0);
    if (!Number.isFinite(largest)) {
      throw new FormatError(
        `the weights '${name}', which are not all finite`,
        'finite numbers',
        'The training went wrong; use an earlier checkpoint.',
      );
    }
    const found = type === 'int8' ? quantized(shape, data) : undefined;
    if (found) {
      stored[name] = { dtype: 'int8', shape, data: found.whole };
      stored[name + SCALE] = { dtype: 'float32', shape: found.scaleShape, data: found.scales };
    } else if (type === 'float16' && largest < FLOAT16_LIMIT) {
      stored[name] = { dtype: 'float16', shape, data: float16Bits(data) };
    } else stored[name] = { dtype: 'float32', shape, data };
  }
  return stored;
}

/**
 * The weights of stored tensors, whatever they are stored as.
 *
 * @param origin for errors
 * @throws FormatError for whole numbers without fitting scales, or a dtype that no weights have
 */
export function restoredWeights(stored: TensorMap, origin: string): Record<string, Weight> {
  const refuse = (arrived: string, expected: string) =>
    new FormatError(`${origin}: ${arrived}`, expected, 'The file is damaged: take another copy of it.');
  const weights: Record<string, Weight> = {};
  for (const [name, tensor] of Object.entries(stored)) {
    if (name.endsWith(SCALE) && name.slice(0, -SCALE.length) in stored) continue;
    const { shape } = tensor;
    if (tensor.dtype === 'float32') weights[name] = { shape, data: tensor.data };
    else if (tensor.dtype === 'float16') weights[name] = { shape, data: float16Values(tensor.data) };
    else if (tensor.dtype === 'int8') {
      const scale = stored[name + SCALE];
      const axis = scale?.shape.findIndex((n, i) => n === shape[i] && n !== 1) ?? -1;
      const fits = scale?.shape.length === shape.length && scale.shape.every((n, i) => n === 1 || i === axis);
      if (scale?.dtype !== 'float32' || !fits) {
        throw refuse(
          `'${name}' of int8 [${shape}] with ${scale ? `scales ${scale.dtype} [${scale.shape}]` : 'no scales'}`,
          'a float32 scale for each slice of one axis',
        );
      }
      const { data } = tensor;
      const slice = sliceOf(shape, Math.max(0, axis));
      weights[name] = { shape, data: Float32Array.from(data, (q, i) => q * scale.data[slice(i)]) };
    } else throw refuse(`'${name}' of dtype ${tensor.dtype}`, `one of ${WEIGHT_TYPES.join(', ')}`);
  }
  return weights;
}

/** In which slice along an axis an entry lies, by its row-major index. */
function sliceOf(shape: readonly number[], axis: number): (index: number) => number {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const count = shape[axis] ?? 1;
  return (index) => Math.floor(index / inner) % count;
}

/** Whole numbers and scales by the axis that loses less; undefined where it would not pay. */
function quantized(shape: readonly number[], data: Float32Array) {
  if (shape.length < 2 || data.length < LEAST.values) return undefined;
  const axes = [0, shape.length - 1].filter(
    (axis) => shape[axis] > 1 && data.length / shape[axis] >= LEAST.shared,
  );
  const ways = axes.map((axis) => alongAxis(shape, data, axis));
  return ways.sort((a, b) => a.error - b.error)[0];
}

function alongAxis(shape: readonly number[], data: Float32Array, axis: number) {
  const slice = sliceOf(shape, axis);
  const scales = new Float32Array(shape[axis]);
  for (let i = 0; i < data.length; i++) scales[slice(i)] = Math.max(scales[slice(i)], Math.abs(data[i]));
  for (let k = 0; k < scales.length; k++) scales[k] /= 127;
  let error = 0;
  const whole = Int8Array.from(data, (x, i) => {
    const scale = scales[slice(i)];
    // Rounding of the scale can leave 127.00001, and a scale that underflows nothing to divide by.
    const q = scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(x / scale)));
    error += (x - q * scale) ** 2;
    return q;
  });
  return { whole, scales, scaleShape: shape.map((n, i) => (i === axis ? n : 1)), error };
}
