import { DataError } from '../errors.ts';
import { hashOf } from './heldOut.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A question about a story: what was told before it, and its answer. */
export interface StoryQuestion {
  /** sentences told before the question, the oldest first; at least one */
  readonly facts: readonly string[];
  readonly question: string;
  /** one word, or several that are one answer (`apple,milk`) */
  readonly answer: string;
  /** which facts the answer follows from, as indices into `facts`; empty where nobody says */
  readonly supports: readonly number[];
  /** where the question stands, for messages: `file:line` */
  readonly place: string;
}

/** Words of a sentence: the tokens that have a letter or a digit, so that `hallway.` and `hallway?` are one word. */
export const sentenceWords = (sentence: string, tokenizer: Tokenizer): string[] =>
  tokenizer.tokenize(sentence).filter((token) => /[\p{L}\p{N}]/u.test(token));

/** A question and what was told before it, the oldest first; answer and supports where they are known. */
export type Asked = Pick<StoryQuestion, 'facts' | 'question' | 'place'> &
  Partial<Pick<StoryQuestion, 'answer' | 'supports'>>;

/**
 * Takes a share of the questions out for validation. Which are taken depends on a hash of their texts alone; both parts
 * keep their order.
 *
 * @param share of the questions, 0 to 1
 * @throws DataError when nothing would be left on one side
 */
export function holdOutQuestions<Of extends StoryQuestion>(
  questions: readonly Of[],
  share: number,
  name: string,
): { train: Of[]; validation: Of[] } {
  const count = Math.round(share * questions.length);
  if (!(count > 0 && count < questions.length)) {
    throw new DataError(
      `${name} has ${questions.length} questions, a share of ${share} of which to hold out`,
      'at least one question to train on and one to hold out',
      'Change the share, or give more questions.',
    );
  }
  const hashes = questions.map(({ facts, question }) => hashOf([...facts, question].join('\n')));
  const order = questions.map((_, i) => i).sort((a, b) => hashes[a] - hashes[b] || a - b);
  const held = new Set(order.slice(0, count));
  return {
    train: questions.filter((_, i) => !held.has(i)),
    validation: questions.filter((_, i) => held.has(i)),
  };
}
