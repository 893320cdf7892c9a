import { DataError } from '../errors.ts';

/** A file of a tar archive: the bytes from `offset` on, `size` of them, are its content. */
export interface TarEntry {
  /** Its path in the archive, with `/`, as written there. */
  name: string;
  offset: number;
  size: number;
}

/**
 * The files of a tar archive (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU's long names, Unix version 7), in the order
 * of their first headers. Folders and devices are left out; links are the file they point to where that is in the
 * archive. Of two files of the same name the later holds, as it does when an archive is unpacked.
 *
 * @param archive the unpacked bytes; the entries point into them
 * @param name the archive's, for errors
 * @throws DataError when the bytes are no tar archive, one that breaks off, a damaged or a sparse one
 */
export function tarEntries(archive: Uint8Array, name: string): TarEntry[] {
  const files = new Map<string, TarEntry>();
  const links: Array<{ name: string; target: string }> = [];
  // What a pax or GNU header says of the next file, and a global pax header of all.
  let next: Attributes = {};
  let global: Attributes = {};
  let at = 0;
  for (;;) {
    if (at + BLOCK > archive.length) throw brokenOff(archive, name);
    const block = archive.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) break;
    const header = readHeader(block);
    if (header === undefined) throw damaged(name, at);
    const extra = { ...global, ...next };
    const size = extra.size ?? (BODILESS.includes(header.type) ? 0 : header.size);
    const offset = at + BLOCK;
    if (offset + size > archive.length) throw brokenOff(archive, name);
    const body = archive.subarray(offset, offset + size);
    at = offset + Math.ceil(size / BLOCK) * BLOCK;

    if (header.type === 'x') next = { ...next, ...paxAttributes(body, name, offset) };
    else if (header.type === 'g') global = { ...global, ...paxAttributes(body, name, offset) };
    else if (header.type === 'L') next.path = cString(body);
    else if (header.type === 'K') next.linkpath = cString(body);
    else {
      const path = extra.path ?? header.name;
      const target = extra.linkpath ?? header.target;
      if (header.type === 'S' || extra.sparse) throw sparse(name, path);
      if (header.type === '1') links.push({ name: path, target });
      else if (header.type === '2') links.push({ name: path, target: `${folderOf(path)}${target}` });
      else if (REGULAR.includes(header.type) && !path.endsWith('/')) {
        files.set(path, { name: path, offset, size });
      }
      next = {};
    }
  }
  for (const { name: path, target } of links) {
    const file = files.get(target) ?? files.get(normalPath(target));
    if (file) files.set(path, { ...file, name: path });
  }
  return [...files.values()];
}

/** A path without `.`, `..` and empty parts: `./a//b/../c` is `a/c`. */
export function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

const BLOCK = 512;

/** Types of regular files: of POSIX, of Unix version 7, and a contiguous one. */
const REGULAR = ['0', '\0', '7'];

/** Links, devices, folders and pipes have no content, whatever their size field says. */
const BODILESS = ['1', '2', '3', '4', '5', '6'];

interface Attributes {
  path?: string;
  linkpath?: string;
  size?: number;
  sparse?: boolean;
}

interface Header {
  name: string;
  size: number;
  type: string;
  /** What a link points to. */
  target: string;
}

/** Undefined where the checksum or the size are none: no header stands there. */
function readHeader(block: Uint8Array): Header | undefined {
  // The sum of all bytes, those of its own field taken as spaces.
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i];
  const size = numberField(block.subarray(124, 136));
  if (numberField(block.subarray(148, 156)) !== sum || !Number.isSafeInteger(size)) return undefined;
  const name = cString(block.subarray(0, 100));
  // GNU's archives have other things where ustar's have the first half of a long name.
  const ustar = latin1(block.subarray(257, 263)) === 'ustar\0';
  const prefix = ustar ? cString(block.subarray(345, 500)) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size,
    type: latin1(block.subarray(156, 157)),
    target: cString(block.subarray(157, 257)),
  };
}

/** Octal digits, or (GNU's, first bit set) a big-endian number of base 256. NaN when it is neither. */
function numberField(field: Uint8Array): number {
  if (field[0] & 0x80) return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, field[0] & 0x7f);
  const text = latin1(field)
    .replace(/[\0 ]+$/, '')
    .trimStart();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

/** Records of a pax header: "LENGTH KEY=VALUE\n", the length of the whole record in bytes. */
function paxAttributes(body: Uint8Array, name: string, offset: number): Attributes {
  const attributes: Attributes = {};
  for (let at = 0; at < body.length; ) {
    const [, digits] = /^(\d+) /.exec(latin1(body.subarray(at, at + 21))) ?? [];
    const length = Number(digits);
    // A NUL instead of a length is padding.
    if (body[at] === 0) break;
    if (!(length > digits?.length + 2) || at + length > body.length) throw damaged(name, offset + at);
    const record = new TextDecoder().decode(body.subarray(at + digits.length + 1, at + length - 1));
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') attributes.path = value;
    else if (key === 'linkpath') attributes.linkpath = value;
    else if (key === 'size') attributes.size = Number(value);
    else if (key.startsWith('GNU.sparse.')) attributes.sparse = true;
    at += length;
  }
  if (attributes.size !== undefined && !(Number.isSafeInteger(attributes.size) && attributes.size >= 0)) {
    throw damaged(name, offset);
  }
  return attributes;
}

/** UTF-8 up to the first NUL. */
function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** The end of the bytes where a block, a file's content or the closing block of zeros should be. */
function brokenOff(archive: Uint8Array, name: string): DataError {
  if (archive.length < BLOCK) return damaged(name, 0);
  return new DataError(
    `${name} breaks off after ${archive.length} bytes`,
    'a whole tar archive, which ends in blocks of zeros',
    'Download it again, or check it with tar -tf.',
  );
}

const damaged = (name: string, at: number): DataError =>
  at === 0
    ? new DataError(
        `${name} is not a tar archive: it does not begin with a header`,
        'a tar archive, as the name says',
        'Look at it with the tool `file`; what came may be an error page, or packed in another way.',
      )
    : new DataError(
        `${name} is damaged at byte ${at} of the unpacked archive`,
        'a header of a file there',
        'Download it again, or check it with tar -tf.',
      );

const sparse = (name: string, path: string): DataError =>
  new DataError(
    `${path} in ${name} is a sparse file`,
    'files stored as they are',
    'Make the archive without --sparse, or unpack it with another tool and name the file instead.',
  );
