import { DataError, UsageError } from '../../errors.ts';
import { checkChoice, checkSampleRate, checkSamples } from './checks.ts';
import { readWavHeader, type WavHeader } from './wavHeader.ts';

export interface WavOptions {
  /** Of the file: errors begin with it. Default 'audio'. */
  name?: string;
  /** The mean of all channels, or one of them, counted from 0. Default 'mix'. */
  channel?: 'mix' | number;
}

export interface Sound {
  /** Mono, full scale −1 to 1; floating-point files may go beyond. */
  samples: Float32Array;
  /** Hz. */
  sampleRate: number;
  /** Of the file. */
  channels: number;
  /** Of one sample of one channel in the file. */
  bits: number;
}

/**
 * Decodes a WAV file: PCM of 8, 16, 24 or 32 bits, floating point of 32 or 64, µ-law and A-law (ITU-T G.711), any number
 * of channels, chunks of metadata skipped, and lengths left open by programs that write to a pipe.
 *
 * @param bytes the whole file
 * @throws DataError beginning with the name: no WAV (says what it looks like), truncated (how many bytes), inconsistent,
 *   of another format code, a sample rate of 0 or above 384,000 Hz, no samples, NaN or infinite ones; UsageError for a
 *   channel that is not there
 */
export function decodeWav(bytes: Uint8Array, options: WavOptions = {}): Sound {
  const { name = 'audio', channel = 'mix' } = options;
  const header = readWavHeader(bytes, name);
  const { channels, sampleRate, bits, offset, frames } = header;
  if (channel !== 'mix' && !(Number.isInteger(channel) && channel >= 0 && channel < channels)) {
    throw new UsageError(
      `${name}: channel ${channel} of ${channels}`,
      `'mix' or a number from 0 to ${channels - 1}`,
      'Choose one that is there.',
    );
  }
  const read = sampleReader(header, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), name);
  const samples = new Float32Array(frames);
  const [first, count] = channel === 'mix' ? [0, channels] : [channel, 1];
  const sampleBytes = bits / 8;
  for (let frame = 0; frame < frames; frame++) {
    const at = offset + frame * channels * sampleBytes;
    let sum = 0;
    for (let c = first; c < first + count; c++) sum += read(at + c * sampleBytes);
    samples[frame] = sum / count;
  }
  return { samples, sampleRate, channels, bits };
}

/** What turns the bytes at an offset into a number. */
function sampleReader(header: WavHeader, view: DataView, name: string): (at: number) => number {
  const { encoding, bits, channels, offset } = header;
  if (encoding === 'mu-law') return (at) => MU_LAW[view.getUint8(at)];
  if (encoding === 'A-law') return (at) => A_LAW[view.getUint8(at)];
  if (encoding === 'float') {
    const read = bits === 32 ? 'getFloat32' : 'getFloat64';
    return (at) => {
      const value = view[read](at, true);
      if (Number.isFinite(Math.fround(value))) return value;
      const index = (at - offset) / (bits / 8);
      const place = `sample ${Math.floor(index / channels)} of channel ${index % channels} (from 0)`;
      throw new DataError(
        `${name}: ${place} is ${value}`,
        'finite numbers within float32, full scale being -1 to 1',
        'Repair the sound with the program that wrote it, or leave it out.',
      );
    };
  }
  switch (bits) {
    case 8:
      return (at) => (view.getUint8(at) - 128) / 128;
    case 16:
      return (at) => view.getInt16(at, true) / 2 ** 15;
    case 24:
      return (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23;
    default:
      return (at) => view.getInt32(at, true) / 2 ** 31;
  }
}

/** G.711's expansion by its segments (3 bits), steps (4 bits) and sign: 14-bit values times 4, over 2¹⁵. */
const MU_LAW = Float64Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte;
  const value = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return (code & 0x80 ? -value : value) / 2 ** 15;
});

/** Likewise of A-law, 13-bit values times 8; every other bit is sent inverted. */
const A_LAW = Float64Array.from({ length: 256 }, (_, byte) => {
  const code = byte ^ 0x55;
  const segment = (code >> 4) & 7;
  const step = ((code & 15) << 4) + 8;
  const value = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (code & 0x80 ? value : -value) / 2 ** 15;
});

export type WavBits = 8 | 16 | 24 | 32;

/**
 * Encodes mono PCM. Samples are rounded to the nearest step and clipped to full scale; up to 24 bits, what is decoded
 * and encoded again is the same to the bit.
 *
 * @param samples full scale −1 to 1
 * @param options `bits` a sample, default 16
 * @throws DataError for a wrong sample rate, samples that are none, NaN or infinite (says which), and more than 4 GiB
 */
export function encodeWav(
  samples: Float32Array,
  sampleRate: number,
  { bits = 16 }: { bits?: WavBits } = {},
): Uint8Array {
  checkChoice('bits', String(bits), ['8', '16', '24', '32']);
  checkSampleRate(sampleRate);
  checkSamples(samples);
  const sampleBytes = bits / 8;
  const size = samples.length * sampleBytes;
  if (size > 0xffffff00 - 64) {
    throw new DataError(`a sound of ${size} bytes`, 'less than 4 GiB, the most a WAV holds', 'Split it.');
  }
  const bytes = new Uint8Array(44 + size + (size % 2));
  const view = new DataView(bytes.buffer);
  const text = (at: number, id: string) => bytes.set(new TextEncoder().encode(id), at);
  text(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * sampleBytes, true);
  view.setUint16(32, sampleBytes, true);
  view.setUint16(34, bits, true);
  text(36, 'data');
  view.setUint32(40, size, true);

  const full = 2 ** (bits - 1);
  for (let i = 0; i < samples.length; i++) {
    const value = Math.min(full - 1, Math.max(-full, Math.round(samples[i] * full)));
    // 8-bit samples are unsigned; of the others the low bytes come first.
    const stored = bits === 8 ? value + 128 : value;
    for (let byte = 0; byte < sampleBytes; byte++) bytes[44 + i * sampleBytes + byte] = stored >> (8 * byte);
  }
  return bytes;
}
