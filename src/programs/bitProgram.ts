import type { BitBatch } from '../data/algorithms.ts';
import { toOnnx } from '../graph/index.ts';
import type { BitTransducer } from '../models/ntm.ts';
import { Builder } from '../nn/builder.ts';
import type { Backend, Executable, HostTensor } from '../runtime/index.ts';
import { bitFeeds, bitInputs } from './bitLoss.ts';
import type { ParameterLayout } from './parameters.ts';

/** What a network answers to a batch. */
export interface BitAnswers {
  /** [T, B, O]: above 0 where a one is likelier; a one has the probability σ(logit) */
  readonly logits: HostTensor;
  /** what the heads did at every step, where there are any and it was asked for */
  readonly heads?: HeadRecords;
  /** [T, B, L], how much each of the last L outputs was attended to, where they were and it was asked for */
  readonly attention?: HostTensor;
}

/** See `HeadTrace`. */
export interface HeadRecords {
  /** [T, B, readHeads, N] */
  readonly readWeights: HostTensor;
  /** [T, B, writeHeads, N] */
  readonly writeWeights: HostTensor;
  /** [T, B, readHeads, M] */
  readonly reads: HostTensor;
  /** [T, B, writeHeads, M] */
  readonly added: HostTensor;
}

const HEADS = ['readWeights', 'writeWeights', 'reads', 'added'] as const;

/**
 * The ONNX model of a network that answers bits: `inputs` [T, B, I] → `logits` [T, B, O], and of its heads
 * `readWeights`, `writeWeights`, `reads` and `added` (`HeadTrace`), of attention to its own past `attention` [T, B, L].
 *
 * @param weights.heads whether it says what the heads do, and what is attended to; default true
 */
export function bitModel(
  model: BitTransducer,
  weights: { readonly layout: ParameterLayout; readonly parameters: Float32Array; readonly heads?: boolean },
): Uint8Array {
  const { logits, heads, attention } = model.run(new Builder(), bitInputs(model));
  const { layout, parameters } = weights;
  const outputs = { logits, ...((weights.heads ?? true) && { ...heads, ...(attention && { attention }) }) };
  return toOnnx(outputs, { weights: layout.views(parameters) as never }).bytes;
}

/** A network that answers bits, compiled with its weights. */
export class BitProgram {
  private readonly program: Executable;

  private constructor(program: Executable) {
    this.program = program;
  }

  /** @param weights.heads whether answers say what the heads did, and what was attended to; default true */
  static async compile(
    model: BitTransducer,
    weights: { layout: ParameterLayout; parameters: Float32Array; heads?: boolean },
    backend: Backend,
  ): Promise<BitProgram> {
    return new BitProgram(await backend.load(bitModel(model, weights)));
  }

  /** What is answered to the inputs of a batch; its targets are not looked at. */
  async answer(batch: BitBatch): Promise<BitAnswers> {
    const { logits, attention, ...rest } = await this.program.run(bitFeeds(batch));
    const hasHeads = HEADS.every((name) => rest[name] !== undefined);
    return {
      logits,
      ...(hasHeads && { heads: rest as unknown as HeadRecords }),
      ...(attention && { attention }),
    };
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}
