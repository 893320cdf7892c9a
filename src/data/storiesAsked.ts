import { DataError } from '../errors.ts';
import { parseBabiAsked } from './babi.ts';
import type { Asked } from './stories.ts';

/**
 * Stories with questions to be answered, as one writes them down: a sentence a line. A line that ends in a question mark
 * is a question about all sentences above it, up to the last empty line or the beginning; what stands behind a tab is its
 * answer. Or in the format of bAbI, which text is that has line numbers: in its first line, or a 1 before a later one.
 *
 * @param name the file's, for messages
 * @throws DataError for a question before which nothing was told, for text without a question, and as `parseBabi`
 */
export function parseStories(text: string, name: string): Asked[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (/^\d+ /.test(lines[0] ?? '') || lines.some((line) => /^1 /.test(line)))
    return parseBabiAsked(lines, name);
  const asked: Asked[] = [];
  let facts: string[] = [];
  for (const [index, line] of lines.entries()) {
    const [sentence, answer] = line.split('\t').map((part) => part.trim());
    if (sentence === '') facts = [];
    else if (!isQuestion(sentence)) facts.push(sentence);
    else {
      const place = `${name}:${index + 1}`;
      if (facts.length === 0) {
        throw toldNothing(place, sentence, 'Put what it is about above it, without an empty line between.');
      }
      asked.push({ facts: [...facts], question: sentence, ...(answer && { answer }), place });
    }
  }
  if (asked.length > 0) return asked;
  throw new DataError(
    `${name} has no question`,
    'sentences, one a line, and a line that ends in a question mark',
    'Add a question below the story.',
  );
}

/**
 * The same of texts that hold a sentence or several each, as one types them; the questions among them are about all that
 * was told before.
 *
 * @throws DataError without a question, or without a sentence before it
 */
export function parseTold(texts: readonly string[], name: string): Asked[] {
  const sentences = texts.flatMap(sentencesOf);
  const asked: Asked[] = [];
  const facts: string[] = [];
  for (const sentence of sentences) {
    if (!isQuestion(sentence)) facts.push(sentence);
    else if (facts.length === 0) throw toldNothing(name, sentence, EXAMPLE);
    else asked.push({ facts: [...facts], question: sentence, place: name });
  }
  if (asked.length > 0) return asked;
  throw new DataError(
    `${name}: ${sentences.length} ${sentences.length === 1 ? 'sentence' : 'sentences'} and no question`,
    'sentences, the last of which ends in a question mark',
    EXAMPLE,
  );
}

const EXAMPLE = 'Tell something, then ask: "Mary went to the kitchen." "Where is Mary?"';

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

const sentencesOf = (text: string): string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment.trim()).filter((sentence) => sentence !== '');

const isQuestion = (sentence: string): boolean => /[?？؟]$/.test(sentence);

const toldNothing = (place: string, question: string, todo: string): DataError =>
  new DataError(
    `${place} asks ${JSON.stringify(question)} before anything was told`,
    'the sentences of a story and then a question',
    todo,
  );
