import { DataError } from '../../errors.ts';
import { hashOf } from '../heldOut.ts';
import type { CaptionedPicture } from './captioned.ts';

/**
 * Takes pictures out of a training set for validation; both parts keep their order. Which are taken depends on a hash of
 * their ids alone: not on a seed, and not on the order or number of the others.
 *
 * @param name the set's, for errors
 * @throws DataError when nothing would be left to train on
 */
export function holdOutPictures(
  pictures: readonly CaptionedPicture[],
  count: number,
  name: string,
): { train: CaptionedPicture[]; validation: CaptionedPicture[] } {
  if (count >= pictures.length) {
    throw new DataError(
      `${name} has ${pictures.length} pictures`,
      `more than the ${count} to hold out`,
      'Hold out fewer, or name a set for validation.',
    );
  }
  const hashed = pictures.map(({ id }) => ({ id, hash: hashOf(id) }));
  hashed.sort((a, b) => a.hash - b.hash || (a.id < b.id ? -1 : 1));
  const held = new Set(hashed.slice(0, count).map(({ id }) => id));
  return {
    train: pictures.filter(({ id }) => !held.has(id)),
    validation: pictures.filter(({ id }) => held.has(id)),
  };
}
