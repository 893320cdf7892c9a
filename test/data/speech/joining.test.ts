import { describe, expect, it } from 'vitest';
import { joinPieces, type Piece } from '../../../src/data/speech/joining.ts';
import { DataError } from '../../../src/errors.ts';
import { Random } from '../../../src/random.ts';

const RATE = 8000;
/** A tone with silence of a given noise around it, `seconds` each. */
function piece(id: string, amplitude: number, { rate = RATE, seconds = 0.2, background = 0 } = {}): Piece {
  const size = Math.round(seconds * rate);
  const random = new Random(3);
  const samples = Float32Array.from({ length: 3 * size }, (_, i) => {
    const tone = i >= size && i < 2 * size ? amplitude * Math.sin((2 * Math.PI * 437 * i) / rate) : 0;
    return tone + background * random.normal();
  });
  return { id, text: id, sound: { samples, sampleRate: rate } };
}

const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
const decibels = (ratio: number) => 20 * Math.log10(ratio);
const join = (pieces: Piece[], gaps: number[], seed = 1) => joinPieces(pieces, gaps, new Random(seed));

describe('joined recordings', () => {
  it('lie where the gaps put them', () => {
    const { samples, sampleRate, segments } = join([piece('a', 0.1), piece('b', 0.1)], [0.1, 0.25, 0.05]);
    expect(sampleRate).toBe(RATE);
    expect(samples).toHaveLength(1.6 * RATE);
    expect(segments).toEqual([
      { id: 'a', text: 'a', from: 0.1, to: 0.7 },
      { id: 'b', text: 'b', from: 0.95, to: 1.55 },
    ]);
    const tone = samples.subarray(0.3 * RATE, 0.5 * RATE);
    expect(decibels(rms(tone) / (0.1 / Math.SQRT2))).toBeCloseTo(0, 1);
  });

  it('have one level: the geometric mean of their own', () => {
    const amplitudes = [0.02, 0.08, 0.32];
    const joined = join(
      amplitudes.map((amplitude, i) => piece(`p${i}`, amplitude)),
      [0.1, 0.1, 0.1, 0.1],
    );
    for (const { from } of joined.segments) {
      const tone = joined.samples.subarray((from + 0.2) * RATE, (from + 0.4) * RATE);
      expect(Math.abs(decibels(rms(tone) / (0.08 / Math.SQRT2)))).toBeLessThan(0.1);
    }
  });

  it.each([
    // The gaps' noise relative to the speech, whose level is 0.2 / √2.
    ['of silent backgrounds', 0, -60],
    ['of backgrounds at −50 dB', 0.2 * Math.SQRT1_2 * 10 ** (-50 / 20), -50],
    ['of loud backgrounds', 0.01, -40],
  ])('have noise in the gaps, %s', (_, background, expected) => {
    const { samples } = join([piece('a', 0.2, { background })], [0.5, 0.5]);
    const gap = samples.subarray(0, 0.5 * RATE);
    expect(Math.abs(decibels(rms(gap) / (0.2 / Math.SQRT2)) - expected)).toBeLessThan(1.5);
    expect(gap.filter((sample) => sample === 0).length).toBe(0);
    // White: neighbours do not tell of each other.
    const product = gap.subarray(1).reduce((sum, sample, i) => sum + sample * gap[i], 0) / gap.length;
    expect(Math.abs(product / rms(gap) ** 2)).toBeLessThan(0.06);
  });

  it('never have weaker noise than a step of 16-bit samples', () => {
    const { samples } = join([piece('a', 0.001)], [0.5, 0]);
    expect(Math.abs(decibels(rms(samples.subarray(0, 0.5 * RATE)) * 32768))).toBeLessThan(0.5);
  });

  it('begin and end without a click, though the cut is in the middle of a wave', () => {
    const cut: Piece = {
      id: 'a',
      text: 'a',
      sound: { samples: new Float32Array(800).fill(0.5), sampleRate: RATE },
    };
    const { samples } = join([cut], [0.1, 0.1]);
    let jump = 0;
    for (let i = 1; i < samples.length; i++) jump = Math.max(jump, Math.abs(samples[i] - samples[i - 1]));
    // A raised cosine of 40 samples rises by at most π/80 of its height a sample; the noise adds a little.
    expect(jump).toBeLessThan(0.5 * (Math.PI / 80) + 0.04);
    expect(jump).toBeGreaterThan(0.5 * (Math.PI / 80) - 0.01);
    expect(Math.abs(rms(samples.subarray(900, 1500)) - 0.5)).toBeLessThan(0.01);
  });

  it('never go beyond full scale', () => {
    const spike = piece('b', 0.1);
    spike.sound.samples[2000] = 1;
    const { samples } = join([piece('a', 0.9), spike], [0.1, 0.1, 0.1]);
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(peak).toBeCloseTo(0.99, 6);
  });

  it('are the same for equal seeds, and leave the recordings as they were', () => {
    const pieces = [piece('a', 0.1), piece('b', 0.3)];
    const before = pieces.map(({ sound }) => sound.samples.slice());
    expect(join(pieces, [0.1, 0.1, 0.1])).toEqual(join(pieces, [0.1, 0.1, 0.1]));
    expect(join(pieces, [0.1, 0.1, 0.1], 2).samples).not.toEqual(join(pieces, [0.1, 0.1, 0.1]).samples);
    expect(pieces.map(({ sound }) => sound.samples)).toEqual(before);
  });

  it('have to have sound in them, at one rate', () => {
    const other = piece('b', 0.1, { rate: 16_000 });
    expect(() => join([piece('a', 0.1), other], [0, 0, 0])).toThrow(
      'b has 16000 samples a second and a has 8000',
    );
    expect(() => join([piece('a', 0)], [0, 0])).toThrow('a is silent');
    const empty: Piece = { id: 'e', text: '', sound: { samples: new Float32Array(0), sampleRate: RATE } };
    expect(() => join([empty], [0, 0])).toThrow(DataError);
    const short: Piece = { ...empty, sound: { samples: Float32Array.of(0.1), sampleRate: RATE } };
    expect(join([short], [0, 0]).samples).toHaveLength(1);
  });
});
