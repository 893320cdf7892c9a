import {
  add,
  concat,
  constant,
  matmul,
  mul,
  scan,
  sigmoid,
  split,
  sub,
  tanh,
  unsqueeze,
  type Value,
} from '../graph/index.ts';
import type { Builder, Initializer } from './builder.ts';
import { glorot, orthogonal, zero } from './init.ts';

export interface GruWeights {
  /** [H, 2H]: update and reset gate */
  readonly gates: Value;
  /** [H, H]: candidate */
  readonly candidate: Value;
}

/** Parameters of the recurrent side of a GRU: `gates` [H, 2H] and `candidate` [H, H], orthogonal at first. */
export const gruWeights = (builder: Builder, size: number): GruWeights => ({
  gates: builder.parameter('gates', [size, 2 * size], orthogonal),
  candidate: builder.parameter('candidate', [size, size], orthogonal),
});

/**
 * One step of the gated recurrent unit as in Bahdanau et al. 2015, appendix A.1.1 (Cho et al. 2014 with z and 1 − z
 * exchanged), from what the inputs contribute to the update gate, reset gate and candidate: `[B, 3H]`.
 *
 *     z = σ(x_z + U_z h)   r = σ(x_r + U_r h)   h̃ = tanh(x_h + U (r ∘ h))   h' = (1 − z) ∘ h + z ∘ h̃
 */
export function gruStep(weights: GruWeights, x: Value, h: Value): Value {
  const size = h.shape[h.shape.length - 1];
  const [xGates, xCandidate] = split(x, -1, [2 * (size as number), size]);
  const [z, r] = split(sigmoid(add(xGates, matmul(h, weights.gates))), -1, [size, size]);
  const candidate = tanh(add(xCandidate, matmul(mul(r, h), weights.candidate)));
  return add(h, mul(z, sub(candidate, h)));
}

/** σ of it is 0 in float32 and float64. */
const CLOSED = -1e9;

/**
 * Closes the update gate at padding, before the loop: with z = 0 the state stays what it was, so that padding changes
 * nothing. x `[T, B, 3H]` is what the inputs contribute, mask `[T, B]`.
 */
function closeAtPadding(x: Value, mask: Value, size: number): Value {
  const gate = constant([...Array(size).fill(CLOSED), ...Array(2 * size).fill(0)], x.dtype);
  return add(x, mul(unsqueeze(sub(1, mask), [2]), gate));
}

export interface GruOptions {
  /** from the last step to the first */
  readonly reverse?: boolean;
  /** of the input weights; default Glorot */
  readonly initialize?: Initializer;
}

/**
 * A GRU over a sequence: x `[T, B, in]`, mask `[T, B]` (1 at real positions), first state `[B, H]` → states of all
 * steps `[T, B, H]` and the last one. Parameters: `kernel` [in, 3H], `bias` [3H], `gates`, `candidate`.
 */
export function gru(
  builder: Builder,
  x: Value,
  mask: Value,
  initial: Value,
  options: GruOptions = {},
): { states: Value; last: Value } {
  const size = initial.shape[1] as number;
  const kernel = builder.parameter('kernel', [x.shape[2] as number, 3 * size], options.initialize ?? glorot);
  const bias = builder.parameter('bias', [3 * size], zero);
  const weights = gruWeights(builder, size);
  const inputs = closeAtPadding(add(matmul(x, kernel), bias), mask, size);
  const { states, outputs } = scan(
    { states: [initial], sequences: [inputs], reverse: options.reverse },
    ([h], [xt]) => {
      const next = gruStep(weights, xt, h);
      return { states: [next], outputs: [next] };
    },
  );
  return { states: outputs[0], last: states[0] };
}

/** Two GRUs, one each way, side by side: annotations `[T, B, 2H]`, and the last state of each (`[B, H]`). */
export function bidirectionalGru(
  builder: Builder,
  x: Value,
  mask: Value,
  initial: Value,
  options: { initialize?: Initializer } = {},
): { states: Value; lastForward: Value; lastBackward: Value } {
  const forward = gru(builder.within('forward'), x, mask, initial, options);
  const backward = gru(builder.within('backward'), x, mask, initial, { ...options, reverse: true });
  return {
    states: concat([forward.states, backward.states]),
    lastForward: forward.last,
    lastBackward: backward.last,
  };
}
