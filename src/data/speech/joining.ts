import { DataError } from '../../errors.ts';
import type { Random } from '../../random.ts';
import type { Waveform } from './utterance.ts';

/** A recording to be joined with others. */
export interface Piece {
  /** Of its recording, for errors and segments. */
  id: string;
  text: string;
  sound: Waveform;
}

/** Where a piece lies in the sound that it was joined into. */
export interface Segment {
  id: string;
  text: string;
  /** Its first sample and the one behind its last, in seconds. */
  from: number;
  to: number;
}

/** A sound made of pieces; `segments` tell what attention should find. */
export interface JoinedWaveform extends Waveform {
  segments: Segment[];
}

/** Frames in which levels are measured, s. */
const FRAME = 0.02;
/** Raised-cosine rise and fall at the ends of a piece, s: a cut in the middle of a wave would click. */
const FADE = 0.005;
/** Frames this much weaker than the loudest, as a ratio of amplitudes (−20 dB), are not speech. */
const ACTIVE = 0.1;
/** Noise lies between so much of the level of the speech: −60 and −40 dB. */
const [LEAST_NOISE, MOST_NOISE] = [1e-3, 1e-2];
/** The step of 16-bit samples: weaker noise could not be recorded. */
const STEP = 1 / 32768;
/** No sample is larger, so that the sound can be written as a WAV file. */
const PEAK = 0.99;

/**
 * Joins recordings of one speaker into one sound.
 *
 * Levels are matched: each piece is scaled so that the root mean square of its speech (frames within 20 dB of its
 * loudest) is the geometric mean of that of all pieces. The gaps are filled, and the pieces underlaid, with white
 * noise as strong as the quietest background among the scaled pieces, where that is between −60 and −40 dB of the
 * speech: digital zero would be a sound that no microphone hears and a logarithm's floor in the features, by which
 * gaps would be found too easily; and the backgrounds themselves are too short in recordings trimmed to the word.
 *
 * @param gaps seconds before, between and after the pieces: one more than there are pieces
 * @param random where the noise comes from
 * @throws DataError for a silent piece, or pieces of different sample rates
 */
export function joinPieces(
  pieces: readonly Piece[],
  gaps: readonly number[],
  random: Random,
): JoinedWaveform {
  const { sampleRate } = pieces[0].sound;
  for (const { id, sound } of pieces) {
    if (sound.sampleRate === sampleRate) continue;
    throw new DataError(
      `${id} has ${sound.sampleRate} samples a second and ${pieces[0].id} has ${sampleRate}`,
      'recordings of one sample rate',
      'Resample them, or leave out those of another rate.',
    );
  }
  const levels = pieces.map(({ id, sound }) => {
    const level = levelsOf(sound);
    if (level.speech > 0) return level;
    throw new DataError(`${id} is silent`, 'a recording with sound in it', 'Leave it out.');
  });
  const level = Math.exp(levels.reduce((sum, { speech }) => sum + Math.log(speech), 0) / levels.length);
  const quietest = Math.min(...levels.map(({ speech, background }) => (background / speech) * level));
  const noise = Math.max(STEP, level * LEAST_NOISE, Math.min(level * MOST_NOISE, quietest));

  const pauses = gaps.map((seconds) => Math.round(seconds * sampleRate));
  const length = pieces.reduce((sum, { sound }) => sum + sound.samples.length, 0);
  const samples = new Float32Array(pauses.reduce((sum, pause) => sum + pause, length));
  for (let i = 0; i < samples.length; i++) samples[i] = noise * random.normal();
  let at = 0;
  const segments = pieces.map(({ id, text, sound }, index): Segment => {
    at += pauses[index];
    const from = at;
    addFaded(samples.subarray(from), sound, level / levels[index].speech);
    at += sound.samples.length;
    return { id, text, from: from / sampleRate, to: at / sampleRate };
  });
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  if (peak > PEAK) for (let i = 0; i < samples.length; i++) samples[i] *= PEAK / peak;
  return { samples, sampleRate, segments };
}

function addFaded(place: Float32Array, { samples, sampleRate }: Waveform, gain: number): void {
  const fade = Math.round(FADE * sampleRate);
  for (let i = 0; i < samples.length; i++) {
    const fromEnd = Math.min(i, samples.length - 1 - i);
    const rise = fromEnd < fade ? 0.5 - 0.5 * Math.cos((Math.PI * (fromEnd + 0.5)) / fade) : 1;
    place[i] += gain * rise * samples[i];
  }
}

/** Root mean squares of a recording's speech and, of its tenth of quietest frames the loudest, of its background. */
function levelsOf({ samples, sampleRate }: Waveform): { speech: number; background: number } {
  const size = Math.max(1, Math.min(samples.length, Math.round(FRAME * sampleRate)));
  const powers: number[] = [];
  for (let start = 0; start + size <= samples.length; start += size) {
    let sum = 0;
    for (let i = start; i < start + size; i++) sum += samples[i] * samples[i];
    powers.push(sum / size);
  }
  powers.sort((a, b) => a - b);
  const loudest = powers[powers.length - 1] ?? 0;
  const speech = powers.filter((power) => power >= loudest * ACTIVE * ACTIVE);
  return {
    speech: Math.sqrt(speech.reduce((sum, power) => sum + power, 0) / Math.max(1, speech.length)),
    background: Math.sqrt(powers[Math.floor(powers.length / 10)] ?? 0),
  };
}
