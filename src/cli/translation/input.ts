import { DataError } from '../../errors.ts';
import type { ConstrainedText } from '../../tasks/constrainedText.ts';
import { checkTexts, readInputLines } from '../input.ts';

/**
 * The texts to translate, as arguments or lines of a file; as JSON objects with constraints of their own if asked.
 * Each is named by its place, blank lines counted.
 *
 * @throws DataError at file:line for what cannot be read
 */
export async function readAsked(
  texts: readonly string[],
  { input, jsonInput = false }: { readonly input?: string; readonly jsonInput?: boolean },
): Promise<ConstrainedText[]> {
  checkTexts(texts);
  const lines = input === undefined ? texts : await readInputLines(input);
  const place = input === undefined ? 'text ' : `${input === '-' ? 'standard input' : input}:`;
  return lines.map((line, i) => {
    const name = `${place}${i + 1}`;
    return { name, ...(jsonInput && line.trim() !== '' ? parseAsked(line, name) : { text: line }) };
  });
}

/** One object in the form of Sockeye's, whose words for required and forbidden phrases are these. */
function parseAsked(line: string, place: string): ConstrainedText {
  const expected =
    '{"text": "…", "prefix": "…", "constraints": ["…"], "avoid": ["…"]}, all but text optional';
  const refuse = (what: string) => new DataError(`${place}: ${what}`, expected, 'Correct the line.');
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(`${line.slice(0, 40)}, which is no JSON object`);
  }
  const { text, prefix, constraints, avoid, ...unknown } = value as Record<string, unknown>;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw refuse(`the unknown key ${JSON.stringify(name)}`);
  if (typeof text !== 'string') throw refuse(`text ${JSON.stringify(text)}`);
  if (prefix !== undefined && typeof prefix !== 'string') throw refuse(`prefix ${JSON.stringify(prefix)}`);
  const phrases = (key: string, list: unknown): string[] => {
    if (Array.isArray(list) && list.every((phrase) => typeof phrase === 'string')) return list;
    throw refuse(`${key} ${JSON.stringify(list)}`);
  };
  return {
    text,
    ...(prefix !== undefined && { prefix }),
    ...(constraints !== undefined && { require: phrases('constraints', constraints) }),
    ...(avoid !== undefined && { forbid: phrases('avoid', avoid) }),
  };
}
