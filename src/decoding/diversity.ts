import type { Hypothesis } from './contract.ts';

/**
 * Hamming diversity (Vijayakumar et al. 2016, sections 3 and 5.1): tokens that earlier groups say at this step cost
 * `strength` nats a time while a group chooses. Only the choice of this step feels it: restored, the
 * log-probabilities are the model's own.
 *
 * @param rows `[V]` each: log-probabilities of the group's hypotheses, changed in place
 * @param said how often earlier groups say each token at this step
 * @returns a function that undoes it
 */
export function diversify(
  rows: readonly Float32Array[],
  said: ReadonlyMap<number, number>,
  strength: number,
): () => void {
  const own = rows.flatMap((row) =>
    Array.from(said, ([token, times]) => ({ row, token, times, was: row[token] })),
  );
  for (const { row, token, times } of own) row[token] -= strength * times;
  return () => {
    for (const { row, token, was } of own) row[token] = was;
  };
}

/**
 * The best of each group by score, then the second of each, and so on, up to `nBest`; what several groups found is
 * returned once. Of one group, its `nBest` first.
 *
 * @param groups hypotheses of each group, finished ones first, each kind by falling score
 */
export function bestOfGroups(groups: readonly (readonly Hypothesis[])[], nBest: number): Hypothesis[] {
  const longest = Math.max(...groups.map((hypotheses) => hypotheses.length));
  const found = new Map<string, Hypothesis>();
  for (let place = 0; place < longest; place++) {
    const round = groups.flatMap((hypotheses) => hypotheses.slice(place, place + 1));
    round.sort((a, b) => Number(b.finished) - Number(a.finished) || b.score - a.score);
    for (const hypothesis of round) {
      const key = `${hypothesis.finished} ${hypothesis.tokens}`;
      if (!found.has(key)) found.set(key, hypothesis);
    }
  }
  return [...found.values()].slice(0, nBest);
}
