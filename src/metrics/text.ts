/** What Python calls whitespace; JavaScript's `\s` lacks U+001C–U+001F and U+0085, and adds U+FEFF. */
const pythonSpace = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const spaces = new RegExp(`[${pythonSpace}]+`);
const leadingSpaces = new RegExp(`^[${pythonSpace}]+`);

/** The words between whitespace, as Python's `str.split()` finds them; none in an empty line. */
export function splitWords(line: string): string[] {
  const words = line.split(spaces);
  if (words[0] === '') words.shift();
  if (words.at(-1) === '') words.pop();
  return words;
}

/** Python's `str.rstrip()`. A regular expression would look at every run of spaces to its end. */
export function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && spaces.test(line[end - 1])) end--;
  return line.slice(0, end);
}

/** Python's `str.strip()`. */
export const trim = (line: string): string => trimEnd(line).replace(leadingSpaces, '');

/** Code points, so that a character outside the Basic Multilingual Plane is one. */
export const characters = (line: string): string[] => Array.from(line);

/** Two token sequences as numbers, equal where the tokens are, so that comparing is cheap. */
export function numbered(a: readonly string[], b: readonly string[]): [Int32Array, Int32Array] {
  const numbers = new Map<string, number>();
  const number = (token: string): number => {
    const known = numbers.get(token);
    if (known !== undefined) return known;
    numbers.set(token, numbers.size);
    return numbers.size - 1;
  };
  return [Int32Array.from(a, number), Int32Array.from(b, number)];
}
