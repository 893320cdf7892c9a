import { add, div, matmul, mean, mul, sigmoid, split, sqrt, sub, tanh, type Value } from '../graph/index.ts';
import type { Builder, Initializer } from './builder.ts';
import { closeAtPadding, gruStep, gruWeights } from './gru.ts';
import { orthogonal, zero } from './init.ts';

/** One time step of a recurrent network. What inputs contribute comes ready made, so that it stays out of the loop. */
export interface Cell {
  /** width of what the inputs contribute, in units of H */
  readonly gates: number;
  /** carried tensors, each `[B, H]`; the first is the output */
  readonly states: readonly ('h' | 'c')[];
  /** how the input side's bias `[gates · H]` begins; absent: it has none */
  readonly bias?: Initializer;
  /**
   * @param x `[B, gates · H]`: input · kernel + bias
   * @param states the carried tensors
   * @param recurrent the output before as the recurrent weights see it: itself, or with dropout
   * @returns the carried tensors after the step
   */
  step(builder: Builder, x: Value, states: readonly Value[], recurrent: Value): Value[];
  /**
   * Makes contributions `[T, B, gates · H]` at padding (mask `[T, B]`) such that a step keeps its state there. Cells
   * without it keep it by a mask in the loop.
   */
  closeAtPadding?(x: Value, mask: Value, size: number): Value;
}

const width = (v: Value): number => v.shape[v.shape.length - 1] as number;

/** The GRU of Cho et al. 2014 and Bahdanau et al. 2015, appendix A.1.1: see `gruStep`. */
const gru: Cell = {
  gates: 3,
  states: ['h'],
  bias: zero,
  step: (builder, x, [h], recurrent) => [gruStep(gruWeights(builder, width(h)), x, h, recurrent)],
  closeAtPadding,
};

/**
 * The GRU as cuDNN has it: the reset gate covers the product, not the state, and the candidate has a second bias.
 *
 *     z = σ(x_z + U_z h)   r = σ(x_r + U_r h)   h̃ = tanh(x_h + r ∘ (U h + b))   h' = (1 − z) ∘ h + z ∘ h̃
 *
 * Parameters: `gates` [H, 2H], `candidate` [H, H], `candidateBias` [H].
 */
const gruResetAfter: Cell = {
  gates: 3,
  states: ['h'],
  bias: zero,
  step(builder, x, [h], recurrent) {
    const size = width(h);
    const weights = gruWeights(builder, size);
    const [xGates, xCandidate] = split(x, -1, [2 * size, size]);
    const [z, r] = split(sigmoid(add(xGates, matmul(recurrent, weights.gates))), -1, [size, size]);
    const bias = builder.parameter('candidateBias', [size], zero);
    const candidate = tanh(add(xCandidate, mul(r, add(matmul(recurrent, weights.candidate), bias))));
    return [add(h, mul(z, sub(candidate, h)))];
  },
  closeAtPadding,
};

/** Zero but for the forget gate's part, 1 (Gers et al. 2000; Jozefowicz et al. 2015, section 5): i, f, g, o. */
const forgetOne: Initializer = (data) => {
  const size = data.length / 4;
  data.fill(0);
  data.fill(1, size, 2 * size);
};

/**
 * The long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000, no peepholes):
 *
 *     i, f, g, o = x + U h   c' = σ(f) ∘ c + σ(i) ∘ tanh(g)   h' = σ(o) ∘ tanh(c')
 *
 * Parameter: `recurrent` [H, 4H], orthogonal at first.
 */
const lstm: Cell = {
  gates: 4,
  states: ['h', 'c'],
  bias: forgetOne,
  step(builder, x, [h, c], recurrent) {
    const size = width(h);
    const U = builder.parameter('recurrent', [size, 4 * size], orthogonal);
    return lstmUpdate(add(x, matmul(recurrent, U)), c, (memory) => memory);
  },
};

function lstmUpdate(sums: Value, c: Value, normalise: (memory: Value) => Value): Value[] {
  const size = width(c);
  const [iF, g, o] = split(sums, -1, [2 * size, size, size]);
  const [i, f] = split(sigmoid(iF), -1, [size, size]);
  const memory = add(mul(f, c), mul(i, tanh(g)));
  return [mul(sigmoid(o), tanh(normalise(memory))), memory];
}

/** Keeps a constant row (all entries alike) from dividing by zero. */
const EPSILON = 1e-5;

const ones: Initializer = (data) => {
  data.fill(1);
};

/**
 * Layer normalisation over the last axis (Ba, Kiros, Hinton 2016, equation 4): `[…, size]` → the same shape, mean 0 and
 * variance 1 in each row, then times `gain` [size] (ones at first) plus `bias` [size] (zeros; left out on request).
 */
export function layerNorm(builder: Builder, x: Value, options: { bias?: boolean } = {}): Value {
  const axes = [x.shape.length - 1];
  const centred = sub(x, mean(x, { axes, keep: true }));
  const deviation = sqrt(add(mean(mul(centred, centred), { axes, keep: true }), EPSILON));
  const scaled = mul(div(centred, deviation), builder.parameter('gain', [width(x)], ones));
  return (options.bias ?? true) ? add(scaled, builder.parameter('bias', [width(x)], zero)) : scaled;
}

/**
 * The LSTM with layer normalisation (Ba, Kiros, Hinton 2016, equations 20–22): what comes from the input, from the
 * state and from the memory are each normalised. The bias b comes after that, so the input side has none.
 *
 *     i, f, g, o = LN(W x) + LN(U h) + b   c' = σ(f) ∘ c + σ(i) ∘ tanh(g)   h' = σ(o) ∘ tanh(LN(c'))
 *
 * Parameters: `recurrent` [H, 4H]; `inputNorm` and `recurrentNorm`, gain [4H] each; `gateBias`
 * [4H], 1 for the forget gate and else 0 at first; `memoryNorm`, gain and bias [H].
 */
const lstmLayerNorm: Cell = {
  gates: 4,
  states: ['h', 'c'],
  step(builder, x, [h, c], recurrent) {
    const size = width(h);
    const U = builder.parameter('recurrent', [size, 4 * size], orthogonal);
    const b = builder.parameter('gateBias', [4 * size], forgetOne);
    const fromInput = add(layerNorm(builder.within('inputNorm'), x, { bias: false }), b);
    const fromState = layerNorm(builder.within('recurrentNorm'), matmul(recurrent, U), { bias: false });
    return lstmUpdate(add(fromInput, fromState), c, (memory) =>
      layerNorm(builder.within('memoryNorm'), memory),
    );
  },
};

/** The cells by the name they have in recipes. */
export const CELLS = { gru, gruResetAfter, lstm, lstmLayerNorm } as const satisfies Record<string, Cell>;
export type CellName = keyof typeof CELLS;
