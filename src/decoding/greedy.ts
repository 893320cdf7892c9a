import { type Constraint, checkFits } from './constraint.ts';
import { checkLogProb, type Hypothesis, lengthLimits, type StepDecoder } from './contract.ts';
import { rollout } from './rollout.ts';
import { checkedScoring } from './scoring.ts';

export interface GreedyOptions {
  /** Most tokens emitted, EOS included; one for all sentences or one for each. */
  maxLength: number | number[];
  /** One a sentence, undefined where there is none; without required phrases. */
  constraints?: readonly (Constraint | undefined)[];
}

/**
 * Takes the most probable token at every step (of equally probable ones, the first), all sentences in one batch; a
 * sentence that ended leaves the batch through `select`. The same as `beamSearch` with a beam of 1.
 *
 * @param initialState the decoder's state before the first token, one row a sentence
 * @param rows how many sentences
 * @returns one hypothesis a sentence; `score` is the log-probability per token
 * @throws UsageError on a wrong `maxLength` or required phrases, ShapeError when a step answers other shapes than
 *   `[N, V]` and `[N, S]`, DataError when a log-probability is NaN or positive, or constraints cannot be kept
 */
export async function greedySearch<State>(
  decoder: StepDecoder<State>,
  initialState: State,
  rows: number,
  options: GreedyOptions,
): Promise<Hypothesis[]> {
  const limits = lengthLimits(options.maxLength, rows);
  checkFits(options.constraints, limits);
  return rollout(
    decoder,
    initialState,
    limits.map((limit, sentence) => ({ sentence, limit, constraint: options.constraints?.[sentence] })),
    checkedScoring({}),
    mostProbable,
  );
}

/** The token with the highest log-probability, or -1 when all are -Infinity. */
function mostProbable(logProbs: Float32Array, sentence: number): number {
  let best = Number.NEGATIVE_INFINITY;
  let token = -1;
  for (let i = 0; i < logProbs.length; i++) {
    const value = logProbs[i];
    // Not `value > best`: NaN has to come in here too.
    if (!(value <= best)) {
      checkLogProb(value, i, sentence);
      best = value;
      token = i;
    }
  }
  return token;
}
