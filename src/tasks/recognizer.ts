import type { Frames } from '../data/audio/index.ts';
import type { FeatureStatistics } from '../data/audio/normalisation.ts';
import type { Waveform } from '../data/speech/utterance.ts';
import { BOS, EOS, PAD, UNK } from '../data/vocabulary.ts';
import { ctcScorer } from '../decoding/ctc/scorer.ts';
import {
  beamSearch,
  type CtcLogits,
  ctcAlign,
  ctcBeamSearch,
  ctcGreedy,
  ctcLoss,
  fused,
  fusedStart,
  type Hypothesis,
  type LanguageModel,
  type WeightedScorer,
} from '../decoding/index.ts';
import { languageScorer } from '../decoding/language/scorer.ts';
import { UsageError } from '../errors.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import type { LabelledFrames } from '../programs/decoder.ts';
import { LabellerProgram } from '../programs/labeller.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend } from '../runtime/index.ts';
import { LazyPrograms } from './lazyPrograms.ts';
import { padFrames } from './speechBatches.ts';
import { checkDuration, frameSeconds, framesOf, stacked } from './speechExamples.ts';
import { languageToken } from './speechLanguage.ts';
import { buildSpeechModel, type SpeechCodecs, type SpeechModel } from './speechModel.ts';

/** A sound to recognise. */
export interface NamedSound extends Waveform {
  /** for errors */
  readonly name: string;
}

/** A stretch of time, in seconds from the beginning of the sound. */
export interface Span {
  readonly from: number;
  readonly to: number;
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
  /** what hypotheses are ranked by; of the best path of CTC the log-probability of the path */
  readonly score: number;
  /** false when it was cut at the length limit */
  readonly finished: boolean;
  /** where CTC heard each token; absent without CTC */
  readonly spans?: readonly Span[];
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
  /** sounds recognised together; default 16 */
  readonly batch?: number;
}

/** A trained model of speech, ready to be spoken to. */
export class Recognizer {
  private readonly recipe: SpeechRecipe;
  private readonly codecs: SpeechCodecs;
  private readonly model: SpeechModel;
  private readonly programs: LazyPrograms | undefined;
  private readonly compileLabeller: () => Promise<LabellerProgram>;
  private labeller: Promise<LabellerProgram> | undefined;

  constructor(
    recipe: SpeechRecipe,
    codecs: SpeechCodecs,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    backend: Backend,
  ) {
    this.recipe = recipe;
    this.codecs = codecs;
    const built = buildSpeechModel(recipe, codecs);
    this.model = built;
    this.programs = built.kind === 'listener' ? new LazyPrograms(built.model, weights, backend) : undefined;
    this.compileLabeller = () => {
      if (built.kind === 'labeller') return LabellerProgram.compile(built.model, weights, backend);
      throw new Error('a listener labels its frames in its encoder');
    };
  }

  get attends(): boolean {
    return this.model.kind === 'listener';
  }

  /**
   * What was said in each sound, best hypothesis first.
   *
   * @param statistics of a sound's speaker, for models normalised by speaker; default: the sound's own
   * @throws DataError for sounds that are empty, broken or longer than the recipe's limit; UsageError for options that
   *   do not go together
   */
  async recognize(
    sounds: readonly NamedSound[],
    options: RecognitionOptions = {},
    statistics: readonly (FeatureStatistics | undefined)[] = [],
  ): Promise<Transcription[][]> {
    const { features, data } = this.recipe;
    for (const sound of sounds) checkDuration(sound, data.maxSeconds, sound.name);
    const own =
      features.normalise === 'speaker' ? { ...features, normalise: 'utterance' as const } : features;
    const frames = sounds.map((sound, i) =>
      stacked(framesOf(sound, own, sound.name, { statistics: statistics[i] }), features),
    );
    return this.recognizeFrames(frames, options);
  }

  /** The same of frames as the model reads them. */
  async recognizeFrames(
    frames: readonly Frames[],
    options: RecognitionOptions = {},
  ): Promise<Transcription[][]> {
    this.checkOptions(options);
    const { batch = 16 } = options;
    const order = frames.map((_, i) => i).sort((a, b) => frames[a].shape[0] - frames[b].shape[0] || a - b);
    const results = new Array<Transcription[]>(frames.length);
    for (let at = 0; at < order.length; at += batch) {
      const rows = order.slice(at, at + batch);
      const found = await this.recognizeBatch(
        rows.map((i) => frames[i]),
        options,
      );
      for (const [k, i] of rows.entries()) results[i] = found[k];
    }
    return results;
  }

  private checkOptions({
    ctcWeight = 0,
    beam = this.recipe.decoding.beam,
    nBest = 1,
    batch = 1,
  }: RecognitionOptions): void {
    if (!(Number.isInteger(batch) && batch >= 1)) {
      throw new UsageError(`a batch of ${batch}`, 'a whole number of sounds, 1 or more', 'Leave it out.');
    }
    if (nBest > beam) {
      throw new UsageError(
        `nBest ${nBest} with beam ${beam}`,
        'at most as many as the beam',
        'Widen the beam.',
      );
    }
    if (!(ctcWeight >= 0 && ctcWeight <= 1)) {
      throw new UsageError(`a ctcWeight of ${ctcWeight}`, 'a number from 0 to 1', 'Set for example 0.3.');
    }
    if (ctcWeight > 0 && !(this.model.kind === 'listener' && this.model.ctcWeight > 0)) {
      throw new UsageError(
        `a ctcWeight of ${ctcWeight} for a model of type ${this.recipe.model.type}`,
        'a listener that was trained with CTC',
        'Leave it out.',
      );
    }
  }

  private async recognizeBatch(
    frames: readonly Frames[],
    options: RecognitionOptions,
  ): Promise<Transcription[][]> {
    const padded = padFrames(frames, this.model.reduction);
    if (!this.programs) {
      this.labeller ??= this.compileLabeller();
      const labelled = splitFrames(await (await this.labeller).label(padded));
      return labelled.map((logits) => this.byCtc(logits, options));
    }
    const { decoding } = this.recipe;
    const { beam = decoding.beam, nBest, languageModel } = options;
    const { lengthPenalty = decoding.lengthPenalty, maxLength = decoding.maxLength } = options;
    const trained = this.model.kind === 'listener' ? this.model.ctcWeight : 0;
    const { ctcWeight = decoding.ctcWeight ?? trained } = options;
    const lengths = frames.map(({ shape }) => Math.ceil(shape[0] / this.model.reduction));
    if (beam === 1 && ctcWeight === 0 && !languageModel) {
      const program = await this.programs.greedy();
      const found = await program.decode(padded, { maxLength, lengthPenalty });
      return found.map((hypothesis, i) => [this.written(hypothesis, lengths[i])]);
    }
    const program = await this.programs.step();
    const { state, frames: labelled } = await program.read(padded);
    const logits = labelled && splitFrames(labelled);
    const scorers: WeightedScorer[] = [];
    if (ctcWeight > 0 && logits) scorers.push({ scorer: ctcScorer(logits, EOS), weight: ctcWeight });
    if (languageModel) {
      const { model, unit, weight } = languageModel;
      scorers.push({ scorer: languageScorer(model, { tokens: this.named(unit), eos: EOS, unit }), weight });
    }
    const decoder = fused(program, scorers, { weight: 1 - ctcWeight });
    const found = await beamSearch(decoder, fusedStart(state, frames.length), frames.length, {
      beam,
      nBest,
      lengthPenalty,
      maxLength,
    });
    return found.map((hypotheses, i) =>
      hypotheses.map((hypothesis) => this.written(hypothesis, lengths[i], logits?.[i])),
    );
  }

  /** The best labellings of one sound by CTC alone. */
  private byCtc(logits: CtcLogits, options: RecognitionOptions): Transcription[] {
    const { beam = this.recipe.decoding.beam, nBest, languageModel } = options;
    if (beam === 1 && !languageModel) {
      const { labels, logProb: score } = ctcGreedy(logits);
      return [this.labelled(labels, { logProb: -ctcLoss(logits, labels), score }, logits)];
    }
    const found = ctcBeamSearch(logits, {
      alphabet: this.alphabet(languageModel?.unit ?? 'word'),
      beam,
      nBest,
      ...(languageModel && {
        languageModel: languageModel.model,
        languageModelWeight: languageModel.weight,
        insertionBonus: languageModel.bonus,
        unit: languageModel.unit === 'word' ? ('word' as const) : ('label' as const),
      }),
    });
    return found.map(({ labels, logProb, score }) => this.labelled(labels, { logProb, score }, logits));
  }

  private labelled(
    labels: readonly number[],
    scores: { logProb: number; score: number },
    logits: CtcLogits,
  ): Transcription {
    return {
      ...this.spelled(labels),
      ...scores,
      finished: true,
      spans: this.spansOf(labels, logits),
      frameSeconds: this.columnSeconds,
    };
  }

  private written(hypothesis: Hypothesis, length: number, logits?: CtcLogits): Transcription {
    const { tokens, logProb, score, finished, attention = [] } = hypothesis;
    const sayable = tokens.every((token) => token !== PAD && token !== BOS && token !== EOS);
    return {
      ...this.spelled(tokens),
      logProb,
      score,
      finished,
      ...(logits && sayable && { spans: this.spansOf(tokens, logits) }),
      attention: attention.map((row) => row.slice(0, length)),
      frameSeconds: this.columnSeconds,
    };
  }

  private spelled(ids: readonly number[]): { text: string; tokens: string[] } {
    const { vocabulary, tokenizer } = this.codecs.target;
    const tokens = ids.map((id) => vocabulary.tokenOf(id));
    return { tokens, text: tokenizer.detokenize(tokens) };
  }

  /** Where CTC hears each token: none where there are too few frames for them. */
  private spansOf(labels: readonly number[], logits: CtcLogits): Span[] | undefined {
    const repeated = labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;
    const frames = 'shape' in logits ? logits.shape[0] : logits.length;
    if (labels.length + repeated > frames) return undefined;
    const seconds = this.columnSeconds;
    return ctcAlign(logits, [...labels]).frames.map(({ first, last }) => ({
      from: first * seconds,
      to: (last + 1) * seconds,
    }));
  }

  private get columnSeconds(): number {
    return frameSeconds(this.recipe.features) * this.model.reduction;
  }

  /** V tokens by id. */
  private get tokens(): string[] {
    const { vocabulary } = this.codecs.target;
    return Array.from({ length: vocabulary.size }, (_, id) => vocabulary.tokenOf(id));
  }

  /** What a language model calls them. */
  private named(unit: 'word' | 'token'): string[] {
    return unit === 'token' ? this.tokens.map(languageToken) : this.tokens;
  }

  /** The same as the labels of CTC; those that are never said are characters that nobody writes. */
  private alphabet(unit: 'word' | 'token'): string[] {
    return this.named(unit).map((token, id) =>
      [PAD, BOS, EOS, UNK].includes(id) ? String.fromCodePoint(0xe000 + id) : token,
    );
  }

  async dispose(): Promise<void> {
    await this.programs?.dispose();
    await (await this.labeller)?.dispose();
  }
}

/** Each sound's own frames, padding left out. */
function splitFrames({ logits, mask }: LabelledFrames): CtcLogits[] {
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
