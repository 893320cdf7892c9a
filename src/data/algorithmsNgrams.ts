import { UsageError } from '../errors.ts';
import type { Random } from '../random.ts';
import { type Algorithm, type BitSequence, checkSize, randomBits } from './algorithmsSequence.ts';
import { bitWord, refuseLine, vectorsOf, wordsOf } from './algorithmsText.ts';

export interface NgramOptions {
  /** n: a bit depends on the n − 1 before it; default 6 */
  readonly order?: number;
  /** bits of a sequence; default 200 */
  readonly length?: number;
}

/** Bits of a new table: where each context, the bits before as a binary number, has its own probability of a one. */
function drawBits(random: Random, length: number, context: number): number[] {
  // Beta(1/2, 1/2) is the arcsine distribution: sin² of a uniform angle.
  const table = Array.from({ length: 2 ** context }, () => Math.sin((Math.PI / 2) * random.uniform()) ** 2);
  const bits = randomBits(random, context);
  while (bits.length < length) {
    bits.push(random.uniform() < table[contextOf(bits, bits.length, context)] ? 1 : 0);
  }
  return bits;
}

const contextOf = (bits: ArrayLike<number>, at: number, context: number): number => {
  let number = 0;
  for (let i = at - context; i < at; i++) number = 2 * number + bits[i];
  return number;
};

/** Dynamic n-grams: each bit is read, and the next one is the answer; it counts where the table has made it. */
export function ngramsOf(bits: readonly number[], order: number): BitSequence {
  const before = bits.slice(0, -1);
  return {
    inputs: before.map((bit) => [bit]),
    targets: bits.slice(1).map((bit) => [bit]),
    mask: before.map((_, t) => (t + 1 >= order - 1 ? 1 : 0)),
  };
}

/**
 * Dynamic n-grams (section 4.4): bits from a table that says how likely a one is after each n − 1 bits, drawn anew for
 * every sequence; the task is to predict. The first n − 1 bits, for which the table has no entry, are fair coins, and do
 * not count. One input channel, one output. Sizes: `length`.
 *
 * @throws UsageError for sizes that are not whole numbers, an order outside 1 to 20, or a length that leaves nothing to
 *   predict
 */
export function predictingNgrams(options: NgramOptions = {}): Algorithm {
  const order = checkOrder(options.order ?? 6);
  const least = Math.max(2, order);
  const length = checkSize('length', options.length ?? 200, least);
  const form = `at least ${least - 1} bits, such as 0110100110010110, the next of which is predicted`;
  return {
    inputs: 1,
    outputs: 1,
    largest: { length },
    drawSizes: () => ({ length }),
    draw: (random, sizes) =>
      ngramsOf(drawBits(random, checkSize('length', sizes.length, least), order - 1), order),
    locations: () => 0,
    form,
    read(text, place) {
      const refuse = refuseLine(place, { form });
      const bits = vectorsOf(Array.from(wordsOf(text).join('')), 1, refuse).flat();
      if (bits.length < least - 1) throw refuse(`${bits.length} bits`);
      // What comes after them stands there as a 0, which no input shows.
      return { sequence: ngramsOf([...bits, 0], order), sizes: { length: bits.length + 1 }, isKnown: false };
    },
    word: bitWord,
  };
}

function checkOrder(order: number): number {
  if (checkSize('order', order) <= 20) return order;
  throw new UsageError(`order ${order}`, 'at most 20, for a table of 2^19 numbers', 'Lower order.');
}

/**
 * What the best predictor costs, in bits: Σ −log₂ P(b | c) over the bits that count, with the counts of ones and zeros
 * after the context c so far, P(1 | c) = (N₁ + ½) / (N₁ + N₀ + 1) (equation 10; Murphy 2012).
 */
export function optimalNgramBits(bits: ArrayLike<number>, order: number): number {
  const context = order - 1;
  const counts = new Float64Array(2 ** (context + 1));
  let cost = 0;
  for (let t = context; t < bits.length; t++) {
    const c = 2 * contextOf(bits, t, context);
    const seen = counts[c + bits[t]]++;
    cost -= Math.log2((seen + 0.5) / (counts[c] + counts[c + 1])); // the bit itself is the 1 in the denominator
  }
  return cost;
}
