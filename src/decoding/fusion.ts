import { UsageError } from '../errors.ts';
import { checkedStep, type StepDecoder } from './contract.ts';

/** Something else that has an opinion on what is said next: a language model, the CTC labels of the same sound. */
export interface TokenScorer<State = unknown> {
  /** Before the first token of a sentence (of the batch, by number). */
  start(sentence: number): State;
  /** What each of the V tokens adds, the end of the sentence included; natural logarithms, -Infinity forbids. */
  scores(state: State): Float64Array;
  /** After a token was said. */
  extend(state: State, token: number): State;
}

export interface WeightedScorer {
  readonly scorer: TokenScorer;
  /** what its scores count */
  readonly weight: number;
}

/** What a fused decoder carries: the decoder's own state, and for each row one state a scorer. */
export interface FusedState<State> {
  readonly inner: State;
  /** by row, then scorer; undefined before the first step */
  readonly rows: readonly (readonly unknown[])[] | undefined;
  /** the sentence of each row */
  readonly sentences: readonly number[];
}

/**
 * A decoder with other scorers beside it, as one (shallow fusion): each token's score is
 *
 *     weight · ln p(token | decoder) + Σ weightᵢ · scoreᵢ(token)
 *
 * which is no longer a normalised distribution; searches that rank hypotheses need none.
 * Scores are at most 0, for a search stops when what is left cannot get better.
 *
 * @param options.weight of the decoder's own log-probability; default 1
 * @throws UsageError for weights that are not finite numbers, 0 or more
 */
export function fused<State>(
  decoder: StepDecoder<State>,
  scorers: readonly WeightedScorer[],
  { weight = 1 }: { readonly weight?: number } = {},
): StepDecoder<FusedState<State>> {
  for (const value of [weight, ...scorers.map((s) => s.weight)]) {
    if (value >= 0 && value < Number.POSITIVE_INFINITY) continue;
    throw new UsageError(`a weight of ${value}`, 'a finite number, 0 or more', 'Set for example 0.5.');
  }
  const { vocabularySize, bos, eos } = decoder;
  return {
    vocabularySize,
    bos,
    eos,
    async step(tokens, { inner, rows, sentences }) {
      const stepped = await checkedStep(decoder, tokens, inner);
      const next = sentences.map((sentence, row) =>
        scorers.map(({ scorer }, i) =>
          rows === undefined ? scorer.start(sentence) : scorer.extend(rows[row][i], tokens[row]),
        ),
      );
      const logProbs = new Float32Array(stepped.logProbs.length);
      for (const [row, states] of next.entries()) {
        const added = scorers.map(({ scorer }, i) => scorer.scores(states[i]));
        for (let token = 0; token < vocabularySize; token++) {
          const at = row * vocabularySize + token;
          let sum = weighted(weight, stepped.logProbs[at]);
          for (const [i, { weight: own }] of scorers.entries()) sum += weighted(own, added[i][token]);
          // No more than certain, but for rounding: scorers only ever lower what a hypothesis has.
          logProbs[at] = Math.min(0, sum);
        }
      }
      return { ...stepped, logProbs, state: { inner: stepped.state, rows: next, sentences } };
    },
    select: ({ inner, rows, sentences }, kept) => ({
      inner: decoder.select(inner, kept),
      rows: rows && Array.from(kept, (row) => rows[row]),
      sentences: Array.from(kept, (row) => sentences[row]),
    }),
  };
}

/** The state of a fused decoder before the first word, one row a sentence. */
export const fusedStart = <State>(inner: State, sentences: number): FusedState<State> => ({
  inner,
  rows: undefined,
  sentences: Array.from({ length: sentences }, (_, i) => i),
});

/** Without weight nothing counts, not even what is impossible. */
const weighted = (weight: number, logProb: number): number => (weight === 0 ? 0 : weight * logProb);
