import { UsageError } from '../errors.ts';
import {
  type Algorithm,
  type BitSequence,
  checkSize,
  randomBits,
  readThenAnswer,
  type Vector,
} from './algorithmsSequence.ts';
import { bitWord, exampleWord, refuseLine, vectorsOf, wordsOf } from './algorithmsText.ts';

export interface SortOptions {
  /** bits of a vector; default 8 */
  readonly width?: number;
  /** vectors in a sequence; default 20 */
  readonly length?: number;
  /** how many of them are to be written, those of the highest priorities; default 16 */
  readonly kept?: number;
}

/** A bit vector and its priority. */
export interface Prioritised {
  readonly vector: Vector;
  readonly priority: number;
}

/** Priority sort: vectors with their priorities; then, while nothing is read, the first of them, highest first. */
export function sortedOf(entries: readonly Prioritised[], kept: number): BitSequence {
  const ranked = [...entries].sort((a, b) => b.priority - a.priority);
  return readThenAnswer(
    entries.map(({ vector, priority }) => [...vector, priority]),
    ranked.slice(0, kept).map(({ vector }) => vector),
  );
}

/**
 * Priority sort (section 4.5): random bit vectors, each with a priority uniform in [−1, 1]; the answer is those of the
 * highest priorities, in falling order. As in the paper no delimiter is between: lengths are fixed. Inputs are the bits
 * and the priority's channel. Sizes: `length`, `kept`.
 *
 * @throws UsageError for sizes that are not whole numbers from 1 up, or more to keep than there are
 */
export function sorting(options: SortOptions = {}): Algorithm {
  const width = checkSize('width', options.width ?? 8);
  const largest = { length: options.length ?? 20, kept: options.kept ?? 16 };
  checkKept(largest.length, largest.kept);
  const form = `vectors of ${width} bits, each with a priority from -1 to 1, such as ${exampleWord(width)}:0.25`;
  return {
    inputs: width + 1,
    outputs: width,
    largest,
    drawSizes: () => largest,
    draw(random, { length, kept }) {
      checkKept(length, kept);
      const entries = Array.from({ length }, () => ({
        vector: randomBits(random, width),
        priority: 2 * random.uniform() - 1,
      }));
      return sortedOf(entries, kept);
    },
    locations: ({ kept }) => kept,
    form,
    read(text, place) {
      const refuse = refuseLine(place, { form });
      const words = wordsOf(text).map((word) => word.split(':'));
      const vectors = vectorsOf(
        words.map(([bits]) => bits),
        width,
        refuse,
      );
      const entries = words.map(([bits, said, ...rest], i) => {
        const priority = said?.trim() ? Number(said) : Number.NaN;
        if (rest.length === 0 && Math.abs(priority) <= 1) return { vector: vectors[i], priority };
        throw refuse(said === undefined ? `${bits} without a priority` : `the priority ${said}`);
      });
      const sizes = { length: entries.length, kept: Math.min(largest.kept, entries.length) };
      return { sequence: sortedOf(entries, sizes.kept), sizes, isKnown: true };
    },
    word: bitWord,
  };
}

function checkKept(length: number, kept: number): void {
  checkSize('length', length);
  if (checkSize('kept', kept) <= length) return;
  throw new UsageError(
    `${kept} of ${length} vectors to keep`,
    'at most as many as there are',
    'Lower kept, or raise length.',
  );
}
