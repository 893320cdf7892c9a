import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../src/formats/safetensors.ts';

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const size = (dims: readonly number[]) => dims.reduce((product, n) => product * n, 1);
const tensor: fc.Arbitrary<NamedTensor> = shape.chain((dims) => {
  const exactly = { minLength: size(dims), maxLength: size(dims) };
  return fc.oneof(
    fc.float32Array(exactly).map((data) => ({ dtype: 'float32' as const, shape: dims, data })),
    fc.float64Array(exactly).map((data) => ({ dtype: 'float64' as const, shape: dims, data })),
    fc.int32Array(exactly).map((data) => ({ dtype: 'int32' as const, shape: dims, data })),
    fc.bigInt64Array(exactly).map((data) => ({ dtype: 'int64' as const, shape: dims, data })),
    fc.uint8Array(exactly).map((data) => ({ dtype: 'uint8' as const, shape: dims, data })),
  );
});
const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toString', '1'));
const tensors = fc
  .uniqueArray(fc.tuple(name, tensor), { selector: ([name]) => name, maxLength: 6 })
  .map((entries) => Object.fromEntries(entries.filter(([name]) => name !== '__metadata__')));

/** A file made by hand from a header and data. */
function file(header: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

describe('safetensors', () => {
  it('writes the bytes the format describes', () => {
    const bytes = encodeSafetensors({
      ab: { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, -2) },
    });
    const json = '{"ab":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'.padEnd(64);
    expect(bytes.slice(0, 8)).toEqual(Uint8Array.of(json.length, 0, 0, 0, 0, 0, 0, 0));
    expect(new TextDecoder().decode(bytes.slice(8, 8 + json.length))).toBe(json);
    expect(Array.from(bytes.slice(8 + json.length))).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it('gives back names, shapes, dtypes, bits and metadata, at any place in memory', () => {
    fc.assert(
      fc.property(tensors, fc.dictionary(name, fc.string()), fc.nat(9), (map, metadata, shift) => {
        const bytes = encodeSafetensors(map, metadata);
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const decoded = decodeSafetensors(shifted, 'x');
        expect(new Map(Object.entries(decoded.tensors))).toEqual(new Map(Object.entries(map)));
        expect(new Map(Object.entries(decoded.metadata))).toEqual(new Map(Object.entries(metadata)));
      }),
    );
  });

  it('aligns every tensor to its element size', () => {
    fc.assert(
      fc.property(tensors, (map) => {
        const bytes = encodeSafetensors(map);
        const length = new DataView(bytes.buffer).getUint32(0, true);
        expect(length % 8).toBe(0);
        const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
        for (const [name, { data }] of Object.entries(map)) {
          expect(header[name].data_offsets[0] % data.BYTES_PER_ELEMENT).toBe(0);
        }
      }),
    );
  });

  it('reads views of a larger array without their surroundings', () => {
    const flat = Float32Array.of(1, 2, 3, 4);
    const bytes = encodeSafetensors({ a: { dtype: 'float32', shape: [2], data: flat.subarray(1, 3) } });
    expect(decodeSafetensors(bytes, 'x').tensors.a.data).toEqual(Float32Array.of(2, 3));
  });

  it('reads a file with the header in another order and unpadded', () => {
    const header =
      '{"__metadata__":{"format":"pt"},"b":{"data_offsets":[2,4],"shape":[2],"dtype":"U8"},"a":{"dtype":"U8","shape":[2,1],"data_offsets":[0,2]}}';
    const { tensors: read, metadata } = decodeSafetensors(file(header, Uint8Array.of(1, 2, 3, 4)), 'x');
    expect(metadata).toEqual({ format: 'pt' });
    expect(read.a).toEqual({ dtype: 'uint8', shape: [2, 1], data: Uint8Array.of(1, 2) });
    expect(read.b.data).toEqual(Uint8Array.of(3, 4));
  });

  it('refuses a file cut off anywhere', () => {
    const bytes = encodeSafetensors({ a: { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) } });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length), 'm.safetensors')).toThrow(FormatError);
      expect(() => decodeSafetensors(bytes.subarray(0, length), 'm.safetensors')).toThrow(
        /^m\.safetensors: /,
      );
    }
  });

  it('answers arbitrary bytes with a FormatError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.json(), (data, json) => {
        for (const bytes of [data, file(json, data)]) {
          if (/^\s*\{\s*\}\s*$/.test(json)) continue;
          expect(() => decodeSafetensors(bytes, 'x')).toThrow(FormatError);
        }
      }),
    );
  });

  it.each([
    ['no JSON', 'PK..', 0, /header that cannot be read/],
    ['a list', '[]', 0, /header that is not an object/],
    [
      'an unknown dtype',
      '{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}',
      2,
      /"a" of dtype "BF16"; expected one of F32, F64/,
    ],
    ['a negative size', '{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', 1, /whole numbers/],
    ['a fraction', '{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}', 1, /whole numbers/],
    ['one offset', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}', 1, /two offsets/],
    [
      'a shape that does not fit',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}',
      4,
      /of 4 bytes; expected 8 for F32 \[2\]/,
    ],
    [
      'an overlap',
      '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
      3,
      /"b" at data byte 1; expected byte 2/,
    ],
    [
      'a hole',
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}',
      3,
      /"b" at data byte 2; expected byte 1/,
    ],
    [
      'data left over',
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
      2,
      /2 bytes of data; expected 1/,
    ],
    ['metadata that is no text', '{"__metadata__":{"n":1}}', 0, /object of strings/],
  ])('refuses %s', (_, header, dataBytes, message) => {
    expect(() => decodeSafetensors(file(header, new Uint8Array(dataBytes)), 'x')).toThrow(FormatError);
    expect(() => decodeSafetensors(file(header, new Uint8Array(dataBytes)), 'x')).toThrow(message);
  });

  it('refuses a header longer than the file or the limit', () => {
    const bytes = file('{}');
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
    expect(() => decodeSafetensors(bytes, 'x')).toThrow(
      /a header of 9223372036854775808 bytes; expected at most 2/,
    );
  });

  it('does not write a shape that does not fit', () => {
    const data = Float32Array.of(1);
    expect(() => encodeSafetensors({ a: { dtype: 'float32', shape: [2], data } })).toThrow(FormatError);
    expect(() => encodeSafetensors({ __metadata__: { dtype: 'float32', shape: [1], data } })).toThrow(
      FormatError,
    );
  });
});
