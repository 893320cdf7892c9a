import { describe, expect, it } from 'vitest';
import { unxz } from '../../src/data/xz.ts';
import { DataError } from '../../src/errors.ts';
import { fromBase64, TAR_XZ, tarOf, XZ } from './archives.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const unpacked = (packed: Uint8Array, limit = 1000) => unxz(packed, 'a.xz', limit);
const packed = fromBase64(TAR_XZ.ustar);

describe('xz data', () => {
  it('is unpacked, of one stream or several, with and without a check', async () => {
    expect(text(await unpacked(fromBase64(XZ.twoStreams)))).toBe('alpha\nbeta\ngamma\n');
    expect(text(await unpacked(fromBase64(XZ.noCheck)))).toBe('alpha\nbeta\n');
    expect(await tarOf('ustar')).toHaveLength(10_240);
  });

  it('of several files at once', async () => {
    const many = await Promise.all(Array.from({ length: 5 }, () => tarOf('ustar')));
    for (const bytes of many) expect(bytes).toEqual(many[0]);
  });

  it.each([
    ['sha256', 'a.xz uses a filter or check of xz that cannot be read here'],
    ['x86Filter', 'a.xz uses a filter or check of xz that cannot be read here'],
    ['dictionary512MiB', 'a.xz needs too large a dictionary'],
  ] as const)('with %s is refused, and how to repack it said', async (name, message) => {
    const failed = unpacked(fromBase64(XZ[name]));
    await expect(failed).rejects.toThrow(DataError);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toThrow('xz -dc a.xz | xz > another.xz');
  });

  it('is at most as long as the limit', async () => {
    expect(await unpacked(packed, 10_240)).toHaveLength(10_240);
    await expect(unpacked(packed, 10_239)).rejects.toThrow('a.xz unpacks to more than 10239 bytes');
    await expect(unpacked(packed, 100)).rejects.toThrow('Unpack it with another tool');
  });

  it('that is none, damaged or cut is refused, and the next is read', async () => {
    await expect(unpacked(new Uint8Array())).rejects.toThrow('a.xz is not xz data');
    await expect(unpacked(new TextEncoder().encode('<!doctype html>'))).rejects.toThrow(
      'a.xz is not xz data',
    );
    for (let length = 6; length < packed.length; length += 7) {
      await expect(unpacked(packed.subarray(0, length), 1e6), String(length)).rejects.toThrow(
        'a.xz breaks off; expected whole xz data',
      );
    }
    for (let at = 6; at < packed.length; at += 5) {
      const damaged = packed.slice();
      damaged[at] ^= 0x10;
      await expect(unpacked(damaged, 1e6), String(at)).rejects.toThrow(DataError);
    }
    expect(await unpacked(packed, 1e6)).toEqual(await tarOf('ustar'));
  });
});
