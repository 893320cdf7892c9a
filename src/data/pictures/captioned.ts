import { DataError } from '../../errors.ts';
import { similarNames } from '../archive.ts';
import type { Folder } from '../folder.ts';
import type { Picture } from './picture.ts';

/** A picture with what is said of it. The picture is read when it is asked for. */
export interface CaptionedPicture {
  /** Different for every picture of a set: its file's path, or a name. */
  readonly id: string;
  /** One or more, each right. */
  readonly captions: readonly string[];
  /** A file's bytes, or the picture itself where it was made here. @throws DataError when it cannot be read */
  picture(): Promise<Uint8Array | Picture>;
}

/** Where a picture lies, and what is said of it. */
export interface CaptionedPath {
  /** In the folder. */
  readonly path: string;
  readonly captions: readonly string[];
}

/** @throws DataError for a picture without a caption */
export function checkCaptioned({ id, captions }: Pick<CaptionedPicture, 'id' | 'captions'>): void {
  if (captions.length > 0 && captions.every((text) => text.trim() !== '')) return;
  throw new DataError(
    `${id}, with ${captions.length === 0 ? 'no caption' : 'an empty caption'}`,
    'at least one caption for every picture, none of them empty',
    'Leave the picture out, or add what is to be said of it.',
  );
}

/**
 * Joins captions with their pictures.
 *
 * @param list the list's name, for errors
 * @throws DataError when the folder lacks pictures that are named: missing ones are found before training, not in it
 */
export async function withPictures(
  captioned: readonly CaptionedPath[],
  folder: Folder,
  list: string,
): Promise<CaptionedPicture[]> {
  const missing: string[] = [];
  for (const { path } of captioned) if (!(await folder.has(path))) missing.push(path);
  if (missing.length > 0) {
    const [first] = missing;
    const parent = first.slice(0, Math.max(0, first.lastIndexOf('/')));
    const near = similarNames(first, await folder.list(parent), 3);
    throw new DataError(
      `${folder.name} lacks ${missing.length} of the ${captioned.length} pictures that ${list} names, first ${first}`,
      near.length === 0
        ? `files in ${parent || 'it'}`
        : `files as they are called there, such as ${near.join(', ')}`,
      'Check the paths and that everything was unpacked.',
    );
  }
  return captioned.map(({ path, captions }) => ({ id: path, captions, picture: () => folder.read(path) }));
}
