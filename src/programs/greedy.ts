import { type Hypothesis, normalisedScore } from '../decoding/index.ts';
import {
  argMax,
  cast,
  equal,
  full,
  greater,
  input,
  log,
  loop,
  max,
  not,
  or,
  softmax,
  sum,
  toOnnx,
  type Value,
  where,
  zeros,
} from '../graph/index.ts';
import type { EncoderDecoder } from '../models/index.ts';
import { Builder } from '../nn/builder.ts';
import type { Backend, Executable } from '../runtime/index.ts';
import { asRead, copyInputs, copyingProbabilities } from './copying.ts';
import type { ParameterLayout } from './parameters.ts';
import { type SourceBatch, sourceFeeds, sourceInputs } from './sources.ts';

/**
 * The ONNX model of the whole greedy decoder: `source` int32 [S, B], `sourceMask` [S, B], `limit` int64 [] →
 * `tokens` int32 [N, B] (EOS at and after the end of each sentence), `logProbs` [N, B], `attention` [N, B, S] if the
 * model attends. N ≤ limit is when the last sentence ended. A model that copies also reads `copied` int32 [S, B] and
 * `extra` zeros [X], and may say words V … V + X − 1 (see copying.ts).
 */
export function greedyModel(
  model: EncoderDecoder,
  weights: { layout: ParameterLayout; parameters: Float32Array },
  { bos, eos }: { bos: number; eos: number },
): Uint8Array {
  const builder = new Builder();
  const { source, sourceMask } = sourceInputs(model);
  const { memory, state } = model.encode(builder, source, sourceMask);
  const names = Object.keys(state);
  const copying = model.copies ? copyInputs() : undefined;
  const none = equal(zeros(['B'], 'int32'), 1);
  let attends = false;
  const { outputs } = loop(
    {
      states: [full(['B'], bos, 'int32'), none, ...Object.values(state)],
      limit: input('limit', 'int64', []),
      steps: 'N',
    },
    ([token, done, ...states]) => {
      const carried = Object.fromEntries(names.map((name, i) => [name, states[i]]));
      const next = model.step(builder, asRead(model, token), carried, memory);
      const probabilities =
        copying && next.gate && next.attention
          ? copyingProbabilities(
              { logits: next.logits, gate: next.gate, attention: next.attention },
              copying.copied,
              copying.extra,
            )
          : softmax(next.logits);
      const best = where(done, eos, cast(argMax(copying ? probabilities : next.logits), 'int32'));
      const ended = or(done, equal(best, eos));
      const logProb = log(max(probabilities, { axes: [1] }));
      attends = next.attention !== undefined;
      return {
        states: [best, ended, ...names.map((name) => next.state[name])],
        outputs: [best, where(done, 0, logProb), ...(next.attention ? [next.attention] : [])],
        condition: greater(sum(cast(not(ended), 'int32')), 0),
      };
    },
  );
  const named: Record<string, Value> = { tokens: outputs[0], logProbs: outputs[1] };
  if (attends) named.attention = outputs[2];
  return toOnnx(named, { weights: weights.layout.views(weights.parameters) as never }).bytes;
}

/** Greedy decoding of whole batches in one run, the loop inside the model. */
export class GreedyProgram {
  private readonly program: Executable;
  private readonly eos: number;

  private constructor(program: Executable, eos: number) {
    this.program = program;
    this.eos = eos;
  }

  static async compile(
    model: EncoderDecoder,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
    tokens: { bos: number; eos: number },
  ): Promise<GreedyProgram> {
    return new GreedyProgram(await backend.load(greedyModel(model, weights, tokens)), tokens.eos);
  }

  /**
   * One hypothesis a sentence, with its attention rows over what the encoder made of S (padding included), the one for EOS last.
   *
   * @param options.maxLength steps after which a hypothesis is cut, for all or by sentence
   * @param options.lengthPenalty of the score; default 1
   */
  async decode(
    batch: SourceBatch,
    options: { readonly maxLength: number | readonly number[]; readonly lengthPenalty?: number },
  ): Promise<Hypothesis[]> {
    const { B } = batch.sizes;
    const { maxLength, lengthPenalty = 1 } = options;
    const limits = typeof maxLength === 'number' ? Array<number>(B).fill(maxLength) : maxLength;
    const found = await this.program.run({
      ...sourceFeeds(batch),
      limit: { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(Math.max(...limits))) },
    });
    const steps = found.tokens.shape[0];
    const tokens = found.tokens.data as Int32Array;
    const logProbs = found.logProbs.data as Float32Array;
    const weights = found.attention?.data as Float32Array | undefined;
    // As many as the source has positions, or fewer, where the encoder makes one of several.
    const S = found.attention?.shape[2] ?? 0;
    return Array.from({ length: B }, (_, b) => {
      const said: number[] = [];
      const attention: Float32Array[] = [];
      let logProb = 0;
      let finished = false;
      for (let t = 0; t < Math.min(steps, limits[b]) && !finished; t++) {
        const token = tokens[t * B + b];
        logProb += logProbs[t * B + b];
        if (weights) attention.push(weights.slice((t * B + b) * S, (t * B + b + 1) * S));
        finished = token === this.eos;
        if (!finished) said.push(token);
      }
      const length = said.length + (finished ? 1 : 0);
      return {
        tokens: said,
        finished,
        logProb,
        score: normalisedScore(logProb, length, lengthPenalty),
        ...(weights && { attention }),
      };
    });
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
  }
}
