import { softmax, toOnnx } from '../graph/index.ts';
import type { MemoryNetwork } from '../models/memn2n.ts';
import { Builder } from '../nn/builder.ts';
import type { Backend, Executable } from '../runtime/index.ts';
import type { ParameterLayout } from './parameters.ts';
import { type EncodedQuestion, storyFeeds, storyInputs } from './questionLoss.ts';

/**
 * The ONNX model of a network that answers questions: the inputs of `storyInputs` → `probabilities` [B, V], and of each
 * hop `attention1` … [B, N].
 */
export function questionModel(
  model: MemoryNetwork,
  { layout, parameters }: { layout: ParameterLayout; parameters: Float32Array },
): Uint8Array {
  const { logits, attention } = model.answer(new Builder(), storyInputs());
  const hops = Object.fromEntries(attention.map((p, k) => [`attention${k + 1}`, p]));
  const outputs = { probabilities: softmax(logits), ...hops };
  return toOnnx(outputs, { weights: layout.views(parameters) as never }).bytes;
}

/** What a network makes of a question. */
export interface AnswerDistribution {
  /** [V] */
  readonly probabilities: Float32Array;
  /** [hops][facts]: how much of each fact was read, the oldest first; what a row lacks to 1 was read of nothing */
  readonly attention: readonly Float32Array[];
}

/** A network that answers questions, compiled with its weights. */
export class QuestionProgram {
  private readonly program: Executable;
  private readonly model: MemoryNetwork;

  private constructor(program: Executable, model: MemoryNetwork) {
    this.program = program;
    this.model = model;
  }

  static async compile(
    model: MemoryNetwork,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
  ): Promise<QuestionProgram> {
    return new QuestionProgram(await backend.load(questionModel(model, weights)), model);
  }

  /** @throws DataError for a question without a fact */
  async answer(questions: readonly EncodedQuestion[]): Promise<AnswerDistribution[]> {
    const { hops, vocabulary: V } = this.model;
    const found = await this.program.run(storyFeeds(questions, this.model));
    const probabilities = found.probabilities.data as Float32Array;
    const N = found.attention1.shape[1];
    let from = 0;
    return questions.map(({ facts }, b) => {
      const row = b * N + from;
      from += facts.length;
      return {
        probabilities: probabilities.slice(b * V, (b + 1) * V),
        attention: Array.from({ length: hops }, (_, k) =>
          (found[`attention${k + 1}`].data as Float32Array).slice(row, row + facts.length),
        ),
      };
    });
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}
