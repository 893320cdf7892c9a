import { checkLogProb } from './contract.ts';

/** A hypothesis of one sentence, longer by one token. */
export interface Continuation {
  /** Which of the sentence's hypotheses it continues. */
  parent: number;
  token: number;
  /** Log-probability of the whole, nats. */
  logProb: number;
}

/**
 * The best `count` continuations of one sentence's hypotheses, best first; of equal ones, those of the earlier
 * hypothesis and then of the smaller token. Tokens of log-probability -Infinity are never among them, so there may
 * be fewer. One pass over the rows against the worst one kept; V is not sorted.
 *
 * @param logProbs `[N, V]`
 * @param vocabularySize V
 * @param firstRow row of the sentence's first hypothesis; the others follow it
 * @param parents log-probability of each of the sentence's hypotheses so far
 * @param sentence named in errors, from 0
 * @throws DataError on NaN, and on a positive log-probability that would be chosen
 */
export function bestContinuations(
  logProbs: Float32Array,
  vocabularySize: number,
  firstRow: number,
  parents: number[],
  count: number,
  sentence: number,
): Continuation[] {
  const best: Continuation[] = [];
  let worst = Number.NEGATIVE_INFINITY;
  for (let parent = 0; parent < parents.length; parent++) {
    const before = parents[parent];
    const offset = (firstRow + parent) * vocabularySize;
    const end = offset + vocabularySize;
    for (let i = nextAbove(logProbs, offset, end, before, worst); i < end; ) {
      const token = i - offset;
      checkLogProb(logProbs[i], token, sentence);
      if (best.length === count) best.pop();
      const logProb = before + logProbs[i];
      let place = best.length;
      while (place > 0 && best[place - 1].logProb < logProb) place--;
      best.splice(place, 0, { parent, token, logProb });
      if (best.length === count) worst = best[count - 1].logProb;
      i = nextAbove(logProbs, i + 1, end, before, worst);
    }
  }
  return best;
}

/** The first place from `i` on that is better than the worst, or NaN; `end` when there is none. -Infinity never is. */
function nextAbove(logProbs: Float32Array, i: number, end: number, before: number, worst: number): number {
  // A loop of its own: nearly all of the V entries end here, and nothing else slows it.
  while (i < end && before + logProbs[i] <= worst) i++;
  return i;
}

/** Whether every continuation of this row has probability 0. */
export function isDeadEnd(logProbs: Float32Array, vocabularySize: number, row: number): boolean {
  const end = (row + 1) * vocabularySize;
  for (let i = row * vocabularySize; i < end; i++) {
    if (logProbs[i] !== Number.NEGATIVE_INFINITY) return false;
  }
  return true;
}
