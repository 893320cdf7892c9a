import type { Shape, Value } from '../graph/index.ts';
import type { Tensors } from '../nn/attention/attention.ts';
import type { Builder } from '../nn/builder.ts';

export type { Tensors };

/** What a model reads, where it is not token ids. */
export interface SourceForm {
  readonly dtype: 'float32';
  /**
   * frames: `['k*U', 'B', F]`, F numbers each, time padded to a multiple of what the model reduces it by; pictures:
   * `['B', C, Y, X]`, all of one size, so that they have no mask
   */
  readonly shape: Shape;
}

/** Whether a model reads pictures. */
export const readsPictures = (form: SourceForm | undefined): boolean => form?.shape.length === 4;

/** What is said of every frame: logits `[U, B, V + 1]` (the last class is the blank of CTC), and their mask `[U, B]`. */
export interface FrameLabels {
  readonly logits: Value;
  readonly mask: Value;
}

/**
 * A network that labels frames, for training with CTC (Graves et al. 2006): labels are said in order, each over one
 * frame or several, with blanks between.
 */
export interface FrameLabeller {
  readonly source: SourceForm;
  /** V; the blank, V, is not counted */
  readonly labels: number;
  /**
   * @param source as its form says
   * @param mask `[S, B]`, 1 at frames, 0 at padding
   */
  label(builder: Builder, source: Value, mask: Value): FrameLabels;
}

/**
 * An encoder–decoder, defined once and compiled three ways: training scans the step over the target, decoding runs
 * the step alone, export runs it inside a loop of its own (see programs/).
 */
export interface EncoderDecoder {
  /** default: token ids, int32 `[S, B]` */
  readonly source?: SourceForm;
  readonly targetVocabulary: number;
  /** whether it copies: its steps have a gate */
  readonly copies?: boolean;
  /**
   * @param source token ids, int32 `[S, B]`, or as its form says
   * @param mask `[S, B]`, 1 at tokens or frames, 0 at padding; of pictures, ones `[1, B]`
   * @returns what every step reads, and the state before the first; first axis B. Where the encoder labels its frames
   *   too, for training with CTC and attention together, these labels
   */
  encode(
    builder: Builder,
    source: Value,
    mask: Value,
  ): { memory: Tensors; state: Tensors; frames?: FrameLabels };
  /**
   * @param previous token ids, int32 `[B]`: the word before (BOS at first)
   * @returns the next state under the same names, logits `[B, V]`; attention weights `[B, S]` if there are any; a loss
   *   of its own `[B]` to be added to the words', if it has one; and where it copies the probability `[B]` that the word
   *   comes from the vocabulary and not from the source, by attention; of multi-head attention each head's weights
   *   `[B, heads, S]`, of which `attention` is the mean
   */
  step(
    builder: Builder,
    previous: Value,
    state: Tensors,
    memory: Tensors,
  ): { state: Tensors; logits: Value; attention?: Value; heads?: Value; loss?: Value; gate?: Value };
}

/** What all encoder–decoders have. */
export interface WordSizes {
  readonly sourceVocabulary: number;
  readonly targetVocabulary: number;
  /** E */
  readonly embedding: number;
  /** rate on embeddings and on the readout */
  readonly dropout: number;
  /** see INITIALIZATIONS */
  readonly initialization: 'paper' | 'glorot';
  /**
   * Which word vectors are one: `none`; `target`: those the decoder reads and those of its output layer (Press & Wolf
   * 2017; the readout must be E wide); `all`: the encoder's too, over one vocabulary of both sides. Default `none`
   */
  readonly tie?: 'none' | 'target' | 'all';
  /** a pointer-generator, which can copy words from the source (See et al. 2017); only where there is attention. Default false */
  readonly copy?: boolean;
}

/** Sizes of the encoder–decoders with one layer; the names are the papers'. */
export interface EncoderDecoderSizes extends WordSizes {
  /** H, each way in a bidirectional encoder */
  readonly hidden: number;
  /** A, only where there is attention */
  readonly attention: number;
  /** width l of the layer before the output layer */
  readonly readout: number;
  /** `maxout` as in the papers, or one `tanh` layer */
  readonly readoutType: 'maxout' | 'tanh';
}
