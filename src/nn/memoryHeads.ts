/** From what a controller says to what its heads do: the parameters of all heads, and one step of the memory. */
import {
  add,
  maximum,
  minimum,
  reshape,
  type Shape,
  sigmoid,
  softmax,
  softplus,
  split,
  tanh,
  type Value,
} from '../graph/index.ts';
import type { Builder, Initializer } from './builder.ts';
import { linear } from './layers.ts';
import { contentWeights, interpolate, readMemory, SHIFTS, sharpen, shift, writeMemory } from './memory.ts';

/** A memory and its heads. */
export interface MemorySizes {
  /** N */
  readonly locations: number;
  /** M, numbers at a location */
  readonly width: number;
  readonly readHeads: number;
  readonly writeHeads: number;
}

/** What is carried from step to step. */
export interface MemoryState {
  /** [B, M, N] */
  readonly memory: Value;
  /** of the read heads, then of the write heads, [B, heads, N] */
  readonly weights: Value;
}

/** What heads are told at a step; all of them, the read heads first. */
export interface HeadParameters {
  /** k, [B, heads, M], entries from −1 to 1 */
  readonly keys: Value;
  /** β > 0, [B, heads, 1] */
  readonly strengths: Value;
  /** g, from 0 to 1, [B, heads, 1] */
  readonly gates: Value;
  /** s, [B, heads, 3], sum 1 */
  readonly shifts: Value;
  /** γ ≥ 1, [B, heads, 1] */
  readonly exponents: Value;
  /** e, from 0 to 1, of the write heads, [B, writeHeads, M] */
  readonly erased: Value;
  /** a, from −1 to 1, of the write heads, [B, writeHeads, M] */
  readonly added: Value;
}

/**
 * What a controller's output `[B, C]` tells the heads: one layer, of which each part is bent into its range (sections
 * 3.2 and 3.3). The paper leaves the functions open; tanh for keys and what is added, and clipping before, are those of
 * Collier & Beel 2018. Parameters: `kernel`, `bias`.
 *
 * @param clip the layer's outputs are kept between −clip and clip
 */
export function headParameters(
  builder: Builder,
  output: Value,
  { width: M, readHeads, writeHeads: W }: MemorySizes,
  options: { readonly clip: number; readonly initialize?: Initializer },
): HeadParameters {
  const H = readHeads + W;
  const { clip, initialize } = options;
  // Parts that are bent alike lie side by side, so that each function is applied once.
  const parts = [(H + W) * M, H + W * M, 2 * H, SHIFTS * H];
  const size = parts.reduce((a, b) => a + b);
  const said = linear(builder, output, size, { initialize });
  const [vectors, rates, positives, moves] = split(minimum(maximum(said, -clip), clip), 1, parts);
  const [keys, added] = split(tanh(vectors), 1, [H * M, W * M]);
  const [gates, erased] = split(sigmoid(rates), 1, [H, W * M]);
  const [strengths, exponents] = split(softplus(positives), 1, [H, H]);
  const B = output.shape[0];
  const shaped = (x: Value, ...shape: Shape) => reshape(x, [B, ...shape]);
  return {
    keys: shaped(keys, H, M),
    strengths: shaped(strengths, H, 1),
    gates: shaped(gates, H, 1),
    shifts: softmax(shaped(moves, H, SHIFTS)),
    exponents: add(shaped(exponents, H, 1), 1),
    erased: shaped(erased, W, M),
    added: shaped(added, W, M),
  };
}

/** Where heads look next (section 3.3, figure 2), from the memory as it is and where they looked before. */
export function address({ memory, weights }: MemoryState, told: HeadParameters): Value {
  const content = contentWeights(memory, told.keys, told.strengths);
  return sharpen(shift(interpolate(content, weights, told.gates), told.shifts), told.exponents);
}

/**
 * One step: heads are addressed by the memory before, write heads write, read heads read what then is there.
 *
 * @returns the state after it, and what was read, `[B, readHeads, M]`
 */
export function memoryStep(
  state: MemoryState,
  told: HeadParameters,
  { readHeads, writeHeads }: MemorySizes,
): MemoryState & { readonly reads: Value } {
  const weights = address(state, told);
  const [reading, writing] = split(weights, 1, [readHeads, writeHeads]);
  const memory = writeMemory(state.memory, writing, told.erased, told.added);
  return { memory, weights, reads: readMemory(memory, reading) };
}
