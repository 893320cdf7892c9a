/**
 * For each target token, its most attended source token (of equal ones, the first), in Pharaoh form: `source-target`
 * from 0, separated by spaces, as in `0-0 1-2`.
 *
 * @param attention one row `[S]` a target token; rows beyond `target` (the one of EOS) are not read
 * @param lengths tokens a side without EOS; only so many source positions compete
 */
export function pharaohAlignment(
  attention: readonly Float32Array[],
  { source, target }: { readonly source: number; readonly target: number },
): string {
  return attention
    .slice(0, target)
    .map((row, t) => `${mostAttended(row, source)}-${t}`)
    .join(' ');
}

/** The place of the largest of a row's first `length` weights. */
export function mostAttended(row: Float32Array, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (row[i] > row[best]) best = i;
  return best;
}
