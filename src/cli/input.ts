import { readBytes } from '../data/corpus.node.ts';
import { MAX_LINE_CHARACTERS, parseLines } from '../data/corpus.ts';
import { DataError } from '../errors.ts';

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Lines of a file (also .gz), or of standard input when the path is `-`. @throws DataError as `parseLines` */
export async function readInputLines(path: string): Promise<string[]> {
  return path === '-'
    ? parseLines(await readStandardInput(), 'standard input')
    : parseLines(await readBytes(path), path);
}

/** Texts given on the command line are held to the same length as lines of files. */
export function checkTexts(texts: readonly string[]): void {
  const long = texts.findIndex((text) => text.length > MAX_LINE_CHARACTERS);
  if (long < 0) return;
  throw new DataError(
    `text ${long + 1} is ${texts[long].length} characters long and begins ${JSON.stringify(texts[long].slice(0, 40))}`,
    `at most ${MAX_LINE_CHARACTERS} characters`,
    'Split it into sentences.',
  );
}
