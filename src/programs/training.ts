import { FormatError } from '../errors.ts';
import { crossEntropy, gradient, input, mul, scan, sum, toOnnx, type Value } from '../graph/index.ts';
import type { EncoderDecoder } from '../models/model.ts';
import { Builder, type MaskSpec } from '../nn/builder.ts';
import type { Random } from '../random.ts';
import type { Backend, Executable, HostTensor } from '../runtime/index.ts';
import { Arena } from '../training/index.ts';
import { ParameterLayout } from './parameters.ts';

/** Pairs of sequences, padded, time-major. */
export interface PairBatch {
  /** int32 [S, B] */
  readonly source: Int32Array;
  /** [S, B] */
  readonly sourceMask: Float32Array;
  /** what the decoder is given, int32 [T, B]: BOS, then the target */
  readonly previous: Int32Array;
  /** what it shall say, int32 [T, B]: the target, then EOS */
  readonly labels: Int32Array;
  /** [T, B] */
  readonly targetMask: Float32Array;
  readonly sizes: { readonly B: number; readonly S: number; readonly T: number };
}

/** The graph of the training loss over `source`, `sourceMask`, `previous`, `labels`, `weights` (teacher forcing). */
export function lossGraph(model: EncoderDecoder, builder: Builder): { loss: Value; logits: Value } {
  const { dtype } = builder;
  const source = input('source', 'int32', ['S', 'B']);
  const sourceMask = input('sourceMask', dtype, ['S', 'B']);
  const previous = input('previous', 'int32', ['T', 'B']);
  const labels = input('labels', 'int32', ['T', 'B']);
  const weights = input('weights', dtype, ['T', 'B']);
  const { memory, state } = model.encode(builder, source, sourceMask);
  const names = Object.keys(state);
  const { outputs } = scan({ states: Object.values(state), sequences: [previous] }, (states, [word]) => {
    const carried = Object.fromEntries(names.map((name, i) => [name, states[i]]));
    const next = model.step(builder, word, carried, memory);
    return { states: names.map((name) => next.state[name]), outputs: [next.logits] };
  });
  return { loss: sum(mul(crossEntropy(outputs[0], labels), weights)), logits: outputs[0] };
}

/** Fills a dropout mask with 0 and 1/(1 − rate). */
function drawMask(data: Float32Array, rate: number, random: Random): void {
  const keep = 1 / (1 - rate);
  const threshold = rate * 4294967296;
  for (let i = 0; i < data.length; i++) data[i] = random.uint32() < threshold ? 0 : keep;
}

/** arrays of the parameters' size: they and their gradients, and the two slots that Adam and AdaDelta have */
const arenaArrays = 4;

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
  private readonly parameterTensors: Record<string, HostTensor>;
  private readonly gradientTensors: Record<string, HostTensor>;

  private constructor(
    layout: ParameterLayout,
    programs: { train: Executable; forward: Executable; masks: readonly MaskSpec[] },
  ) {
    this.layout = layout;
    this.arena = new Arena(layout.size, arenaArrays);
    this.parameters = this.arena.allocate(layout.size);
    this.gradients = this.arena.allocate(layout.size);
    this.train = programs.train;
    this.forward = programs.forward;
    this.masks = programs.masks;
    this.parameterTensors = layout.views(this.parameters);
    this.gradientTensors = layout.views(this.gradients, 'd ');
  }

  /**
   * @param options.parameters weights to start from (copied); default: fresh ones from `seed`
   * @throws FormatError when they are not as many as the model has
   */
  static async compile(
    model: EncoderDecoder,
    backend: Backend,
    options: { seed: number; parameters?: Float32Array },
  ): Promise<TrainingProgram> {
    const builder = new Builder({ training: true });
    const { loss } = lossGraph(model, builder);
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
    const program = new TrainingProgram(layout, { train, forward, masks });
    if (given) program.parameters.set(given);
    else layout.initialize(options.seed, program.parameters);
    return program;
  }

  /** Loss (mean nats per target token, EOS included) and its gradient, into `gradients`. */
  async step(batch: PairBatch, random: Random): Promise<{ loss: number; tokens: number }> {
    const { feeds, tokens } = this.feeds(batch);
    for (const mask of this.masks) {
      const shape = mask.shape.map((d) => (typeof d === 'number' ? d : batch.sizes[d as 'B']));
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      drawMask(data, mask.rate, random);
      feeds[mask.name] = { dtype: 'float32', shape, data };
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
    return { feeds, tokens };
  }
}
