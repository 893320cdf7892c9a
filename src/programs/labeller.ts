import { toOnnx } from '../graph/index.ts';
import type { FrameLabeller } from '../models/index.ts';
import { Builder } from '../nn/builder.ts';
import type { Backend, Executable } from '../runtime/index.ts';
import type { LabelledFrames } from './decoder.ts';
import type { ParameterLayout } from './parameters.ts';
import { type SourceBatch, sourceFeeds, sourceInputs } from './sources.ts';

/**
 * The ONNX model of a network that labels frames: `source` [S, B, F], `sourceMask` [S, B] → `logits` [U, B, V + 1] (the
 * blank last) and their `mask` [U, B].
 */
export function labellerModel(
  model: FrameLabeller,
  { layout, parameters }: { layout: ParameterLayout; parameters: Float32Array },
): Uint8Array {
  const { source, sourceMask } = sourceInputs(model);
  const { logits, mask } = model.label(new Builder(), source, sourceMask);
  return toOnnx({ logits, mask }, { weights: layout.views(parameters) as never }).bytes;
}

/** A network that labels frames, compiled with its weights. */
export class LabellerProgram {
  private readonly program: Executable;

  private constructor(program: Executable) {
    this.program = program;
  }

  static async compile(
    model: FrameLabeller,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
  ): Promise<LabellerProgram> {
    return new LabellerProgram(await backend.load(labellerModel(model, weights)));
  }

  async label(batch: SourceBatch): Promise<LabelledFrames> {
    const { logits, mask } = await this.program.run(sourceFeeds(batch));
    return { logits, mask };
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}
