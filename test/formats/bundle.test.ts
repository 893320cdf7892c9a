import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { type Bundle, decodeBundle, encodeBundle } from '../../src/formats/bundle.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { Random } from '../../src/random.ts';

const random = new Random(5);
const tensor = (shape: readonly number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});
const bundle: Bundle = {
  recipe: 'task: translation # ä\n',
  tokenizers: { source: { tokenizer: { kind: 'character' }, vocabulary: { tokens: ['a', '"', 'ß'] } } },
  files: { 'language.arpa': '\\data\\\n' },
  parameters: { 'encoder.kernel': tensor([30, 20]), 'a.bias': tensor([20]), scale: tensor([1]) },
  about: { step: 7, metrics: { bleu: 12.5 }, licence: 'CC0-1.0', attribution: 'nobody', madeWith: 'heed 1' },
};
/** One with other metadata, whole as a safetensors file. */
const changed = (bytes: Uint8Array, metadata: Record<string, string>): Uint8Array => {
  const { tensors, metadata: own } = decodeSafetensors(bytes, 'x');
  return encodeSafetensors(tensors, { ...own, ...metadata });
};

describe('bundle', () => {
  it('gives back what was put in, to the bit as float32, at any place in memory', () => {
    const bytes = encodeBundle(bundle);
    expect(decodeBundle(bytes, 'x')).toEqual({ ...bundle, weights: 'float32' });
    for (const shift of [1, 2, 3]) {
      const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
      shifted.set(bytes);
      expect(decodeBundle(shifted, 'x')).toEqual({ ...bundle, weights: 'float32' });
    }
  });

  it('is about half as large as float16, and less as int8, and says which', () => {
    const large: Bundle = { ...bundle, parameters: { w: tensor([300, 200]) } };
    const sizes = (['float32', 'float16', 'int8'] as const).map((weights) => {
      const bytes = encodeBundle(large, { weights });
      expect(decodeBundle(bytes, 'x').weights).toBe(weights);
      expect(decodeBundle(bytes, 'x').parameters.w.shape).toEqual([300, 200]);
      return bytes.length;
    });
    expect(sizes[1] / sizes[0]).toBeCloseTo(0.5, 1);
    expect(sizes[2] / sizes[0]).toBeCloseTo(0.26, 1);
  });

  it('is a safetensors file, for other tools', () => {
    const { tensors, metadata } = decodeSafetensors(encodeBundle(bundle, { weights: 'float16' }), 'x');
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(bundle.parameters).sort());
    expect(metadata).toMatchObject({
      format: 'heed-bundle',
      version: '1',
      weights: 'float16',
      recipe: bundle.recipe,
    });
  });

  it('refuses one that was cut off anywhere', () => {
    const bytes = encodeBundle(bundle, { weights: 'int8' });
    for (let length = 0; length < bytes.length; length += length < 40 ? 1 : 37) {
      expect(() => decodeBundle(bytes.subarray(0, length), 'm.heed')).toThrow(FormatError);
      expect(() => decodeBundle(bytes.subarray(0, length), 'm.heed')).toThrow(/^m\.heed: /);
    }
    expect(() => decodeBundle(bytes.subarray(0, -1), 'm.heed')).toThrow(/truncated/);
  });

  it('notices any byte that changed', () => {
    const bytes = encodeBundle(bundle, { weights: 'int8' });
    for (let i = 0; i < bytes.length; i += 11) {
      const broken = bytes.slice();
      broken[i] ^= 4;
      expect(() => decodeBundle(broken, 'm.heed'), `byte ${i}`).toThrow(FormatError);
    }
    const last = bytes.slice();
    last[last.length - 1] ^= 1;
    expect(() => decodeBundle(last, 'm.heed')).toThrow(/content that was changed; expected the checksum/);
  });

  it('refuses what is no bundle, and another version', () => {
    const zip = new Uint8Array(100).fill(0x50);
    expect(() => decodeBundle(zip, 'm.zip')).toThrow(
      /m\.zip: a file of 100 bytes that is no bundle; expected a model written by 'heed export'/,
    );
    expect(() => decodeBundle(new Uint8Array(), 'm')).toThrow(/a file of 0 bytes/);
    const plain = encodeSafetensors({ a: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } });
    expect(() => decodeBundle(plain, 'm')).toThrow(/a safetensors file that is no bundle/);
    const later = changed(encodeBundle(bundle), { version: '2' });
    expect(() => decodeBundle(later, 'm')).toThrow(/a bundle of version 2; expected version 1/);
    expect(() => decodeBundle(changed(encodeBundle(bundle), { recipe: 'task: speech' }), 'm')).toThrow(
      /checksum/,
    );
  });

  it('does not write weights that are not finite', () => {
    const parameters = { w: { shape: [1], data: Float32Array.of(Number.NaN) } };
    expect(() => encodeBundle({ ...bundle, parameters })).toThrow(FormatError);
  });
});
