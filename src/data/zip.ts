import { inflateSync } from 'fflate';
import { DataError } from '../errors.ts';

interface Entry {
  name: string;
  encrypted: boolean;
  /** Compression: 0 stored, 8 deflate. */
  method: number;
  crc32: number;
  /** Bytes in the archive, and unpacked. */
  packed: number;
  size: number;
  /** Of the entry's local header. */
  offset: number;
}

/** Names of the files in an archive, folders left out. @throws DataError when it is no whole archive */
export const zipMembers = (archive: Uint8Array, name: string): string[] =>
  entriesOf(archive, name).map((entry) => entry.name);

/**
 * A file of an archive, unpacked and checked against its CRC-32.
 *
 * @param member its name there, folders included, with `/`
 * @param name the archive's, for errors
 * @throws DataError when there is no such file (with the names there are), or the archive is damaged, encrypted or
 *   compressed by another method than deflate
 */
export function unzipMember(archive: Uint8Array, member: string, name: string): Uint8Array {
  const entries = entriesOf(archive, name);
  const entry = entries.find((candidate) => candidate.name === member);
  if (entry === undefined) {
    const names = entries.map((candidate) => candidate.name);
    const more = names.length > 20 ? ` and ${names.length - 20} more` : '';
    throw new DataError(
      `there is no ${member} in ${name}`,
      names.length === 0 ? 'an archive with files in it' : `one of ${names.slice(0, 20).join(', ')}${more}`,
      'Correct the part of the path after the archive.',
    );
  }
  if (entry.encrypted || (entry.method !== 0 && entry.method !== 8)) {
    const how = entry.encrypted ? 'is encrypted' : `is compressed by method ${entry.method}`;
    throw new DataError(
      `${member} in ${name} ${how}`,
      'a file stored or deflated',
      'Unpack it with another tool, and name the file instead.',
    );
  }
  const bytes = unpack(archive, entry);
  if (bytes === undefined || bytes.length !== entry.size || crc32(bytes) !== entry.crc32) {
    throw damaged(name, `${member} in ${name} is damaged`);
  }
  return bytes;
}

/** Undefined where the bytes are not what the directory promises. */
function unpack(archive: Uint8Array, { offset, method, packed, size }: Entry): Uint8Array | undefined {
  if (offset + LOCAL_HEADER > archive.length) return undefined;
  const view = viewOf(archive);
  if (view.getUint32(offset, true) !== 0x04034b50) return undefined;
  // Its name and extra field may be of other lengths than in the directory.
  const start = offset + LOCAL_HEADER + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  const content = archive.subarray(start, start + packed);
  if (content.length !== packed) return undefined;
  if (method === 0) return content;
  // Deflate writes at least two bits for 258 bytes: a size beyond that is damage, and not to be allocated.
  if (size > 1032 * packed) return undefined;
  try {
    return inflateSync(content, { out: new Uint8Array(size) });
  } catch {
    return undefined;
  }
}

const LOCAL_HEADER = 30;
const DIRECTORY_ENTRY = 46;
const DIRECTORY_END = 22;

/** The central directory (PKWARE's APPNOTE, sections 4.3.12 and 4.3.16). */
function entriesOf(archive: Uint8Array, name: string): Entry[] {
  const view = viewOf(archive);
  // The end record comes last, but for a comment of at most 65,535 bytes.
  let end = archive.length - DIRECTORY_END;
  const first = Math.max(0, end - 0xffff);
  while (end >= first && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < first) throw damaged(name, `${name} has no directory of its files`);

  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) {
    throw new DataError(
      `${name} is a Zip64 archive`,
      'one of at most 65,534 files and 4 GiB',
      'Unpack it with another tool, and name the file instead.',
    );
  }
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + DIRECTORY_ENTRY > end || view.getUint32(at, true) !== 0x02014b50) {
      throw damaged(name, `${name} has a directory that breaks off after ${i} of ${count} files`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const nameBytes = archive.subarray(at + DIRECTORY_ENTRY, at + DIRECTORY_ENTRY + nameLength);
    entries.push({
      name: new TextDecoder().decode(nameBytes),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += DIRECTORY_ENTRY + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries.filter((entry) => !entry.name.endsWith('/'));
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const damaged = (name: string, arrived: string) =>
  new DataError(arrived, 'a whole zip archive', `Download ${name} again, or check it with unzip -t.`);

/** CRC-32 of IEEE 802.3, reflected, polynomial 0xedb88320. */
function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
