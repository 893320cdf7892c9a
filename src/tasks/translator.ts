import { BOS, EOS, PAD, UNK } from '../data/vocabulary.ts';
import {
  beamSearch,
  type Constraint,
  constraintOf,
  type EnsembleMean,
  ensemble,
  forcedDecoding,
  type Hypothesis,
  type LengthPenaltyForm,
  type StepDecoder,
  sample,
  type Truncation,
} from '../decoding/index.ts';
import { DataError, UsageError } from '../errors.ts';
import type { EncoderDecoder } from '../models/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { SourceBatch } from '../programs/sources.ts';
import type { Backend } from '../runtime/index.ts';
import { type ConstrainedText, encodeConstraints, type TextConstraints } from './constrainedText.ts';
import { eachHead, type HeadedHypothesis } from './heads.ts';
import { LazyPrograms } from './lazyPrograms.ts';
import { type Codecs, copiedWords, encodePairs, sourceBatch } from './pairs.ts';
import { replaceUnknown } from './unknownWords.ts';

export interface TranslateOptions extends TextConstraints {
  /** hypotheses kept at each step; 1 is greedy search, where nothing else is asked for run as one program. Default 5 */
  readonly beam?: number;
  /** translations wanted of each source, at most `beam`. Default 1 */
  readonly nBest?: number;
  /** α of the length penalty; 0 is none. Default 1 */
  readonly lengthPenalty?: number;
  /** log-probability over `length^α`, or as in GNMT over `((5 + length) / 6)^α`. Default `plain` */
  readonly lengthPenaltyForm?: LengthPenaltyForm;
  /** β of the coverage penalty of GNMT; needs attention. Default 0 */
  readonly coveragePenalty?: number;
  /** fewest tokens, the end not counted. Default 0 */
  readonly minLength?: number;
  /** tokens after which a hypothesis is cut, the end of the sentence counted; for every text alike. Default 100 */
  readonly maxLength?: number;
  /** n: no sequence of n tokens is said twice */
  readonly noRepeat?: number;
  /** diverse beam search: equal parts of the beam that are kept different */
  readonly diverseGroups?: number;
  /** what a token costs in a group for each hypothesis of earlier groups that says it, nats; with `diverseGroups`. Default 0.5 */
  readonly diversity?: number;
  /** draw translations instead of searching for the best; without beam, nBest, diverse groups and required phrases */
  readonly sampling?: SamplingRequest;
  /** `<unk>` becomes the source token it attends to most, or what the dictionary has for that. Default false */
  readonly replaceUnknown?: boolean | ReadonlyMap<string, string>;
  /** `<unk>` is never said, in any search; not with `replaceUnknown`. Default false */
  readonly noUnknown?: boolean;
  /** tell the attention of each head too; not with a coverage penalty, and of an ensemble where all have as many. Default false */
  readonly heads?: boolean;
  /** sentences decoded together, at most; fewer where they have more than 320 hypotheses in all. Default 64 */
  readonly batch?: number;
}

export interface SamplingRequest extends Truncation {
  /** drawn of each source. Default 1 */
  readonly samples?: number;
  /** equal seeds draw the same of equal sources, whatever stands beside them. Default 1 */
  readonly seed?: number;
}

export interface Translation {
  readonly text: string;
  /** target tokens; with attention, one row each, and one more for the end of the sentence */
  readonly tokens: readonly string[];
  /** source tokens, and the end of the sentence */
  readonly sourceTokens: readonly string[];
  /** natural log of the probability, the end of the sentence included */
  readonly logProb: number;
  /** log-probability over the length penalty, and the coverage penalty */
  readonly score: number;
  /** false when the hypothesis was cut at the length limit */
  readonly finished: boolean;
  /** [T][S], each row sums to 1 (with a window of local-p, to less); absent for models without attention */
  readonly attention?: readonly Float32Array[];
  /** [heads][T][S]: where each head looked, of multi-head attention and where it was asked for */
  readonly heads?: readonly (readonly Float32Array[])[];
}

/** A given target under the model: as if the model had said it. */
export interface Alignment extends Translation {
  /** natural log-probability of each token, the end of the sentence last */
  readonly tokenLogProbs: readonly number[];
}

/** Of all sentences of a batch together: the memory of a step grows with them. */
const MAX_HYPOTHESES = 320;

/** What the end of a sentence is called where tokens are shown. */
export const END = '</s>';

/** A trained model, or several as one, ready to translate. */
export class Translator {
  private readonly codecs: Codecs;
  private members: readonly LazyPrograms[];
  private mean: EnsembleMean | undefined;

  constructor(
    model: EncoderDecoder,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    codecs: Codecs,
    backend: Backend,
  ) {
    this.codecs = codecs;
    this.members = [new LazyPrograms(model, weights, backend)];
  }

  /**
   * Several translators as one: at each step the mean of what they say. It shares their programs, and disposing of it
   * disposes of them.
   *
   * @param options.mean of probabilities (`arithmetic`, the default) or of log-probabilities (`geometric`)
   * @throws UsageError when they do not write text alike: other tokenizers or vocabularies, or not all copy words
   */
  static ensemble(translators: readonly Translator[], options: { mean?: EnsembleMean } = {}): Translator {
    const described = translators.map((t) => JSON.stringify([t.codecs.source, t.codecs.target, t.copies]));
    const other = described.findIndex((codecs) => codecs !== described[0]);
    if (translators.length === 0 || other >= 0) {
      throw new UsageError(
        other < 0
          ? 'An ensemble of nothing'
          : `An ensemble whose model ${other + 1} has another tokenizer or vocabulary than model 1, or copies where it does not`,
        'models of the same tokenizers and vocabularies on both sides, all of which copy or none',
        'Train them on the same data with the same source and target sections, and other seeds.',
      );
    }
    const [{ codecs, members }] = translators;
    const [{ model, weights, backend }] = members;
    const joined = new Translator(model, weights, codecs, backend);
    joined.members = translators.flatMap((translator) => translator.members);
    joined.mean = options.mean;
    return joined;
  }

  /**
   * Translations of each text, best first; or in the order drawn.
   *
   * @param texts a text may bring constraints of its own, which join those of the options; its prefix goes first
   * @throws DataError for a text without a token, and one whose constraints no hypothesis keeps; UsageError for
   *   options that are wrong or do not go together, and for what needs attention where there is none
   */
  async translate(
    texts: readonly (string | ConstrainedText)[],
    options: TranslateOptions = {},
  ): Promise<Translation[][]> {
    checkCombination(options);
    const { beam = 5, sampling, minLength, noRepeat, noUnknown = false } = options;
    const hypotheses = sampling?.samples ?? (sampling ? 1 : beam);
    const batch = Math.min(options.batch ?? 64, Math.max(1, Math.floor(MAX_HYPOTHESES / hypotheses)));
    const asked = texts.map((text) => (typeof text === 'string' ? { text } : text));
    const names = asked.map(
      ({ name, text }, i) => `${name ?? `text ${i + 1}`}, ${JSON.stringify(text.slice(0, 40))}`,
    );
    const sources = asked.map(({ text, name }, i) => {
      const ids = this.codecs.source.encode(text);
      if (ids.length === 0) throw empty('source', text, name ?? `number ${i + 1} of ${texts.length}`);
      return ids;
    });
    const target = this.codecs.target;
    const vocabulary = { vocabularySize: target.vocabulary.size, eos: EOS };
    const spell = (ids: readonly number[]) =>
      JSON.stringify(target.tokenizer.detokenize(ids.map((id) => target.vocabulary.tokenOf(id))));
    const constraints = asked.map((own, i) => {
      const naming = { name: names[i], spell };
      const phrases = encodeConstraints(
        own,
        options,
        target,
        this.copies || Boolean(options.replaceUnknown),
        names[i],
      );
      const forbidden = noUnknown ? [...phrases.forbidden, [UNK]] : phrases.forbidden;
      const rules = { minLength, noRepeat, ...phrases, forbidden };
      if (!constraintOf(rules, vocabulary, naming) && !sampling) return undefined;
      // The best are never these. Whoever draws, or has to avoid the best, would come upon them.
      return constraintOf({ ...rules, forbidden: [...forbidden, [PAD], [BOS]] }, vocabulary);
    });
    const order = sources.map((_, i) => i).sort((a, b) => sources[a].length - sources[b].length || a - b);
    const results = new Array<Translation[]>(texts.length);
    for (let at = 0; at < order.length; at += batch) {
      const rows = order.slice(at, at + batch);
      const found = await this.search(
        rows.map((i) => ({
          text: asked[i].text,
          source: sources[i],
          constraint: constraints[i],
          name: names[i],
        })),
        options,
      );
      for (const [k, i] of rows.entries()) {
        results[i] = found[k].map((h) => this.finish(h, asked[i].text, options.replaceUnknown));
      }
    }
    return results;
  }

  /**
   * Each pair's target as the model sees it: its probability, and where the model looks for each of its tokens
   * (forced decoding). `finished` is always true, and `score` the log-probability per token.
   *
   * @param pairs with what errors call each, by default `number 1 of 3` and so on
   * @param options.batch pairs decoded together. Default 64
   * @param options.heads tell the attention of each head too. Default false
   * @throws DataError for a source or a target without a token
   */
  async align(
    pairs: readonly { readonly source: string; readonly target: string; readonly name?: string }[],
    options: { batch?: number; heads?: boolean } = {},
  ): Promise<Alignment[]> {
    const { batch = 64, heads = false } = options;
    const examples = encodePairs(
      pairs.map((pair, i) => ({ ...pair, line: i + 1 })),
      this.codecs,
      { copies: this.copies },
    );
    for (const side of ['source', 'target'] as const) {
      for (const [i, example] of examples.entries()) {
        if (example[side].length === 0) {
          throw empty(side, pairs[i][side], pairs[i].name ?? `number ${i + 1} of ${pairs.length}`);
        }
      }
    }
    const results: Alignment[] = [];
    for (let at = 0; at < pairs.length; at += batch) {
      const rows = examples
        .slice(at, at + batch)
        .map((example, k) => ({ ...example, text: pairs[at + k].source }));
      const { decoder, state, heads: count } = await this.start(this.pad(rows), heads);
      const targets = rows.map(({ target, copying }) => copying?.labels ?? target);
      const found = await forcedDecoding(decoder, state, targets);
      for (const [k, hypothesis] of found.entries()) {
        const { source, target } = pairs[at + k];
        results.push({
          ...this.finish(eachHead(hypothesis, count), source),
          text: target,
          // As they were given: what the vocabulary does not hold is no reason to hide it.
          tokens: this.codecs.target.tokens(target),
          tokenLogProbs: hypothesis.tokenLogProbs,
        });
      }
    }
    return results;
  }

  /** Decodes one batch in the way that the options ask for. */
  private async search(rows: readonly Row[], options: TranslateOptions): Promise<HeadedHypothesis[][]> {
    const { beam = 5, nBest, lengthPenalty = 1, lengthPenaltyForm = 'plain', coveragePenalty = 0 } = options;
    const { maxLength = 100, diverseGroups: groups, diversity, sampling } = options;
    const padded = this.pad(rows);
    const isPlain = lengthPenaltyForm === 'plain' && coveragePenalty === 0;
    const isFree = rows.every(({ constraint }) => !constraint);
    const { heads = false } = options;
    if (!heads && beam === 1 && !groups && !sampling && isPlain && isFree && this.members.length === 1) {
      const program = await this.members[0].greedy();
      return (await program.decode(padded, { maxLength, lengthPenalty })).map((hypothesis) => [hypothesis]);
    }
    const { decoder, state, heads: count } = await this.start(padded, heads);
    const common = {
      maxLength,
      lengthPenalty,
      lengthPenaltyForm,
      coveragePenalty,
      constraints: rows.map(({ constraint }) => constraint),
      names: rows.map(({ name }) => name),
      // Its end is read, too.
      sourceLengths: rows.map(({ source }) => source.length + 1),
    };
    const told = (found: Hypothesis[][]) => found.map((several) => several.map((h) => eachHead(h, count)));
    if (!sampling) {
      const search = { ...common, beam, nBest, groups, diversity };
      return told(await beamSearch(decoder, state, rows.length, search));
    }
    const { seed = 1, ...truncation } = sampling;
    const seeds = rows.map(({ source }) => hash(seed, source));
    return told(await sample(decoder, state, rows.length, { ...common, ...truncation, seeds }));
  }

  private get copies(): boolean {
    return this.members[0].model.copies ?? false;
  }

  /** A padded batch; for models that copy also the words as they may be copied. */
  private pad(rows: readonly { readonly text: string; readonly source: readonly number[] }[]): SourceBatch {
    return sourceBatch(rows, this.codecs, this.members[0].model);
  }

  private async start(
    batch: SourceBatch,
    heads = false,
  ): Promise<{ decoder: StepDecoder<unknown>; state: unknown; heads: number }> {
    const programs = await Promise.all(
      this.members.map((member) => (heads ? member.heads() : member.step())),
    );
    const states: unknown[] = [];
    for (const program of programs) states.push(await program.start(batch));
    const { copying } = batch;
    const decoders: StepDecoder<unknown>[] = programs.map((p) => (copying ? p.extended(copying.extra) : p));
    const [{ heads: count }] = programs;
    if (decoders.length === 1) return { decoder: decoders[0], state: states[0], heads: count };
    return { decoder: ensemble(decoders, { mean: this.mean }), state: states, heads: count };
  }

  private finish(
    hypothesis: HeadedHypothesis,
    source: string,
    replacing: TranslateOptions['replaceUnknown'] = false,
  ): Translation {
    const { source: from, target: to } = this.codecs;
    const sourceTokens = from.tokens(source);
    const copied = this.copies ? copiedWords(sourceTokens, this.codecs).extra : [];
    const said = hypothesis.tokens.map((id) => copied[id - to.vocabulary.size] ?? to.vocabulary.tokenOf(id));
    const dictionary = typeof replacing === 'object' ? replacing : new Map<string, string>();
    const tokens = replacing ? replaceUnknown(hypothesis, said, sourceTokens, dictionary) : said;
    const shown = tokens.filter((_, t) => ![BOS, PAD].includes(hypothesis.tokens[t]));
    return {
      text: to.tokenizer.detokenize(shown),
      tokens,
      sourceTokens: [...sourceTokens, END],
      logProb: hypothesis.logProb,
      score: hypothesis.score,
      finished: hypothesis.finished,
      // Beyond the sentence there is only padding, which gets no weight.
      ...(hypothesis.attention && {
        attention: hypothesis.attention.map((row) => row.slice(0, sourceTokens.length + 1)),
      }),
      ...(hypothesis.heads && {
        heads: hypothesis.heads.map((rows) => rows.map((row) => row.slice(0, sourceTokens.length + 1))),
      }),
    };
  }

  async dispose(): Promise<void> {
    for (const member of this.members) await member.dispose();
  }
}

const empty = (side: 'source' | 'target', text: string, name: string): DataError =>
  new DataError(
    `an empty ${side} (${name}): ${JSON.stringify(text)}`,
    'text with at least one token',
    'Leave empty texts out.',
  );

/** A text to be decoded. */
interface Row {
  readonly text: string;
  readonly source: readonly number[];
  readonly constraint: Constraint | undefined;
  /** for errors */
  readonly name: string;
}

/** 32 bits of a seed and a source (FNV-1a over its ids): what a text's samples follow from. */
function hash(seed: number, source: readonly number[]): number {
  return [seed, ...source].reduce((h, id) => Math.imul(h ^ id, 0x01000193) >>> 0, 0x811c9dc5);
}

/** Refuses options of which one would do nothing. */
function checkCombination(options: TranslateOptions): void {
  const { beam = 5, nBest = 1, sampling, diverseGroups, diversity, noUnknown, replaceUnknown } = options;
  const beside = (['beam', 'nBest', 'diverseGroups', 'diversity'] as const).filter(
    (name) => options[name] !== undefined,
  );
  if (sampling && beside.length > 0) {
    throw new UsageError(
      `${beside.join(' and ')} with sampling`,
      'a search for the best or samples, not both',
      'Leave one of the two out.',
    );
  }
  if (noUnknown && replaceUnknown) {
    throw new UsageError(
      'noUnknown with replaceUnknown',
      'unknown words that are never said, or that are replaced',
      'Leave one of the two out.',
    );
  }
  if (diversity !== undefined && diverseGroups === undefined) {
    throw new UsageError(
      `diversity ${diversity} without groups`,
      'diverseGroups, between which it holds',
      'Give both, or neither.',
    );
  }
  if (options.heads && options.coveragePenalty) {
    throw new UsageError(
      `heads with a coveragePenalty of ${options.coveragePenalty}`,
      'a penalty on the mean of the heads, or each head told',
      'Leave one of the two out.',
    );
  }
  if (nBest > beam) {
    throw new UsageError(
      `nBest ${nBest} with beam ${beam}`,
      'at most as many as the beam',
      'Widen the beam.',
    );
  }
}
