/**
 * How BLEU cuts a line into tokens. A score is comparable only under the same tokenizer, so its name is part of
 * the signature; a further tokenizer is one more value of this type.
 */
export interface BleuTokenizer {
  /** The name in the signature, sacreBLEU's own (`tok:13a`). */
  readonly name: string;
  readonly tokenize: (line: string) => string[];
}

/** What Python calls whitespace; JavaScript's `\s` lacks U+001C–U+001F and U+0085, and adds U+FEFF. */
const pythonSpace = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const spaces = new RegExp(`[${pythonSpace}]+`);
const trailingSpaces = new RegExp(`[${pythonSpace}]+$`);

/**
 * NIST's mteval-v13a tokenization as sacreBLEU applies it: four XML entities decoded, ASCII punctuation split off,
 * full stops and commas kept inside numbers, a dash split from the digit before it. Letter case is kept.
 *
 * @param text one line
 * @returns its tokens; none for an empty line
 */
export function tokenize13a(text: string): string[] {
  let line = text.replace(trailingSpaces, '').replaceAll('<skipped>', '');
  line = line.replaceAll('-\n', '').replaceAll('\n', ' ');
  // In this order: `&amp;lt;` becomes `<`, as it does in mteval.
  line = line
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  line = ` ${line} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');
  return line.split(spaces).filter((token) => token !== '');
}

export const tokenizer13a: BleuTokenizer = { name: '13a', tokenize: tokenize13a };
