import { DataError } from '../errors.ts';

/** A source and its target, and the line they stand on (from 1). */
export interface Pair {
  source: string;
  target: string;
  line: number;
}

/** A longer line is refused: it is a wrong file, and one such sentence would not fit any batch. */
export const MAX_LINE_CHARACTERS = 50_000;

/**
 * Text of UTF-8 bytes; a byte order mark is dropped.
 * @param name the file's name, for the error
 * @throws DataError with the byte offset (from 0) of the first invalid sequence
 */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const offset = firstInvalidUtf8(bytes);
    const byte = bytes[offset].toString(16).padStart(2, '0');
    throw new DataError(
      `${name} holds an invalid UTF-8 sequence at byte ${offset} (0x${byte})`,
      'UTF-8 text',
      `Convert it first, for example: iconv -f latin1 -t utf-8 ${name}`,
    );
  }
}

/**
 * Offset of the first byte that does not begin a well-formed sequence (The Unicode Standard, table 3-7), −1 if
 * all do.
 */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  let i = 0;
  while (i < bytes.length) {
    const lead = bytes[i];
    const following =
      lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : -1;
    if (following < 0) return i;
    // The second byte's range is narrower where overlong forms, surrogates or values above U+10FFFF would be.
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    for (let k = 1; k <= following; k++) {
      const byte = bytes[i + k];
      if (byte === undefined || byte < (k === 1 ? low : 0x80) || byte > (k === 1 ? high : 0xbf)) return i;
    }
    i += following + 1;
  }
  return -1;
}

/**
 * Lines of a text file, ended by LF or CRLF, the last one with or without.
 * @throws DataError for an empty file, invalid UTF-8, or a line of more than MAX_LINE_CHARACTERS
 */
export function parseLines(bytes: Uint8Array, name: string): string[] {
  const text = decodeUtf8(bytes, name);
  if (text === '') {
    throw new DataError(
      `${name} is empty`,
      'at least one line',
      'Check that it was written or downloaded whole.',
    );
  }
  const lines = text.split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  for (let i = 0; i < lines.length; i++) {
    if (lines[i].endsWith('\r')) lines[i] = lines[i].slice(0, -1);
    if (lines[i].length > MAX_LINE_CHARACTERS) {
      throw new DataError(
        `${name}:${i + 1} is ${lines[i].length} characters long and begins ${beginning(lines[i])}`,
        `at most ${MAX_LINE_CHARACTERS} characters a line`,
        'Split it into sentences, one a line, or leave it out.',
      );
    }
  }
  return lines;
}

/**
 * Pairs of a file with `source TAB target` on each line; further columns are ignored.
 * @param separator what stands between the columns; default a tab
 * @throws DataError for a line without a separator or with a blank side, and as `parseLines`
 */
export function parseTsv(bytes: Uint8Array, name: string, separator = '\t'): Pair[] {
  const called = separator === '\t' ? 'tab' : `separator ${JSON.stringify(separator)}`;
  const between = separator === '\t' ? 'TAB' : JSON.stringify(separator);
  return parseLines(bytes, name).map((text, index) => {
    const line = index + 1;
    const columns = text.split(separator, 2);
    if (columns.length < 2) {
      throw new DataError(
        `${name}:${line} has no ${called} and ${text === '' ? 'is empty' : `begins ${beginning(text)}`}`,
        `source ${between} target on every line`,
        `Put one ${called} between the two sides; for two files with a sentence a line, name both instead.`,
      );
    }
    const [source, target] = columns;
    if (isBlank(source) || isBlank(target)) {
      const side = isBlank(source) ? 'source' : 'target';
      throw new DataError(
        `${name}:${line} has an empty ${side} and begins ${beginning(text)}`,
        `text on both sides of the ${called}`,
        'Fill it in or remove the line.',
      );
    }
    return { source, target, line };
  });
}

/**
 * Pairs of two files, where line n of one is the translation of line n of the other.
 * @throws DataError for different line counts or a blank line in either, and as `parseLines`
 */
export function parseParallel(
  sourceBytes: Uint8Array,
  sourceName: string,
  targetBytes: Uint8Array,
  targetName: string,
): Pair[] {
  const sources = parseLines(sourceBytes, sourceName);
  const targets = parseLines(targetBytes, targetName);
  if (sources.length !== targets.length) {
    throw new DataError(
      `${sourceName} has ${sources.length} lines and ${targetName} has ${targets.length}`,
      'as many lines in both, line n of one being the other side of line n of the other',
      'Check that both come from the same release and were downloaded whole.',
    );
  }
  return sources.map((source, index) => {
    const target = targets[index];
    const line = index + 1;
    if (isBlank(source) || isBlank(target)) {
      const [blank, other] = isBlank(source) ? [sourceName, targetName] : [targetName, sourceName];
      throw new DataError(
        `${blank}:${line} is blank, and its other side is ${other}:${line}`,
        'text on both sides',
        'Fill it in or remove that line from both files.',
      );
    }
    return { source, target, line };
  });
}

const isBlank = (text: string): boolean => text.trim() === '';

/** The start of a line, quoted so that control characters show. */
const beginning = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
