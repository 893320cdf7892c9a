import { BOS } from '../data/vocabulary.ts';
import { FormatError, UsageError } from '../errors.ts';
import {
  add,
  argMax,
  cast,
  crossEntropy,
  full,
  gradient,
  greater,
  input,
  mul,
  scan,
  sum,
  toOnnx,
  type Value,
  where,
} from '../graph/index.ts';
import type { EncoderDecoder } from '../models/model.ts';
import { Builder, type MaskSpec } from '../nn/builder.ts';
import type { Random } from '../random.ts';
import type { Backend, Executable, HostTensor } from '../runtime/index.ts';
import { Arena } from '../training/index.ts';
import { copyingLosses } from './copying.ts';
import { ParameterLayout } from './parameters.ts';

/** Pairs of sequences, padded, time-major. */
export interface PairBatch {
  /** int32 [S, B] */
  readonly source: Int32Array;
  /** [S, B] */
  readonly sourceMask: Float32Array;
  /** what the decoder is given, int32 [T, B]: BOS, then the target */
  readonly previous: Int32Array;
  /** what it shall say, int32 [T, B]: the target, then EOS; with `copied`, ids from V on are words of the source */
  readonly labels: Int32Array;
  /** [T, B] */
  readonly targetMask: Float32Array;
  /** for models that copy, int32 [S, B]: source words as target words, see programs/copying.ts */
  readonly copied?: Int32Array;
  readonly sizes: { readonly B: number; readonly S: number; readonly T: number };
  /** scheduled sampling: the probability that the decoder is given its own word instead of the target's; default 0 */
  readonly sampling?: number;
}

/** What training asks beside the likelihood of the targets. */
export interface Objective {
  /** ε of label smoothing, see `crossEntropy`; default 0; not for models that copy, whose probabilities are mixed */
  readonly labelSmoothing?: number;
  /** the decoder can be given its own words (Bengio et al. 2015, section 2.4); default false */
  readonly scheduledSampling?: boolean;
}

/**
 * The graph of the training loss over `source`, `sourceMask`, `previous`, `labels` and `weights` (teacher forcing), of
 * `copied` for a model that copies, and with scheduled sampling of `coins` [T, B]: 1 where the decoder is given the
 * word it thought most probable before.
 *
 * @param objective absent: the negative log-likelihood alone; given: what training minimises, the model's own losses
 *   (coverage) included
 */
export function lossGraph(
  model: EncoderDecoder,
  builder: Builder,
  objective?: Objective,
): { loss: Value; logits: Value } {
  const { dtype } = builder;
  const { labelSmoothing = 0, scheduledSampling = false } = objective ?? {};
  if (model.copies && (labelSmoothing > 0 || scheduledSampling)) {
    throw new UsageError(
      `${labelSmoothing > 0 ? 'label smoothing' : 'scheduled sampling'} of a model that copies`,
      'neither: its probabilities are mixed with those of copying',
      'Leave it out.',
    );
  }
  const source = input('source', 'int32', ['S', 'B']);
  const sourceMask = input('sourceMask', dtype, ['S', 'B']);
  const previous = input('previous', 'int32', ['T', 'B']);
  const labels = input('labels', 'int32', ['T', 'B']);
  const weights = input('weights', dtype, ['T', 'B']);
  const { memory, state } = model.encode(builder, source, sourceMask);
  const names = Object.keys(state);
  const coins = scheduledSampling ? [input('coins', dtype, ['T', 'B'])] : [];
  const said = scheduledSampling ? [full(['B'], BOS, 'int32')] : [];
  const extras: ('loss' | 'gate' | 'attention')[] = [];
  const { outputs } = scan(
    { states: [...Object.values(state), ...said], sequences: [previous, ...coins] },
    (states, [gold, coin]) => {
      const carried = Object.fromEntries(names.map((name, i) => [name, states[i]]));
      const word = coin ? where(greater(coin, 0.5), states[names.length], gold) : gold;
      const next = model.step(builder, word, carried, memory);
      if (objective && next.loss) extras.push('loss');
      if (next.gate) extras.push('gate', 'attention');
      return {
        states: [
          ...names.map((name) => next.state[name]),
          ...said.map(() => cast(argMax(next.logits), 'int32')),
        ],
        outputs: [next.logits, ...extras.map((name) => next[name] as Value)],
      };
    },
  );
  const logits = outputs[0];
  const extra = Object.fromEntries(extras.map((name, i) => [name, outputs[i + 1]]));
  const own = extra.gate
    ? copyingLosses(model, { logits, gate: extra.gate, attention: extra.attention }, labels)
    : crossEntropy(logits, labels, { smoothing: labelSmoothing });
  const losses = extra.loss ? add(own, extra.loss) : own;
  return { loss: sum(mul(losses, weights)), logits };
}

/** Fills a dropout mask with 0 and 1/(1 − rate). */
function drawMask(data: Float32Array, rate: number, random: Random): void {
  const keep = 1 / (1 - rate);
  const threshold = rate * 4294967296;
  for (let i = 0; i < data.length; i++) data[i] = random.uint32() < threshold ? 0 : keep;
}

/** A model compiled for training: the loss of a batch and the gradient of every parameter in one run. */
export class TrainingProgram {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** holds both, and has room for the slots of an optimizer, which is much faster there */
  readonly arena: Arena;
  readonly layout: ParameterLayout;
  private readonly train: Executable;
  private readonly forward: Executable;
  private readonly masks: readonly MaskSpec[];
  private readonly samples: boolean;
  private readonly parameterTensors: Record<string, HostTensor>;
  private readonly gradientTensors: Record<string, HostTensor>;

  private constructor(
    layout: ParameterLayout,
    arrays: number,
    programs: { train: Executable; forward: Executable; masks: readonly MaskSpec[]; samples: boolean },
  ) {
    this.layout = layout;
    this.arena = new Arena(layout.size, arrays);
    this.parameters = this.arena.allocate(layout.size);
    this.gradients = this.arena.allocate(layout.size);
    this.train = programs.train;
    this.forward = programs.forward;
    this.masks = programs.masks;
    this.samples = programs.samples;
    this.parameterTensors = layout.views(this.parameters);
    this.gradientTensors = layout.views(this.gradients, 'd ');
  }

  /**
   * @param options.objective what is minimised beside the likelihood; default: the model's own losses alone
   * @param options.arrays of the parameters' size that the arena has room for: parameters, gradients, the optimizer's
   *   slots and what else is wanted there. Default 4, enough for Adam and AdaDelta
   * @param options.parameters weights to start from (copied); default: fresh ones from `seed`
   * @throws FormatError when they are not as many as the model has
   */
  static async compile(
    model: EncoderDecoder,
    backend: Backend,
    options: { seed: number; parameters?: Float32Array; objective?: Objective; arrays?: number },
  ): Promise<TrainingProgram> {
    const builder = new Builder({ training: true });
    const { objective = {} } = options;
    const { loss } = lossGraph(model, builder, objective);
    const declared = builder.parameters;
    const layout = new ParameterLayout(declared.map((p) => p.spec));
    const given = options.parameters;
    if (given && given.length !== layout.size) {
      throw new FormatError(
        `${given.length} weights`,
        `${layout.size}, as the model has`,
        'Vocabularies and recipe must be the ones the weights were trained with.',
      );
    }
    const gradients = gradient(
      loss,
      declared.map((p) => p.value),
    );
    const named = Object.fromEntries(gradients.map((g, i) => [`d ${declared[i].spec.name}`, g]));
    const train = await backend.load(toOnnx({ loss, ...named }).bytes);
    const forward = await backend.load(toOnnx({ loss: lossGraph(model, new Builder()).loss }).bytes);
    const masks = builder.masks.map((m) => m.spec);
    const samples = objective.scheduledSampling ?? false;
    const program = new TrainingProgram(layout, options.arrays ?? 4, { train, forward, masks, samples });
    if (given) program.parameters.set(given);
    else layout.initialize(options.seed, program.parameters);
    return program;
  }

  /** What is minimised, per target token (EOS included; nats and what the objective adds), and its gradient, into `gradients`. */
  async step(batch: PairBatch, random: Random): Promise<{ loss: number; tokens: number }> {
    const { feeds, tokens } = this.feeds(batch);
    for (const mask of this.masks) {
      const shape = mask.shape.map((d) => (typeof d === 'number' ? d : batch.sizes[d as 'B']));
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      drawMask(data, mask.rate, random);
      feeds[mask.name] = { dtype: 'float32', shape, data };
    }
    if (this.samples) {
      const { B, T } = batch.sizes;
      const data = new Float32Array(T * B);
      // The first word follows BOS, whoever speaks.
      for (let i = B; i < T * B; i++) data[i] = random.uniform() < (batch.sampling ?? 0) ? 1 : 0;
      feeds.coins = { dtype: 'float32', shape: [T, B], data };
    }
    const { loss } = await this.train.run(feeds, { into: this.gradientTensors });
    return { loss: Number(loss.data[0]), tokens };
  }

  /** Loss without dropout and without gradient. */
  async evaluate(batch: PairBatch): Promise<{ loss: number; tokens: number }> {
    const { feeds, tokens } = this.feeds(batch);
    const { loss } = await this.forward.run(feeds);
    return { loss: Number(loss.data[0]), tokens };
  }

  async dispose(): Promise<void> {
    await this.train.dispose();
    await this.forward.dispose();
  }

  private feeds(batch: PairBatch): { feeds: Record<string, HostTensor>; tokens: number } {
    const { B, S, T } = batch.sizes;
    let tokens = 0;
    for (const m of batch.targetMask) tokens += m;
    const weights = batch.targetMask.map((m) => m / tokens);
    const feeds: Record<string, HostTensor> = {
      ...this.parameterTensors,
      source: { dtype: 'int32', shape: [S, B], data: batch.source },
      sourceMask: { dtype: 'float32', shape: [S, B], data: batch.sourceMask },
      previous: { dtype: 'int32', shape: [T, B], data: batch.previous },
      labels: { dtype: 'int32', shape: [T, B], data: batch.labels },
      weights: { dtype: 'float32', shape: [T, B], data: weights },
    };
    if (batch.copied) feeds.copied = { dtype: 'int32', shape: [S, B], data: batch.copied };
    return { feeds, tokens };
  }
}
