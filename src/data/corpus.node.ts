import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../errors.ts';
import { type Pair, parseLines, parseParallel, parseTsv } from './corpus.ts';
import { unzipMember, zipPath } from './zip.ts';

/**
 * A file's bytes, unpacked when its name ends in `.gz`; `archive.zip/member` is that file of the archive.
 * @throws DataError when it is missing, not readable, or not whole gzip or zip data
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const inside = existsSync(path) ? undefined : zipPath(path);
  const bytes = inside
    ? unzipMember(await readWhole(inside.archive), inside.member, inside.archive)
    : await readWhole(path);
  if (!path.endsWith('.gz')) return bytes;
  return promisify(gunzip)(bytes).catch((cause: Error) => {
    throw new DataError(
      `${path} cannot be unpacked (${cause.message})`,
      'gzip data, as the name ends in .gz',
      'Download it again, or rename it when it is plain text.',
    );
  });
}

function readWhole(path: string): Promise<Uint8Array> {
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

/** Lines of a text file (also .gz, or in a zip archive). @throws DataError as `readBytes` and `parseLines` */
export async function readLines(path: string): Promise<string[]> {
  return parseLines(await readBytes(path), path);
}

/** Pairs of a TSV file (as `readLines`). @throws DataError as `readBytes` and `parseTsv` */
export async function readTsv(path: string, separator?: string): Promise<Pair[]> {
  return parseTsv(await readBytes(path), path, separator);
}

/** Pairs of two parallel files (as `readLines`). @throws DataError as `readBytes` and `parseParallel` */
export async function readParallel(sourcePath: string, targetPath: string): Promise<Pair[]> {
  const [source, target] = await Promise.all([readBytes(sourcePath), readBytes(targetPath)]);
  return parseParallel(source, sourcePath, target, targetPath);
}
