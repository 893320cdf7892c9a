/**
 * N-grams of orders 1 to `maxOrder` with how often each occurs, one map an order.
 * @param separator joins the tokens; no token may hold it, else different n-grams would look alike
 */
export function ngramCounts(
  tokens: readonly string[],
  maxOrder: number,
  separator: string,
): Map<string, number>[] {
  // The n-gram that starts at each place grows by one token an order.
  const grams = [...tokens];
  return Array.from({ length: maxOrder }, (_, order) => {
    const counts = new Map<string, number>();
    for (let i = 0; i + order < tokens.length; i++) {
      if (order > 0) grams[i] += separator + tokens[i + order];
      counts.set(grams[i], (counts.get(grams[i]) ?? 0) + 1);
    }
    return counts;
  });
}

/** How many n-grams of `counts` are in `reference` too, each at most as often as there. */
export function matches(counts: ReadonlyMap<string, number>, reference: ReadonlyMap<string, number>): number {
  let matched = 0;
  for (const [ngram, count] of counts) {
    const known = reference.get(ngram);
    if (known !== undefined) matched += Math.min(count, known);
  }
  return matched;
}
