import { UsageError } from '../../errors.ts';
import { type LanguageModel, SENTENCE_END, SENTENCE_START, UNKNOWN } from './contract.ts';
import { type NgramTrie, ROOT } from './trie.ts';

/** What the tokens before say about the next: the longest of their suffixes that the model has something on. */
export type NgramState = number;

export interface NgramOptions {
  /**
   * Natural log-probability of a token outside the vocabulary, at most 0, for a model without `<unk>`; -Infinity
   * forbids such tokens. Default −20.
   */
  unknownLogProb?: number;
}

/** N-grams and what belongs to each. */
export interface NgramTables {
  /** Of the longest n-grams. */
  order: number;
  /** Place i names word i of the trie; has `<s>` and `</s>`. */
  vocabulary: readonly string[];
  trie: NgramTrie;
  /** log₁₀ p(last word | words before), one a node; NaN at a node that is only the beginning of others. */
  log10Probs: readonly number[];
  /** log₁₀ of the back-off weight, one a node; 0 where there is none. */
  log10Backoffs: readonly number[];
}

/** An n-gram as an ARPA file writes it. */
export interface NgramEntry {
  ngram: readonly string[];
  log10Prob: number;
  log10Backoff: number;
}

/**
 * An n-gram model in back-off form (Katz 1987; the form of ARPA files):
 *
 *     p(w | h) = p*(h w) if the model has the n-gram h w, else backoff(h) · p(w | h without its first word)
 *
 * where a context without an entry has back-off weight 1. Numbers are kept as base-10 logarithms, so that a file
 * gives the same probabilities to the bit; what the methods answer is natural logarithms.
 */
export class NgramModel implements LanguageModel<NgramState> {
  readonly order: number;
  /** All tokens, `<s>`, `</s>` and the model's `<unk>` among them. */
  readonly vocabulary: readonly string[];
  private readonly tables: NgramTables;
  private readonly ids: ReadonlyMap<string, number>;
  /** The id of `<unk>`, −1 where the model has none. */
  private readonly unknown: number;
  private readonly unknownLogProb: number;
  private readonly suffixes: Int32Array;
  /** Of each node the longest suffix, itself included, on which a prediction can depend. */
  private readonly contexts: Int32Array;

  /** Usually made by `parseArpa` or `trainNgram`. @throws UsageError for an `unknownLogProb` above 0 */
  constructor(tables: NgramTables, options: NgramOptions = {}) {
    const { unknownLogProb = -20 } = options;
    if (!(unknownLogProb <= 0)) {
      throw new UsageError(
        `An unknownLogProb of ${unknownLogProb}`,
        'a natural logarithm of a probability, at most 0',
        'Take -Infinity to forbid unknown tokens.',
      );
    }
    this.tables = tables;
    this.order = tables.order;
    this.vocabulary = tables.vocabulary;
    this.ids = new Map(tables.vocabulary.map((token, id) => [token, id]));
    this.unknown = this.ids.get(UNKNOWN) ?? this.ids.get(UNKNOWN.toUpperCase()) ?? -1;
    this.unknownLogProb = unknownLogProb;
    this.suffixes = tables.trie.suffixes();
    this.contexts = longestContexts(tables, this.suffixes);
  }

  /** Whether the token is in the vocabulary under its own name. */
  has(token: string): boolean {
    return this.ids.has(token);
  }

  start(): NgramState {
    return this.stateOf([SENTENCE_START]);
  }

  /** A token outside the vocabulary counts as `<unk>`; where the model has none, it has the floor given and no state. */
  score(state: NgramState, token: string): { state: NgramState; logProb: number } {
    const word = this.ids.get(token) ?? this.unknown;
    if (word < 0) return { state: ROOT, logProb: this.unknownLogProb };
    const { trie, log10Probs, log10Backoffs } = this.tables;
    let next = -1;
    let log10 = 0;
    let node = state;
    for (; node !== ROOT; node = this.suffixes[node]) {
      const child = trie.child(node, word);
      if (child >= 0) {
        if (next < 0) next = child;
        if (!Number.isNaN(log10Probs[child])) {
          return { state: this.contexts[next], logProb: (log10 + log10Probs[child]) * Math.LN10 };
        }
      }
      log10 += log10Backoffs[node];
    }
    const unigram = trie.child(ROOT, word);
    return {
      state: this.contexts[next < 0 ? unigram : next],
      logProb: (log10 + log10Probs[unigram]) * Math.LN10,
    };
  }

  end(state: NgramState): number {
    return this.score(state, SENTENCE_END).logProb;
  }

  /** The state after these tokens; begin with `<s>` for the beginning of a sentence. */
  stateOf(history: readonly string[]): NgramState {
    return history.reduce((state, token) => this.score(state, token).state, ROOT);
  }

  /** Natural log-probability of a sentence, its end included. */
  logProb(sentence: readonly string[]): number {
    let state = this.start();
    let sum = 0;
    for (const token of sentence) {
      const scored = this.score(state, token);
      state = scored.state;
      sum += scored.logProb;
    }
    return sum + this.end(state);
  }

  /** The n-grams of each length, from 1 to the order. */
  *entries(): Iterable<NgramEntry[]> {
    const { trie, log10Probs, log10Backoffs } = this.tables;
    const levels = trie.byLength();
    for (let length = 1; length <= this.order; length++) {
      yield (levels[length] ?? [])
        .filter((node) => !Number.isNaN(log10Probs[node]))
        .map((node) => ({
          ngram: trie.ngram(node).map((word) => this.vocabulary[word]),
          log10Prob: log10Probs[node],
          log10Backoff: log10Backoffs[node],
        }));
    }
  }
}

function longestContexts({ trie, log10Backoffs }: NgramTables, suffixes: Int32Array): Int32Array {
  const goesOn = new Uint8Array(trie.size);
  for (let node = 1; node < trie.size; node++) goesOn[trie.parents[node]] = 1;
  const contexts = new Int32Array(trie.size);
  for (const node of trie.byLength().slice(1).flat()) {
    contexts[node] = goesOn[node] || log10Backoffs[node] !== 0 ? node : contexts[suffixes[node]];
  }
  return contexts;
}
