import fc from 'fast-check';
import { Random } from '../../../src/random.ts';

/** A few short sentences of a few words: discounts fall back, contexts repeat, words go unseen. */
export const smallCorpora = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd e'), { maxLength: 6 }), {
  minLength: 1,
  maxLength: 8,
});

/** Words with Zipf's frequencies in chains: large enough to estimate discounts for every length up to 3. */
export function zipfCorpus(sentences: number, seed: number): string[][] {
  const random = new Random(seed);
  const draw = () => Math.floor(60 ** random.uniform());
  return Array.from({ length: sentences }, () => {
    let last = draw();
    return Array.from({ length: 1 + random.integer(9) }, () => {
      last = random.uniform() < 0.5 ? (last * 7 + 3) % 60 : draw();
      return `w${last}`;
    });
  });
}

/** Everything a trained model can predict, given what it was trained on. */
export function predictable(sentences: readonly (readonly string[])[], extra: readonly string[]): string[] {
  return [...new Set([...sentences.flat(), ...extra, '</s>'])];
}

/** All histories up to a length, of a vocabulary, with and without the beginning of a sentence. */
export function histories(vocabulary: readonly string[], length: number): string[][] {
  const all: string[][] = [[], ['<s>']];
  for (let i = 0, level = all; i < length; i++) {
    level = level.flatMap((history) => vocabulary.map((word) => [...history, word]));
    all.push(...level);
  }
  return all;
}
