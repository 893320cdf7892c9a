import { DataError, FormatError } from '../errors.ts';

/** Fills a batch up to its longest sequence; never a real token. */
export const PAD = 0;
/** Stands for every token the vocabulary does not hold. */
export const UNK = 1;
/** Begins a sequence: the token "before the first" that a decoder is fed. */
export const BOS = 2;
/** Ends a sequence. */
export const EOS = 3;

const SPECIALS: readonly string[] = ['<pad>', '<unk>', '<s>', '</s>'];

export interface VocabularyOptions {
  /** Largest size, the four specials included; default: no limit. */
  maxSize?: number;
  /** Tokens seen fewer times are left out (they become UNK); default 1. */
  minFrequency?: number;
}

/** A fixed list of V tokens and their ids 0…V−1; the four specials always have ids 0–3. */
export class Vocabulary {
  private readonly tokens: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;

  private constructor(tokens: readonly string[]) {
    this.tokens = tokens;
    this.ids = new Map(tokens.map((token, id) => [token, id]));
  }

  /**
   * Counts tokens and numbers them by falling frequency, then by code point order, so that equal corpora give
   * equal ids on every platform. A token that reads like a special (`<s>`) is not counted.
   */
  static build(sequences: Iterable<readonly string[]>, options: VocabularyOptions = {}): Vocabulary {
    const { maxSize = Number.POSITIVE_INFINITY, minFrequency = 1 } = options;
    const counts = new Map<string, number>();
    for (const sequence of sequences) {
      for (const token of sequence) counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    for (const special of SPECIALS) counts.delete(special);
    const kept = [...counts]
      .filter(([, count]) => count >= minFrequency)
      .sort((a, b) => b[1] - a[1] || compareCodePoints(a[0], b[0]))
      .slice(0, Math.max(0, maxSize - SPECIALS.length));
    return new Vocabulary([...SPECIALS, ...kept.map(([token]) => token)]);
  }

  /** The specials, then these tokens in this order. @throws FormatError when one is there twice */
  static of(tokens: readonly string[]): Vocabulary {
    return Vocabulary.fromJSON({ tokens: [...SPECIALS, ...tokens] });
  }

  /** @throws FormatError when the value is not what `toJSON` wrote: a wrong shape, other specials, duplicates */
  static fromJSON(value: unknown): Vocabulary {
    const expected = `{ "tokens": [${SPECIALS.map((s) => JSON.stringify(s)).join(', ')}, …] }`;
    const todo = 'The file is damaged or not a Heed vocabulary: take it again from the run that wrote it.';
    const tokens: unknown =
      typeof value === 'object' && value !== null && 'tokens' in value ? value.tokens : undefined;
    if (!Array.isArray(tokens))
      throw new FormatError('a vocabulary without a list of tokens', expected, todo);
    const seen = new Set<string>();
    tokens.forEach((token: unknown, id) => {
      if (typeof token !== 'string') {
        throw new FormatError(`a vocabulary whose token ${id} is ${JSON.stringify(token)}`, 'a string', todo);
      }
      if (seen.has(token)) {
        throw new FormatError(
          `a vocabulary that holds ${JSON.stringify(token)} twice (again as ${id})`,
          'each token once',
          todo,
        );
      }
      seen.add(token);
    });
    SPECIALS.forEach((special, id) => {
      if (tokens[id] !== special) {
        throw new FormatError(
          `a vocabulary whose token ${id} is ${JSON.stringify(tokens[id])}`,
          expected,
          todo,
        );
      }
    });
    return new Vocabulary([...tokens]);
  }

  /** V, the specials included. */
  get size(): number {
    return this.tokens.length;
  }

  has(token: string): boolean {
    return this.ids.has(token);
  }

  /** The token's id, UNK when the vocabulary does not hold it. */
  idOf(token: string): number {
    return this.ids.get(token) ?? UNK;
  }

  /** @throws DataError when the id is not in 0…V−1 */
  tokenOf(id: number): string {
    const token = this.tokens[id];
    if (token === undefined) {
      throw new DataError(
        `token id ${id}`,
        `an id from 0 to ${this.size - 1}`,
        'Decode with the vocabulary that the ids were made with.',
      );
    }
    return token;
  }

  /** One id a token; no BOS or EOS is added. Text that reads like a special is UNK: text cannot end a sequence. */
  encode(tokens: readonly string[]): number[] {
    return tokens.map((token) => {
      const id = this.idOf(token);
      return id < SPECIALS.length ? UNK : id;
    });
  }

  /** One token an id, specials as they are written. @throws DataError for an id out of range */
  decode(ids: Iterable<number>): string[] {
    return Array.from(ids, (id) => this.tokenOf(id));
  }

  toJSON(): { tokens: string[] } {
    return { tokens: [...this.tokens] };
  }
}

/** By code points, as a comparison function. JavaScript compares UTF-16 units, which puts astral characters before U+E000; this moves them behind it. */
export function compareCodePoints(a: string, b: string): number {
  const rank = (unit: number) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}
