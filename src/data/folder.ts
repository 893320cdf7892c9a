import type { Archive } from './archive.ts';
import { normalPath } from './tar.ts';

/** Files by their names: a folder on the disk, one of an archive, or files that a page was given. */
export interface Folder {
  /** Its path, for errors. */
  readonly name: string;
  has(path: string): Promise<boolean>;
  /** @throws DataError when there is no such file or it cannot be read */
  read(path: string): Promise<Uint8Array>;
  /** Paths of the files in a folder ('' for this one), with that folder's; not of those further down. */
  list(path: string): Promise<string[]>;
}

/** An archive, or a folder in it, as a folder. @param inner the folder's path in the archive; default '', all of it */
export function archiveFolder(archive: Archive, inner = ''): Folder {
  const within = (path: string) => normalPath(`${inner}/${path}`);
  return {
    name: inner === '' ? archive.name : `${archive.name}/${inner}`,
    has: async (path) => archive.find(within(path)) !== undefined,
    read: async (path) => archive.read(within(path)),
    list: async (path) => {
      const start = path === '' ? '' : `${path}/`;
      const found = archive.files.flatMap((file) => {
        const name = file.slice(file.lastIndexOf('/') + 1);
        return archive.find(within(start + name)) === file ? [start + name] : [];
      });
      return found.sort();
    },
  };
}
