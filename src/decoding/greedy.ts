import { type Constrained, checkFits, unkept } from './constraint.ts';
import { checkLogProb, type Hypothesis, lengthLimits, type StepDecoder } from './contract.ts';
import { rollout } from './rollout.ts';
import { checkedScoring } from './scoring.ts';

/** Constraints without required phrases. */
export interface GreedyOptions extends Constrained {
  /** Most tokens emitted, EOS included; one for all sentences or one for each. */
  maxLength: number | number[];
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
  checkFits(options, limits);
  const asked = limits.map((limit, sentence) => ({ limit, constraint: options.constraints?.[sentence] }));
  const found = await rollout(decoder, initialState, asked, checkedScoring({}), mostProbable);
  return found.map((hypothesis, sentence) => {
    if (hypothesis) return hypothesis;
    throw unkept(options.names, sentence);
  });
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
