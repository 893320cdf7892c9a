import { DataError } from '../../errors.ts';
import { SENTENCE_END, SENTENCE_START } from './contract.ts';
import { NgramModel, type NgramOptions } from './model.ts';
import { NgramTrie, ROOT } from './trie.ts';

/** A place in the text, and how to say that something is wrong with it. */
interface Reader {
  lines: readonly string[];
  name: string;
  /** Of the line being read, from 0. */
  at: number;
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/;
/** Tokens may hold any other character, a no-break space for one. */
const BLANKS = /[ \t]+/;

/**
 * Reads an n-gram model in ARPA format: text up to a line `\data\`, how many n-grams there are of each length, a
 * section for each length with lines `log₁₀ probability, n tokens, log₁₀ back-off weight`, the end mark `\end\`. A
 * missing back-off weight is 0; the longest n-grams have none. Fields are separated by spaces or tabs. An unknown
 * word may be called `<unk>` or `<UNK>`.
 *
 * @param name what errors call the text
 * @throws DataError with the line where the text is not that; where counts differ, n-grams repeat, hold words that
 *   are no 1-grams, or `<s>` or `</s>` is missing
 */
export function parseArpa(text: string, name: string, options: NgramOptions = {}): NgramModel {
  const reader: Reader = { lines: text.split('\n'), name, at: 0 };
  while (reader.at < reader.lines.length && line(reader) !== '\\data\\') reader.at++;
  if (reader.at === reader.lines.length) {
    throw new DataError(`No line \\data\\ in ${name}`, 'an n-gram model in ARPA format', 'Check the file.');
  }
  reader.at++;
  const counts = readCounts(reader);
  const trie = new NgramTrie();
  const ids = new Map<string, number>();
  const log10Probs = [Number.NaN];
  const log10Backoffs = [0];
  for (const [i, count] of counts.entries()) {
    const length = i + 1;
    const section = `\\${length}-grams:`;
    skipEmpty(reader);
    if (line(reader) !== section) throw wrong(reader, `the section ${section}`, 'Sections follow by length.');
    reader.at++;
    let read = 0;
    for (skipEmpty(reader); !line(reader)?.startsWith('\\'); skipEmpty(reader)) {
      const { log10Prob, log10Backoff, tokens } = readEntry(reader, length, length === counts.length);
      if (length === 1 && !ids.has(tokens[0])) ids.set(tokens[0], ids.size);
      let node = ROOT;
      for (const token of tokens) {
        const word = ids.get(token);
        if (word === undefined) {
          throw wrong(
            reader,
            `words that are 1-grams; "${token}" is none`,
            'Add it, or take the n-gram out.',
          );
        }
        node = trie.add(node, word);
      }
      if (log10Probs[node] !== undefined && !Number.isNaN(log10Probs[node])) {
        throw wrong(reader, 'each n-gram once', 'Take out the one that is wrong.');
      }
      while (log10Probs.length < trie.size) {
        log10Probs.push(Number.NaN);
        log10Backoffs.push(0);
      }
      log10Probs[node] = log10Prob;
      log10Backoffs[node] = log10Backoff;
      read++;
      reader.at++;
    }
    if (read !== count) {
      throw wrong(reader, `${count} ${length}-grams as the header says, not ${read}`, 'The file may be cut.');
    }
  }
  skipEmpty(reader);
  if (line(reader) !== '\\end\\') throw wrong(reader, 'the end mark \\end\\', 'The file may be cut.');
  for (const mark of [SENTENCE_START, SENTENCE_END]) {
    if (ids.has(mark)) continue;
    throw new DataError(
      `No ${mark} among the 1-grams of ${name}`,
      `a model of whole sentences, with ${SENTENCE_START} and ${SENTENCE_END}`,
      'Train it with sentence boundaries.',
    );
  }
  const vocabulary = [...ids.keys()];
  return new NgramModel({ order: counts.length, vocabulary, trie, log10Probs, log10Backoffs }, options);
}

/** Lines `ngram n=count`, from 1 on without a gap. */
function readCounts(reader: Reader): number[] {
  const counts: number[] = [];
  for (skipEmpty(reader); line(reader)?.startsWith('ngram'); skipEmpty(reader)) {
    const [, length, count] = /^ngram[ \t]+(\d+)[ \t]*=[ \t]*(\d+)$/.exec(line(reader) as string) ?? [];
    if (Number(length) !== counts.length + 1) {
      throw wrong(reader, `"ngram ${counts.length + 1}=" and a count`, 'Lengths count up from 1.');
    }
    counts.push(Number(count));
    reader.at++;
  }
  if (counts.length === 0) throw wrong(reader, '"ngram 1=" and a count', 'Counts follow \\data\\.');
  return counts;
}

function readEntry(reader: Reader, length: number, longest: boolean) {
  const fields = (line(reader) as string).split(BLANKS);
  const form = `a log-probability, ${length} token${length === 1 ? '' : 's'}${longest ? '' : ' and perhaps a back-off weight'}`;
  if (fields.length !== length + 1 && (longest || fields.length !== length + 2)) {
    throw wrong(reader, form, `These are ${fields.length} fields; tokens can hold no space.`);
  }
  const [log10Prob, log10Backoff] = [fields[0], fields[length + 1] ?? '0'].map((field) => {
    if (NUMBER.test(field)) return Number(field);
    throw wrong(reader, form, `"${field}" is no number.`);
  });
  if (log10Prob > 0) {
    throw wrong(reader, 'a logarithm of a probability, at most 0', 'Look for columns that changed places.');
  }
  return { log10Prob, log10Backoff, tokens: fields.slice(1, length + 1) };
}

/** The line being read without blanks around it; undefined after the last. */
function line({ lines, at }: Reader): string | undefined {
  return lines[at]?.replace(/^[ \t]+|[ \t\r]+$/g, '');
}

/** Ends at a line with something on it. @throws DataError at the end of the text */
function skipEmpty(reader: Reader): void {
  while (line(reader) === '') reader.at++;
  if (reader.at < reader.lines.length) return;
  throw new DataError(
    `${reader.name} ends at line ${reader.lines.length - (reader.lines.at(-1) === '' ? 1 : 0)}`,
    'the end mark \\end\\ after the last section',
    'The file may be cut: fetch it again.',
  );
}

function wrong(reader: Reader, expected: string, todo: string): DataError {
  return new DataError(`Line ${reader.at + 1} of ${reader.name}, "${line(reader)}"`, expected, todo);
}

/**
 * Writes a model in ARPA format, numbers with all their digits: `parseArpa` gives back equal scores, to the bit.
 * N-grams stand in the order in which they came into the model.
 *
 * @throws DataError for a token that a file cannot hold: it has a space, a tab or a line break
 */
export function printArpa(model: NgramModel): string {
  const unfit = model.vocabulary.find((token) => /[ \t\r\n]/.test(token));
  if (unfit !== undefined) {
    throw new DataError(
      `A token ${JSON.stringify(unfit)}`,
      'tokens without spaces and line breaks, which separate the fields of an ARPA file',
      'Train with another name for it, such as <space>.',
    );
  }
  const levels = [...model.entries()];
  const lines = ['\\data\\', ...levels.map((level, i) => `ngram ${i + 1}=${level.length}`)];
  for (const [i, level] of levels.entries()) {
    lines.push('', `\\${i + 1}-grams:`);
    for (const { ngram, log10Prob, log10Backoff } of level) {
      const backoff = log10Backoff === 0 ? '' : `\t${log10Backoff}`;
      lines.push(`${log10Prob}\t${ngram.join(' ')}${backoff}`);
    }
  }
  return [...lines, '', '\\end\\', ''].join('\n');
}
