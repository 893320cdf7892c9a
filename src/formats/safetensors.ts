import { FormatError } from '../errors.ts';

/** A tensor's values in row-major order; `data` has exactly as many as `shape` says. A scalar has shape []. */
export type NamedTensor =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'float64'; readonly shape: readonly number[]; readonly data: Float64Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly dtype: 'int8'; readonly shape: readonly number[]; readonly data: Int8Array }
  /** IEEE 754 binary16; `data` holds the bits (see float16.ts) */
  | { readonly dtype: 'float16'; readonly shape: readonly number[]; readonly data: Uint16Array };

export type TensorMap = Readonly<Record<string, NamedTensor>>;

const dtypes = {
  F32: { dtype: 'float32', type: Float32Array },
  F64: { dtype: 'float64', type: Float64Array },
  I32: { dtype: 'int32', type: Int32Array },
  I64: { dtype: 'int64', type: BigInt64Array },
  U8: { dtype: 'uint8', type: Uint8Array },
  I8: { dtype: 'int8', type: Int8Array },
  F16: { dtype: 'float16', type: Uint16Array },
} as const;

type Code = keyof typeof dtypes;
const codeOf = Object.fromEntries(Object.entries(dtypes).map(([code, { dtype }]) => [dtype, code]));

/** The reference implementation's limit on the header. */
const maxHeaderBytes = 100_000_000;
const metadataKey = '__metadata__';

/**
 * The bytes of a safetensors file, as the pieces to be written one after the other: the header, then views of
 * the tensors' own memory, so that large ones are not copied.
 *
 * The header is padded with spaces to a multiple of 8 bytes, and wider dtypes come first, so every tensor is
 * aligned in the file. Values are little-endian, the order of every platform JavaScript engines run on.
 *
 * @throws FormatError when a shape does not fit its data, or a tensor has the reserved name `__metadata__`
 */
export function safetensorsChunks(
  tensors: TensorMap,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const entries = Object.entries(tensors).sort(
    ([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT,
  );
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [[metadataKey, metadata]] : [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    const size = shape.reduce((product, n) => product * n, 1);
    if (name === metadataKey || size !== data.length) {
      throw new FormatError(
        `tensor ${JSON.stringify(name)} of shape [${shape}] with ${data.length} values`,
        name === metadataKey ? 'another name' : `${size} values`,
        'This is a mistake in the program that saves it.',
      );
    }
    header.push([name, { dtype: codeOf[dtype], shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return [
    head,
    ...entries.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

/** The same as one array. */
export function encodeSafetensors(
  tensors: TensorMap,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const chunks = safetensorsChunks(tensors, metadata);
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/**
 * Reads a safetensors file. Nothing is trusted: the header, every dtype, shape and offset are checked, and the
 * tensors must cover the data exactly, without holes or overlaps.
 *
 * The tensors share the memory of `bytes` where its alignment allows, else they are copies.
 *
 * @param fileName for error messages
 * @throws FormatError for a truncated, foreign or inconsistent file, or a dtype Heed does not use
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  fileName: string,
): { tensors: TensorMap; metadata: Readonly<Record<string, string>> } {
  const refuse = (arrived: string, expected: string) =>
    new FormatError(
      `${fileName}: ${arrived}`,
      expected,
      'The file is truncated, damaged or not a safetensors file; restore it from a copy or use another.',
    );
  const { header, dataStart } = readHeader(bytes, refuse);
  let metadata: Readonly<Record<string, string>> = {};
  const found: { name: string; code: Code; shape: number[]; begin: number; end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) {
      if (!isObject(value) || Object.values(value).some((text) => typeof text !== 'string')) {
        throw refuse(metadataKey, 'an object of strings');
      }
      metadata = value as Record<string, string>;
    } else {
      found.push({ name, ...readEntry(name, value, refuse) });
    }
  }
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of found) {
    if (begin !== covered) {
      throw refuse(
        `tensor ${JSON.stringify(name)} at data byte ${begin}`,
        `byte ${covered}, where the last one ends`,
      );
    }
    covered = end;
  }
  if (covered !== bytes.length - dataStart) {
    throw refuse(`${bytes.length - dataStart} bytes of data`, `${covered}, as its header says`);
  }
  const tensors = found.map(({ name, code, shape, begin, end }) => {
    const { dtype, type } = dtypes[code];
    const start = bytes.byteOffset + dataStart + begin;
    const aligned = start % type.BYTES_PER_ELEMENT === 0;
    const data = aligned
      ? new type(bytes.buffer as ArrayBuffer, start, (end - begin) / type.BYTES_PER_ELEMENT)
      : new type(bytes.slice(dataStart + begin, dataStart + end).buffer);
    return [name, { dtype, shape, data } as NamedTensor] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

type Refuse = (arrived: string, expected: string) => FormatError;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readHeader(bytes: Uint8Array, refuse: Refuse) {
  if (bytes.length < 8) throw refuse(`${bytes.length} bytes`, 'at least the 8 that hold the header length');
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const most = Math.min(maxHeaderBytes, bytes.length - 8);
  if (length > BigInt(most)) throw refuse(`a header of ${length} bytes`, `at most ${most}`);
  const dataStart = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch {
    throw refuse('a header that cannot be read', 'JSON in UTF-8');
  }
  if (!isObject(header)) throw refuse('a header that is not an object', 'a JSON object of tensors');
  return { header, dataStart };
}

function readEntry(name: string, value: unknown, refuse: Refuse) {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  const label = `tensor ${JSON.stringify(name)}`;
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypes, dtype)) {
    throw refuse(`${label} of dtype ${JSON.stringify(dtype)}`, `one of ${Object.keys(dtypes).join(', ')}`);
  }
  const isSizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw refuse(
      `${label} with ${JSON.stringify({ shape, data_offsets: offsets })}`,
      'whole numbers, two offsets',
    );
  }
  const [begin, end] = offsets;
  const code = dtype as Code;
  const size = shape.reduce((product, n) => product * n, dtypes[code].type.BYTES_PER_ELEMENT);
  if (end - begin !== size)
    throw refuse(`${label} of ${end - begin} bytes`, `${size} for ${dtype} [${shape}]`);
  return { code, shape, begin, end };
}
