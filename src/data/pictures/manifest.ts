import { DataError } from '../../errors.ts';
import { parseLines } from '../corpus.ts';
import type { Folder } from '../folder.ts';
import { type CaptionedPath, type CaptionedPicture, withPictures } from './captioned.ts';

/**
 * Pictures of a list with `path TAB caption` on each line, UTF-8, without a heading; a picture with several captions has
 * as many lines. Space around a column is dropped.
 *
 * @param name the file's name, for errors
 * @throws DataError with the line, for another number of columns and a blank path or caption; and as `parseLines`
 */
export function parseCaptions(bytes: Uint8Array, name: string): CaptionedPath[] {
  const captions = new Map<string, string[]>();
  for (const [index, text] of parseLines(bytes, name).entries()) {
    const columns = text.split('\t').map((column) => column.trim());
    if (columns.length !== 2 || columns.includes('')) {
      throw new DataError(
        `${name}:${index + 1} begins ${JSON.stringify(text.slice(0, 40))}`,
        'path TAB caption on every line, neither of them empty',
        'Put one tab between the two and none elsewhere.',
      );
    }
    const [path, caption] = columns;
    const known = captions.get(path);
    if (known) known.push(caption);
    else captions.set(path, [caption]);
  }
  return Array.from(captions, ([path, texts]) => ({ path, captions: texts }));
}

/**
 * Pictures of a manifest in a folder or an archive; the paths in it start from where it lies.
 *
 * @param path the manifest's path in the folder
 * @throws DataError as `parseCaptions`, and when pictures that it names are not there
 */
export async function readCaptions(folder: Folder, path: string): Promise<CaptionedPicture[]> {
  const name = `${folder.name}/${path}`;
  const parent = path.slice(0, path.lastIndexOf('/') + 1);
  const named = parseCaptions(await folder.read(path), name).map((each) => ({
    ...each,
    path: each.path.startsWith('/') ? each.path : `${parent}${each.path}`,
  }));
  return withPictures(named, folder, name);
}
