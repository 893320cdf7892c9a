import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, encodeFileVersion, encodeScalar } from '../../src/formats/tfevents.ts';
import { message, records, slowCrc, text } from './tfeventsReader.ts';

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

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
