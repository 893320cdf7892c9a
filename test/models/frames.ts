/** Frames for models that read them: ragged batches with rubbish at padding, and the encoder in plain loops. */
import type { Random } from '../../src/random.ts';
import type { Feeds } from '../graph/check.ts';
import { hadamard, plus, sigma, tanh, times, type Vector, type Weights } from '../nn/plain.ts';

export type Frames = readonly Vector[];

export const randomFrames = (random: Random, lengths: readonly number[], width: number): Frames[] =>
  lengths.map((length) => Array.from({ length }, () => Array.from({ length: width }, () => random.normal())));

type Float = 'float32' | 'float64';
const floats = (dtype: Float, length: number, entry: (i: number) => number) =>
  dtype === 'float32'
    ? Float32Array.from({ length }, (_, i) => entry(i))
    : Float64Array.from({ length }, (_, i) => entry(i));

/** `source` [S, B, F] and `sourceMask` [S, B], S the next multiple of `reduction` and `pad` such multiples more. */
export function frameFeeds(
  items: readonly Frames[],
  dtype: Float,
  { reduction = 1, pad = 0 }: { reduction?: number; pad?: number } = {},
): { feeds: Feeds; S: number } {
  const [B, F] = [items.length, items[0][0].length];
  const S = (Math.ceil(Math.max(...items.map((x) => x.length)) / reduction) + pad) * reduction;
  const source = floats(dtype, S * B * F, (i) => {
    const [t, b] = [Math.floor(i / (B * F)), Math.floor(i / F) % B];
    return items[b][t]?.[i % F] ?? 3 * Math.sin(i);
  });
  const mask = floats(dtype, S * B, (i) => (Math.floor(i / B) < items[i % B].length ? 1 : 0));
  return {
    S,
    feeds: {
      source: { dtype, shape: [S, B, F], data: source },
      sourceMask: { dtype, shape: [S, B], data: mask },
    },
  };
}

/** `labels` [L, B] and `labelMask` [L, B]. */
export function labelFeeds(
  labels: readonly (readonly number[])[],
  dtype: Float,
  pad = 0,
): { feeds: Feeds; L: number } {
  const B = labels.length;
  const L = Math.max(...labels.map((l) => l.length)) + pad;
  return {
    L,
    feeds: {
      labels: {
        dtype: 'int32',
        shape: [L, B],
        data: Int32Array.from({ length: L * B }, (_, i) => labels[i % B][Math.floor(i / B)] ?? -1),
      },
      labelMask: {
        dtype,
        shape: [L, B],
        data: floats(dtype, L * B, (i) => (Math.floor(i / B) < labels[i % B].length ? 1 : 0)),
      },
    },
  };
}

export interface Carried {
  readonly h: Vector;
  readonly c: Vector;
}
export const nothing = (size: number): Carried => ({ h: Array(size).fill(0), c: Array(size).fill(0) });

export const affine = (w: Weights, name: string, x: Vector): Vector =>
  plus(times(x, w.matrix(`${name}.kernel`)), w.vector(`${name}.bias`));

/** i, f, g, o from what comes in and the state before; c′ = f c + i tanh(g), h′ = o tanh(c′). */
export function lstm(w: Weights, name: string, incoming: Vector, { h, c }: Carried): Carried {
  const size = h.length;
  const sums = plus(incoming, times(h, w.matrix(`${name}.recurrent`)));
  const [i, f, g, o] = [0, 1, 2, 3].map((k) => sums.slice(k * size, (k + 1) * size));
  const memory = plus(hadamard(sigma(f), c), hadamard(sigma(i), tanh(g)));
  return { h: hadamard(sigma(o), tanh(memory)), c: memory };
}

function layer(w: Weights, name: string, frames: Frames, size: number): Vector[] {
  let state = nothing(size);
  return frames.map((x) => {
    state = lstm(w, name, affine(w, name, x), state);
    return state.h;
  });
}

/** Chan et al. 2016, section 3.1: h_i of a layer is BLSTM over [h_2i; h_2i+1] of the one below, where time is halved. */
export function pyramidReference(
  w: Weights,
  frames: Frames,
  {
    layers,
    halvings,
    hidden,
    projected,
  }: { layers: number; halvings: number; hidden: number; projected: boolean },
): Vector[] {
  let below: Vector[] = [...frames];
  for (let l = 1; l <= layers; l++) {
    if (l > 1 && l <= halvings + 1) {
      const nothingThere: Vector = Array(below[0].length).fill(0);
      const pairs = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) => 2 * i);
      below = pairs.map((i) => [...below[i], ...(below[i + 1] ?? nothingThere)]);
    }
    const name = `encoder.layer${l}`;
    const forward = layer(w, `${name}.forward`, below, hidden / 2);
    const backward = layer(w, `${name}.backward`, [...below].reverse(), hidden / 2).reverse();
    below = forward.map((h, t) => [...h, ...backward[t]]);
    if (projected) below = below.map((x) => tanh(affine(w, `${name}.projection`, x)));
  }
  return below;
}
