import { DataError } from '../../errors.ts';
import { parseLines } from '../corpus.ts';
import type { Folder } from '../folder.ts';
import { parentOf, type Transcript, type Utterance, withAudio } from './utterance.ts';

/**
 * Transcripts of a list with `path TAB text` or `path TAB text TAB speaker` on each line, UTF-8, without a heading.
 * Space around a column is dropped. A blank text is refused, as in corpora of text: far more often than silence it
 * means that a transcript was lost; so is a sound that stands there twice.
 *
 * @param name the file's name, for errors
 * @throws DataError with the line, for another number of columns, a blank path or text, or a path that stood before;
 *   and as `parseLines`
 */
export function parseManifest(bytes: Uint8Array, name: string): Transcript[] {
  const lines = new Map<string, number>();
  return parseLines(bytes, name).map((text, index) => {
    const line = index + 1;
    const columns = text.split('\t').map((column) => column.trim());
    if (columns.length < 2 || columns.length > 3) {
      throw new DataError(
        `${name}:${line} has ${columns.length === 1 ? 'no tab' : `${columns.length} columns`} and begins ${JSON.stringify(text.slice(0, 40))}`,
        'path TAB text, or path TAB text TAB speaker, on every line',
        'Put one tab between the columns and none elsewhere.',
      );
    }
    const [path, transcript, speaker] = columns;
    if (path === '' || transcript === '') {
      throw new DataError(
        `${name}:${line} has an empty ${path === '' ? 'path' : `text for ${path}`}`,
        'a path and a text on every line',
        'Fill it in or remove the line.',
      );
    }
    const first = lines.get(path);
    if (first !== undefined) {
      throw new DataError(
        `${name}:${line} names ${path}, as line ${first} does`,
        'every sound once',
        'Remove one of the two lines.',
      );
    }
    lines.set(path, line);
    return { id: path.replace(/\.wav$/i, ''), path, text: transcript, ...(speaker ? { speaker } : {}) };
  });
}

/**
 * Utterances of a manifest in a folder or an archive; the paths in it start from where it lies.
 * @param path the manifest's path in the folder
 * @throws DataError as `parseManifest`, and when sounds that it names are not there
 */
export async function readManifest(folder: Folder, path: string): Promise<Utterance[]> {
  const name = `${folder.name}/${path}`;
  const transcripts = parseManifest(await folder.read(path), name);
  const parent = parentOf(path);
  return withAudio(transcripts, parent === '' ? folder : below(folder, parent), name);
}

const below = (folder: Folder, parent: string): Folder => ({
  name: `${folder.name}/${parent}`,
  has: (path) => folder.has(from(parent, path)),
  read: (path) => folder.read(from(parent, path)),
  list: async (path) =>
    (await folder.list(path === '' ? parent : from(parent, path))).map((file) =>
      file.slice(parent.length + 1),
    ),
});

const from = (parent: string, path: string): string => (path.startsWith('/') ? path : `${parent}/${path}`);
