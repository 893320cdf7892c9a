/** Reads TensorBoard event files by the rules of their formats, in other ways than Heed writes them. */
import { expect } from 'vitest';

/** CRC-32C by long division over the bits, most significant first: another way than a table. */
export function slowCrc(bytes: Uint8Array): number {
  const reverse = (value: bigint, bits: number) =>
    BigInt(`0b${value.toString(2).padStart(bits, '0').split('').reverse().join('')}`);
  let message = 0n;
  for (const byte of bytes) message = (message << 8n) | reverse(BigInt(byte), 8);
  const length = BigInt(bytes.length * 8);
  let remainder = (message << 32n) ^ (0xffffffffn << length);
  for (let bit = length + 31n; bit >= 32n; bit--) {
    if ((remainder >> bit) & 1n) remainder ^= 0x11edc6f41n << (bit - 32n);
  }
  return Number(reverse(remainder ^ 0xffffffffn, 32));
}

export type Field = number | Uint8Array;

/** A small reader of protocol buffers: field number to value, doubles and floats by wire type. */
export function message(bytes: Uint8Array): Map<number, Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = new Map<number, Field>();
  let at = 0;
  const readVarint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  const skip = (length: number) => {
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const tag = readVarint();
    const wire = tag & 7;
    let value: Field;
    if (wire === 0) value = readVarint();
    else if (wire === 1) value = view.getFloat64(skip(8), true);
    else if (wire === 5) value = view.getFloat32(skip(4), true);
    else if (wire === 2) {
      const length = readVarint();
      value = bytes.subarray(skip(length), at);
      expect(value.length).toBe(length);
    } else throw new Error(`wire type ${wire}`);
    expect(fields.has(tag >> 3)).toBe(false);
    fields.set(tag >> 3, value);
  }
  return fields;
}

/** Reads a file by TensorFlow's rules for TFRecords, checking both checksums of every record. */
export function records(bytes: Uint8Array): Uint8Array[] {
  const mask = (crc: number) =>
    Number(((BigInt(crc >>> 15) | (BigInt(crc) << 17n)) + 0xa282ead8n) & 0xffffffffn);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(mask(slowCrc(bytes.subarray(at, at + 8))));
    const payload = bytes.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(mask(slowCrc(payload)));
    payloads.push(payload);
    at += length + 16;
  }
  return payloads;
}

export const text = (field: Field | undefined) => new TextDecoder().decode(field as Uint8Array);
