import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { openArchive } from './archive.node.ts';
import { archivePath, isArchive } from './archive.ts';
import { readBytes } from './corpus.node.ts';
import { archiveFolder, type Folder } from './folder.ts';

/**
 * A folder on the disk (whose paths may go into archives in it), an archive (`an4/an4.tar.gz`), or a folder of one
 * (`an4/an4.tar.gz/etc`).
 * @throws DataError when there is none, and as `openArchive`
 */
export async function openFolder(path: string): Promise<Folder> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory()) return diskFolder(path);
  if (status?.isFile() && isArchive(path)) return archiveFolder(await openArchive(path));
  const inside = status ? undefined : archivePath(path);
  if (inside && existsSync(inside.archive)) {
    return archiveFolder(await openArchive(inside.archive), inside.member);
  }
  throw new DataError(
    status ? `${path} is a file` : `there is no folder ${path} (looked for ${resolve(path)})`,
    'a folder, or a .zip, .tar, .tar.gz or .tar.xz archive',
    'Check the path; `heed data list` names the corpora that `heed data get NAME` downloads.',
  );
}

function diskFolder(root: string): Folder {
  return {
    name: root,
    async has(path) {
      const place = resolve(root, path);
      if (existsSync(place)) return true;
      const inside = archivePath(place);
      if (inside === undefined || !existsSync(inside.archive)) return false;
      return (await openArchive(inside.archive)).find(inside.member) !== undefined;
    },
    read: (path) => readBytes(resolve(root, path)),
    async list(path) {
      const entries = await readdir(resolve(root, path), { withFileTypes: true }).catch(() => []);
      const start = path === '' ? '' : `${path}/`;
      return entries.flatMap((entry) => (entry.isFile() ? [start + entry.name] : [])).sort();
    },
  };
}
