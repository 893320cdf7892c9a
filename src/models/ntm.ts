import {
  add,
  broadcastTo,
  concat,
  full,
  matmul,
  reshape,
  scan,
  softmax,
  split,
  tanh,
  type Value,
  zeros,
} from '../graph/index.ts';
import type { Builder, Initializer } from '../nn/builder.ts';
import { CELLS } from '../nn/cells.ts';
import { glorot, normal } from '../nn/init.ts';
import { linear } from '../nn/layers.ts';
import { headParameters, type MemorySizes, memoryStep } from '../nn/memoryHeads.ts';

/** What heads did at every step: for drawing. Read and write heads apart. */
export interface HeadTrace {
  /** [T, B, readHeads, N] */
  readonly readWeights: Value;
  /** [T, B, writeHeads, N] */
  readonly writeWeights: Value;
  /** [T, B, readHeads, M] */
  readonly reads: Value;
  /** a, [T, B, writeHeads, M] */
  readonly added: Value;
}

/** A network that reads and writes vectors of bits, one of each at every step. */
export interface BitTransducer {
  /** I */
  readonly inputs: number;
  /** O */
  readonly outputs: number;
  /** N, where there is a memory */
  readonly locations?: number;
  /**
   * @param x `[T, B, I]`
   * @returns logits of the bits `[T, B, O]`; what the heads did, where there are any; and of a network that attends over
   *   its own last L outputs the weights `[T, B, L]`, the output just before first, 0 before the first step
   */
  run(
    builder: Builder,
    x: Value,
  ): { readonly logits: Value; readonly heads?: HeadTrace; readonly attention?: Value };
}

/** What a Neural Turing Machine is made of; by default 128 locations of 20 numbers, and one head of each kind. */
export interface NtmSizes extends Partial<MemorySizes> {
  readonly inputs: number;
  readonly outputs: number;
  /** a layer without a state of its own, or an LSTM; default lstm */
  readonly controller?: 'feedForward' | 'lstm';
  /** C, of the controller; default 100 */
  readonly hidden?: number;
  /** what the heads are told is kept between −clip and clip before it is bent into its ranges; default 20 */
  readonly clip?: number;
}

/** The content of every location before the first step (Collier & Beel 2018 found small constants the best). */
const BLANK = 1e-6;

/** Each head begins at the first location, all but surely; where, it can learn. */
const atFirst: Initializer = (data, shape) => {
  const N = shape[shape.length - 1];
  data.fill(0);
  for (let i = 0; i < data.length; i += N) data[i] = 10;
};

/**
 * The Neural Turing Machine (Graves, Wayne, Danihelka 2014): a controller with heads that read and write a memory. It
 * reads the input and what the heads read a step before; the output is made of what it says and what the heads read now.
 *
 * The state before the first step is learned (weights of the heads as a softmax, reads as a tanh), the memory's content
 * aside, as Collier & Beel 2018 found it to be stable.
 */
export function ntm(sizes: NtmSizes): BitTransducer {
  const { inputs, outputs, controller = 'lstm', hidden: C = 100, clip = 20 } = sizes;
  const { locations: N = 128, width: M = 20, readHeads: R = 1, writeHeads: W = 1 } = sizes;
  const memorySizes = { locations: N, width: M, readHeads: R, writeHeads: W };
  const hasState = controller === 'lstm';
  const { gates, bias } = CELLS.lstm;

  return {
    inputs,
    outputs,
    locations: N,

    run(builder, x) {
      const B = x.shape[1];
      const b = builder.within('controller');
      const heads = builder.within('heads');
      const units = hasState ? gates * C : C;
      const fromInput = linear(b, x, units, hasState ? { bias } : {});
      const fromReads = b.parameter('reads', [R * M, units], glorot);
      const begin = (name: string, shape: readonly number[], initialize: Initializer) =>
        heads.parameter(name, [1, ...shape], initialize);
      const initial = [
        full([B, M, N], BLANK, builder.dtype),
        broadcastTo(softmax(begin('firstWeights', [R + W, N], atFirst)), [B, R + W, N]),
        broadcastTo(tanh(begin('firstReads', [R * M], normal(0.1))), [B, R * M]),
        ...(hasState ? [zeros([B, C], builder.dtype), zeros([B, C], builder.dtype)] : []),
      ];
      const { outputs: all } = scan(
        { states: initial, sequences: [fromInput] },
        ([memory, weights, reads, ...state], [xt]) => {
          const heard = add(xt, matmul(reads, fromReads));
          const next = hasState ? CELLS.lstm.step(b, heard, state, state[0]) : [tanh(heard)];
          const told = headParameters(heads, next[0], memorySizes, { clip });
          const after = memoryStep({ memory, weights }, told, memorySizes);
          const read = reshape(after.reads, [B, R * M]);
          return {
            states: [after.memory, after.weights, read, ...(hasState ? next : [])],
            outputs: [next[0], read, after.weights, after.reads, told.added],
          };
        },
      );
      const [said, read, weights, reads, added] = all;
      const [readWeights, writeWeights] = split(weights, 2, [R, W]);
      return {
        logits: linear(builder.within('output'), concat([said, read]), outputs),
        heads: { readWeights, writeWeights, reads, added },
      };
    },
  };
}
