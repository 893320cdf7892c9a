import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../errors.ts';
import { tooLarge } from './xz.ts';

/** A file's bytes as they are. @throws DataError when it is missing or cannot be read */
export function readWhole(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const missing = cause.code === 'ENOENT';
    throw new DataError(
      missing
        ? `there is no file ${path} (looked for ${resolve(path)})`
        : `${path} cannot be read (${cause.message})`,
      'a readable file',
      missing
        ? 'Check the path; `heed data list` names the corpora that `heed data get NAME` downloads.'
        : 'Check that it is a file and that you may read it.',
    );
  });
}

/**
 * Unpacks gzip data.
 * @param limit most unpacked bytes
 * @throws DataError when it is no whole gzip data, or unpacks to more
 */
export async function gunzipped(packed: Uint8Array, path: string, limit?: number): Promise<Uint8Array> {
  return promisify(gunzip)(packed, { maxOutputLength: limit }).catch((cause: NodeJS.ErrnoException) => {
    if (limit !== undefined && cause.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path, limit);
    throw new DataError(
      `${path} cannot be unpacked (${cause.message})`,
      `gzip data, as the name ends in ${/\.tgz$/i.test(path) ? '.tgz' : '.gz'}`,
      'Download it again, or rename it when it is plain text.',
    );
  });
}
