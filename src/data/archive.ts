import { DataError } from '../errors.ts';
import { normalPath, tarEntries } from './tar.ts';
import { unzipMember, zipMembers } from './zip.ts';

/** A path into an archive: `an4/an4.tar.xz/etc/an4.dic` is `etc/an4.dic` of `an4/an4.tar.xz`. */
export interface ArchivePath {
  archive: string;
  member: string;
}

/** The two halves of a path that goes into a .zip, .tar, .tar.gz, .tgz, .tar.xz or .txz; undefined when none does. */
export function archivePath(path: string): ArchivePath | undefined {
  const [, archive, member] = /^(.*?\.(?:zip|tar|tar\.gz|tgz|tar\.xz|txz))[/\\](.+)$/i.exec(path) ?? [];
  return archive === undefined ? undefined : { archive, member: member.replaceAll('\\', '/') };
}

/** Whether a name is that of an archive `archivePath` knows. */
export const isArchive = (name: string): boolean => /\.(?:zip|tar|tar\.gz|tgz|tar\.xz|txz)$/i.test(name);

/**
 * The files of an unpacked archive, or of a zip one. Where everything in it lies in one folder, as in those that
 * GitHub makes of a repository, that folder may be left out of a file's name.
 */
export interface Archive {
  /** Its path, for errors. */
  readonly name: string;
  /** The files' names, with `/`, without a leading `./`. */
  readonly files: readonly string[];
  /** Its name among `files`; undefined when it is none of them. */
  find(member: string): string | undefined;
  /** A copy of a file's bytes. @throws DataError when there is no such file, with a few of a similar name */
  read(member: string): Uint8Array;
}

/** @throws DataError as `tarEntries` */
export function tarArchive(bytes: Uint8Array, name: string): Archive {
  const entries = new Map(tarEntries(bytes, name).map((entry) => [normalPath(entry.name), entry]));
  const find = finder([...entries.keys()]);
  return {
    name,
    files: [...entries.keys()],
    find,
    read(member) {
      const entry = entries.get(find(member) ?? '');
      if (entry === undefined) throw noMember(name, member, [...entries.keys()]);
      // Not slice: of Node's Buffer that is no copy.
      return new Uint8Array(bytes.subarray(entry.offset, entry.offset + entry.size));
    },
  };
}

/** @throws DataError as `zipMembers` */
export function zipArchive(bytes: Uint8Array, name: string): Archive {
  const files = zipMembers(bytes, name);
  const find = finder(files);
  return {
    name,
    files,
    find,
    // A copy: one that is stored, not deflated, would be part of the archive.
    read: (member) => new Uint8Array(unzipMember(bytes, find(member) ?? member, name)),
  };
}

/** Finds a file by its name, by the same written with `.` and `..`, or without the one folder that holds all. */
function finder(files: readonly string[]): Archive['find'] {
  const names = new Set(files);
  const folder = files[0]?.slice(0, files[0].indexOf('/') + 1) ?? '';
  const common = folder !== '' && files.every((file) => file.startsWith(folder)) ? folder : '';
  return (member) => {
    const path = normalPath(member);
    return [member, path, `${common}${path}`].find((candidate) => names.has(candidate));
  };
}

function noMember(name: string, member: string, files: readonly string[]): DataError {
  const near = similarNames(member, files, 5);
  return new DataError(
    `there is no ${member} in ${name}, which holds ${files.length} files`,
    near.length === 0 ? 'an archive with files in it' : `the name of one of them, such as ${near.join(', ')}`,
    'Correct the part of the path after the archive.',
  );
}

/** Those of the names that share most pairs of neighbouring characters with a name (Dice's coefficient), best first. */
export function similarNames(name: string, names: readonly string[], count: number): string[] {
  const pairsOf = (text: string): Set<string> =>
    new Set(
      Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2).toLowerCase()),
    );
  const wanted = pairsOf(name);
  const scored = names.map((candidate) => {
    const pairs = pairsOf(candidate);
    let shared = 0;
    for (const pair of pairs) if (wanted.has(pair)) shared++;
    return { candidate, score: shared / (wanted.size + pairs.size || 1) };
  });
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}
