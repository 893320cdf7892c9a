import { FormatError } from '../errors.ts';
import { type Tokenizer, type TokenizerOptions, tokenizerFromJSON } from './tokenizer.ts';
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

  /** @throws FormatError when the value is not what `toJSON` wrote */
  static fromJSON(value: unknown): TextCodec {
    if (typeof value !== 'object' || value === null || !('tokenizer' in value) || !('vocabulary' in value)) {
      throw new FormatError(
        `a codec written as ${JSON.stringify(value)?.slice(0, 80)}`,
        '{ "tokenizer": …, "vocabulary": … }',
        'The file is damaged or not a Heed codec: take it again from the run that wrote it.',
      );
    }
    return new TextCodec(tokenizerFromJSON(value.tokenizer), Vocabulary.fromJSON(value.vocabulary));
  }

  tokens(text: string): string[] {
    return this.tokenizer.tokenize(text);
  }

  /** Ids of the text's tokens; no BOS or EOS is added. */
  encode(text: string): number[] {
    return this.vocabulary.encode(this.tokens(text));
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

  toJSON(): { tokenizer: TokenizerOptions; vocabulary: { tokens: string[] } } {
    return { tokenizer: this.tokenizer.toJSON(), vocabulary: this.vocabulary.toJSON() };
  }
}
