import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWav, encodeWav, type WavBits } from '../../../src/data/audio/wav.ts';
import { DataError, UsageError } from '../../../src/errors.ts';
import { Random } from '../../../src/random.ts';
import { sharedData } from '../shared.ts';
import { extensible, noise, wavFile } from './sounds.ts';

const reference = sharedData('an4/mfcc-reference/an251-fash-b.wav');

/** Little-endian bytes of what `write` puts at each of so many places. */
function bytesOf(count: number, size: number, write: (view: DataView, at: number, i: number) => void) {
  const view = new DataView(new ArrayBuffer(count * size));
  for (let i = 0; i < count; i++) write(view, i * size, i);
  return new Uint8Array(view.buffer);
}
const pcm16 = (values: number[]) => bytesOf(values.length, 2, (v, at, i) => v.setInt16(at, values[i], true));
const float32 = (values: number[]) =>
  bytesOf(values.length, 4, (v, at, i) => v.setFloat32(at, values[i], true));

/** Each encoding: random stored values, their bytes, and the sample each stands for. */
const ENCODINGS: [
  name: string,
  code: number,
  bits: number,
  value: fc.Arbitrary<number>,
  bytes: (values: number[]) => Uint8Array,
  sample: (value: number) => number,
][] = [
  ['8-bit PCM', 1, 8, fc.nat(255), (v) => Uint8Array.from(v), (v) => v / 128 - 1],
  ['16-bit PCM', 1, 16, fc.integer({ min: -32768, max: 32767 }), pcm16, (v) => v / 32768],
  [
    '24-bit PCM',
    1,
    24,
    fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }),
    (v) =>
      Uint8Array.from(
        v.flatMap((x) => [0, 8, 16].map((shift) => Math.floor((x + 2 ** 24) / 2 ** shift) % 256)),
      ),
    (v) => v / 2 ** 23,
  ],
  [
    '32-bit PCM',
    1,
    32,
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    (v) => bytesOf(v.length, 4, (view, at, i) => view.setInt32(at, v[i], true)),
    (v) => v / 2 ** 31,
  ],
  ['32-bit float', 3, 32, fc.float({ noNaN: true, noDefaultInfinity: true }), float32, (v) => v],
  [
    '64-bit float',
    3,
    64,
    // Smaller ones divided by the channels may lose their sign, which is no matter of decoding.
    fc.double({ noNaN: true, min: -2, max: 2 }).map((v) => (Math.abs(v) < 1e-300 ? 0 : v)),
    (v) => bytesOf(v.length, 8, (view, at, i) => view.setFloat64(at, v[i], true)),
    (v) => v,
  ],
];

describe.each(ENCODINGS)('%s', (_, code, bits, value, bytes, sample) => {
  it('is decoded to the float32 nearest to what each value stands for, one channel as another', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        fc.array(value, { minLength: 1 }),
        (n, c, values) => {
          // The same sound in channel c, silence in the others (8 bits: 128).
          const silent = bits === 8 ? 128 : 0;
          const channels = values.flatMap((v) =>
            Array.from({ length: n }, (__, i) => (i === c % n ? v : silent)),
          );
          const file = wavFile({ code, bits, channels: n, rate: 8000, data: bytes(channels) });
          const sound = decodeWav(file, { channel: c % n });
          expect(sound).toMatchObject({ sampleRate: 8000, channels: n, bits });
          expect(sound.samples).toEqual(Float32Array.from(values, (v) => sample(v) + 0));
          expect(decodeWav(file).samples).toEqual(Float32Array.from(values, (v) => sample(v) / n + 0));
        },
      ),
    );
  });

  it('is the same in an extensible format', () => {
    const data = bytes(fc.sample(value, { numRuns: 20, seed: 5 }));
    const plain = decodeWav(wavFile({ code, bits, data })).samples;
    const file = wavFile({ code: 0xfffe, bits, data, extension: extensible(code, bits) });
    expect(decodeWav(file).samples).toEqual(plain);
  });
});

describe('G.711', () => {
  // Sixteen-bit values of the decoding tables, at codes in all segments and of both signs.
  it.each([
    [
      'mu-law',
      7,
      [0x00, -32124],
      [0x01, -31100],
      [0x0f, -16764],
      [0x10, -15996],
      [0x2f, -4092],
      [0x30, -3900],
    ],
    ['mu-law', 7, [0x70, -120], [0x7e, -8], [0x7f, 0], [0x80, 32124], [0xb7, 3004], [0xf0, 120], [0xff, 0]],
    ['A-law', 6, [0x00, -5504], [0x01, -5248], [0x0f, -6784], [0x10, -2752], [0x20, -22016], [0x2a, -32256]],
    ['A-law', 6, [0x40, -344], [0x55, -8], [0x80, 5504], [0xaa, 32256], [0xb5, 8448], [0xd5, 8]],
  ] as [string, number, ...[byte: number, value: number][]][])('%s', (_, code, ...pairs) => {
    const data = Uint8Array.from(pairs, ([byte]) => byte);
    const { samples } = decodeWav(wavFile({ code, bits: 8, rate: 8000, data }));
    expect(Array.from(samples, (s) => s * 32768)).toEqual(pairs.map(([, value]) => value));
  });

  it.each([
    [7, 0xff, 0x7f],
    [6, 0x55, 0xd5],
  ])('code %d: 256 codes, symmetric, each half rising with finer steps near zero', (code, ...middle) => {
    const all = decodeWav(wavFile({ code, bits: 8, data: Uint8Array.from({ length: 256 }, (_, i) => i) }));
    const values = Array.from(all.samples);
    for (let byte = 0; byte < 128; byte++) expect(values[byte]).toBeCloseTo(-values[byte + 128], 12);
    expect(Math.abs(values[middle[0]]) + Math.abs(values[middle[1]])).toBeLessThanOrEqual(16 / 32768);
    const levels = [...new Set(values.map(Math.abs))].sort((a, b) => a - b);
    expect(levels).toHaveLength(128);
    const steps = levels.slice(1).map((level, i) => level - levels[i]);
    for (let i = 1; i < steps.length; i++) expect(steps[i]).toBeGreaterThanOrEqual(steps[i - 1]);
    expect(steps[126] / steps[1]).toBe(code === 7 ? 128 : 64);
  });
});

describe('a WAV file', () => {
  const data = pcm16([0, 16384, -32768, 32767]);
  const values = Float32Array.of(0, 0.5, -1, 32767 / 32768);
  const good = wavFile({ code: 1, bits: 16, data });

  it('may have other chunks around, odd ones padded, and a size that is wrong', () => {
    const odd: [string, Uint8Array] = ['LIST', Uint8Array.of(1, 2, 3)];
    const file = wavFile({ code: 1, bits: 16, data, before: [odd, ['junk', data]], after: [odd] });
    expect(decodeWav(file).samples).toEqual(values);
    for (const riffSize of [0, 7, 0x7fffffff, 0xffffffff]) {
      expect(decodeWav(wavFile({ code: 1, bits: 16, data, riffSize })).samples).toEqual(values);
    }
  });

  it.each([
    [0, 0],
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0],
    [0xffffffff, 0xffffffff - 36],
    [0x7ffff024, 0x7ffff000],
  ])('may be streamed: RIFF size %d, data size %d', (riffSize, dataSize) => {
    expect(decodeWav(wavFile({ code: 1, bits: 16, data, riffSize, dataSize })).samples).toEqual(values);
    const cut = wavFile({ code: 1, bits: 16, data, riffSize, dataSize }).subarray(0, -1);
    expect(decodeWav(cut).samples).toEqual(values.subarray(0, 3));
  });

  it('may lie anywhere in its buffer', () => {
    const inside = new Uint8Array(good.length + 9);
    inside.set(good, 3);
    expect(decodeWav(inside.subarray(3, 3 + good.length)).samples).toEqual(values);
  });

  it('mixes eight channels to their mean', () => {
    const file = wavFile({ code: 1, bits: 16, channels: 8, data: pcm16([8, 16, 24, 32, 40, 48, 56, 64]) });
    expect(decodeWav(file).samples).toEqual(Float32Array.of(36 / 32768));
    expect(decodeWav(file, { channel: 7 }).samples).toEqual(Float32Array.of(64 / 32768));
  });

  it.each([8, -1, 0.5])('has no channel %d', (channel) => {
    expect(() => decodeWav(good, { name: 'a.wav', channel })).toThrow(UsageError);
    expect(() => decodeWav(good, { name: 'a.wav', channel })).toThrow(
      /^a\.wav: channel .* of 1; expected 'mix'/,
    );
  });

  it('is refused with its name, what is wrong with it and what to do', () => {
    const wav = (parts: Partial<Parameters<typeof wavFile>[0]>) =>
      wavFile({ code: 1, bits: 16, data, ...parts });
    const text = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0));
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(), 'is an empty file (0 bytes); expected a WAV file'],
      [text('ID3\x04 tags and so on'), 'looks like MP3 (it begins with an ID3 tag)'],
      [Uint8Array.of(0xff, 0xfb, 0x90, 0x64, ...data, ...data), 'looks like MP3;'],
      [Uint8Array.of(0xff, 0xf1, 0x50, 0x80, ...data, ...data), 'looks like AAC;'],
      [text('OggS\x00\x02 and so on'), 'looks like Ogg (Vorbis or Opus);'],
      [text('fLaC\x00\x00 and so on'), 'looks like FLAC;'],
      [text('FORM\x00\x00\x00\x20AIFF'), 'looks like AIFF;'],
      [text('NIST_1A\n   1024\n'), 'looks like NIST SPHERE;'],
      [text('\x00\x00\x00\x20ftypM4A '), 'looks like MP4 or M4A;'],
      [text('RIFF\x20\x00\x00\x00AVI LIST'), 'is a RIFF file of the kind "AVI ";'],
      [text('RF64\xff\xff\xff\xffWAVE'), 'looks like an RF64 file'],
      [text('hello world, this'), 'begins with "hell";'],
      [good.subarray(0, 10), 'breaks off within its first header, after 10 bytes;'],
      [good.subarray(0, 30), 'promises a "fmt " chunk of 16 bytes and has 10;'],
      [good.subarray(0, 36), 'has no data chunk in its 36 bytes;'],
      [good.subarray(0, 12), 'has no "fmt " chunk in its 12 bytes;'],
      [good.subarray(0, -1), 'promises 8 bytes of sound and has 7;'],
      [wav({ dataSize: 1_000_000 }), 'promises 1000000 bytes of sound and has 8;'],
      [wav({ data: new Uint8Array() }), 'holds 0 samples; expected at least one.'],
      [wav({ data: data.subarray(1) }), 'has 7 bytes of sound, 1 channels of 16 bits;'],
      [wav({ code: 2 }), 'has sound of format code 2 (Microsoft ADPCM); expected PCM (1), float (3),'],
      [wav({ code: 85 }), 'has sound of format code 85 (MP3);'],
      [
        wav({ code: 999 }),
        'has sound of format code 999; expected PCM (1), float (3), A-law (6) or mu-law (7).',
      ],
      [wav({ code: 0xfffe }), 'has an extensible format of 16 bytes, not 40;'],
      [wav({ code: 0xfffe, extension: extensible(85, 16) }), 'has sound of format code 85 (MP3);'],
      [
        wav({ code: 0xfffe, extension: extensible(1, 16).map((byte, i) => (i > 20 ? 0 : byte)) }),
        'has sound of the sub-format 0100000000001000800000aa00000000;',
      ],
      [wav({ bits: 12 }), 'has pcm samples of 12 bits; expected 8, 16, 24 or 32 bits.'],
      [wav({ code: 3 }), 'has float samples of 16 bits; expected 32 or 64 bits.'],
      [wav({ channels: 0 }), 'has 0 channels;'],
      [wav({ blockAlign: 3 }), 'has 3 bytes for one sample of each channel, and 1 channels of 16 bits;'],
      [wav({ rate: 0 }), 'has a sample rate of 0 Hz; expected a whole number of Hz from 1 to 384000.'],
      [wav({ rate: 1_000_000 }), 'has a sample rate of 1000000 Hz;'],
      [
        wav({ code: 3, bits: 32, channels: 2, data: float32([0, 0, 0, Number.NaN]) }),
        'sample 1 of channel 1 (from 0) is NaN;',
      ],
      [
        wav({ code: 3, bits: 32, data: float32([0, -1 / 0]) }),
        'sample 1 of channel 0 (from 0) is -Infinity;',
      ],
    ];
    for (const [bytes, message] of cases) {
      const wrong = () => decodeWav(bytes, { name: 'x/y.wav' });
      expect(wrong, message).toThrow(DataError);
      expect(wrong).toThrow(message);
      expect(wrong).toThrow(/^x\/y\.wav:? .*; expected .*\. [A-Z].*\.$/);
    }
    expect(decodeWav(wav({ rate: 384_000 })).sampleRate).toBe(384_000);
  });

  it('damaged anywhere in its header gives finite samples or a DataError, 4,000 times', () => {
    const random = new Random(11);
    const files = ENCODINGS.flatMap(([, code, bits, value, bytes]) => {
      const content = bytes(fc.sample(value, { numRuns: 12, seed: 3 }));
      return [
        wavFile({ code, bits, channels: 2, data: content, before: [['LIST', Uint8Array.of(1, 2, 3)]] }),
        wavFile({ code: 0xfffe, bits, data: content, extension: extensible(code, bits) }),
      ];
    });
    let refused = 0;
    for (let run = 0; run < 4000; run++) {
      const bytes = files[run % files.length].slice();
      for (let n = 1 + random.integer(4); n > 0; n--) {
        const extreme = [0, 0xff, 0x7f, 0x80, random.integer(256)];
        bytes[random.integer(84)] = extreme[random.integer(extreme.length)];
      }
      const cut = random.integer(3) === 0 ? bytes.subarray(0, random.integer(bytes.length)) : bytes;
      try {
        const { samples, sampleRate } = decodeWav(cut);
        expect(samples.length).toBeGreaterThan(0);
        expect(samples.every(Number.isFinite)).toBe(true);
        expect(sampleRate > 0 && sampleRate <= 384_000).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
    expect(refused).toBeLessThan(3900);
  });
});

describe('encoding', () => {
  it.each([8, 16, 24, 32] as const)('%d bits: within half a step, and to the bit once rounded', (bits) => {
    const samples = noise(1001, 3, 0.99);
    const file = encodeWav(samples, 22_050, { bits });
    expect(file.length % 2).toBe(0);
    const sound = decodeWav(file);
    expect(sound).toMatchObject({ sampleRate: 22_050, channels: 1, bits });
    const rounding = bits === 32 ? 2 ** -24 : 0;
    for (let i = 0; i < samples.length; i++) {
      expect(Math.abs(sound.samples[i] - samples[i])).toBeLessThanOrEqual(2 ** -bits + rounding);
    }
    if (bits <= 24) expect(encodeWav(sound.samples, 22_050, { bits })).toEqual(file);
  });

  it('clips what is beyond full scale', () => {
    const { samples } = decodeWav(encodeWav(Float32Array.of(-3, -1, 1, 7), 8000));
    expect(samples).toEqual(Float32Array.of(-1, -1, 32767 / 32768, 32767 / 32768));
  });

  it.skipIf(!reference)('writes the very file it was read from (skipped without the shared data)', () => {
    const file = new Uint8Array(readFileSync(reference as string));
    const { samples, sampleRate } = decodeWav(file);
    expect(encodeWav(samples, sampleRate)).toEqual(file);
  });

  it('refuses what no file can hold', () => {
    expect(() => encodeWav(Float32Array.of(0, Number.NaN), 8000)).toThrow('sample 1 (from 0) is NaN');
    expect(() => encodeWav(new Float32Array(), 8000)).toThrow(DataError);
    expect(() => encodeWav(Float32Array.of(0), 0)).toThrow('sample rate of 0 Hz');
    expect(() => encodeWav(Float32Array.of(0), 8000, { bits: 12 as WavBits })).toThrow(UsageError);
  });
});
