import { BOS, EOS } from '../data/vocabulary.ts';
import { beamSearch, forcedDecoding, type Hypothesis } from '../decoding/index.ts';
import { DataError, UsageError } from '../errors.ts';
import type { EncoderDecoder } from '../models/index.ts';
import { StepProgram } from '../programs/decoder.ts';
import { GreedyProgram } from '../programs/greedy.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend } from '../runtime/index.ts';
import { type Codecs, padSources } from './pairs.ts';

export interface TranslateOptions {
  /** hypotheses kept at each step; 1 is greedy search, run as one program. Default 5 */
  readonly beam?: number;
  /** translations wanted of each source, at most `beam`. Default 1 */
  readonly nBest?: number;
  /** log-probability is divided by length to this power. Default 1 */
  readonly lengthPenalty?: number;
  /** tokens after which a hypothesis is cut. Default 100; never more than twice its source + 20 */
  readonly maxLength?: number;
  /** sentences decoded together. Default 64 */
  readonly batch?: number;
}

export interface Translation {
  readonly text: string;
  /** target tokens; with attention, one row each, and one more for the end of the sentence */
  readonly tokens: readonly string[];
  /** source tokens, and the end of the sentence */
  readonly sourceTokens: readonly string[];
  /** natural log of the probability, the end of the sentence included */
  readonly logProb: number;
  /** log-probability over length to the power of `lengthPenalty` */
  readonly score: number;
  /** false when the hypothesis was cut at the length limit */
  readonly finished: boolean;
  /** [T][S], each row sums to 1; absent for models without attention */
  readonly attention?: readonly Float32Array[];
}

/** A given target under the model: as if the model had said it. */
export interface Alignment extends Translation {
  /** natural log-probability of each token, the end of the sentence last */
  readonly tokenLogProbs: readonly number[];
}

/** What the end of a sentence is called where tokens are shown. */
export const END = '</s>';

/** A trained model ready to translate. */
export class Translator {
  private readonly model: EncoderDecoder;
  private readonly weights: { layout: ParameterLayout; parameters: Float32Array };
  private readonly codecs: Codecs;
  private readonly backend: Backend;
  private greedy: Promise<GreedyProgram> | undefined;
  private steps: Promise<StepProgram> | undefined;

  constructor(
    model: EncoderDecoder,
    weights: { layout: ParameterLayout; parameters: Float32Array },
    codecs: Codecs,
    backend: Backend,
  ) {
    this.model = model;
    this.weights = weights;
    this.codecs = codecs;
    this.backend = backend;
  }

  /**
   * Translations of each text, best first.
   *
   * @throws DataError for a text without a token
   */
  async translate(texts: readonly string[], options: TranslateOptions = {}): Promise<Translation[][]> {
    const { beam = 5, nBest = 1, maxLength = 100, lengthPenalty = 1, batch = 64 } = options;
    if (nBest > beam) {
      throw new UsageError(
        `nBest ${nBest} with beam ${beam}`,
        'at most as many as the beam',
        'Widen the beam.',
      );
    }
    const sources = this.encode('source', texts);
    const order = sources.map((_, i) => i).sort((a, b) => sources[a].length - sources[b].length || a - b);
    const results = new Array<Translation[]>(texts.length);
    for (let at = 0; at < order.length; at += batch) {
      const rows = order.slice(at, at + batch);
      const padded = padSources(rows.map((i) => sources[i]));
      // Each sentence by its own length: it must come out the same alone and in any batch.
      const limits = rows.map((i) => Math.min(maxLength, 2 * sources[i].length + 20));
      let found: Hypothesis[][];
      if (beam === 1) {
        this.greedy ??= GreedyProgram.compile(this.model, this.weights, this.backend, { bos: BOS, eos: EOS });
        found = (await (await this.greedy).decode(padded, { maxLength: limits, lengthPenalty })).map((h) => [
          h,
        ]);
      } else {
        const program = await this.stepProgram();
        const state = await program.start(padded);
        found = await beamSearch(program, state, rows.length, {
          beam,
          nBest,
          lengthPenalty,
          maxLength: limits,
        });
      }
      for (const [k, i] of rows.entries()) {
        results[i] = found[k].map((h) => this.finish(h, texts[i], sources[i].length + 1));
      }
    }
    return results;
  }

  /**
   * Each pair's target as the model sees it: its probability, and where the model looks for each of its tokens
   * (forced decoding). `finished` is always true, and `score` the log-probability per token.
   *
   * @param options.batch pairs decoded together. Default 64
   * @throws DataError for a source or a target without a token
   */
  async align(
    pairs: readonly { readonly source: string; readonly target: string }[],
    options: { batch?: number } = {},
  ): Promise<Alignment[]> {
    const { batch = 64 } = options;
    const texts = pairs.map((pair) => pair.source);
    const sources = this.encode('source', texts);
    const targets = this.encode(
      'target',
      pairs.map((pair) => pair.target),
    );
    const program = await this.stepProgram();
    const results: Alignment[] = [];
    for (let at = 0; at < pairs.length; at += batch) {
      const rows = sources.slice(at, at + batch);
      const state = await program.start(padSources(rows));
      const found = await forcedDecoding(program, state, targets.slice(at, at + batch));
      for (const [k, hypothesis] of found.entries()) {
        const { source, target } = pairs[at + k];
        results.push({
          ...this.finish(hypothesis, source, rows[k].length + 1),
          text: target,
          // As they were given: what the vocabulary does not hold is no reason to hide it.
          tokens: this.codecs.target.tokens(target),
          tokenLogProbs: hypothesis.tokenLogProbs,
        });
      }
    }
    return results;
  }

  private encode(side: 'source' | 'target', texts: readonly string[]): number[][] {
    return texts.map((text, i) => {
      const ids = this.codecs[side].encode(text);
      if (ids.length > 0) return ids;
      throw new DataError(
        `an empty ${side} (number ${i + 1} of ${texts.length}): ${JSON.stringify(text)}`,
        'text with at least one token',
        'Leave empty texts out.',
      );
    });
  }

  private stepProgram(): Promise<StepProgram> {
    this.steps ??= StepProgram.compile(this.model, this.weights, this.backend, { bos: BOS, eos: EOS });
    return this.steps;
  }

  private finish(hypothesis: Hypothesis, source: string, sourceLength: number): Translation {
    const { source: from, target: to } = this.codecs;
    const tokens = to.vocabulary.decode(hypothesis.tokens);
    return {
      text: to.decode(hypothesis.tokens),
      tokens,
      sourceTokens: [...from.tokens(source), END],
      logProb: hypothesis.logProb,
      score: hypothesis.score,
      finished: hypothesis.finished,
      // Beyond the sentence there is only padding, which gets no weight.
      ...(hypothesis.attention && {
        attention: hypothesis.attention.map((row) => row.slice(0, sourceLength)),
      }),
    };
  }

  async dispose(): Promise<void> {
    await (await this.greedy)?.dispose();
    await (await this.steps)?.dispose();
  }
}
