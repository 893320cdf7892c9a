import { DataError } from '../errors.ts';

export interface WordVectors {
  /** Numbers a vector. */
  dimension: number;
  /** Of the wanted words that the file has: float32 `[dimension]`. */
  vectors: Map<string, Float32Array>;
  /** Rows in the file, unwanted ones and repetitions included. */
  rows: number;
}

/**
 * Word vectors as text: word2vec's form, whose first line is `count dimension`, or GloVe's, which has no such line.
 * A row is a word and its numbers, with one space (or tab) between them; the word itself may hold spaces, as a few in
 * GloVe's 840B do: the last `dimension` columns are the numbers. Of a word that occurs again the first row counts.
 * Numbers of unwanted words are counted, not read, and lines are looked at one by one in the bytes, so that a file of
 * hundreds of megabytes needs little more memory than it has itself.
 *
 * @param bytes the file's, unpacked
 * @param wanted the words whose vectors are kept, in the same case as in the file
 * @param name the file's, for errors
 * @throws DataError with the line for a row of another dimension or a column that is no number; for an empty file,
 *   and for other than `count` rows
 */
export function parseWordVectors(bytes: Uint8Array, wanted: ReadonlySet<string>, name: string): WordVectors {
  const lines = linesOf(bytes);
  const first = lines.next();
  if (first.done) {
    throw new DataError(`${name} is empty`, 'word vectors as text', 'Check that it was downloaded whole.');
  }
  const header = /^([1-9]\d*)[ \t]+([1-9]\d*)$/.exec(textOf(bytes, first.value));
  const dimension = header ? Number(header[2]) : countSeparators(bytes, first.value);
  const vectors = new Map<string, Float32Array>();
  let rows = 0;
  const read = (line: Line): void => {
    rows++;
    const place = `${name}:${header ? rows + 1 : rows}`;
    const wordEnd = wordEndOf(bytes, line, dimension, place);
    const word = textOf(bytes, { start: line.start, end: wordEnd });
    if (wanted.has(word) && !vectors.has(word)) {
      vectors.set(word, numbersOf(textOf(bytes, { start: wordEnd + 1, end: line.end }), dimension, place));
    }
  };
  if (!header) {
    if (dimension === 0) {
      throw new DataError(
        `${name}:1 has no numbers and begins ${beginning(textOf(bytes, first.value))}`,
        'a word and its numbers, or `count dimension`',
        'Give word vectors as text, of word2vec or GloVe; those of a binary file must be converted.',
      );
    }
    read(first.value);
  }
  for (const line of lines) read(line);
  if (header && rows !== Number(header[1])) {
    throw new DataError(
      `${name} has ${rows} rows`,
      `${header[1]}, as its first line says`,
      'Check that it was downloaded whole, or correct its first line.',
    );
  }
  return { dimension, vectors, rows };
}

/** Offsets of a line's text in the bytes: its end of line, and space before that, left out. */
interface Line {
  start: number;
  end: number;
}

const [TAB, LF, CR, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const isSeparator = (byte: number): boolean => byte === SPACE || byte === TAB;

/** Only LF ends a line: words of other scripts hold further characters that some readers take for an end of line. */
function* linesOf(bytes: Uint8Array): Generator<Line, void, undefined> {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let start = hasMark ? 3 : 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(LF, start);
    const next = found < 0 ? bytes.length : found;
    let end = next;
    // word2vec's own program ends each row with a space.
    while (end > start && (isSeparator(bytes[end - 1]) || bytes[end - 1] === CR)) end--;
    yield { start, end };
    start = next + 1;
  }
}

function countSeparators(bytes: Uint8Array, { start, end }: Line): number {
  let count = 0;
  for (let i = start; i < end; i++) if (isSeparator(bytes[i])) count++;
  return count;
}

/** Where the separator after a row's word is: the `dimension`-th from the end. */
function wordEndOf(bytes: Uint8Array, line: Line, dimension: number, place: string): number {
  let separators = 0;
  let i = line.end;
  while (i > line.start && separators < dimension) {
    i--;
    if (isSeparator(bytes[i])) separators++;
  }
  if (separators < dimension) throw wrongDimension(place, separators, dimension, textOf(bytes, line));
  // A "word" that ends in a number with a point is a row of more numbers, not a word of several parts.
  let last = i;
  while (last > line.start && !isSeparator(bytes[last - 1])) last--;
  if (last > line.start && /^[-+]?\d*\.\d+(e[-+]?\d+)?$/i.test(textOf(bytes, { start: last, end: i }))) {
    const more = countSeparators(bytes, line);
    throw wrongDimension(place, more, dimension, textOf(bytes, line));
  }
  return i;
}

function numbersOf(text: string, dimension: number, place: string): Float32Array {
  const columns = text.split(/[ \t]/);
  const vector = new Float32Array(dimension);
  for (const [i, column] of columns.entries()) {
    const value = column === '' ? Number.NaN : Number(column);
    if (!Number.isFinite(value)) {
      throw new DataError(
        `${place} has ${JSON.stringify(column)} for number ${i + 1} of ${dimension}`,
        'a finite number',
        'Look for a damaged row, or for two spaces where there should be one.',
      );
    }
    vector[i] = value;
  }
  return vector;
}

const wrongDimension = (place: string, came: number, dimension: number, text: string) =>
  new DataError(
    `${place} has ${came} numbers and begins ${beginning(text)}`,
    `a word and ${dimension} numbers, as the first line has it`,
    'Check that it was downloaded whole and holds vectors of one dimension only.',
  );

// Words that are not whole UTF-8 (word2vec cuts long ones) are met in unwanted rows; they are no reason to stop.
// A byte order mark at the start of a word is part of it: vocabularies gathered from the web have such words.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const textOf = (bytes: Uint8Array, { start, end }: Line): string =>
  decoder.decode(bytes.subarray(start, end));

const beginning = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
