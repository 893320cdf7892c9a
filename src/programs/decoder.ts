import type { StepDecoder, StepResult } from '../decoding/index.ts';
import { input, logSoftmax, toOnnx, type Value } from '../graph/index.ts';
import type { EncoderDecoder, Tensors } from '../models/index.ts';
import { Builder } from '../nn/builder.ts';
import type { Backend, Executable, HostTensor } from '../runtime/index.ts';
import { asRead, copyingLogProbs } from './copying.ts';
import type { ParameterLayout } from './parameters.ts';
import { extraWords, type SourceBatch, sourceFeeds, sourceInputs } from './sources.ts';

/** Where a batch of hypotheses stands: carried states by row, and what each row's sentence is read from. */
export interface DecoderState {
  readonly rows: number;
  /** the sentence of each row */
  readonly sentences: Int32Array;
  readonly states: Readonly<Record<string, HostTensor>>;
  /** by row */
  readonly memory: Readonly<Record<string, HostTensor>>;
  /** of a model that copies: words beyond V */
  readonly extra?: number;
}

/** What a model that labels its frames says of them: logits `[U, B, V + 1]`, mask `[U, B]`. */
export interface LabelledFrames {
  readonly logits: HostTensor;
  readonly mask: HostTensor;
}

/** int32 [S, B] → [B, S] */
function rowsFirst(data: Int32Array, { B, S }: { B: number; S: number }): HostTensor {
  const turned = Int32Array.from({ length: B * S }, (_, i) => data[(i % S) * B + Math.floor(i / S)]);
  return { dtype: 'int32', shape: [B, S], data: turned };
}

/** The log-probabilities of a step's words `[B, V]`; of a model that copies `[B, V + X]`. */
function logProbsOf({ logits, gate, attention }: ReturnType<EncoderDecoder['step']>): Value {
  if (!gate || !attention) return logSoftmax(logits);
  const copied = input('memory.copied', 'int32', ['B', 'S']);
  return copyingLogProbs({ logits, gate, attention }, copied, input('extra', 'float32', ['X']));
}

const prefixed = (prefix: string, tensors: Tensors): Record<string, Value> =>
  Object.fromEntries(Object.entries(tensors).map(([name, v]) => [prefix + name, v]));

/** A model as two graphs: what the encoder gives, and what a step does, whose inputs are called as that. */
export function decoderGraphs(
  model: EncoderDecoder,
  builder: Builder,
): {
  encoder: Record<string, Value>;
  stepper: Record<string, Value>;
  stepped: ReturnType<EncoderDecoder['step']>;
} {
  const { source, sourceMask } = sourceInputs(model);
  const encoded = model.encode(builder, source, sourceMask);
  // The step's inputs are the encoder's outputs, under the same names and of the same types but for the row count.
  const asInputs = (prefix: string, tensors: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, v]) => [name, input(prefix + name, v.dtype, v.shape)]),
    );
  const previous = input('previous', 'int32', ['B']);
  const stepped = model.step(
    builder,
    asRead(model, previous),
    asInputs('state.', encoded.state),
    asInputs('memory.', encoded.memory),
  );
  return {
    encoder: {
      ...prefixed('memory.', encoded.memory),
      ...prefixed('state.', encoded.state),
      ...(encoded.frames && prefixed('frames.', { ...encoded.frames })),
    },
    stepper: {
      ...prefixed('next.', stepped.state),
      logProbs: logProbsOf(stepped),
      ...(stepped.attention && { attention: stepped.attention }),
    },
    stepped,
  };
}

/** Where a batch begins, of what the encoder gave for it. */
export function firstState(found: Readonly<Record<string, HostTensor>>, batch: SourceBatch): DecoderState {
  const part = (prefix: string) =>
    Object.fromEntries(
      Object.entries(found)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    );
  const rows = batch.sizes.B;
  const sentences = Int32Array.from({ length: rows }, (_, i) => i);
  const memory = part('memory.');
  const state = { rows, sentences, states: part('state.'), memory };
  if (!batch.copying) return state;
  const copied = rowsFirst(batch.copying.copied, batch.sizes);
  return { ...state, memory: { ...memory, copied }, extra: batch.copying.extra };
}

/** What a step reads: the words before, and where the hypotheses stand. */
export function stepFeeds(tokens: Int32Array, state: DecoderState): Record<string, HostTensor> {
  const feeds: Record<string, HostTensor> = {
    previous: { dtype: 'int32', shape: [tokens.length], data: tokens },
  };
  for (const [name, tensor] of Object.entries(state.states)) feeds[`state.${name}`] = tensor;
  for (const [name, tensor] of Object.entries(state.memory)) feeds[`memory.${name}`] = tensor;
  if (state.extra !== undefined) feeds.extra = extraWords(state.extra);
  return feeds;
}

/** Where they stand after it. */
export function nextState(state: DecoderState, found: Readonly<Record<string, HostTensor>>): DecoderState {
  const states = Object.fromEntries(Object.keys(state.states).map((name) => [name, found[`next.${name}`]]));
  return { ...state, states };
}

/** Rows of a tensor by index, along its first axis. */
function gatherRows(tensor: HostTensor, rows: Int32Array): HostTensor {
  const width = tensor.data.length / tensor.shape[0];
  const from = tensor.data as Float32Array;
  const data =
    tensor.dtype === 'int32' ? new Int32Array(rows.length * width) : new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    data.set(from.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  }
  return { dtype: tensor.dtype, shape: [rows.length, ...tensor.shape.slice(1)], data };
}

/** A model compiled as two programs, encode and step: what beam search and every other search runs on. */
export class StepProgram implements StepDecoder<DecoderState> {
  readonly vocabularySize: number;
  readonly bos: number;
  readonly eos: number;
  /** into how many parts, one a head, a row of attention is divided; 1 where the mean of the heads is answered */
  readonly heads: number;
  private readonly encoder: Executable;
  private readonly stepper: Executable;

  private constructor(
    programs: { encoder: Executable; stepper: Executable },
    tokens: { vocabularySize: number; bos: number; eos: number; heads: number },
  ) {
    this.encoder = programs.encoder;
    this.stepper = programs.stepper;
    this.vocabularySize = tokens.vocabularySize;
    this.bos = tokens.bos;
    this.eos = tokens.eos;
    this.heads = tokens.heads;
  }

  /**
   * @param tokens.heads whether steps answer the attention of each head, `[N, heads · S]`, and not the mean `[N, S]`;
   *   without multi-head attention the same. Default false
   */
  static async compile(
    model: EncoderDecoder,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
    { heads: each = false, ...tokens }: { bos: number; eos: number; heads?: boolean },
  ): Promise<StepProgram> {
    const graphs = decoderGraphs(model, new Builder());
    const options = { weights: weights.layout.views(weights.parameters) as never };
    const heads = each ? graphs.stepped.heads : undefined;
    const outputs = { ...graphs.stepper, ...(heads && { attention: heads }) };
    const encoder = await backend.load(toOnnx(graphs.encoder, options).bytes);
    const stepper = await backend.load(toOnnx(outputs, options).bytes);
    return new StepProgram(
      { encoder, stepper },
      {
        vocabularySize: model.targetVocabulary,
        ...tokens,
        heads: heads ? (heads.shape[1] as number) : 1,
      },
    );
  }

  /**
   * The state before the first word; one row a sentence. Of a batch with words to copy, search with `extended`.
   */
  async start(batch: SourceBatch): Promise<DecoderState> {
    return (await this.read(batch)).state;
  }

  /** The same, and how the frames are labelled by a model that does so. */
  async read(batch: SourceBatch): Promise<{ state: DecoderState; frames?: LabelledFrames }> {
    const { copying: _, ...plain } = batch;
    const found = await this.encoder.run(sourceFeeds(plain));
    const frames = found['frames.logits'] && { logits: found['frames.logits'], mask: found['frames.mask'] };
    return { state: firstState(found, batch), ...(frames && { frames }) };
  }

  /** The same decoder over V + `extra` words, as the batch it was started with has them. */
  extended(extra: number): StepDecoder<DecoderState> {
    return {
      vocabularySize: this.vocabularySize + extra,
      bos: this.bos,
      eos: this.eos,
      step: (tokens, state) => this.step(tokens, state),
      select: (state, rows) => this.select(state, rows),
    };
  }

  async step(tokens: Int32Array, state: DecoderState): Promise<StepResult<DecoderState>> {
    const found = await this.stepper.run(stepFeeds(tokens, state));
    return {
      state: nextState(state, found),
      logProbs: found.logProbs.data as Float32Array,
      ...(found.attention && { attention: found.attention.data as Float32Array }),
    };
  }

  select(state: DecoderState, rows: Int32Array): DecoderState {
    const sentences = rows.map((r) => state.sentences[r]);
    const gather = (tensors: Readonly<Record<string, HostTensor>>) =>
      Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, gatherRows(t, rows)]));
    // Memory is large, and rows that stay with their sentence read the same of it.
    const same = sentences.length === state.rows && sentences.every((s, i) => s === state.sentences[i]);
    return {
      ...state,
      rows: rows.length,
      sentences,
      states: gather(state.states),
      memory: same ? state.memory : gather(state.memory),
    };
  }

  async dispose(): Promise<void> {
    await this.encoder.dispose();
    await this.stepper.dispose();
  }
}
