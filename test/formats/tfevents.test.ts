import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, encodeFileVersion, encodeScalar } from '../../src/formats/tfevents.ts';

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** CRC-32C by long division over the bits, most significant first: another way than a table. */
function slowCrc(bytes: Uint8Array): number {
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

type Field = number | Uint8Array;

/** A small reader of protocol buffers: field number to value, doubles and floats by wire type. */
function message(bytes: Uint8Array): Map<number, Field> {
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
function records(bytes: Uint8Array): Uint8Array[] {
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

const text = (field: Field | undefined) => new TextDecoder().decode(field as Uint8Array);

describe('crc32c', () => {
  it('gives the vectors of RFC 3720, appendix B.4', () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(ascending)).toBe(0x46dd794e);
    expect(crc32c(ascending.slice().reverse())).toBe(0x113fdb5c);
    const readCommand = '01c00000000000000000000000000000140000000000040000000014000000182800000000000000';
    expect(crc32c(hex(`${readCommand}0200000000000000`))).toBe(0xd9963a56);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  it('equals long division', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => crc32c(bytes) === slowCrc(bytes)));
  });
});

describe('event file', () => {
  it('begins with the version record, byte for byte', () => {
    const bytes = encodeFileVersion(1.5);
    expect(bytes.subarray(0, 12)).toEqual(hex('1800000000000000a37f4b22')); // as TensorFlow's own files begin
    const [event] = records(bytes).map(message);
    expect(event.get(1)).toBe(1.5);
    expect(text(event.get(3))).toBe('brain.Event:2');
    expect(event.size).toBe(2);
  });

  it('holds scalars that read back', () => {
    const scalar = fc.record({
      tag: fc.string({ unit: 'grapheme', maxLength: 200 }),
      value: fc.float(),
      step: fc.oneof(fc.nat(300), fc.maxSafeNat()),
      wallTime: fc.double({ min: 0, max: 4e9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 5 }), (scalars) => {
        const chunks = scalars.map((s) => encodeScalar(s.tag, s.value, s.step, s.wallTime));
        const bytes = Uint8Array.from(
          [encodeFileVersion(0), ...chunks].flatMap((chunk) => Array.from(chunk)),
        );
        const [, ...events] = records(bytes).map(message);
        const read = events.map((event) => {
          const value = message(message(event.get(5) as Uint8Array).get(1) as Uint8Array);
          expect([event.size, value.size]).toEqual([3, 2]);
          return { tag: text(value.get(1)), value: value.get(2), step: event.get(2), wallTime: event.get(1) };
        });
        expect(read).toEqual(scalars);
      }),
    );
  });
});
