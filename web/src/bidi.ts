/**
 * In which order tokens stand on a line, left to right: the bidirectional algorithm (UAX #9) with tokens in place of
 * characters, without its brackets and embeddings.
 */
export function visualOrder(tokens: readonly string[]): number[] {
  const base = tokens.map(strong).find((kind) => kind !== undefined) === 'R' ? 1 : 0;
  const levels = resolved(tokens, base);
  const order = tokens.map((_, i) => i);
  // L2: from the highest level to 1, whatever stands together on it or above is turned round.
  for (let level = 2; level >= 1; level--) {
    for (let from = 0; from < order.length; from++) {
      let end = from;
      while (end < order.length && levels[order[end]] >= level) end++;
      if (end > from) order.splice(from, end - from, ...order.slice(from, end).reverse());
      from = end;
    }
  }
  return order;
}

/** Whether a text is written from right to left. */
export const isRightToLeft = (tokens: readonly string[]): boolean =>
  tokens.map(strong).find((kind) => kind !== undefined) === 'R';

type Kind = 'L' | 'R' | 'number';

const RIGHT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

function strong(token: string): 'L' | 'R' | undefined {
  const letter = /\p{L}/u.exec(token)?.[0];
  return letter === undefined || /^<\/?\w+>$/.test(token) ? undefined : RIGHT.test(letter) ? 'R' : 'L';
}

function kindOf(token: string): Kind | undefined {
  return strong(token) ?? (/\p{Nd}/u.test(token) && !token.startsWith('<') ? 'number' : undefined);
}

/** What may stand inside a number: 1.5, 12:30, 14/3 (W4 and W5, roughly). */
const SEPARATOR = /^[.,:/+\-٫٬]$/u;

function resolved(tokens: readonly string[], base: 0 | 1): number[] {
  const kinds = tokens.map(kindOf);
  for (const [i, token] of tokens.entries()) {
    if (SEPARATOR.test(token) && kinds[i - 1] === 'number' && kinds[i + 1] === 'number') kinds[i] = 'number';
  }
  const levels: number[] = [];
  /** what neighbours of a neutral count as: numbers after letters from right to left are as these (N1) */
  const sides: ('L' | 'R' | undefined)[] = [];
  let last: 'L' | 'R' = base === 1 ? 'R' : 'L';
  for (const kind of kinds) {
    if (kind === 'L' || kind === 'R') last = kind;
    const side = kind === 'number' ? last : kind;
    sides.push(side);
    if (kind === 'number' && side === 'R') levels.push(2);
    else levels.push(side === 'R' ? 1 : side === 'L' ? 2 * base : -1);
  }
  for (let i = 0; i < levels.length; i++) {
    if (levels[i] >= 0) continue;
    let end = i;
    while (end < levels.length && levels[end] < 0) end++;
    const outside = base === 1 ? 'R' : 'L';
    const [before, after] = [sides[i - 1] ?? outside, sides[end] ?? outside];
    const level = before !== after ? base : before === 'R' ? 1 : 2 * base;
    levels.fill(level, i, end);
  }
  return levels;
}
