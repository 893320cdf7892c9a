import { add, input, mul, squeeze, sub, toOnnx, unsqueeze, type Value } from '../graph/index.ts';
import type { EncoderDecoder } from '../models/index.ts';
import { Builder } from '../nn/builder.ts';
import type { Backend, Executable, HostTensor } from '../runtime/index.ts';
import { type DecoderState, decoderGraphs, firstState, nextState, stepFeeds } from './decoder.ts';
import type { ParameterLayout } from './parameters.ts';
import { type SourceBatch, sourceFeeds } from './sources.ts';

/** Attention that is given: `weights` [B, S], and for each sentence how much they count, `gate` [B]. */
export interface Steering {
  readonly weights: Float32Array;
  /** 0: the model's own weights; 1: the given ones; between, a mixture of both */
  readonly gate: Float32Array;
}

/**
 * What a step computes inside, N heads of attention (of all scores but multi-head, one). Letters and equations are of
 * Bahdanau et al. 2015, appendix A.1.2 and A.2.2; what a model does not have is absent.
 */
export interface ObservedTensors {
  /** what the energies are computed from, [B, H]: RNNsearch s_{i−1}, `recurrent` the state h_i of its top layer */
  readonly query?: HostTensor;
  /** e_ij = v_aᵀ tanh(W_a s_{i−1} + U_a h_j) with the additive score, [B, N, S]; of no meaning at padding */
  readonly energies?: HostTensor;
  /** α_ij = exp(e_ij) / Σ_k exp(e_ik), [B, N, S], as the model would have them: what steering replaces */
  readonly ownWeights?: HostTensor;
  /** α_ij as they were used, [B, N, S] */
  readonly weights?: HostTensor;
  /** c_i = Σ_j α_ij h_j, [B, D]; of RNNenc the one vector that every step reads */
  readonly context?: HostTensor;
  /** t̃_i = U_o s_{i−1} + V_o E y_{i−1} + C_o c_i, [B, 2l]; of `recurrent` W_c [c_i; h_i], [B, l] */
  readonly readoutInput?: HostTensor;
  /** t_i = [max(t̃_{i,2j−1}, t̃_{i,2j})], [B, l]; of `recurrent` the tanh of its input */
  readonly readout?: HostTensor;
  /** the probability of generating, [B], where words can be copied */
  readonly gate?: HostTensor;
}

export interface ObservedStep {
  readonly state: DecoderState;
  /** W_o t_i, [B, V] */
  readonly logits: Float32Array;
  /** p(y_i | s_{i−1}, y_{i−1}, c_i) ∝ exp(y_iᵀ W_o t_i) as natural logarithms, [B, V], or [B, V + X] with words to copy */
  readonly logProbs: Float32Array;
  /** [B, S]: the mean over heads, as decoders show it */
  readonly attention?: Float32Array;
  readonly observed: ObservedTensors;
}

/** by the names that layers watch by; [B, N, S] */
const HEADS = ['energies', 'ownWeights', 'weights'];

/** Energies or weights, [B, S] or of several heads [B, N, 1, S], as [B, N, S]. */
const byHead = (v: Value): Value => (v.shape.length === 2 ? unsqueeze(v, [1]) : squeeze(v, [2]));

/** A model compiled to be looked into and steered: the same encoder and step as StepProgram, with more outputs. */
export class ObservationProgram {
  /** whether there is attention to be steered */
  readonly attends: boolean;
  private readonly encoder: Executable;
  private readonly stepper: Executable;

  private constructor(programs: { encoder: Executable; stepper: Executable }, attends: boolean) {
    this.encoder = programs.encoder;
    this.stepper = programs.stepper;
    this.attends = attends;
  }

  static async compile(
    model: EncoderDecoder,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
  ): Promise<ObservationProgram> {
    const seen = new Map<string, Value>();
    const watcher = (name: string, value: Value): Value => {
      if (name !== 'weights') {
        seen.set(name, value);
        return value;
      }
      const used = steered(value);
      seen.set('ownWeights', value).set('weights', used);
      return used;
    };
    const { encoder, stepper, stepped } = decoderGraphs(model, new Builder({ watcher }));
    const outputs: Record<string, Value> = { ...stepper, logits: stepped.logits };
    if (stepped.gate) seen.set('gate', stepped.gate);
    const annotations = seen.get('annotations');
    for (const [name, value] of seen) {
      if (value === annotations) continue;
      outputs[`observed.${name}`] = HEADS.includes(name) ? byHead(value) : value;
    }
    const options = { weights: weights.layout.views(weights.parameters) as never };
    const load = async (graph: Record<string, Value>) => backend.load(toOnnx(graph, options).bytes);
    const programs = {
      encoder: await load({ ...encoder, ...(annotations && { annotations }) }),
      stepper: await load(outputs),
    };
    return new ObservationProgram(programs, seen.has('weights'));
  }

  /** The state before the first word, one row a sentence, and the annotations h_j [S, B, D], where there is attention. */
  async start(batch: SourceBatch): Promise<{ state: DecoderState; annotations?: HostTensor }> {
    const { copying: _, ...plain } = batch;
    const { annotations, ...found } = await this.encoder.run(sourceFeeds(plain));
    return { state: firstState(found, batch), ...(annotations && { annotations }) };
  }

  /**
   * One step of all sentences.
   *
   * @param tokens the words before, [B]
   * @param steering default: the model's own attention; of no account for a model without
   */
  async step(tokens: Int32Array, state: DecoderState, steering?: Steering): Promise<ObservedStep> {
    const B = tokens.length;
    const feeds = stepFeeds(tokens, state);
    // Every attention keeps its mask, [B, S], in the memory.
    const S = state.memory.bias?.shape[1] ?? 0;
    const { weights = new Float32Array(B * S), gate = new Float32Array(B) } = steering ?? {};
    feeds['steering.weights'] = { dtype: 'float32', shape: [B, S], data: weights };
    feeds['steering.gate'] = { dtype: 'float32', shape: [B], data: gate };
    const found = await this.stepper.run(feeds);
    const observed = Object.entries(found)
      .filter(([name]) => name.startsWith('observed.'))
      .map(([name, tensor]) => [name.slice('observed.'.length), tensor]);
    return {
      state: nextState(state, found),
      logits: found.logits.data as Float32Array,
      logProbs: found.logProbs.data as Float32Array,
      ...(found.attention && { attention: found.attention.data as Float32Array }),
      observed: Object.fromEntries(observed),
    };
  }

  async dispose(): Promise<void> {
    await this.encoder.dispose();
    await this.stepper.dispose();
  }
}

/** Weights [B, S] or [B, N, 1, S] mixed with the given ones: gate · given + (1 − gate) · own, exact at 0 and at 1. */
function steered(own: Value): Value {
  const [B] = own.shape;
  const S = own.shape[own.shape.length - 1];
  const given = input('steering.weights', own.dtype, [B, S]);
  const gate = input('steering.gate', own.dtype, [B]);
  const several = own.shape.length > 2;
  const [weights, share] = several
    ? [unsqueeze(given, [1, 2]), unsqueeze(gate, [1, 2, 3])]
    : [given, unsqueeze(gate, [1])];
  return add(mul(share, weights), mul(sub(1, share), own));
}
