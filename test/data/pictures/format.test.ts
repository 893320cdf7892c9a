import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../src/data/pictures/index.ts';
import { DataError } from '../../../src/errors.ts';

const text = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0));

describe('what is no PNG or JPEG', () => {
  const FILES: Record<string, readonly [Uint8Array, RegExp]> = {
    GIF: [text('GIF89a\x0c\0\x08\0'), /looks like GIF/],
    WebP: [text('RIFFd\0\0\0WEBPVP8 '), /looks like WebP/],
    AVIF: [text('\0\0\0 ftypavif\0\0\0\0'), /looks like AVIF/],
    HEIC: [text('\0\0\0\x18ftypheic\0\0\0\0'), /looks like HEIC/],
    TIFF: [text('II*\0\x08\0\0\0'), /looks like TIFF/],
    'big-endian TIFF': [text('MM\0*\0\0\0\x08'), /looks like TIFF/],
    PDF: [text('%PDF-1.7'), /looks like PDF/],
    SVG: [text('<svg xmlns='), /looks like SVG/],
    BMP: [text('BMV\x01\0\0'), /looks like BMP/],
    'an error page': [text('<!DOCTYPE html>'), /HTML, perhaps an error page/],
    'a pointer': [text('version https://git-lfs.github.com/spec/v1'), /Git LFS/],
    nothing: [new Uint8Array(0), /an empty file/],
    text: [text('hello'), /no picture of a known kind: it begins with "hello"/],
    'half a mark': [Uint8Array.of(0x89, 0x50), /no picture of a known kind/],
  };
  for (const [kind, [bytes, message]] of Object.entries(FILES)) {
    it(`is refused and named: ${kind}`, () => {
      const decode = () => decodePicture(bytes, { name: 'holiday.jpg' });
      expect(decode).toThrow(DataError);
      expect(decode).toThrow(message);
      expect(decode).toThrow(/^holiday\.jpg: .*expected a PNG or JPEG picture/);
    });
  }
});
