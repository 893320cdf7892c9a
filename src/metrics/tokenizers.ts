import { characters, splitWords, trim, trimEnd } from './text.ts';

/**
 * How BLEU cuts a line into tokens. A score is comparable only under the same tokenizer, so its name is part of
 * the signature; a further tokenizer is one more value of this type.
 */
export interface BleuTokenizer {
  /** The name in the signature, sacreBLEU's own (`tok:13a`). */
  readonly name: string;
  readonly tokenize: (line: string) => string[];
}

/** Four XML entities, in this order: `&amp;lt;` becomes `<`, as it does in mteval. */
export const decodeEntities = (line: string): string =>
  line.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');

/** Splits off ASCII symbols and punctuation but full stop, comma, hyphen and apostrophe. */
export const splitSymbols = (line: string): string => line.replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ');

/** Splits off full stops and commas outside numbers, and the dash after a digit. */
export const splitAroundDigits = (line: string): string =>
  line
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');

/**
 * NIST's mteval-v13a tokenization as sacreBLEU applies it: four XML entities decoded, ASCII punctuation split off,
 * full stops and commas kept inside numbers, a dash split from the digit before it. Letter case is kept.
 *
 * @param text one line
 * @returns its tokens; none for an empty line
 */
export function tokenize13a(text: string): string[] {
  const line = trimEnd(text).replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  return splitWords(splitAroundDigits(splitSymbols(` ${decodeEntities(line)} `)));
}

/**
 * mteval-v14's international tokenization: punctuation of any script is split off unless it stands between
 * numbers, symbols always are. A full stop that ends the line after a number stays with it, as it does there.
 */
export function tokenizeInternational(text: string): string[] {
  return splitWords(
    trimEnd(text)
      .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
      .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
      .replace(/\p{S}/gu, ' $& '),
  );
}

/**
 * Characters that sacreBLEU's `zh` sets apart. Its table means Extension B and the compatibility supplement to be
 * in it too, but writes them such that U+2001–U+2A6D are instead; scores are comparable only with the same slip.
 */
const chinese =
  /[\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef\u3200-\u33ff\u3400-\u4db5\u4e00-\u9fbb\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef]/g;

/** Each Chinese character is a token, the rest is cut as 13a cuts it (entities are left as they are). */
export const tokenizeChinese = (text: string): string[] =>
  splitWords(splitAroundDigits(splitSymbols(trim(text).replace(chinese, ' $& '))));

export const tokenizer13a: BleuTokenizer = { name: '13a', tokenize: tokenize13a };
export const tokenizerIntl: BleuTokenizer = { name: 'intl', tokenize: tokenizeInternational };
export const tokenizerZh: BleuTokenizer = { name: 'zh', tokenize: tokenizeChinese };
/** Characters but whitespace. */
export const tokenizerChar: BleuTokenizer = {
  name: 'char',
  tokenize: (line) => splitWords(characters(line).join(' ')),
};
/** What stands between whitespace: for text that is tokenised already. */
export const tokenizerNone: BleuTokenizer = { name: 'none', tokenize: splitWords };

/** Those that need no model, by the name in sacreBLEU's signature. */
export const BLEU_TOKENIZERS: Readonly<Record<string, BleuTokenizer>> = Object.fromEntries(
  [tokenizer13a, tokenizerIntl, tokenizerZh, tokenizerChar, tokenizerNone].map((t) => [t.name, t]),
);
