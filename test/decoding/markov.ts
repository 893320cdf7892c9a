import type { ConstraintOptions, Hypothesis, StepDecoder, StepResult } from '../../src/decoding/index.ts';
import { Random } from '../../src/random.ts';

/** Row i is what was fed to row i so far; nothing else, so a wrong `select` shows in every later number. */
export interface History {
  readonly sentences: readonly number[];
  readonly fed: readonly (readonly number[])[];
}

export interface MarkovOptions {
  seed: number;
  vocabularySize: number;
  /** Chance of a token being forbidden. */
  forbidden?: number;
  /** Added to the logit of EOS. */
  eosBias?: number;
}

export const bos = 1;
export const eos = 0;
export const sourceLength = 3;

/** A decoder whose distribution and attention are pseudo-random functions of sentence and whole history. */
export class MarkovDecoder implements StepDecoder<History> {
  readonly vocabularySize: number;
  readonly bos = bos;
  readonly eos = eos;
  readonly batchSizes: number[] = [];
  private readonly options: MarkovOptions;
  /** One buffer for all steps, as a runtime may have: who keeps attention has to copy it. */
  private readonly attention = new Float32Array(2 ** 17);

  constructor(options: MarkovOptions) {
    this.options = options;
    this.vocabularySize = options.vocabularySize;
  }

  /** State before the first token of these sentences. */
  static start(sentences: number[]): History {
    return { sentences, fed: sentences.map(() => []) };
  }

  async step(tokens: Int32Array, state: History): Promise<StepResult<History>> {
    if (tokens.length !== state.fed.length)
      throw new Error(`${tokens.length} tokens, ${state.fed.length} rows`);
    this.batchSizes.push(tokens.length);
    const fed = state.fed.map((history, row) => [...history, tokens[row]]);
    const logProbs = new Float32Array(tokens.length * this.vocabularySize);
    const attention = this.attention.subarray(0, tokens.length * sourceLength);
    for (const [row, history] of fed.entries()) {
      logProbs.set(this.distribution(state.sentences[row], history), row * this.vocabularySize);
      attention.set(this.weights(state.sentences[row], history), row * sourceLength);
    }
    return { state: { sentences: state.sentences, fed }, logProbs, attention };
  }

  select(state: History, rows: Int32Array): History {
    const pick = <T>(items: readonly T[]) => Array.from(rows, (row) => items[row]);
    return { sentences: pick(state.sentences), fed: pick(state.fed) };
  }

  distribution(sentence: number, history: readonly number[]): Float32Array {
    const { seed, forbidden = 0, eosBias = 0 } = this.options;
    const random = generator(seed, sentence, history);
    const logits = Array.from({ length: this.vocabularySize }, (_, token) =>
      random.uniform() < forbidden
        ? Number.NEGATIVE_INFINITY
        : 2 * random.normal() + (token === eos ? eosBias : 0),
    );
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    return Float32Array.from(logits, (logit) => (logit === Number.NEGATIVE_INFINITY ? logit : logit - total));
  }

  weights(sentence: number, history: readonly number[]): Float32Array {
    const random = generator(this.options.seed + 1, sentence, history);
    return Float32Array.from({ length: sourceLength }, () => random.uniform());
  }

  /** The hypothesis these emitted tokens make, computed with no search. */
  hypothesis(sentence: number, emitted: readonly number[], lengthPenalty: number): Hypothesis {
    let logProb = 0;
    const attention: Float32Array[] = [];
    for (const [i, token] of emitted.entries()) {
      const history = [bos, ...emitted.slice(0, i)];
      logProb += this.distribution(sentence, history)[token];
      attention.push(this.weights(sentence, history));
    }
    return {
      tokens: emitted.filter((token) => token !== eos),
      finished: emitted.at(-1) === eos,
      logProb,
      score: logProb / Math.max(1, emitted.length) ** lengthPenalty,
      ...(attention.length > 0 && { attention }),
    };
  }

  /** Tokens that may follow, best first. */
  following(sentence: number, emitted: readonly number[]): { token: number; logProb: number }[] {
    return Array.from(this.distribution(sentence, [bos, ...emitted]), (logProb, token) => ({
      token,
      logProb,
    }))
      .filter(({ logProb }) => logProb > Number.NEGATIVE_INFINITY)
      .sort((a, b) => b.logProb - a.logProb);
  }
}

function generator(seed: number, sentence: number, history: readonly number[]): Random {
  return new Random(
    history.reduce((hash, token) => Math.imul(hash ^ (token + 7), 0x9e3779b1), seed * 31 + sentence),
  );
}

/** Finished hypotheses first, each kind by falling score. */
export function ranked(hypotheses: Hypothesis[]): Hypothesis[] {
  return hypotheses.sort((a, b) => Number(b.finished) - Number(a.finished) || b.score - a.score);
}

/** Every hypothesis that keeps the rules, best first: the whole tree walked, the rules read off whole sequences. */
export function enumerate(
  decoder: MarkovDecoder,
  maxLength: number,
  score: (hypothesis: Hypothesis, length: number) => number,
  rules: ConstraintOptions = {},
): Hypothesis[] {
  const all: Hypothesis[] = [];
  const extend = (emitted: number[]) => {
    const following =
      emitted.at(-1) === eos || emitted.length === maxLength
        ? []
        : decoder.following(0, emitted).filter(({ token }) => mayFollow(emitted, token, rules));
    if (following.length === 0 && mayEnd(emitted, rules)) {
      const hypothesis = decoder.hypothesis(0, emitted, 1);
      all.push({ ...hypothesis, score: score(hypothesis, emitted.length) });
    }
    for (const { token } of following) extend([...emitted, token]);
  };
  extend([]);
  return ranked(all);
}

const endsWith = (tokens: readonly number[], phrase: readonly number[]) =>
  phrase.length <= tokens.length && phrase.every((t, i) => t === tokens[tokens.length - phrase.length + i]);

/** Whether the tokens contain the phrase. */
export const contains = (tokens: readonly number[], phrase: readonly number[]): boolean =>
  tokens.some((_, i) => endsWith(tokens.slice(0, i + 1), phrase));

function mayEnd(
  emitted: readonly number[],
  { minLength = 0, prefix = [], required = [] }: ConstraintOptions,
) {
  const tokens = emitted.filter((token) => token !== eos);
  return (
    tokens.length >= minLength &&
    endsWith(tokens.slice(0, prefix.length), prefix) &&
    required.every((phrase) => contains(tokens, phrase))
  );
}

function mayFollow(emitted: readonly number[], token: number, rules: ConstraintOptions): boolean {
  const { prefix = [], forbidden = [], noRepeat } = rules;
  if (emitted.length < prefix.length) return token === prefix[emitted.length];
  if (token === eos) return mayEnd(emitted, rules);
  const tokens = [...emitted, token];
  if (forbidden.some((phrase) => endsWith(tokens, phrase))) return false;
  return (
    noRepeat === undefined ||
    tokens.length < noRepeat ||
    !contains(emitted, tokens.slice(tokens.length - noRepeat))
  );
}
