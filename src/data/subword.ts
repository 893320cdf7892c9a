import { FormatError, UsageError } from '../errors.ts';
import { learnBpe, type Merge } from './bpe.ts';
import { BpeMerges, type MergeDropout } from './bpeMerges.ts';
import { normalizeText, type StoredSubwords, type Tokenizer } from './tokenizer.ts';
import { compareCodePoints, Vocabulary } from './vocabulary.ts';

export type SubwordOptions = {
  /** Whether text is lower-cased (by Unicode, not by locale) first; default false. */
  lowercase?: boolean;
  /**
   * Whether a character without a token of its own is written as the bytes of its UTF-8, `<0xE2>` and so on:
   * 256 tokens more, and no text is ever unknown. Default true.
   */
  byteFallback?: boolean;
  /** Characters and pairs seen fewer times get no token; default 2. */
  minFrequency?: number;
} & (
  | {
      /** How many merges to learn; fewer where the texts have no more. */
      merges: number;
    }
  | {
      /** Largest V: the four specials, 256 bytes, characters and merges together. */
      vocabularySize: number;
    }
);

/**
 * What merges never cross: a word with the space in front of it, a number or a run of marks likewise, and each
 * other white space by itself. The joiners U+200C and U+200D belong to words, as in Persian and the scripts of
 * India. Written for JavaScript and Oniguruma alike: properties and plain characters, no shorthands.
 */
const LETTERS = '\\p{L}\\p{M}\u200c\u200d';
const PATTERN = ` ?[${LETTERS}]+| ?\\p{N}+| ?[^\\p{White_Space}\\p{N}${LETTERS}]+|\\p{White_Space}`;
const WORDS = new RegExp(PATTERN, 'gu');

/** Bytes as pieces, the way SentencePiece writes them. No merge makes one: `<`, `0` and `x` are never in one word. */
const BYTES: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
const BYTE_OF: ReadonlyMap<string, number> = new Map(BYTES.map((piece, byte) => [piece, byte]));

/** Tokens that stand for no text. */
const SPECIAL = /^<(?:unk|pad|\/?s)>$/;

/**
 * Which of a text's subwords begin a word: where its space is, and between letters, numbers and marks, which merges never
 * cross. The bytes of a character belong to the word before; `</s>` and `<unk>` are words.
 */
export function subwordStarts(pieces: readonly string[]): boolean[] {
  const surfaces = pieces.map((piece) => (SPECIAL.test(piece) ? '\n' : BYTE_OF.has(piece) ? 'x' : piece));
  const begins = new Set<number>();
  for (const { index } of surfaces.join('').matchAll(WORDS)) begins.add(index);
  let at = 0;
  return surfaces.map((surface, i) => {
    const begun = i === 0 || (begins.has(at) && !BYTE_OF.has(pieces[i]));
    at += surface.length;
    return begun;
  });
}

/** How many words have their pieces remembered, and how long they may be (UTF-16 units). */
const CACHED_WORDS = 50_000;
const CACHED_LENGTH = 64;

/**
 * Subwords by byte pair encoding. Lossless: pieces joined give the text again, exactly (in form C and lower case,
 * as all tokenizers bring it), with its spaces, tabs and line ends. One space is put before the text, so that its
 * first word has the same pieces as elsewhere, and taken away again. Half a surrogate pair, which is not text,
 * becomes U+FFFD.
 */
export class SubwordTokenizer implements Tokenizer {
  readonly kind = 'bpe';
  readonly lowercase: boolean;
  readonly byteFallback: boolean;
  /** Every piece once, in the order of the ids behind the specials: bytes, characters, merges. */
  readonly pieces: readonly string[];
  private readonly alphabet: ReadonlySet<string>;
  private readonly merges: readonly Merge[];
  private readonly ranked: BpeMerges;
  private readonly cache = new Map<string, readonly string[]>();

  private constructor(
    lowercase: boolean,
    byteFallback: boolean,
    alphabet: Iterable<string>,
    merges: readonly Merge[],
  ) {
    this.lowercase = lowercase;
    this.byteFallback = byteFallback;
    this.alphabet = new Set(alphabet);
    this.merges = merges;
    this.ranked = new BpeMerges(merges);
    const merged = merges.map(([left, right]) => left + right);
    // Different merges can make the same piece: `ab c` and `a bc`.
    this.pieces = [...new Set([...(byteFallback ? BYTES : []), ...this.alphabet, ...merged])];
  }

  /**
   * Learns the subwords of these texts; for a joint model give it the texts of both sides.
   * @throws UsageError when `vocabularySize` does not hold even the specials, bytes and characters
   */
  static train(texts: Iterable<string>, options: SubwordOptions): SubwordTokenizer {
    const { lowercase = false, byteFallback = true, minFrequency = 2 } = options;
    const words = new Counts();
    const characters = new Counts();
    for (const text of texts) {
      for (const word of splitWords(text, lowercase)) words.add(word, 1);
    }
    for (const [word, count] of words) {
      for (const character of word) characters.add(character, count);
    }
    const alphabet = [...characters]
      .filter(([, count]) => count >= minFrequency)
      .sort((a, b) => b[1] - a[1] || compareCodePoints(a[0], b[0]))
      .map(([character]) => character);

    const limit = 'merges' in options ? options.merges : Number.POSITIVE_INFINITY;
    const size = 'merges' in options ? Number.POSITIVE_INFINITY : options.vocabularySize;
    const fixed = Vocabulary.of(byteFallback ? BYTES : []).size + alphabet.length;
    if (fixed > size) {
      throw new UsageError(
        `a vocabulary of ${size} subwords`,
        `at least ${fixed}, for the special tokens${byteFallback ? ', 256 bytes' : ''} and ${alphabet.length} characters`,
        'Allow a larger vocabulary, or give only more frequent characters a token (minFrequency).',
      );
    }
    const merges: Merge[] = [];
    const made = new Set<string>();
    for (const merge of learnBpe(segments(words, new Set(alphabet)), minFrequency)) {
      const piece = merge[0] + merge[1];
      if (merges.length >= limit || (fixed + made.size >= size && !made.has(piece))) break;
      merges.push(merge);
      made.add(piece);
    }
    return new SubwordTokenizer(lowercase, byteFallback, alphabet, merges);
  }

  /** @throws FormatError when the value is not what `toJSON` wrote */
  static fromJSON(value: unknown): SubwordTokenizer {
    const { kind, lowercase, byteFallback, pattern, alphabet, merges } = (
      typeof value === 'object' && value !== null ? value : {}
    ) as Record<keyof StoredSubwords, unknown>;
    const todo = 'The file is damaged or from another version: take it again from the run that wrote it.';
    if (
      kind !== 'bpe' ||
      typeof lowercase !== 'boolean' ||
      typeof byteFallback !== 'boolean' ||
      pattern !== PATTERN ||
      typeof alphabet !== 'string' ||
      !Array.isArray(merges)
    ) {
      throw new FormatError(
        `subwords written as ${JSON.stringify(value)?.slice(0, 300)}`,
        `{ "kind": "bpe", "lowercase": …, "byteFallback": …, "pattern": ${JSON.stringify(PATTERN)}, "alphabet": "…", "merges": ["t h", …] }`,
        todo,
      );
    }
    const known = new Set<string>(alphabet);
    const pairs = merges.map((written: unknown, rank): Merge => {
      // A space can only stand at the front of a word, so the last one parts left and right.
      const cut = typeof written === 'string' ? written.lastIndexOf(' ') : -1;
      const left = String(written).slice(0, cut);
      const right = String(written).slice(cut + 1);
      if (cut < 0 || !known.has(left) || !known.has(right)) {
        throw new FormatError(
          `merge ${rank} written as ${JSON.stringify(written)}`,
          'two pieces with a space between them, each a character of the alphabet or made by a merge before',
          todo,
        );
      }
      known.add(left + right);
      return [left, right];
    });
    return new SubwordTokenizer(lowercase, byteFallback, alphabet, pairs);
  }

  /**
   * Pieces in reading order. With dropout (in training only) the same text is cut otherwise at each call.
   * A character that has no piece is its UTF-8 bytes, or itself where there is no byte fallback.
   */
  tokenize(text: string, sampling?: MergeDropout): string[] {
    return splitWords(text, this.lowercase).flatMap((word) => this.piecesOf(word, sampling));
  }

  /** Text again. Bytes that are not UTF-8 read U+FFFD, by the rules of the Encoding Standard. */
  detokenize(tokens: readonly string[]): string {
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
    let text = '';
    let bytes: number[] = [];
    const flush = () => {
      if (bytes.length > 0) text += utf8.decode(Uint8Array.from(bytes));
      bytes = [];
    };
    for (const token of tokens) {
      const byte = this.byteFallback ? BYTE_OF.get(token) : undefined;
      if (byte !== undefined) {
        bytes.push(byte);
        continue;
      }
      flush();
      text += token;
    }
    flush();
    return text.startsWith(' ') ? text.slice(1) : text;
  }

  toJSON(): StoredSubwords {
    return {
      kind: this.kind,
      lowercase: this.lowercase,
      byteFallback: this.byteFallback,
      pattern: PATTERN,
      alphabet: [...this.alphabet].join(''),
      merges: this.merges.map((merge) => merge.join(' ')),
    };
  }

  private piecesOf(word: string, sampling?: MergeDropout): readonly string[] {
    const certain = !sampling || sampling.dropout <= 0;
    const cached = certain ? this.cache.get(word) : undefined;
    if (cached) return cached;
    const symbols = [...word].flatMap((character) =>
      this.alphabet.has(character) || !this.byteFallback ? [character] : bytePieces(character),
    );
    const pieces = this.ranked.apply(symbols, sampling);
    if (certain && word.length <= CACHED_LENGTH) {
      if (this.cache.size >= CACHED_WORDS) this.cache.clear();
      this.cache.set(word, pieces);
    }
    return pieces;
  }
}

class Counts extends Map<string, number> {
  add(key: string, count: number): void {
    this.set(key, (this.get(key) ?? 0) + count);
  }
}

function splitWords(text: string, lowercase: boolean): string[] {
  const whole = normalizeText(text, lowercase).replace(/\p{Surrogate}/gu, '\ufffd');
  return whole === '' ? [] : (` ${whole}`.match(WORDS) ?? []);
}

const bytePieces = (character: string): string[] =>
  Array.from(new TextEncoder().encode(character), (byte) => BYTES[byte]);

/** The words as the trainer wants them: cut where a character has no token, for no merge can hold it. */
function segments(words: Counts, alphabet: ReadonlySet<string>): [symbols: string[], count: number][] {
  const counts = new Counts();
  for (const [word, count] of words) {
    let segment = '';
    for (const character of word) {
      if (alphabet.has(character)) {
        segment += character;
        continue;
      }
      counts.add(segment, count);
      segment = '';
    }
    counts.add(segment, count);
  }
  counts.delete('');
  return Array.from(counts, ([segment, count]) => [[...segment], count]);
}
