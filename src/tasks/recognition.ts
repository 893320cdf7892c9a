/** What is asked of a recogniser, and what it answers. */
import type { Frames } from '../data/audio/index.ts';
import type { Waveform } from '../data/speech/utterance.ts';
import type { CtcLexicon, CtcLogits, LanguageModel } from '../decoding/index.ts';
import type { LabelledFrames } from '../programs/decoder.ts';
import type { Span, WordSpan } from './speechSpans.ts';

/** A sound to recognise. */
export interface NamedSound extends Waveform {
  /** for errors */
  readonly name: string;
}

/** What was heard. */
export interface Transcription {
  readonly text: string;
  readonly tokens: readonly string[];
  /**
   * natural logarithm: of the text's probability under CTC (the sum over its alignments), or under the decoder (its end
   * included; with CTC or a language model in the search, their weighted sum)
   */
  readonly logProb: number;
  /** what hypotheses are ranked by; of a given text the log-probability a token; of the best path of CTC the log-probability of the path */
  readonly score: number;
  /** false when it was cut at the length limit */
  readonly finished: boolean;
  /** where CTC heard each token; absent without CTC */
  readonly spans?: readonly Span[];
  /** the same of words */
  readonly words?: readonly WordSpan[];
  /** [tokens and end][U]: where the decoder attended; absent without a decoder */
  readonly attention?: readonly Float32Array[];
  /** seconds that a column of the attention, or a frame of CTC, stands for */
  readonly frameSeconds: number;
}

export interface RecognitionOptions {
  /** 1 is greedy, or the best path of CTC. Default: as in the recipe */
  readonly beam?: number;
  /** hypotheses wanted, at most `beam`; default 1 */
  readonly nBest?: number;
  readonly lengthPenalty?: number;
  readonly maxLength?: number;
  /** how much CTC counts beside the decoder; default: as in the recipe */
  readonly ctcWeight?: number;
  /** default none */
  readonly languageModel?: {
    readonly model: LanguageModel;
    readonly unit: 'word' | 'token';
    readonly weight: number;
    readonly bonus: number;
  };
  /** with CTC alone: the words that may be said; default any */
  readonly lexicon?: CtcLexicon;
  /** sounds recognised together; default 16 */
  readonly batch?: number;
}

/** The frames of a sound as the model reads them. */
export interface HeardSound {
  readonly frames: Frames;
  /** that the sound lasts, where it is known */
  readonly seconds?: number;
}

/** Each sound's own frames, padding left out. */
export function splitFrames({ logits, mask }: LabelledFrames): CtcLogits[] {
  const [U, B, C] = logits.shape;
  const from = logits.data as Float32Array;
  const real = mask.data as Float32Array;
  return Array.from({ length: B }, (_, b) => {
    let frames = 0;
    while (frames < U && real[frames * B + b] > 0.5) frames++;
    const data = new Float32Array(frames * C);
    for (let t = 0; t < frames; t++) data.set(from.subarray((t * B + b) * C, (t * B + b + 1) * C), t * C);
    return { data, shape: [frames, C] as const };
  });
}
