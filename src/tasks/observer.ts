import { BOS, EOS, PAD } from '../data/vocabulary.ts';
import { DataError, UsageError } from '../errors.ts';
import type { EncoderDecoder } from '../models/index.ts';
import type { DecoderState } from '../programs/decoder.ts';
import { ObservationProgram } from '../programs/observation.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend, HostTensor } from '../runtime/index.ts';
import type { ContentOf } from './content.ts';
import { type Candidate, type Observation, observedNumbers, topCandidates } from './observation.ts';
import { buildModel, type Codecs, copiedWords, sourceBatch } from './pairs.ts';
import { type GivenAttention, givenWeights } from './steering.ts';
import { END } from './translator.ts';

export type { Candidate, Observation } from './observation.ts';

/** Where a translation stands. A value: keep it, go back to it, and go on from it in another way. */
export interface ObserverState {
  /** ids of the words said */
  readonly said: readonly number[];
  /** the same as tokens */
  readonly tokens: readonly string[];
  /** natural log of their probability under the attention they were said with */
  readonly logProb: number;
  /** the end of the sentence was said */
  readonly finished: boolean;
  /** what is carried, and what is read of the source */
  readonly decoder: DecoderState;
  /** source words that the vocabulary does not hold, of a model that copies: their ids are V, V + 1, … */
  readonly extra: readonly string[];
}

/** A source as the encoder reads it. */
export interface ObservedSource {
  /** with the end of the sentence, which is read, too */
  readonly tokens: readonly string[];
  readonly ids: readonly number[];
  /** h_j = [→h_j; ←h_j], [S][D] (appendix A.2.1); absent for models without attention */
  readonly annotations?: readonly Float32Array[];
  /** before the first word */
  readonly state: ObserverState;
}

export interface StepOptions {
  /** the id of the word to be said, instead of the most probable one */
  readonly token?: number;
  /** weights in place of the model's own */
  readonly attention?: GivenAttention;
  /** candidates shown. Default 10 */
  readonly top?: number;
}

/** A model that translates, word by word, with all it computes on the way, and as one steers it. */
export class Observer {
  private readonly codecs: Codecs;
  private readonly model: EncoderDecoder;
  private readonly maxLength: number;
  private readonly compile: () => Promise<ObservationProgram>;
  private program: Promise<ObservationProgram> | undefined;

  /**
   * @param content as `openBundle` gives it, or `contentOf` makes it
   * @param weights as `openBundle` gives them, or a training's `program`; what they are when first used is kept, so a
   *   training that has gone on needs another observer
   */
  constructor(
    content: Pick<ContentOf<'translation'>, 'recipe' | 'codecs'>,
    weights: { readonly layout: ParameterLayout; readonly parameters: Float32Array },
    backend: Backend,
  ) {
    const { recipe, codecs } = content;
    const model = buildModel(recipe, codecs);
    this.codecs = codecs;
    this.model = model;
    this.maxLength = recipe.decoding.maxLength;
    this.compile = () => ObservationProgram.compile(model, weights, backend);
  }

  /** Reads a source. @throws DataError for one without a token */
  async begin(text: string): Promise<ObservedSource> {
    const { source } = this.codecs;
    const words = source.tokens(text);
    const ids = source.vocabulary.encode(words);
    if (ids.length === 0) {
      throw new DataError(
        `an empty source: ${JSON.stringify(text)}`,
        'text with at least one token',
        'Write something.',
      );
    }
    const program = await this.compiled();
    const batch = sourceBatch([{ text, source: ids }], this.codecs, this.model);
    const { state: decoder, annotations } = await program.start(batch);
    const extra = this.model.copies ? copiedWords(words, this.codecs).extra : [];
    const state = { said: [], tokens: [], logProb: 0, finished: false, decoder, extra };
    return {
      tokens: [...words, END],
      ids: [...ids, EOS],
      ...(annotations && { annotations: rows(annotations) }),
      state,
    };
  }

  /**
   * One word of the translation: what is computed for it, the word (the most probable one, or the one given), and where
   * the translation stands then. Greedy translation is this, again and again, without options.
   *
   * @throws UsageError after the end of the sentence, for a token that is none of the model's, and for attention that
   *   does not fit or that the model has none of
   */
  async step(state: ObserverState, options: StepOptions = {}): Promise<Observation<ObserverState>> {
    if (state.finished) {
      throw new UsageError(
        `a step after ${END}`,
        'a state whose sentence has not ended',
        'Go back to an earlier one.',
      );
    }
    const { attention, top = 10 } = options;
    const program = await this.compiled();
    const S = state.decoder.memory.bias?.shape[1];
    const given = attention === undefined ? undefined : givenWeights(attention, S);
    const previous = state.said.at(-1) ?? BOS;
    const found = await program.step(
      Int32Array.of(previous),
      state.decoder,
      given && { weights: given, gate: Float32Array.of(1) },
    );
    const candidate = (id: number): Candidate => ({
      id,
      token: this.tokenOf(id, state),
      logProb: found.logProbs[id],
      probability: Math.exp(found.logProbs[id]),
    });
    const candidates = topCandidates(found.logProbs, Math.max(1, top)).map(candidate);
    const said = options.token === undefined ? candidates[0] : candidate(this.checked(options.token, found));
    return {
      position: state.said.length + 1,
      previous: { id: previous, token: this.tokenOf(previous, state) },
      ...observedNumbers(found, state.decoder),
      top: candidates.slice(0, top),
      said,
      next: {
        said: [...state.said, said.id],
        tokens: [...state.tokens, said.token],
        logProb: state.logProb + said.logProb,
        finished: said.id === EOS,
        decoder: found.state,
        extra: state.extra,
      },
    };
  }

  /**
   * Goes on by itself, greedily, to the end of the sentence or the length limit.
   *
   * @param options.attention for all steps that follow; default: the model's own
   * @param options.maxLength words in all, those said before and the end counted. Default: the recipe's
   */
  async *rest(
    state: ObserverState,
    options: Omit<StepOptions, 'token'> & { readonly maxLength?: number } = {},
  ): AsyncGenerator<Observation<ObserverState>, void> {
    const { maxLength = this.maxLength, ...step } = options;
    for (let at = state; !at.finished && at.said.length < maxLength; ) {
      const found = await this.step(at, step);
      yield found;
      at = found.next;
    }
  }

  /** What was said, as text. */
  text({ said, tokens }: ObserverState): string {
    const shown = tokens.filter((_, t) => ![BOS, PAD, EOS].includes(said[t]));
    return this.codecs.target.tokenizer.detokenize(shown);
  }

  /** The id of a target token, to force it; undefined where the vocabulary, or the source, does not hold it. */
  idOf(token: string, state: ObserverState): number | undefined {
    const { vocabulary } = this.codecs.target;
    if (token === END) return EOS;
    const [id] = vocabulary.encode([token]);
    // Padding and the begin of a sentence are no words, and read as unknown.
    if (vocabulary.tokenOf(id) === token) return id;
    const copied = state.extra.indexOf(token);
    return copied < 0 ? undefined : vocabulary.size + copied;
  }

  private tokenOf(id: number, { extra }: ObserverState): string {
    const { vocabulary } = this.codecs.target;
    return extra[id - vocabulary.size] ?? vocabulary.tokenOf(id);
  }

  private checked(token: number, { logProbs }: { readonly logProbs: Float32Array }): number {
    if (Number.isInteger(token) && token >= 0 && token < logProbs.length) return token;
    throw new UsageError(
      `the token ${token}`,
      `the id of one, 0 to ${logProbs.length - 1}`,
      "Take one of 'top', or ask idOf.",
    );
  }

  private compiled(): Promise<ObservationProgram> {
    this.program ??= this.compile();
    return this.program;
  }

  async dispose(): Promise<void> {
    await (await this.program)?.dispose();
  }
}

/** [S, 1, D] as S vectors. */
function rows({ shape: [S], data }: HostTensor): Float32Array[] {
  const D = data.length / S;
  return Array.from({ length: S }, (_, j) => (data as Float32Array).slice(j * D, (j + 1) * D));
}
