import type { Frames } from '../data/audio/index.ts';
import type { FeatureStatistics } from '../data/audio/normalisation.ts';
import { BOS, EOS, PAD, UNK } from '../data/vocabulary.ts';
import { ctcScorer } from '../decoding/ctc/scorer.ts';
import {
  beamSearch,
  type CtcLogits,
  ctcBeamSearch,
  ctcGreedy,
  ctcLoss,
  forcedDecoding,
  fused,
  fusedStart,
  type Hypothesis,
  type WeightedScorer,
} from '../decoding/index.ts';
import { languageScorer } from '../decoding/language/scorer.ts';
import { DataError, UsageError } from '../errors.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import { LabellerProgram } from '../programs/labeller.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend } from '../runtime/index.ts';
import { LazyPrograms } from './lazyPrograms.ts';
import {
  type HeardSound,
  type NamedSound,
  type RecognitionOptions,
  splitFrames,
  type Transcription,
} from './recognition.ts';
import { padFrames } from './speechBatches.ts';
import { checkDuration, frameSeconds, framesOf, stacked } from './speechExamples.ts';
import { languageToken, SPACE_TOKEN } from './speechLanguage.ts';
import { buildSpeechModel, type SpeechCodecs, type SpeechModel } from './speechModel.ts';
import { spansOf, wordSpans } from './speechSpans.ts';

export type { NamedSound, RecognitionOptions, Transcription } from './recognition.ts';
export type { Span, WordSpan } from './speechSpans.ts';

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

  /** How much CTC counts beside the decoder; undefined of CTC alone. */
  ctcWeightOf({ ctcWeight }: RecognitionOptions): number | undefined {
    if (this.model.kind !== 'listener') return undefined;
    return ctcWeight ?? this.recipe.decoding.ctcWeight ?? this.model.ctcWeight;
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
    this.checkOptions(options);
    const heard = this.heard(sounds, statistics);
    return this.inBatches(heard, options.batch, (rows) => this.recognizeBatch(rows, options));
  }

  /** The same of frames as the model reads them. */
  async recognizeFrames(
    frames: readonly Frames[],
    options: RecognitionOptions = {},
  ): Promise<Transcription[][]> {
    this.checkOptions(options);
    const heard = frames.map((own) => ({ frames: own }));
    return this.inBatches(heard, options.batch, (rows) => this.recognizeBatch(rows, options));
  }

  /**
   * Given transcripts in place of the search: how probable each is, and when it was said. The log-probability is that
   * of CTC, or of the decoder alone; tokens that the vocabulary does not hold count as unknown.
   *
   * @param sounds each with its transcript, which may be empty
   * @param statistics as `recognize`
   * @throws as `recognize`; DataError, with the sound's name, for a transcript that is too long for CTC
   */
  async align(
    sounds: readonly (NamedSound & { readonly target: string })[],
    statistics: readonly (FeatureStatistics | undefined)[] = [],
  ): Promise<Transcription[]> {
    const heard = this.heard(sounds, statistics).map((own, i) => ({ ...own, ...sounds[i] }));
    return this.inBatches(heard, undefined, (rows) => this.alignBatch(rows));
  }

  /** Features of sounds, in the model's own normalisation. */
  private heard(
    sounds: readonly NamedSound[],
    statistics: readonly (FeatureStatistics | undefined)[],
  ): HeardSound[] {
    const { features, data } = this.recipe;
    for (const sound of sounds) checkDuration(sound, data.maxSeconds, sound.name);
    const own =
      features.normalise === 'speaker' ? { ...features, normalise: 'utterance' as const } : features;
    return sounds.map((sound, i) => ({
      frames: stacked(framesOf(sound, own, sound.name, { statistics: statistics[i] }), features),
      seconds: sound.samples.length / sound.sampleRate,
    }));
  }

  /** Sounds of similar length together; results in the order of the sounds. */
  private async inBatches<Sound extends HeardSound, Found>(
    sounds: readonly Sound[],
    batch = 16,
    work: (rows: readonly Sound[]) => Promise<Found[]>,
  ): Promise<Found[]> {
    const lengthOf = (i: number) => sounds[i].frames.shape[0];
    const order = sounds.map((_, i) => i).sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
    const results = new Array<Found>(sounds.length);
    for (let at = 0; at < order.length; at += batch) {
      const rows = order.slice(at, at + batch);
      const found = await work(rows.map((i) => sounds[i]));
      for (const [k, i] of rows.entries()) results[i] = found[k];
    }
    return results;
  }

  private checkOptions({
    ctcWeight = 0,
    beam = this.recipe.decoding.beam,
    nBest = 1,
    batch = 1,
    lexicon,
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
    if (lexicon && this.model.kind === 'listener') {
      throw new UsageError(
        `a lexicon for a model of type ${this.recipe.model.type}`,
        'a model of CTC alone',
        'Leave it out.',
      );
    }
    if (ctcWeight > 0 && !(this.model.kind === 'listener' && this.model.ctcWeight > 0)) {
      throw new UsageError(
        `a ctcWeight of ${ctcWeight} for a model of type ${this.recipe.model.type}`,
        'a listener that was trained with CTC',
        'Leave it out.',
      );
    }
  }

  private padded(sounds: readonly HeardSound[]) {
    const frames = sounds.map((sound) => sound.frames);
    return padFrames(frames, this.model.reduction);
  }

  /** What CTC alone says of each sound's frames. */
  private async label(sounds: readonly HeardSound[]): Promise<CtcLogits[]> {
    this.labeller ??= this.compileLabeller();
    return splitFrames(await (await this.labeller).label(this.padded(sounds)));
  }

  private async recognizeBatch(
    sounds: readonly HeardSound[],
    options: RecognitionOptions,
  ): Promise<Transcription[][]> {
    if (!this.programs) {
      const labelled = await this.label(sounds);
      return labelled.map((logits, i) => this.byCtc(logits, options, sounds[i]));
    }
    const padded = this.padded(sounds);
    const { decoding } = this.recipe;
    const { beam = decoding.beam, nBest, languageModel } = options;
    const { lengthPenalty = decoding.lengthPenalty, maxLength = decoding.maxLength } = options;
    const ctcWeight = this.ctcWeightOf(options) ?? 0;
    if (beam === 1 && ctcWeight === 0 && !languageModel) {
      const program = await this.programs.greedy();
      const found = await program.decode(padded, { maxLength, lengthPenalty });
      return found.map((hypothesis, i) => [this.written(hypothesis, sounds[i])]);
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
    const found = await beamSearch(decoder, fusedStart(state, sounds.length), sounds.length, {
      beam,
      nBest,
      lengthPenalty,
      maxLength,
    });
    return found.map((hypotheses, i) =>
      hypotheses.map((hypothesis) => this.written(hypothesis, sounds[i], logits?.[i])),
    );
  }

  private async alignBatch(
    sounds: readonly (HeardSound & { readonly name: string; readonly target: string })[],
  ): Promise<Transcription[]> {
    const { target: codec } = this.codecs;
    const given = sounds.map(({ target }) => ({
      labels: codec.encode(target),
      tokens: codec.tokens(target),
    }));
    if (!this.programs) {
      const labelled = await this.label(sounds);
      return given.map(({ labels, tokens }, i) => {
        const logProb = -ofSound(sounds[i].name, () => ctcLoss(labelled[i], labels));
        const scores = { logProb, score: logProb / Math.max(1, labels.length) };
        const found = this.labelled(labels, scores, labelled[i], sounds[i]);
        return this.asGiven(found, sounds[i].target, tokens);
      });
    }
    const program = await this.programs.step();
    const { state, frames: labelled } = await program.read(this.padded(sounds));
    const logits = labelled && splitFrames(labelled);
    const found = await forcedDecoding(
      program,
      state,
      given.map(({ labels }) => labels),
    );
    return found.map((hypothesis, i) =>
      this.asGiven(this.written(hypothesis, sounds[i], logits?.[i]), sounds[i].target, given[i].tokens),
    );
  }

  /** With what was given in place of what the vocabulary holds of it. */
  private asGiven(found: Transcription, text: string, tokens: readonly string[]): Transcription {
    const { spans } = found;
    return {
      ...found,
      text,
      tokens,
      ...(spans && { words: wordSpans(tokens, spans, this.codecs.target.tokenizer) }),
    };
  }

  /** The best labellings of one sound by CTC alone. */
  private byCtc(logits: CtcLogits, options: RecognitionOptions, sound: HeardSound): Transcription[] {
    const { beam = this.recipe.decoding.beam, nBest, languageModel, lexicon } = options;
    if (beam === 1 && !languageModel && !lexicon) {
      const { labels, logProb: score } = ctcGreedy(logits, { never: NEVER_SAID });
      return [this.labelled(labels, { logProb: -ctcLoss(logits, labels), score }, logits, sound)];
    }
    const found = ctcBeamSearch(logits, {
      alphabet: this.alphabet(languageModel?.unit ?? 'word'),
      never: NEVER_SAID,
      beam,
      nBest,
      ...(lexicon && { lexicon }),
      ...(languageModel && {
        languageModel: languageModel.model,
        languageModelWeight: languageModel.weight,
        insertionBonus: languageModel.bonus,
        unit: languageModel.unit === 'word' ? ('word' as const) : ('label' as const),
        spaceToken: SPACE_TOKEN,
      }),
    });
    return found.map(({ labels, logProb, score }) =>
      this.labelled(labels, { logProb, score }, logits, sound),
    );
  }

  private labelled(
    labels: readonly number[],
    scores: { logProb: number; score: number },
    logits: CtcLogits,
    sound: HeardSound,
  ): Transcription {
    const spelled = this.spelled(labels);
    return {
      ...spelled,
      ...scores,
      finished: true,
      ...this.times(labels, spelled.tokens, logits, sound),
      frameSeconds: this.columnSeconds,
    };
  }

  private written(hypothesis: Hypothesis, sound: HeardSound, logits?: CtcLogits): Transcription {
    const length = Math.ceil(sound.frames.shape[0] / this.model.reduction);
    const { tokens, logProb, score, finished, attention = [] } = hypothesis;
    const sayable = tokens.every((token) => token !== PAD && token !== BOS && token !== EOS);
    const spelled = this.spelled(tokens);
    return {
      ...spelled,
      logProb,
      score,
      finished,
      ...(logits && sayable && this.times(tokens, spelled.tokens, logits, sound)),
      attention: attention.map((row) => row.slice(0, length)),
      frameSeconds: this.columnSeconds,
    };
  }

  private spelled(ids: readonly number[]): { text: string; tokens: string[] } {
    const { vocabulary, tokenizer } = this.codecs.target;
    const tokens = ids.map((id) => vocabulary.tokenOf(id));
    return { tokens, text: tokenizer.detokenize(tokens) };
  }

  /** When tokens and words were said, as CTC hears it. */
  private times(
    labels: readonly number[],
    tokens: readonly string[],
    logits: CtcLogits,
    { seconds: soundSeconds = Number.POSITIVE_INFINITY }: HeardSound,
  ): Pick<Transcription, 'spans' | 'words'> {
    const spans = spansOf(labels, logits, { frameSeconds: this.columnSeconds, soundSeconds });
    return spans ? { spans, words: wordSpans(tokens, spans, this.codecs.target.tokenizer) } : {};
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
    // Words and a lexicon need the space as it is; a language model is told what it calls it.
    const spells = this.codecs.target.tokenizer.kind === 'character';
    return this.named(spells ? 'word' : unit).map((token, id) =>
      NEVER_SAID.includes(id) ? String.fromCodePoint(0xe000 + id) : token,
    );
  }

  async dispose(): Promise<void> {
    await this.programs?.dispose();
    await (await this.labeller)?.dispose();
  }
}

/** The labels of CTC that stand for no text. */
const NEVER_SAID = [PAD, BOS, EOS, UNK];

/** What CTC refuses of a sound, by the sound's name. */
function ofSound<Found>(name: string, work: () => Found): Found {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(`${name}: ${error.arrived}`, error.expected, error.todo);
  }
}
