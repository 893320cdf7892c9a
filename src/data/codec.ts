import { FormatError } from '../errors.ts';
import type { MergeDropout } from './bpeMerges.ts';
import { type SubwordOptions, SubwordTokenizer } from './subword.ts';
import { type StoredTokenizer, type Tokenizer, tokenizerFromJSON } from './tokenizer.ts';
import { BOS, EOS, PAD, Vocabulary, type VocabularyOptions } from './vocabulary.ts';

/** One side's way from text to ids and back: a tokenizer and the vocabulary of its tokens. */
export class TextCodec {
  readonly tokenizer: Tokenizer;
  readonly vocabulary: Vocabulary;

  constructor(tokenizer: Tokenizer, vocabulary: Vocabulary) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
  }

  /** The codec whose vocabulary holds what the tokenizer makes of these texts. */
  static build(texts: Iterable<string>, tokenizer: Tokenizer, options: VocabularyOptions = {}): TextCodec {
    function* sequences() {
      for (const text of texts) yield tokenizer.tokenize(text);
    }
    return new TextCodec(tokenizer, Vocabulary.build(sequences(), options));
  }

  /**
   * The codec of subwords learned from these texts (byte pair encoding). Ids: the specials, 256 bytes, characters
   * by falling frequency, merges in the order they were learned. For a joint vocabulary give it the texts of both
   * sides and use it for both.
   * @throws UsageError when `vocabularySize` does not hold even the specials, bytes and characters
   */
  static buildSubwords(texts: Iterable<string>, options: SubwordOptions): TextCodec {
    const tokenizer = SubwordTokenizer.train(texts, options);
    return new TextCodec(tokenizer, Vocabulary.of(tokenizer.pieces));
  }

  /** @throws FormatError when the value is not what `toJSON` wrote */
  static fromJSON(value: unknown): TextCodec {
    if (typeof value !== 'object' || value === null || !('tokenizer' in value) || !('vocabulary' in value)) {
      throw new FormatError(
        `a codec written as ${JSON.stringify(value)?.slice(0, 80)}`,
        '{ "tokenizer": …, "vocabulary": … }',
        'The file is damaged or not a Heed codec: take it again from the run that wrote it.',
      );
    }
    const vocabulary = Vocabulary.fromJSON(value.vocabulary);
    const stored = value.tokenizer;
    if (typeof stored !== 'object' || stored === null || !('kind' in stored) || stored.kind !== 'bpe') {
      return new TextCodec(tokenizerFromJSON(stored), vocabulary);
    }
    const tokenizer = SubwordTokenizer.fromJSON(stored);
    const missing = tokenizer.pieces.find((piece) => !vocabulary.has(piece));
    if (missing !== undefined) {
      throw new FormatError(
        `a vocabulary without the subword ${JSON.stringify(missing)}`,
        'every piece that the tokenizer makes',
        'Tokenizer and vocabulary are not from the same run: take both from the run that wrote them.',
      );
    }
    return new TextCodec(tokenizer, vocabulary);
  }

  tokens(text: string, sampling?: MergeDropout): string[] {
    return this.tokenizer.tokenize(text, sampling);
  }

  /**
   * Ids of the text's tokens; no BOS or EOS is added.
   * @param sampling BPE dropout, for training: subwords are cut by chance, the text stays the same
   */
  encode(text: string, sampling?: MergeDropout): number[] {
    return this.vocabulary.encode(this.tokens(text, sampling));
  }

  /** Text of ids up to the first EOS, without BOS and PAD; an unknown token reads `<unk>`. */
  decode(ids: Iterable<number>): string {
    const kept: number[] = [];
    for (const id of ids) {
      if (id === EOS) break;
      if (id !== BOS && id !== PAD) kept.push(id);
    }
    return this.tokenizer.detokenize(this.vocabulary.decode(kept));
  }

  toJSON(): { tokenizer: StoredTokenizer; vocabulary: { tokens: string[] } } {
    return { tokenizer: this.tokenizer.toJSON(), vocabulary: this.vocabulary.toJSON() };
  }
}
