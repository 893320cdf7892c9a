import type { Folder } from '../../../src/data/folder.ts';
import { DataError } from '../../../src/errors.ts';

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Files in memory: text, or empty. */
export function memoryFolder(files: Record<string, string>): Folder {
  return {
    name: 'corpus',
    has: async (path) => path in files,
    async read(path) {
      if (!(path in files)) throw new DataError(`there is no ${path}`, 'one of the files', 'Correct it.');
      return utf8(files[path]);
    },
    list: async (path) =>
      Object.keys(files).filter((file) => file.slice(0, Math.max(0, file.lastIndexOf('/'))) === path),
  };
}
