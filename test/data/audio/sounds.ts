import { Random } from '../../../src/random.ts';

/** Independent of the code under test: a sine of amplitude 0.5. */
export const sine = (hz: number, rate: number, samples: number, phase = 0): Float32Array =>
  Float32Array.from({ length: samples }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate + phase));

/** White, uniform from −amplitude to amplitude. */
export function noise(samples: number, seed: number, amplitude = 0.5): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: samples }, () => amplitude * (2 * random.uniform() - 1));
}

export interface WavParts {
  code: number;
  bits: number;
  channels?: number;
  rate?: number;
  data: Uint8Array;
  /** Chunks before the sound, and after it. */
  before?: [id: string, content: Uint8Array][];
  after?: [id: string, content: Uint8Array][];
  /** Bytes of the fmt chunk after its first 16. */
  extension?: Uint8Array;
  riffSize?: number;
  dataSize?: number;
  blockAlign?: number;
}

/** A WAV file byte by byte, whatever its parts say. */
export function wavFile(parts: WavParts): Uint8Array {
  const { code, bits, channels = 1, rate = 16_000, data, before = [], after = [] } = parts;
  const { extension = new Uint8Array(), blockAlign = (channels * bits) / 8 } = parts;
  const u16 = (n: number) => [n & 255, (n >> 8) & 255];
  const u32 = (n: number) => [...u16(n & 0xffff), ...u16(Math.floor(n / 65_536))];
  const text = (s: string) => Array.from(s, (c) => c.charCodeAt(0));
  const chunk = (id: string, content: ArrayLike<number>, size = content.length) => [
    ...text(id),
    ...u32(size),
    ...Array.from(content),
    ...(content.length % 2 ? [0] : []),
  ];
  const format = [
    ...u16(code),
    ...u16(channels),
    ...u32(rate),
    ...u32(rate * blockAlign),
    ...u16(blockAlign),
    ...u16(bits),
    ...extension,
  ];
  const body = [
    ...text('WAVE'),
    ...before.flatMap(([id, content]) => chunk(id, content)),
    ...chunk('fmt ', format),
    ...chunk('data', data, parts.dataSize ?? data.length),
    ...after.flatMap(([id, content]) => chunk(id, content)),
  ];
  return Uint8Array.from([...text('RIFF'), ...u32(parts.riffSize ?? body.length), ...body]);
}

/** What WAVE_FORMAT_EXTENSIBLE adds: its size, valid bits, speaker mask, and the GUID of a format code. */
export const extensible = (code: number, validBits: number): Uint8Array =>
  Uint8Array.from([
    ...[22, 0, validBits, 0, 0, 0, 0, 0],
    ...[code, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71],
  ]);
