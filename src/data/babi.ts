import { DataError } from '../errors.ts';
import { parseLines } from './corpus.ts';
import type { Folder } from './folder.ts';
import type { Asked, StoryQuestion } from './stories.ts';

/**
 * Questions of a file in the format of bAbI (Weston et al. 2015, "Towards AI-complete question answering"): every line
 * is a number, a space and a sentence; a question is followed by a tab, its answer, a tab and the numbers of the lines
 * that it follows from (which may be missing). The line 1 begins a story, and the numbers of a story rise. A question is
 * about all sentences of its story before it; questions are not among them.
 *
 * @param name the file's name, for messages
 * @throws DataError with file and line for a line that is none of this, and as `parseLines`
 */
export const parseBabi = (bytes: Uint8Array, name: string): StoryQuestion[] =>
  babiQuestions(parseLines(bytes, name), name, true) as StoryQuestion[];

/**
 * The same of lines, whose questions may lack an answer: lines that end in a question mark are some.
 *
 * @throws DataError with file and line, as `parseBabi`
 */
export const parseBabiAsked = (lines: readonly string[], name: string): Asked[] =>
  babiQuestions(lines, name, false);

function babiQuestions(lines: readonly string[], name: string, answered: boolean): Asked[] {
  const questions: Asked[] = [];
  let facts: string[] = [];
  /** of a fact's number its index; of a question's number −1 */
  let numbers = new Map<number, number>();
  let last = 0;
  for (const [index, line] of lines.entries()) {
    const place = `${name}:${index + 1}`;
    const refuse = (arrived: string, expected: string, todo = 'Correct the line.') =>
      new DataError(`${place} ${arrived}`, expected, todo);
    const [, digits, rest] = /^(\d+) (.*)$/.exec(line) ?? [];
    if (digits === undefined) {
      throw refuse(
        `begins ${JSON.stringify(line.slice(0, 40))}`,
        'a number, a space and a sentence on every line',
        'Number the lines of each story from 1, or correct the line.',
      );
    }
    const number = Number(digits);
    if (number === 1) {
      facts = [];
      numbers = new Map();
    } else if (index === 0 || number <= last) {
      const after = index === 0 ? 'as the first line' : `after ${last}`;
      throw refuse(
        `has the number ${number} ${after}`,
        'numbers that rise, or 1 where a story begins',
        'Number the lines of each story from 1.',
      );
    }
    last = number;
    const [sentence, answer, supports = '', ...more] = rest.split('\t').map((part) => part.trim());
    if (sentence === '') throw refuse(`has no text after its number ${number}`, 'a sentence');
    if (answer === undefined) {
      const asks = /[?？؟]$/.test(sentence);
      if (asks && answered) {
        throw refuse(
          `is a question without an answer: ${JSON.stringify(sentence)}`,
          'question TAB answer, or question TAB answer TAB supporting line numbers',
          'Add the answer, with a tab before it.',
        );
      }
      if (!asks) {
        numbers.set(number, facts.length);
        facts.push(sentence);
        continue;
      }
    }
    numbers.set(number, -1);
    if (answer === '' && answered) throw refuse('has no answer after the tab', 'question TAB answer');
    if (more.length > 0) {
      throw refuse(
        `has ${more.length + 3} columns`,
        'at most three: question, answer and supporting line numbers',
      );
    }
    if (facts.length === 0) {
      throw refuse(
        `asks ${JSON.stringify(sentence)} before anything was told`,
        'at least one sentence of its story before a question',
        'Add what the answer follows from; the line 1 begins a new story.',
      );
    }
    const indices = supports.split(/\s+/).flatMap((word) => {
      if (word === '') return [];
      const found = /^\d+$/.test(word) ? numbers.get(Number(word)) : undefined;
      if (found !== undefined && found >= 0) return [found];
      const known = [...numbers].flatMap(([line, fact]) => (fact < 0 ? [] : [line]));
      throw refuse(
        `says that its answer follows from line ${word}`,
        `numbers of sentences of the same story before it: ${known.slice(-20).join(' ')}`,
      );
    });
    questions.push({
      facts: [...facts],
      question: sentence,
      ...(answer && { answer }),
      ...((answered || indices.length > 0) && { supports: indices }),
      place,
    });
  }
  if (questions.length > 0) return questions;
  throw new DataError(
    `${name} has no questions`,
    answered ? 'lines such as `3 Where is Mary? TAB bathroom TAB 1`' : 'lines such as `3 Where is Mary?`',
    'Check that it is a file of stories with questions.',
  );
}

/** The 20 tasks of bAbI, as their paper calls them. */
export const BABI_TASKS = [
  'single supporting fact',
  'two supporting facts',
  'three supporting facts',
  'two argument relations',
  'three argument relations',
  'yes/no questions',
  'counting',
  'lists/sets',
  'simple negation',
  'indefinite knowledge',
  'basic coreference',
  'conjunction',
  'compound coreference',
  'time reasoning',
  'basic deduction',
  'basic induction',
  'positional reasoning',
  'size reasoning',
  'path finding',
  "agent's motivations",
] as const;

/** Of a file's name the task that it is of, 1 to 20; undefined where it does not tell. */
export function babiTaskOf(path: string): number | undefined {
  const task = Number(/(?:^|\/)qa(\d+)_[^/]*$/.exec(path)?.[1]);
  return task >= 1 && task <= BABI_TASKS.length ? task : undefined;
}

/**
 * Reads a task of bAbI as it is published: files `qaN_NAME_train.txt` and `qaN_NAME_test.txt`.
 *
 * @param folder the published folder or archive, or that of one language in it
 * @param task 1 to 20
 * @param language the folder inside, where there are several: `en`, `en-10k`, `shuffled` …; default `en`
 * @param instead a folder whose files of a task (`qaN_…_PART….txt`, also `.gz`) are read instead, where it has some
 * @throws DataError when there is no such file, and as `parseBabi`
 */
export async function readBabi(
  folder: Folder,
  task: number,
  part: 'train' | 'test',
  language = 'en',
  instead?: Folder,
): Promise<StoryQuestion[]> {
  const other = new RegExp(`(?:^|/)qa${task}_[^/]*_${part}[^/]*\\.txt(?:\\.gz)?$`);
  const form = new RegExp(`(?:^|/)qa${task}_[^/]*_${part}\\.txt$`);
  const places = [language, `tasks_1-20_v1-2/${language}`, ''].map((place) => [folder, place, form] as const);
  for (const [around, place, name] of [...(instead ? [[instead, '', other] as const] : []), ...places]) {
    const path = (await around.list(place)).find((file) => name.test(file));
    if (path !== undefined) return parseBabi(await around.read(path), `${around.name}/${path}`);
  }
  throw new DataError(
    `${folder.name} has no file of task ${task}`,
    `${language}/qa${task}_NAME_${part}.txt in it`,
    'Name the folder or archive of bAbI as it is published: heed data get babi',
  );
}
