import { existsSync } from 'node:fs';
import { openArchive } from './archive.node.ts';
import { archivePath } from './archive.ts';
import { type Pair, parseLines, parseParallel, parseTsv } from './corpus.ts';
import { gunzipped, readWhole } from './file.node.ts';

/**
 * A file's bytes, unpacked when its name ends in `.gz`; `archive.zip/member`, likewise of a .tar, .tar.gz, .tgz,
 * .tar.xz or .txz, is that file of the archive.
 * @throws DataError when it is missing, not readable, or not whole data of the kind that its name says
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  const inside = existsSync(path) ? undefined : archivePath(path);
  const bytes = inside ? (await openArchive(inside.archive)).read(inside.member) : await readWhole(path);
  return path.endsWith('.gz') ? gunzipped(bytes, path) : bytes;
}

/** Lines of a text file (also .gz, or in an archive). @throws DataError as `readBytes` and `parseLines` */
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
