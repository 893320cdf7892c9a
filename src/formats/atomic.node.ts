import { randomBytes } from 'node:crypto';
import * as nodeFs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../errors.ts';

/** The part of `node:fs/promises` that writing needs; a test may hand in one that runs out of space. */
export type FileSystem = Pick<
  typeof nodeFs,
  'open' | 'rename' | 'rm' | 'mkdir' | 'readdir' | 'readFile' | 'stat'
>;

/** A name beside `path` that no reader takes for a finished file. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.tmp-${basename(path)}-${randomBytes(6).toString('hex')}`);
}

/** Creates a file, writes the chunks one after the other and waits until they are on the disk. */
export async function writeSynced(
  path: string,
  chunks: readonly (Uint8Array | string)[],
  fs: FileSystem = nodeFs,
): Promise<void> {
  const file = await fs.open(path, 'wx');
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes renames within a directory durable. Windows cannot open directories, and needs no such thing. */
export async function syncDirectory(path: string, fs: FileSystem = nodeFs): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Writes a file so that a reader, or a machine that loses power, sees the old content or the new and nothing
 * between: written beside it, fsynced, renamed. The directory must exist.
 *
 * @throws DataError when it cannot be written; the old file is then as it was
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
  fs: FileSystem = nodeFs,
): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await writeSynced(temporary, [content], fs);
    await fs.rename(temporary, path);
    await syncDirectory(dirname(path), fs);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw cannotWrite(path, error, 'What was there before is unchanged.');
  }
}

/** The error for a failed write, with what to do for the usual reasons. */
export function cannotWrite(path: string, error: unknown, kept: string): DataError {
  const { code, message } = error as NodeJS.ErrnoException;
  // Node adds the call and its paths, which may be of a temporary file.
  const reason = message.split(',')[0];
  const todo =
    {
      ENOSPC: 'Free some space on that disk.',
      EDQUOT: 'Free some space on that disk.',
      ENOENT: 'Make the folder it should lie in first.',
      EISDIR: 'It is a folder: name a file.',
    }[code ?? ''] ?? 'Check the path and its permissions.';
  return new DataError(
    `${path} cannot be written (${reason})`,
    'a writable place with enough space',
    `${todo} ${kept}`,
  );
}
