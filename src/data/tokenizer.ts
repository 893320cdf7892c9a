import { FormatError } from '../errors.ts';
import type { MergeDropout } from './bpeMerges.ts';

/**
 * Tokenizers that are a rule: `word` splits running text, `character` at every code point, and `space` at white
 * space alone: text that was tokenised before (Moses files, phonemes) stays as it is.
 */
export const RULE_KINDS = ['word', 'character', 'space'] as const;
/** `bpe` is learned from texts (`SubwordTokenizer`). */
export type TokenizerKind = (typeof RULE_KINDS)[number] | 'bpe';

/** Text ↔ tokens. All tokenizers bring text to Unicode normalisation form C first. */
export interface Tokenizer {
  readonly kind: TokenizerKind;
  /** Whether text is lower-cased (by Unicode, not by locale) before it is split. */
  readonly lowercase: boolean;
  /**
   * Tokens in reading order; none of them is empty.
   * @param sampling cuts `bpe` by chance, for training; the other kinds have one way to split and ignore it
   */
  tokenize(text: string, sampling?: MergeDropout): string[];
  /**
   * Text again. Characters and subwords: exactly what was split. Words: with the spacing usual around punctuation.
   * Space: one between each.
   */
  detokenize(tokens: readonly string[]): string;
  toJSON(): StoredTokenizer;
}

export interface TokenizerOptions {
  kind: (typeof RULE_KINDS)[number];
  /** Default false. */
  lowercase?: boolean;
}

/** A subword model as it is written. */
export interface StoredSubwords {
  kind: 'bpe';
  lowercase: boolean;
  byteFallback: boolean;
  /** What merges never cross: a regular expression that matches word after word. */
  pattern: string;
  /** The characters with a token, one after the other, most frequent first. */
  alphabet: string;
  /** In order: `left right`, parted by the last space. */
  merges: string[];
}

export type StoredTokenizer = TokenizerOptions | StoredSubwords;

/** Form C, lower case if asked for. Lower-casing can leave form C (İ becomes i and a combining dot), so it comes first. */
export const normalizeText = (text: string, lowercase: boolean): string =>
  (lowercase ? text.toLowerCase() : text).normalize('NFC');

export function createTokenizer({ kind, lowercase = false }: TokenizerOptions): Tokenizer {
  const [split, join] = WAYS[kind];
  return {
    kind,
    lowercase,
    tokenize: (text) => split(normalizeText(text, lowercase)),
    detokenize: join,
    toJSON: () => ({ kind, lowercase }),
  };
}

/** A tokenizer of the kinds that are a rule. @throws FormatError when the value is not what its `toJSON` wrote */
export function tokenizerFromJSON(value: unknown): Tokenizer {
  const { kind, lowercase } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  if (
    !RULE_KINDS.some((known) => known === kind) ||
    (lowercase !== undefined && typeof lowercase !== 'boolean')
  ) {
    throw new FormatError(
      `a tokenizer written as ${JSON.stringify(value)?.slice(0, 80)}`,
      `{ "kind": ${RULE_KINDS.map((k) => JSON.stringify(k)).join(' or ')}, "lowercase": true or false }`,
      'The file is damaged or from another version: take it again from the run that wrote it.',
    );
  }
  return createTokenizer({ kind: kind as TokenizerOptions['kind'], lowercase });
}

const splitSpaces = (text: string): string[] => text.match(/\S+/gu) ?? [];
const joinSpaces = (tokens: readonly string[]): string => tokens.join(' ');

const splitCharacters = (text: string): string[] => [...text];
const joinCharacters = (tokens: readonly string[]): string => tokens.join('');

const APOSTROPHE = "['’ʼ´`]";
const HYPHEN = '[-‐‑–]';
// Symbols beyond ASCII (5€, 30°) stay with their word, as the 13a tokenisation of BLEU leaves them.
// The zero-width joiners belong to Persian words and to emoji.
const LETTER = '(?:[\\p{L}\\p{M}\\p{N}\\u200c\\u200d]|(?![\\x00-\\x7f])\\p{S})';
/**
 * A word keeps its hyphens (T-Shirt, Vorder-, 18-jährige), its inner apostrophes, and separators between two
 * digits (3.5, 10:30). What is left: runs of the same mark (... -- ''), then any one character.
 */
const TOKEN = new RegExp(
  `${HYPHEN}?${LETTER}+(?:(?:${HYPHEN}+|${APOSTROPHE}|(?<=\\p{N})[.,:](?=\\p{N}))${LETTER}+)*${HYPHEN}?|([^\\s])\\1*`,
  'gu',
);
const WORD_END = new RegExp(`${LETTER}$`, 'u');
const LONE_APOSTROPHE = new RegExp(`^${APOSTROPHE}$`, 'u');
const SINGLE_QUOTE = /^['’‘‚`´]$/u;
const ENDING = `${APOSTROPHE}(?:s|t|d|m|re|ve|ll)`;
const ELIDED = `\\p{L}{1,2}${APOSTROPHE}`;
/** man's, they're: the ending is a token of its own, `'s`, so that the vocabulary holds "man" once. */
const CLITIC = new RegExp(`^(.+?)(${ENDING})$`, 'iu');
/** l'homme, qu'il: likewise the elided word, `l'`. */
const ELISION = new RegExp(`^(${ELIDED})(.+)$`, 'u');

function splitWords(text: string): string[] {
  const tokens: string[] = [];
  let quotes = 0;
  let previousEnd = -1;
  for (const match of text.matchAll(TOKEN)) {
    const token = match[0];
    const clitic = CLITIC.exec(token) ?? ELISION.exec(token);
    const behindWord = match.index === previousEnd && WORD_END.test(tokens[tokens.length - 1]);
    if (clitic) {
      tokens.push(clitic[1], clitic[2]);
    } else if (LONE_APOSTROPHE.test(token) && behindWord && quotes % 2 === 0) {
      // An apostrophe behind a word with no quotation open is the word's own: the boys' team.
      tokens[tokens.length - 1] += token;
    } else {
      tokens.push(token);
      if (SINGLE_QUOTE.test(token)) quotes++;
    }
    previousEnd = match.index + token.length;
  }
  return tokens;
}

const ATTACHED_LEFT = new RegExp(`^(?:[\\p{Pe}.,:;!?%…。、،؟؛।/@]|${ENDING}$)`, 'iu');
const ATTACHED_RIGHT = new RegExp(`^(?:[\\p{Ps}¿¡$#/@]|${ELIDED})$`, 'u');
const QUOTE = /^(?:["“”„«»]|''|’’|``|´´|['’‘‚`´])$/u;
const OPENING_QUOTE = /^[„‚«]$/u;

/** Marks attach as they usually do; quotation marks open and close in turn, whatever their shape. */
function joinWords(tokens: readonly string[]): string {
  const open = { single: false, double: false };
  let text = '';
  let glued = true;
  for (const token of tokens) {
    let left = ATTACHED_LEFT.test(token);
    let right = ATTACHED_RIGHT.test(token);
    if (QUOTE.test(token)) {
      const family = SINGLE_QUOTE.test(token) ? 'single' : 'double';
      left = open[family] && !OPENING_QUOTE.test(token);
      right = !left;
      open[family] = right;
    }
    text += glued || left ? token : ` ${token}`;
    glued = right;
  }
  return text;
}

const WAYS: Readonly<
  Record<
    TokenizerOptions['kind'],
    readonly [(text: string) => string[], (tokens: readonly string[]) => string]
  >
> = {
  word: [splitWords, joinWords],
  character: [splitCharacters, joinCharacters],
  space: [splitSpaces, joinSpaces],
};
