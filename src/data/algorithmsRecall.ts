import {
  type Algorithm,
  type BitSequence,
  checkRange,
  checkSize,
  drawFrom,
  type Range,
  randomVectors,
  readThenAnswer,
  type Vector,
  zeros,
} from './algorithmsSequence.ts';
import { bitWord, exampleWord, refuseLine, vectorsOf, wordsOf } from './algorithmsText.ts';

export interface RecallOptions {
  /** bits of a vector; default 6 */
  readonly width?: number;
  /** vectors of an item; default 3 */
  readonly itemLength?: number;
  /** items in a sequence; default 2 to 6 */
  readonly items?: Range;
}

/**
 * Associative recall: every item with the item delimiter before it; one of them again, the query, between two query
 * delimiters; then, while nothing is read, the item that came after it.
 *
 * @param asked which item is the query, from 0; not the last one
 */
export function recallOf(items: readonly (readonly Vector[])[], asked: number): BitSequence {
  const nothing = zeros(items[0][0].length);
  const shown = (item: readonly Vector[]) => item.map((v) => [...v, 0, 0]);
  const inputs = items.flatMap((item) => [[...nothing, 1, 0], ...shown(item)]);
  const query = [[...nothing, 0, 1], ...shown(items[asked]), [...nothing, 0, 1]];
  return readThenAnswer([...inputs, ...query], items[asked + 1]);
}

/**
 * Associative recall (section 4.3): items, each some random bit vectors, and one of them again; the answer is the next
 * one. Inputs are the bits, the item delimiter's channel and the query delimiter's. Sizes: `items`.
 *
 * @throws UsageError for sizes that are not whole numbers, or fewer than 2 items
 */
export function recalling(options: RecallOptions = {}): Algorithm {
  const width = checkSize('width', options.width ?? 6);
  const itemLength = checkSize('itemLength', options.itemLength ?? 3);
  const range = checkRange('items', options.items ?? [2, 6], 2);
  const item = Array(itemLength).fill(exampleWord(width)).join(' ');
  const form = `items of ${itemLength} vectors of ${width} bits, | between them, then ? and one of them again but the last: ${item} | … ? ${item}`;
  return {
    inputs: width + 2,
    outputs: width,
    largest: { items: range[1] },
    drawSizes: (random) => ({ items: drawFrom(random, range) }),
    draw(random, sizes) {
      const count = checkSize('items', sizes.items, 2);
      const items = Array.from({ length: count }, () => randomVectors(random, itemLength, width));
      return recallOf(items, random.integer(count - 1));
    },
    locations: () => 0, // an item may be held in any form
    form,
    read(text, place) {
      const refuse = refuseLine(place, { form });
      const sides = text.split('?');
      if (sides.length !== 2) throw refuse(`${sides.length - 1} question marks`);
      const itemOf = (part: string) => {
        const vectors = vectorsOf(wordsOf(part), width, refuse);
        if (vectors.length === itemLength) return vectors;
        throw refuse(`an item of ${vectors.length} vectors`);
      };
      const items = sides[0].split('|').map(itemOf);
      const query = itemOf(sides[1]);
      const asked = items.slice(0, -1).findIndex((item) => item.flat().join() === query.flat().join());
      if (asked < 0) throw refuse('a query that is none of the items before the last');
      return { sequence: recallOf(items, asked), sizes: { items: items.length }, isKnown: true };
    },
    word: bitWord,
  };
}
