import type { DecoderState } from '../programs/decoder.ts';
import type { ObservedStep } from '../programs/observation.ts';
import type { HostTensor } from '../runtime/index.ts';

/** A word that may be said next. */
export interface Candidate {
  readonly id: number;
  readonly token: string;
  readonly probability: number;
  /** natural */
  readonly logProb: number;
}

/**
 * The numbers of one step i, of one sentence. Letters and equations are of Bahdanau et al. 2015, appendix A.1.2 and
 * A.2.2; S positions, the end of the source among them. What a model does not have is absent.
 */
export interface ObservedNumbers {
  /** what was carried into the step, by name: RNNsearch `s`, s_{i−1} [H]; `recurrent` `h1`, `c1`, … */
  readonly previousState: Readonly<Record<string, Float32Array>>;
  /** what is carried out of it, under the same names: s_i = (1 − z_i) ∘ s_{i−1} + z_i ∘ s̃_i */
  readonly nextState: Readonly<Record<string, Float32Array>>;
  /** what the energies are computed from, [H]: RNNsearch s_{i−1}; `recurrent` the new state of its top layer */
  readonly query?: Float32Array;
  /** e_ij = v_aᵀ tanh(W_a s_{i−1} + U_a h_j), or by another score; a row [S] a head, one but for multi-head */
  readonly energies?: readonly Float32Array[];
  /** α_ij = exp(e_ij) / Σ_k exp(e_ik) as the model would have them, a row [S] a head */
  readonly ownWeights?: readonly Float32Array[];
  /** α_ij as they were used, the model's own or the given ones, [S]; of several heads the mean */
  readonly weights?: Float32Array;
  /** α_ij h_j, [S][D]; of one head */
  readonly weighted?: readonly Float32Array[];
  /** c_i = Σ_j α_ij h_j, [D]; of RNNenc the one vector that every step reads */
  readonly context?: Float32Array;
  /** t̃_i = U_o s_{i−1} + V_o E y_{i−1} + C_o c_i, [2l]; of `recurrent` W_c [c_i; h_i], [l] */
  readonly readoutInput?: Float32Array;
  /** t_i, the larger of each two neighbours of t̃_i, [l]; of `recurrent` its tanh */
  readonly readout?: Float32Array;
  /** W_o t_i, [V] */
  readonly logits: Float32Array;
  /** natural logarithms of p(y_i | s_{i−1}, y_{i−1}, c_i) = softmax of it, [V]; with X words that may be copied [V + X] */
  readonly logProbs: Float32Array;
  /** the probability of generating and not copying, where the model copies (See et al. 2017, equation 8) */
  readonly generates?: number;
}

/** One step of a translation, as `Observer` gives it. */
export interface Observation<State> extends ObservedNumbers {
  /** i, from 1 */
  readonly position: number;
  /** y_{i−1} */
  readonly previous: { readonly id: number; readonly token: string };
  /** the most probable words, best first */
  readonly top: readonly Candidate[];
  /** y_i: the best of them, or the one that was given */
  readonly said: Candidate;
  /** to go on from */
  readonly next: State;
}

const values = (tensor: HostTensor): Float32Array => tensor.data as Float32Array;

/** [1, N, S] as N rows. */
function heads({ shape: [, N, S], data }: HostTensor): Float32Array[] {
  return Array.from({ length: N }, (_, k) => (data as Float32Array).slice(k * S, (k + 1) * S));
}

/** The numbers of a step of one sentence. @param before where it stood */
export function observedNumbers(
  { observed, state, logits, logProbs, attention }: ObservedStep,
  before: DecoderState,
): ObservedNumbers {
  const { query, energies, ownWeights, context, readoutInput, readout, gate } = observed;
  const annotations = before.memory.values;
  const single = attention && ownWeights?.shape[1] === 1 && annotations?.shape.length === 3;
  const byName = (states: Readonly<Record<string, HostTensor>>) =>
    Object.fromEntries(Object.entries(states).map(([name, tensor]) => [name, values(tensor)]));
  return {
    previousState: byName(before.states),
    nextState: byName(state.states),
    ...(query && { query: values(query) }),
    ...(energies && { energies: heads(energies) }),
    ...(ownWeights && { ownWeights: heads(ownWeights) }),
    ...(attention && { weights: attention }),
    ...(single && { weighted: weightedStates(attention, annotations) }),
    ...(context && { context: values(context) }),
    ...(readoutInput && { readoutInput: values(readoutInput) }),
    ...(readout && { readout: values(readout) }),
    logits,
    logProbs,
    ...(gate && { generates: values(gate)[0] }),
  };
}

/** α_ij h_j of annotations [1, S, D]. */
function weightedStates(weights: Float32Array, { shape: [, , D], data }: HostTensor): Float32Array[] {
  const states = data as Float32Array;
  return Array.from(weights, (weight, j) => states.slice(j * D, (j + 1) * D).map((h) => weight * h));
}

/** The ids of the largest, falling; of equal ones the smaller id first, as the greedy decoder has it. */
export function topCandidates(logProbs: Float32Array, count: number): number[] {
  const ids = Array.from(logProbs, (_, id) => id);
  return ids.sort((a, b) => logProbs[b] - logProbs[a] || a - b).slice(0, count);
}
