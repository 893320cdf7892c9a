import { expect, it } from 'vitest';
import { Random } from '../../src/random.ts';
import { trimmed } from '../../web/src/sound/trim.ts';

const RATE = 8000;
/** Seconds of noise so loud. */
const noise = (seconds: number, level: number, random = new Random(1)) =>
  Float32Array.from({ length: seconds * RATE }, () => level * random.normal());
const joined = (...parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => Array.from(part)));

it('cuts off what is quiet at both ends, but for 0.3 s', () => {
  const spoken = noise(1, 0.1);
  const found = trimmed(joined(noise(2, 0.0005), spoken, noise(3, 0.0005)), RATE);
  expect(found.length / RATE).toBeCloseTo(1.6, 1);
  expect(found.subarray(0.3 * RATE, 1.3 * RATE)).toEqual(spoken);
});

it('keeps pauses, and what is short of quiet', () => {
  const whole = joined(noise(0.2, 0.0005), noise(1, 0.1), noise(1, 0.0005), noise(1, 0.05));
  expect(trimmed(whole, RATE)).toEqual(whole);
});

it('leaves silence and nothing as they are, to be refused by who knows better', () => {
  expect(trimmed(new Float32Array(800), RATE)).toHaveLength(800);
  expect(trimmed(new Float32Array(0), RATE)).toHaveLength(0);
});
