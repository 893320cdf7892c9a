import { UsageError } from '../errors.ts';
import { type Constraint, constrain } from './constraint.ts';
import { attentionOf, checkedStep, type Hypothesis, type StepDecoder } from './contract.ts';
import { endScore, type Scoring } from './scoring.ts';

/** One hypothesis to be made: a row of the batch. */
export interface RolloutRow {
  /** Most tokens, EOS included. */
  readonly limit: number;
  readonly constraint?: Constraint;
  /** As in `endScore`. */
  readonly sourceLength?: number;
}

/**
 * One token a step for every row, all rows in one batch; a row that has ended leaves it through `select`. What greedy
 * search and sampling have in common.
 *
 * @param choose the token of a row, given its log-probabilities `[V]`, or -1 when there is none to choose
 * @returns a hypothesis a row; undefined where it came to an end before its constraint was kept
 */
export async function rollout<State>(
  decoder: StepDecoder<State>,
  initialState: State,
  rows: readonly RolloutRow[],
  scoring: Required<Scoring>,
  choose: (logProbs: Float32Array, row: number) => number,
): Promise<(Hypothesis | undefined)[]> {
  const { vocabularySize, bos, eos } = decoder;
  const hypotheses = rows.map((): Hypothesis => ({ tokens: [], finished: false, logProb: 0, score: 0 }));
  const constraints = rows.map(({ constraint }) => constraint);
  if (constraints.some((constraint) => constraint?.required)) {
    throw new UsageError(
      'Required phrases in a search of one hypothesis',
      'beam search, which steers towards them',
      'Search with a beam, or leave them out.',
    );
  }
  let state = initialState;
  /** Which of `rows` each row of the batch is. */
  let open = rows.map((_, row) => row);
  let tokens = new Int32Array(rows.length).fill(bos);
  while (open.length > 0) {
    const { logProbs, attention, state: next } = await checkedStep(decoder, tokens, state);
    const kept: number[] = [];
    const emitted: number[] = [];
    for (const [place, row] of open.entries()) {
      const hypothesis = hypotheses[row];
      const own = logProbs.subarray(place * vocabularySize, (place + 1) * vocabularySize);
      constrain(constraints[row], own, eos);
      const token = choose(own, row);
      if (token < 0) continue;
      hypothesis.logProb += own[token];
      const weights = attentionOf(attention, place, open.length);
      if (weights) {
        hypothesis.attention ??= [];
        hypothesis.attention.push(weights);
      }
      hypothesis.finished = token === eos;
      if (hypothesis.finished) continue;
      hypothesis.tokens.push(token);
      constraints[row] = constraints[row]?.after(token);
      if (hypothesis.tokens.length === rows[row].limit) continue;
      kept.push(place);
      emitted.push(token);
    }
    const allStay = kept.length === open.length;
    state = allStay || kept.length === 0 ? next : decoder.select(next, Int32Array.from(kept));
    open = allStay ? open : kept.map((place) => open[place]);
    tokens = Int32Array.from(emitted);
  }
  return hypotheses.map((hypothesis, row) => {
    if ((constraints[row]?.needs ?? 0) > 0) return undefined;
    const length = hypothesis.tokens.length + (hypothesis.finished ? 1 : 0);
    return { ...hypothesis, score: endScore({ ...hypothesis, length }, scoring, rows[row].sourceLength) };
  });
}
