import type { Constraint } from './constraint.ts';
import { bestContinuations, type Continuation } from './continuations.ts';

/**
 * Dynamic beam allocation (Post & Vilar 2018, section 3): like `bestContinuations`, but the beam is shared out
 * between banks of hypotheses that have said equally many required tokens, so that those who say one are not crowded
 * out by likelier ones who do not. Candidates are the best of all, the best of each hypothesis, and every wanted token.
 */
export function allocatedContinuations(
  logProbs: Float32Array,
  vocabularySize: number,
  firstRow: number,
  parents: readonly { readonly logProb: number; readonly constraint?: Constraint }[],
  count: number,
  eos: number,
  sentence: number,
): Continuation[] {
  const before = parents.map(({ logProb }) => logProb);
  const best = (row: number, of: number[], most: number) =>
    bestContinuations(logProbs, vocabularySize, row, of, most, sentence);
  const candidates = new Map<number, Continuation>();
  const add = (continuation: Continuation) =>
    candidates.set(continuation.parent * vocabularySize + continuation.token, continuation);
  best(firstRow, before, count).forEach(add);
  for (const [parent, { logProb, constraint }] of parents.entries()) {
    for (const continuation of best(firstRow + parent, [logProb], 1)) add({ ...continuation, parent });
    for (const token of constraint?.required?.wanted ?? []) {
      const continued = logProb + logProbs[(firstRow + parent) * vocabularySize + token];
      if (continued > Number.NEGATIVE_INFINITY) add({ parent, token, logProb: continued });
    }
  }
  const sorted = [...candidates]
    .sort(([a, { logProb: x }], [b, { logProb: y }]) => y - x || a - b)
    .map(([, continuation]) => continuation);
  const said = ({ parent, token }: Continuation) => {
    const { constraint } = parents[parent];
    const { total = 0, needs = 0 } = (token === eos ? constraint : constraint?.after(token))?.required ?? {};
    return total - needs;
  };
  const banks = sorted.map(said);
  const sizes = bankSizes(banks, parents[0].constraint?.required?.total ?? 0, count);
  return sorted.filter((_, i) => sizes[banks[i]]-- > 0);
}

/**
 * How many of the beam each bank gets: equal shares, the remainder to those who have said everything. What a bank
 * cannot fill goes to the others, those who have said more first (Post & Vilar 2018, section 3.2).
 */
function bankSizes(banks: readonly number[], total: number, count: number): number[] {
  const held = new Array<number>(total + 1).fill(0);
  for (const bank of banks) held[bank]++;
  const share = Math.floor(count / (total + 1));
  const sizes = held.map((candidates) => Math.min(candidates, share));
  let left = count - sizes.reduce((sum, size) => sum + size, 0);
  for (let bank = total; bank >= 0; bank--) {
    const more = Math.min(left, held[bank] - sizes[bank]);
    sizes[bank] += more;
    left -= more;
  }
  return sizes;
}
