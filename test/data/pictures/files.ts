/** PNG files of every kind, written here from samples, and small JPEG files of other programs. */
import { zlibSync } from 'fflate';

export interface PngSpec {
  readonly width: number;
  readonly height: number;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly colour: 0 | 2 | 3 | 4 | 6;
  readonly interlaced?: boolean;
  /** sample c of the pixel (x, y) */
  readonly sample: (x: number, y: number, c: number) => number;
  /** of each row in turn; default 0 */
  readonly filters?: readonly number[];
  readonly palette?: readonly number[];
  readonly transparency?: readonly number[];
  /** chunks before the data */
  readonly extra?: readonly (readonly [type: string, body: Uint8Array])[];
  /** IDAT chunks; default 1 */
  readonly parts?: number;
}

export const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

export function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

const bigEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256);

export function chunk(type: string, body: Uint8Array): Uint8Array {
  const named = Uint8Array.from([...new TextEncoder().encode(type), ...body]);
  return Uint8Array.from([...bigEndian(body.length, 4), ...named, ...bigEndian(crc(named), 4)]);
}

export const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export const header = ({ width, height, depth, colour, interlaced }: Omit<PngSpec, 'sample'>): Uint8Array =>
  chunk(
    'IHDR',
    Uint8Array.from([
      ...bigEndian(width, 4),
      ...bigEndian(height, 4),
      depth,
      colour,
      0,
      0,
      interlaced ? 1 : 0,
    ]),
  );

/** Rows of every `dx`-th pixel and `dy`-th row, filtered as the specification says (section 9.2). */
function rows(spec: PngSpec, [x0, y0, dx, dy]: readonly number[]): number[] {
  const { width, height, depth, colour, filters = [0] } = spec;
  const bytes: number[] = [];
  const pixelBytes = Math.max(1, (depth * CHANNELS[colour]) / 8);
  let above: number[] = [];
  for (let y = y0, n = 0; y < height; y += dy, n++) {
    let bits = '';
    for (let x = x0; x < width; x += dx) {
      for (let c = 0; c < CHANNELS[colour]; c++) {
        bits += spec.sample(x, y, c).toString(2).padStart(depth, '0');
      }
    }
    if (bits === '') return [];
    bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
    const line = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
    const filter = filters[n % filters.length];
    bytes.push(filter);
    for (const [i, byte] of line.entries()) {
      const left = i >= pixelBytes ? line[i - pixelBytes] : 0;
      const up = above[i] ?? 0;
      const corner = i >= pixelBytes ? (above[i - pixelBytes] ?? 0) : 0;
      const p = left + up - corner;
      const nearest = [left, up, corner].reduce((best, v) =>
        Math.abs(p - v) < Math.abs(p - best) ? v : best,
      );
      const predicted = [0, left, up, Math.floor((left + up) / 2), nearest][filter] ?? 0;
      bytes.push((byte - predicted + 256) % 256);
    }
    above = line;
  }
  return bytes;
}

const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

export function writePng(spec: PngSpec): Uint8Array {
  const passes = spec.interlaced ? PASSES : [[0, 0, 1, 1]];
  const data = zlibSync(Uint8Array.from(passes.flatMap((pass) => rows(spec, pass))));
  const { parts = 1 } = spec;
  const size = Math.ceil(data.length / parts);
  return joined([
    SIGNATURE,
    header(spec),
    ...(spec.extra ?? []).map(([type, body]) => chunk(type, body)),
    ...(spec.palette ? [chunk('PLTE', Uint8Array.from(spec.palette))] : []),
    ...(spec.transparency ? [chunk('tRNS', Uint8Array.from(spec.transparency))] : []),
    ...Array.from({ length: parts }, (_, i) => chunk('IDAT', data.subarray(i * size, (i + 1) * size))),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

/** An Exif block (its TIFF part) that says nothing but the orientation. */
export function exif(orientation: number, little = true): Uint8Array {
  const bytes = new Uint8Array(26);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 1, little);
  view.setUint16(10, 0x0112, little);
  view.setUint16(12, 3, little);
  view.setUint32(14, 1, little);
  view.setUint16(18, orientation, little);
  return bytes;
}

/** A JPEG file with a segment put in behind its first mark. */
export function withSegment(jpeg: Uint8Array, marker: number, body: Uint8Array): Uint8Array {
  const length = body.length + 2;
  return joined([
    jpeg.subarray(0, 2),
    Uint8Array.of(0xff, marker, length >> 8, length & 255),
    body,
    jpeg.subarray(2),
  ]);
}

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** Pillow 12.3, 16 × 8 pixels, progressive, 4:2:0: left half (200, 30, 40), right half (20, 60, 210). */
export const PROGRESSIVE = fromBase64(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wgARCAAIABADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAQF/8QAFAEBAAAAAAAAAAAAAAAAAAAABP/aAAwDAQACEAMQAAAByJhq/wD/xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAEFAj//xAAYEQACAwAAAAAAAAAAAAAAAAAABUKBwf/aAAgBAwEBPwFvC8P/xAAYEQACAwAAAAAAAAAAAAAAAAAABUKBwf/aAAgBAgEBPwFVOtP/xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAY/Aj//xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAE/IT//2gAMAwEAAgADAAAAEHf/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAEDAQE/EEf/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oACAECAQE/EEf/xAAUEAEAAAAAAAAAAAAAAAAAAAAQ/9oACAEBAAE/ED//2Q==',
);

/** Pillow 12.3, 16 × 8 pixels of inks, Adobe's mark: left half (10, 200, 180, 60), right half (220, 120, 0, 20). */
export const CMYK = fromBase64(
  '/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHCg3KSwwMTQ0NB8nOT04MjwuMzQy/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAcGCP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAOBEMATQBZAEsAAD8AdRsiiGxaUGtFQ//Z',
);
