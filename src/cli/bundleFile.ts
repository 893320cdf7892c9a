import { readFile, stat } from 'node:fs/promises';
import { DataError } from '../errors.ts';
import { type Bundle, decodeBundle } from '../formats/index.ts';

/** The bundle read last: a command asks for its parts one after the other, and it may be large. */
let last: { readonly key: string; readonly bundle: Bundle } | undefined;

/**
 * The bundle at a path; undefined where there is a directory, or nothing.
 *
 * @throws DataError for a file that cannot be read, FormatError for one that is no bundle
 */
export async function bundleAt(path: string): Promise<Bundle | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const key = `${path} ${found.ino} ${found.mtimeMs} ${found.size}`;
  if (last?.key === key) return last.bundle;
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(
      `${path}, which cannot be read (${error.code})`,
      'a bundle',
      'Check its permissions.',
    );
  });
  last = { key, bundle: decodeBundle(bytes, path) };
  return last.bundle;
}
