import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Archive, tarArchive, zipArchive } from './archive.ts';
import { gunzipped, readWhole } from './file.node.ts';
import { tooLarge, unxz } from './xz.ts';

/** Archives are held in memory, unpacked: larger ones are refused. */
export const MAX_ARCHIVE_BYTES = 2_000_000_000;

/** What is open, by absolute path; `version` tells whether the file on the disk is still the same. */
const open = new Map<string, { version: string; archive: Promise<Archive> }>();

/**
 * Opens an archive (.zip, .tar, .tar.gz, .tgz, .tar.xz, .txz). It is unpacked once: until `forgetArchives` or until
 * the file changes, later calls give the same one.
 *
 * @param limit most bytes, unpacked
 * @throws DataError when it is missing, damaged, of another kind than its name says, or larger than the limit
 */
export async function openArchive(path: string, limit = MAX_ARCHIVE_BYTES): Promise<Archive> {
  const status = await stat(path).catch(() => undefined);
  const version = `${status?.size} ${status?.mtimeMs}`;
  const key = resolve(path);
  const held = open.get(key);
  if (held?.version === version) return held.archive;
  if (status !== undefined && status.size > limit) throw tooLarge(path, limit);
  const archive = unpack(path, limit);
  open.set(key, { version, archive });
  // What failed is tried anew by the next call.
  archive.catch(() => open.delete(key));
  return archive;
}

/** Lets go of the memory that opened archives take; those still in use stay with their users. */
export function forgetArchives(): void {
  open.clear();
}

async function unpack(path: string, limit: number): Promise<Archive> {
  const bytes = await readWhole(path);
  const name = path.toLowerCase();
  if (name.endsWith('.zip')) return zipArchive(bytes, path);
  if (name.endsWith('gz')) return tarArchive(await gunzipped(bytes, path, limit), path);
  if (name.endsWith('xz')) return tarArchive(await unxz(bytes, path, limit), path);
  return tarArchive(bytes, path);
}
