import { DataError, ShapeError, UsageError } from '../errors.ts';

/** What one step of a decoder answers, for N rows. */
export interface StepResult<State> {
  state: State;
  /**
   * `[N, V]` row-major, natural logarithms, each row normalised; -Infinity forbids a token. The search may write to
   * it (constraints do), so every step answers an array that it has filled anew.
   */
  logProbs: Float32Array;
  /** `[N, S]` row-major: attention weights over the source. */
  attention?: Float32Array;
}

/**
 * One decoder step over N rows, N being sentences × hypotheses alive. All a search knows of a model. State is
 * opaque and returned, never stored, so that one decoder serves several searches at once.
 */
export interface StepDecoder<State> {
  /** V */
  readonly vocabularySize: number;
  /** Fed at the first step. */
  readonly bos: number;
  /** Ends a hypothesis. */
  readonly eos: number;
  /** @param tokens `[N]`, the token before, row by row */
  step(tokens: Int32Array, state: State): Promise<StepResult<State>>;
  /** A new state whose row i is row `rows[i]` of `state`; rows may repeat, drop out and change places. */
  select(state: State, rows: Int32Array): State;
}

export interface Hypothesis {
  /** Without BOS, without EOS. */
  tokens: number[];
  /** Whether EOS ended it; otherwise the length limit did, or every continuation had probability 0. */
  finished: boolean;
  /** Sum over the emitted tokens, EOS included; nats. */
  logProb: number;
  /** What hypotheses are ranked by: see `Scoring`. */
  score: number;
  /** One row `[S]` per emitted token, EOS included: row i belongs to `tokens[i]`, the last one to EOS. */
  attention?: Float32Array[];
}

/** One limit per sentence from what the caller gave. */
export function lengthLimits(maxLength: number | number[], rows: number): number[] {
  const limits = typeof maxLength === 'number' ? new Array<number>(rows).fill(maxLength) : maxLength;
  const wrong = limits.findIndex((limit) => !Number.isInteger(limit) || limit < 1);
  if (limits.length !== rows || wrong >= 0) {
    throw new UsageError(
      wrong >= 0
        ? `A maxLength of ${limits[wrong]}`
        : `${limits.length} values of maxLength for ${rows} sentences`,
      'a whole number of tokens, 1 or more, for all sentences or for each',
      'Give one number, or an array with one for each sentence.',
    );
  }
  return limits;
}

/** Runs a step and holds its answer to the contract's shapes. */
export async function checkedStep<State>(
  decoder: StepDecoder<State>,
  tokens: Int32Array,
  state: State,
): Promise<StepResult<State>> {
  const result = await decoder.step(tokens, state);
  const [rows, size] = [tokens.length, decoder.vocabularySize];
  if (result.logProbs.length !== rows * size) {
    throw new ShapeError(
      `A decoder step answered ${result.logProbs.length} log-probabilities`,
      `[N, V] = [${rows}, ${size}]`,
      'Return one row of log-probabilities per token fed.',
    );
  }
  if (result.attention && result.attention.length % rows !== 0) {
    throw new ShapeError(
      `A decoder step answered ${result.attention.length} attention weights`,
      `[N, S] with N = ${rows}`,
      'Return one row of attention weights per token fed.',
    );
  }
  return result;
}

/** A copy of row `row`, since a decoder may reuse its buffers. */
export function attentionOf(attention: Float32Array | undefined, row: number, rows: number) {
  const width = attention ? attention.length / rows : 0;
  return attention?.slice(row * width, (row + 1) * width);
}

/** A log-probability above 0 is no rounding any more from here on: logits came instead. */
const tolerance = 1e-3;

/** Refuses NaN and what cannot be a log-probability. */
export function checkLogProb(value: number, token: number, sentence: number): void {
  if (value <= tolerance) return;
  throw new DataError(
    `A log-probability of ${value} for token ${token} in sentence ${sentence + 1}`,
    'a natural logarithm of a probability, at most 0',
    Number.isNaN(value)
      ? 'Look for weights that are not numbers, or a source that is all padding.'
      : 'Return log-softmax of the logits, not the logits.',
  );
}
