/**
 * TensorBoard event files. A file is a sequence of TFRecords, each an `Event` protocol buffer; the first says
 * `brain.Event:2`. TensorBoard finds files whose names contain `tfevents`, by custom
 * `events.out.tfevents.<unix seconds>.<host>`.
 */

// crc32c: polynomial 0x1EDC6F41 (Castagnoli), reflected
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C of the bytes, as an unsigned integer (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** TFRecord stores its checksums rotated and offset, because a CRC of bytes that hold their CRC is weak. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One TFRecord: uint64 length, its masked CRC, the payload, its masked CRC; little-endian. */
function record(payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(payload.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(payload, 12);
  view.setUint32(12 + payload.length, maskedCrc(payload), true);
  return bytes;
}

// Protocol buffer fields: the tag is (field number << 3 | wire type); all numbers used here fit one byte.
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

function lengthDelimited(field: number, content: ArrayLike<number>): number[] {
  return [(field << 3) | 2, ...varint(content.length), ...Array.from(content)];
}

function double(field: number, value: number): number[] {
  return [(field << 3) | 1, ...new Uint8Array(new Float64Array([value]).buffer)];
}

function float(field: number, value: number): number[] {
  return [(field << 3) | 5, ...new Uint8Array(new Float32Array([value]).buffer)];
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/**
 * The record every event file begins with.
 *
 * @param wallTime seconds since 1970
 */
export function encodeFileVersion(wallTime: number): Uint8Array {
  return record(Uint8Array.from([...double(1, wallTime), ...lengthDelimited(3, utf8('brain.Event:2'))]));
}

/**
 * One scalar as a record to append: `Event { wall_time = 1; step = 2; summary = 5 { value = 1 { tag = 1;
 * simple_value = 2 } } }`.
 *
 * @param tag the chart, e.g. `train/loss`
 * @param value stored as float32; NaN and infinities are allowed
 * @param step a whole number, 0 or more
 * @param wallTime seconds since 1970
 */
export function encodeScalar(tag: string, value: number, step: number, wallTime: number): Uint8Array {
  const scalar = [...lengthDelimited(1, utf8(tag)), ...float(2, value)];
  const summary = lengthDelimited(1, scalar);
  return record(
    Uint8Array.from([...double(1, wallTime), 2 << 3, ...varint(step), ...lengthDelimited(5, summary)]),
  );
}
