import { BOS, EOS } from '../data/vocabulary.ts';
import type { EncoderDecoder } from '../models/index.ts';
import { StepProgram } from '../programs/decoder.ts';
import { GreedyProgram } from '../programs/greedy.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend } from '../runtime/index.ts';

/** The programs that a trained model decodes with, each compiled when it is first asked for. */
export class LazyPrograms {
  readonly model: EncoderDecoder;
  readonly weights: { layout: ParameterLayout; parameters: Float32Array };
  readonly backend: Backend;
  private compiledGreedy: Promise<GreedyProgram> | undefined;
  private compiledStep: Promise<StepProgram> | undefined;
  private compiledHeads: Promise<StepProgram> | undefined;

  constructor(
    model: EncoderDecoder,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
  ) {
    this.model = model;
    this.weights = weights;
    this.backend = backend;
  }

  greedy(): Promise<GreedyProgram> {
    const tokens = { bos: BOS, eos: EOS };
    this.compiledGreedy ??= GreedyProgram.compile(this.model, this.weights, this.backend, tokens);
    return this.compiledGreedy;
  }

  step(): Promise<StepProgram> {
    const tokens = { bos: BOS, eos: EOS };
    this.compiledStep ??= StepProgram.compile(this.model, this.weights, this.backend, tokens);
    return this.compiledStep;
  }

  /** The same, whose steps answer the attention of each head. */
  heads(): Promise<StepProgram> {
    const tokens = { bos: BOS, eos: EOS, heads: true };
    this.compiledHeads ??= StepProgram.compile(this.model, this.weights, this.backend, tokens);
    return this.compiledHeads;
  }

  async dispose(): Promise<void> {
    await (await this.compiledGreedy)?.dispose();
    await (await this.compiledStep)?.dispose();
    await (await this.compiledHeads)?.dispose();
  }
}
