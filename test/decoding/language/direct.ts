/** N-gram formulas as they are written, over lists of n-grams, with no care for speed. */

const key = (words: readonly string[]) => words.join('\u0001');

function counted(items: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** All n-grams of a length, with repeats. */
function ngrams(sentences: readonly (readonly string[])[], length: number): string[][] {
  return sentences.flatMap((sentence) => {
    const padded = ['<s>', ...sentence, '</s>'];
    return padded.slice(length - 1).map((_, i) => padded.slice(i, i + length));
  });
}

/** (c(h w) + k) / (c(h) + k V) for the longest end h of the history that some word followed. */
export function directAddK(
  sentences: readonly (readonly string[])[],
  order: number,
  k: number,
  size: number,
  history: readonly string[],
  word: string,
): number {
  for (let length = Math.min(order - 1, history.length); ; length--) {
    const context = history.slice(history.length - length);
    const after = ngrams(sentences, length + 1).filter(
      (gram) => key(gram.slice(0, -1)) === key(context) && gram[length] !== '<s>',
    );
    if (length > 0 && after.length === 0) continue;
    const count = after.filter((gram) => gram[length] === word).length;
    return (count + k) / (after.length + k * size);
  }
}

/**
 * Interpolated modified Kneser–Ney, Chen & Goodman 1998: recursion over the history, equations of section 3.
 *
 * @param size words that can be predicted
 */
export class DirectKneserNey {
  readonly discounts: number[][] = [];
  private readonly order: number;
  private readonly size: number;
  /** By length: adjusted count of each n-gram. */
  private readonly counts: Map<string, number>[] = [];

  constructor(sentences: readonly (readonly string[])[], order: number, size: number) {
    this.order = order;
    this.size = size;
    for (let length = 1; length <= order; length++) {
      const occurrences = counted(ngrams(sentences, length).map(key));
      const lefts = new Set(ngrams(sentences, length + 1).map(key));
      const continuations = counted([...lefts].map((gram) => key(gram.split('\u0001').slice(1))));
      const adjusted = new Map<string, number>();
      for (const [gram, count] of occurrences) {
        if (gram === '<s>') continue;
        const raw = length === order || gram.startsWith('<s>\u0001');
        adjusted.set(gram, raw ? count : (continuations.get(gram) ?? 0));
      }
      this.counts[length] = adjusted;
      const n = (r: number) => [...adjusted.values()].filter((count) => count === r).length;
      const y = n(1) / (n(1) + 2 * n(2));
      const estimated = [0, 1, 2, 3].map((r) => r - ((r + 1) * y * n(r + 1)) / n(r));
      const usable = [1, 2, 3, 4].every((r) => n(r) > 0) && estimated.slice(1).every((d) => d > 0);
      this.discounts[length] = usable ? [0, ...estimated.slice(1)] : [0, 0.5, 1, 1.5];
    }
  }

  prob(history: readonly string[], word: string): number {
    return this.of(history.slice(Math.max(0, history.length - this.order + 1)), word);
  }

  private of(context: readonly string[], word: string): number {
    const length = context.length + 1;
    const counts = [...this.counts[length]].filter(
      ([gram]) => length === 1 || gram.startsWith(`${key(context)}\u0001`),
    );
    const lower = () => (length === 1 ? 1 / this.size : this.of(context.slice(1), word));
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    if (total === 0) return lower();
    const discounts = this.discounts[length];
    const discount = (count: number) => discounts[Math.min(count, 3)];
    const gamma = counts.reduce((sum, [, count]) => sum + discount(count), 0) / total;
    const count = this.counts[length].get(key([...context, word])) ?? 0;
    return (count - discount(count)) / total + gamma * lower();
  }
}
