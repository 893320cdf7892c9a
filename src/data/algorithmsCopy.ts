import { UsageError } from '../errors.ts';
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

export interface CopyOptions {
  /** bits of a vector; default 8 */
  readonly width?: number;
  /** vectors in a sequence; default 1 to 20 */
  readonly lengths?: Range;
}

/** Copy: the vectors, a flag in a channel of its own; then, while nothing is read, the vectors again. */
export const copyOf = (vectors: readonly Vector[]): BitSequence =>
  readThenAnswer([...vectors.map((v) => [...v, 0]), [...zeros(vectors[0].length), 1]], vectors);

/**
 * Copy (section 4.1): random bit vectors and a delimiter, then the same vectors. Inputs are the bits and the delimiter's
 * channel. Sizes: `length`.
 *
 * @throws UsageError for sizes that are not whole numbers from 1 up
 */
export function copying(options: CopyOptions = {}): Algorithm {
  const width = checkSize('width', options.width ?? 8);
  const lengths = checkRange('lengths', options.lengths ?? [1, 20]);
  const form = `vectors of ${width} bits, such as ${exampleWord(width)}`;
  return {
    inputs: width + 1,
    outputs: width,
    largest: { length: lengths[1] },
    drawSizes: (random) => ({ length: drawFrom(random, lengths) }),
    draw: (random, { length }) => copyOf(randomVectors(random, checkSize('length', length), width)),
    locations: ({ length }) => length,
    form,
    read(text, place) {
      const vectors = vectorsOf(wordsOf(text), width, refuseLine(place, { form }));
      return { sequence: copyOf(vectors), sizes: { length: vectors.length }, isKnown: true };
    },
    word: bitWord,
  };
}

export interface RepeatCopyOptions {
  /** bits of a vector; default 8 */
  readonly width?: number;
  /** vectors in a sequence; default 1 to 10 */
  readonly lengths?: Range;
  /** how often it is to be copied; default 1 to 10 */
  readonly repeats?: Range;
}

/**
 * Repeat copy: the vectors, a number in a channel of its own; then, while nothing is read, the vectors so often, and at
 * last the end marker, alone in a channel of its own.
 */
export function repeatedCopyOf(vectors: readonly Vector[], repeats: number, shown: number): BitSequence {
  const nothing = zeros(vectors[0].length);
  const copies = Array.from({ length: repeats }, () => vectors.map((v) => [...v, 0])).flat();
  return readThenAnswer(
    [...vectors.map((v) => [...v, 0]), [...nothing, shown]],
    [...copies, [...nothing, 1]],
  );
}

/**
 * Repeat copy (section 4.2): random bit vectors and how often to copy them, then the copies and an end marker. The number
 * is shown normalised to mean 0 and variance 1 over the range it is drawn from, also when it lies outside. Inputs are the
 * bits and the number's channel, outputs the bits and the marker. Sizes: `length`, `repeats`.
 *
 * @throws UsageError for sizes that are not whole numbers from 1 up, and for a range of repeats with a middle number,
 *   which would be shown as 0, like nothing at all
 */
export function repeatCopying(options: RepeatCopyOptions = {}): Algorithm {
  const width = checkSize('width', options.width ?? 8);
  const lengths = checkRange('lengths', options.lengths ?? [1, 10]);
  const repeats = checkRange('repeats', options.repeats ?? [1, 10]);
  const [least, most] = repeats;
  const count = most - least + 1;
  if (count % 2 === 1) {
    throw new UsageError(
      `repeats from ${least} to ${most}, whose mean ${(least + most) / 2} would be shown as 0, like no input`,
      'a range of an even count of numbers',
      'Make it longer or shorter by one.',
    );
  }
  // Mean and variance of the discrete uniform distribution.
  const mean = (least + most) / 2;
  const deviation = Math.sqrt((count * count - 1) / 12);
  const shown = (times: number) => (times - mean) / deviation;
  const form = `vectors of ${width} bits and how often, such as ${exampleWord(width)} x3`;
  return {
    inputs: width + 1,
    outputs: width + 1,
    largest: { length: lengths[1], repeats: most },
    drawSizes: (random) => ({ length: drawFrom(random, lengths), repeats: drawFrom(random, repeats) }),
    draw(random, sizes) {
      const vectors = randomVectors(random, checkSize('length', sizes.length), width);
      const times = checkSize('repeats', sizes.repeats);
      return repeatedCopyOf(vectors, times, shown(times));
    },
    locations: ({ length }) => length,
    form,
    read(text, place) {
      const refuse = refuseLine(place, { form });
      const words = wordsOf(text);
      const times = Number(/^x([1-9]\d{0,4})$/.exec(words.pop() ?? '')?.[1]);
      if (Number.isNaN(times)) throw refuse('no number of copies at the end');
      const vectors = vectorsOf(words, width, refuse);
      const sizes = { length: vectors.length, repeats: times };
      return { sequence: repeatedCopyOf(vectors, times, shown(times)), sizes, isKnown: true };
    },
    word: (bits) => (bits[width] === 1 ? 'end' : bitWord(bits.slice(0, width))),
  };
}
