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

/** A question and what was told before it, the oldest first. */
export type Asked = Pick<StoryQuestion, 'facts' | 'question' | 'place'>;

/**
 * Stories with questions as one writes them down: a sentence a line. A line that ends in a question mark is a question
 * about all sentences above it, up to the last empty line or the beginning. Numbers before the sentences and what stands
 * behind a tab are left out, so that files of bAbI can be read too; there a line 1 begins a story.
 *
 * @param name the file's, for messages
 * @throws DataError for a question before which nothing was told, and for text without a question
 */
export function parseStories(text: string, name: string): Asked[] {
  const asked: Asked[] = [];
  let facts: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, number, said] = /^\s*(?:(\d+)\s+)?([^\t]*)/.exec(line) ?? [];
    const sentence = (said ?? '').trim();
    if (sentence === '' || number === '1') facts = [];
    if (sentence === '') continue;
    if (!/[?？؟]$/.test(sentence)) {
      facts.push(sentence);
      continue;
    }
    const place = `${name}:${index + 1}`;
    if (facts.length === 0) {
      throw new DataError(
        `${place} asks ${JSON.stringify(sentence)} before anything was told`,
        'the sentences of a story, one a line, and then a question',
        'Put what it is about above it, without an empty line between.',
      );
    }
    asked.push({ facts: [...facts], question: sentence, place });
  }
  if (asked.length > 0) return asked;
  throw new DataError(
    `${name} has no question`,
    'sentences, one a line, and a line that ends in a question mark',
    'Add a question below the story.',
  );
}

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
