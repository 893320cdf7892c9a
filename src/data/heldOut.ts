import { DataError } from '../errors.ts';
import type { Pair } from './corpus.ts';

/** How many distinct sources are held out for each part. */
export interface HeldOutSizes {
  readonly validation?: number;
  readonly test?: number;
}

export interface HeldOutPairs {
  /** Pairs whose source is in neither of the others. */
  train: Pair[];
  validation: Pair[];
  test: Pair[];
}

/**
 * Takes sources out of training pairs, with all their targets. Sources that differ only in case, in Unicode
 * normalisation or in space around them count as one. Which are taken depends on a hash of their texts alone: not on a seed, and not on the order or
 * the number of lines. Those of the lowest hashes are the test, those of the highest are for validation, so that the
 * size of one changes nothing in the other. Pairs keep their order and their text.
 *
 * @param name the training data, for the error
 * @throws DataError when no source would be left to train on
 */
export function holdOut(pairs: readonly Pair[], sizes: HeldOutSizes, name: string): HeldOutPairs {
  const { validation = 0, test = 0 } = sizes;
  const keys = pairs.map(({ source }) => source.normalize('NFC').trim().toLowerCase());
  const distinct = [...new Set(keys)].map((key) => ({ key, hash: hashOf(key) }));
  if (validation + test >= distinct.length) {
    throw new DataError(
      `${name} has ${distinct.length} distinct sources (but for case and space around them)`,
      `more than the ${validation + test} to hold out (validation ${validation}, test ${test})`,
      'Lower heldOut, or name files for validation and test.',
    );
  }
  distinct.sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1));
  const keysOf = (from: number, to: number) => new Set(distinct.slice(from, to).map(({ key }) => key));
  const tested = keysOf(0, test);
  const validated = keysOf(distinct.length - validation, distinct.length);
  return {
    train: pairs.filter((_, i) => !tested.has(keys[i]) && !validated.has(keys[i])),
    validation: pairs.filter((_, i) => validated.has(keys[i])),
    test: pairs.filter((_, i) => tested.has(keys[i])),
  };
}

/** 32 bits of a text's UTF-16 units: FNV-1a, then MurmurHash3's finalizer, so that all bits count in the order. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
