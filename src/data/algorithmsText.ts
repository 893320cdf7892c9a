/** Sequences of the generated tasks as people write them: a vector is a word of 0 and 1, a sequence a line. */
import { DataError } from '../errors.ts';
import type { Algorithm, Vector } from './algorithmsSequence.ts';

/** The words of a line. */
export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** A vector to show how one is written. */
export const exampleWord = (width: number): string => '01'.repeat(width).slice(0, width);

export const bitWord = (bits: Vector): string => bits.join('');

/** What says that a line is not one of the task's. */
export type Refuse = (arrived: string) => DataError;

export const refuseLine =
  (place: string, { form }: Pick<Algorithm, 'form'>): Refuse =>
  (arrived) =>
    new DataError(`${place}: ${arrived}`, form, 'Correct the line.');

/** Words as vectors. @throws DataError when there are none, or one has not `width` bits */
export function vectorsOf(words: readonly string[], width: number, refuse: Refuse): number[][] {
  if (words.length === 0) throw refuse('no vector');
  return words.map((word) => {
    if (/^[01]+$/.test(word) && word.length === width) return Array.from(word, Number);
    throw refuse(/^[01]+$/.test(word) ? `${word}, of ${word.length} bits` : JSON.stringify(word));
  });
}
