/** Made speech: every letter a tone of its own, with gaps of near silence between. */
import type { Utterance, Waveform } from '../../src/data/speech/utterance.ts';
import { Random } from '../../src/random.ts';

export const RATE = 8000;
const LETTERS = 'abcdef';
const HERTZ = [300, 480, 770, 1200, 1900, 3000];

/** Where each letter sounds, in seconds. */
export interface Sounding {
  readonly letter: string;
  readonly from: number;
  readonly to: number;
}

export interface ToneUtterance extends Utterance {
  readonly letters: readonly Sounding[];
  audio(): Promise<Waveform>;
}

/** Letters of 80 to 140 ms, 40 to 80 ms apart; a space is 120 ms more of nothing. */
export function toneOf(text: string, seed: number): { samples: Float32Array; letters: Sounding[] } {
  const random = new Random(seed);
  const between = (least: number, most: number) => least + (most - least) * random.uniform();
  const letters: Sounding[] = [];
  let at = between(0.03, 0.08);
  for (const letter of text) {
    if (letter === ' ') {
      at += 0.12;
      continue;
    }
    const to = at + between(0.08, 0.14);
    letters.push({ letter, from: at, to });
    at = to + between(0.04, 0.08);
  }
  const samples = Float32Array.from({ length: Math.ceil(at * RATE) }, () => 0.002 * random.normal());
  for (const { letter, from, to } of letters) {
    const angle = (2 * Math.PI * HERTZ[LETTERS.indexOf(letter)]) / RATE;
    const loudness = between(0.2, 0.5);
    for (let i = Math.round(from * RATE); i < to * RATE; i++) samples[i] += loudness * Math.sin(angle * i);
  }
  return { samples, letters };
}

/** Of 1 to 5 letters, some of them twice in a row; with `words`, of two such words. */
export function toneTexts(seed: number, count: number, { words = false } = {}): string[] {
  const random = new Random(seed);
  const word = (most: number) =>
    Array.from({ length: 1 + random.integer(most) }, () => LETTERS[random.integer(LETTERS.length)]).join('');
  return Array.from({ length: count }, () => (words ? `${word(3)} ${word(3)}` : word(5)));
}

export const toneUtterances = (texts: readonly string[], name: string, speakers = 0): ToneUtterance[] =>
  texts.map((text, i) => {
    const { samples, letters } = toneOf(text, 1000 * name.length + i);
    const speaker = speakers > 0 ? { speaker: `s${i % speakers}` } : {};
    return {
      id: `${name}-${i}`,
      text,
      ...speaker,
      letters,
      audio: async () => ({ samples, sampleRate: RATE }),
    };
  });

/** How many tokens of what should have been said were not, or were said besides: Levenshtein's distance. */
export function mistakes(said: readonly string[], expected: readonly string[]): number {
  let row = expected.map((_, j) => j + 1);
  for (const [i, a] of said.entries()) {
    let [diagonal, left] = [i, i + 1];
    row = expected.map((b, j) => {
      const best = Math.min(left + 1, row[j] + 1, diagonal + Number(a !== b));
      [diagonal, left] = [row[j], best];
      return best;
    });
  }
  return expected.length === 0 ? said.length : row[expected.length - 1];
}
