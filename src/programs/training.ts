import { FormatError } from '../errors.ts';
import { gradient, toOnnx, type Value } from '../graph/index.ts';
import { Builder, type MaskSpec } from '../nn/builder.ts';
import type { Random } from '../random.ts';
import type { Backend, Executable, HostTensor } from '../runtime/index.ts';
import { Arena } from '../training/index.ts';
import { ParameterLayout } from './parameters.ts';

/** A loss to train by: its graph, and what of a batch goes into it. */
export interface TrainingLoss<Batch> {
  /**
   * The loss, a scalar. Of a builder that is training: what is minimised, with dropout and whatever else training asks;
   * else what is reported.
   */
  graph(builder: Builder): Value;
  /** The graph's inputs, the parameters and dropout masks aside. */
  feeds(batch: Batch, phase: { readonly training: Random } | 'evaluation'): LossFeeds;
}

export interface LossFeeds {
  readonly feeds: Record<string, HostTensor>;
  /** of the symbolic dimensions that dropout masks have */
  readonly sizes: Readonly<Record<string, number>>;
  /** that the loss is a mean over */
  readonly tokens: number;
}

/** Fills a dropout mask with 0 and 1/(1 − rate). */
function drawMask(data: Float32Array, rate: number, random: Random): void {
  const keep = 1 / (1 - rate);
  const threshold = rate * 4294967296;
  for (let i = 0; i < data.length; i++) data[i] = random.uint32() < threshold ? 0 : keep;
}

/** A model compiled for training: the loss of a batch and the gradient of every parameter in one run. */
export class TrainingProgram<Batch> {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** holds both, and has room for the slots of an optimizer, which is much faster there */
  readonly arena: Arena;
  readonly layout: ParameterLayout;
  private readonly train: Executable;
  private readonly forward: Executable;
  private readonly masks: readonly MaskSpec[];
  private readonly feedsOf: TrainingLoss<Batch>['feeds'];
  private readonly parameterTensors: Record<string, HostTensor>;
  private readonly gradientTensors: Record<string, HostTensor>;

  private constructor(
    layout: ParameterLayout,
    arrays: number,
    programs: { train: Executable; forward: Executable; masks: readonly MaskSpec[] },
    feedsOf: TrainingLoss<Batch>['feeds'],
  ) {
    this.layout = layout;
    this.arena = new Arena(layout.size, arrays);
    this.parameters = this.arena.allocate(layout.size);
    this.gradients = this.arena.allocate(layout.size);
    this.train = programs.train;
    this.forward = programs.forward;
    this.masks = programs.masks;
    this.feedsOf = feedsOf;
    this.parameterTensors = layout.views(this.parameters);
    this.gradientTensors = layout.views(this.gradients, 'd ');
  }

  /**
   * @param options.arrays of the parameters' size that the arena has room for: parameters, gradients, the optimizer's
   *   slots and what else is wanted there. Default 4, enough for Adam and AdaDelta
   * @param options.parameters weights to start from (copied); default: fresh ones from `seed`
   * @throws FormatError when they are not as many as the model has
   */
  static async compile<Batch>(
    { graph, feeds }: TrainingLoss<Batch>,
    backend: Backend,
    options: { seed: number; parameters?: Float32Array; arrays?: number },
  ): Promise<TrainingProgram<Batch>> {
    const builder = new Builder({ training: true });
    const loss = graph(builder);
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
    const forward = await backend.load(toOnnx({ loss: graph(new Builder()) }).bytes);
    const masks = builder.masks.map((m) => m.spec);
    const program = new TrainingProgram(layout, options.arrays ?? 4, { train, forward, masks }, feeds);
    if (given) program.parameters.set(given);
    else layout.initialize(options.seed, program.parameters);
    return program;
  }

  /** What is minimised, a mean over tokens (nats and what the objective adds), and its gradient, into `gradients`. */
  async step(batch: Batch, random: Random): Promise<{ loss: number; tokens: number }> {
    const { feeds, sizes, tokens } = this.feedsOf(batch, { training: random });
    for (const mask of this.masks) {
      const shape = mask.shape.map((d) => (typeof d === 'number' ? d : sizes[d as string]));
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
      drawMask(data, mask.rate, random);
      feeds[mask.name] = { dtype: 'float32', shape, data };
    }
    const { loss } = await this.train.run(
      { ...this.parameterTensors, ...feeds },
      { into: this.gradientTensors },
    );
    return { loss: Number(loss.data[0]), tokens };
  }

  /** Loss without dropout and without gradient. */
  async evaluate(batch: Batch): Promise<{ loss: number; tokens: number }> {
    const { feeds, tokens } = this.feedsOf(batch, 'evaluation');
    const { loss } = await this.forward.run({ ...this.parameterTensors, ...feeds });
    return { loss: Number(loss.data[0]), tokens };
  }

  async dispose(): Promise<void> {
    await this.train.dispose();
    await this.forward.dispose();
  }
}
