import { DataError } from '../errors.ts';

/** The one thing used of xz-decompress: Lasse Collin's xz-embedded as WebAssembly, behind a web stream. */
type XzStream = new (packed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/**
 * Unpacks xz data (LZMA2; several streams behind one another are one file). It takes a second for 20 MB, the
 * unpacked size twice while it works, and 9 MiB of WebAssembly memory for xz's default dictionary (65 MiB for
 * `xz -9`), which the process keeps.
 *
 * @param limit most unpacked bytes
 * @param name the file's, for errors
 * @throws DataError when it is no whole xz data, unpacks to more than the limit, or needs what xz-embedded lacks:
 *   filters other than LZMA2, a check other than CRC32 and CRC64, a dictionary of more than 64 MiB
 */
export async function unxz(packed: Uint8Array, name: string, limit: number): Promise<Uint8Array> {
  if (MAGIC.some((byte, i) => packed[i] !== byte)) throw problemOf(name, FORMAT);
  const Stream = await loadXz();
  const chunks: Uint8Array[] = [];
  let size = 0;
  // One chunk: the decompressor takes from it what it has room for.
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(packed);
      controller.close();
    },
  });
  const reader = new Stream(source).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: Error) => {
      throw problemOf(name, Number(/error code (\d+)/.exec(cause.message)?.[1]), cause.message);
    });
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw tooLarge(name, limit);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The error for a packed file that is larger unpacked than `limit` bytes. */
export function tooLarge(name: string, limit: number): DataError {
  return new DataError(
    `${name} unpacks to more than ${limit} bytes`,
    `at most ${limit} bytes, since an archive is held in memory`,
    'Unpack it with another tool, and name the files in the folder instead.',
  );
}

const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

/** It is a CommonJS module: Node has its content as the default import, bundlers by name. */
async function loadXz(): Promise<XzStream> {
  const module: { XzReadableStream?: XzStream; default?: { XzReadableStream: XzStream } } = await import(
    'xz-decompress'
  );
  const stream = module.XzReadableStream ?? module.default?.XzReadableStream;
  if (stream === undefined) throw new Error('xz-decompress has no XzReadableStream');
  return stream;
}

/** Codes of xz-embedded (enum xz_ret of its xz.h). */
const [MEMORY, MEMORY_LIMIT, FORMAT, OPTIONS, DATA, BUFFER] = [3, 4, 5, 6, 7, 8];

function problemOf(name: string, code: number, message = ''): DataError {
  const repack = `Repack it: xz -dc ${name} | xz > another.xz`;
  const again = 'Download it again, or check it with xz -t.';
  if (code === FORMAT) {
    return new DataError(`${name} is not xz data`, 'xz data, as the name says', again);
  }
  if (code === OPTIONS) {
    const expected = 'LZMA2 without other filters, and CRC32 or CRC64 for a check (the defaults of xz)';
    return new DataError(`${name} uses a filter or check of xz that cannot be read here`, expected, repack);
  }
  if (code === MEMORY || code === MEMORY_LIMIT) {
    return new DataError(`${name} needs too large a dictionary`, 'one of at most 64 MiB (xz -9)', repack);
  }
  const how = code === BUFFER ? 'breaks off' : `is damaged${code === DATA ? '' : ` (${message})`}`;
  return new DataError(`${name} ${how}`, 'whole xz data', again);
}
