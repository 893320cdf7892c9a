import { UsageError } from '../errors.ts';

/** A codec as its own `toJSON` writes it: ids are places in `vocabulary.tokens`, the four specials first. */
export interface StoredCodec {
  tokenizer:
    | { kind: 'word' | 'character' | 'space'; lowercase?: boolean }
    | { kind: 'bpe'; lowercase: boolean; byteFallback: boolean; pattern: string; merges: readonly string[] };
  vocabulary: { tokens: readonly string[] };
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A codec as the `tokenizer.json` of Hugging Face's tokenizers: their Rust library from 0.20 on (`merges` are
 * pairs), which Python uses too, and `@huggingface/tokenizers`. They give the ids that `codec.encode` gives, without
 * BOS and EOS, and decode to the same text, except that
 *
 * - they read `<pad>`, `<unk>`, `<s>` and `</s>` in a text as those special tokens, and Heed as plain text;
 * - bytes that are not UTF-8, which a model may write and no text does, are one U+FFFD each in the Rust library;
 * - `@huggingface/tokenizers` loses a U+FEFF whose bytes begin a run of bytes;
 * - characters newer than the Unicode tables of one of them may be normalised or split otherwise.
 *
 * @returns a value for `JSON.stringify`
 * @throws UsageError for tokens of kind `word`, whose rules the format cannot say
 */
export function tokenizerJson({ tokenizer, vocabulary }: StoredCodec): Json {
  const { tokens } = vocabulary;
  const specials = tokens.slice(0, 4);
  const vocab: Json = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const unk = specials[1];
  const normal: Json[] = [...(tokenizer.lowercase ? LOWERCASE : []), { type: 'NFC' }];
  const file = (parts: { normalizers: Json[]; split: Json; decoder: Json; model: Json }): Json => ({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'Sequence', normalizers: parts.normalizers },
    pre_tokenizer: parts.split,
    post_processor: null,
    decoder: parts.decoder,
    model: parts.model,
  });
  const wordLevel: Json = { type: 'WordLevel', vocab, unk_token: unk };
  switch (tokenizer.kind) {
    case 'bpe':
      return file({
        normalizers: [...normal, { type: 'Prepend', prepend: ' ' }],
        split: split(tokenizer.pattern, 'Isolated'),
        decoder: {
          type: 'Sequence',
          decoders: [
            { type: 'ByteFallback' },
            { type: 'Fuse' },
            { type: 'Strip', content: ' ', start: 1, stop: 0 },
          ],
        },
        model: {
          type: 'BPE',
          dropout: null,
          unk_token: unk,
          continuing_subword_prefix: null,
          end_of_word_suffix: null,
          fuse_unk: false,
          byte_fallback: tokenizer.byteFallback,
          ignore_merges: false,
          vocab,
          merges: tokenizer.merges.map((merge) => {
            const cut = merge.lastIndexOf(' ');
            return [merge.slice(0, cut), merge.slice(cut + 1)];
          }),
        },
      });
    case 'character':
      return file({
        normalizers: normal,
        split: split('[\\s\\S]', 'Isolated'),
        decoder: { type: 'Fuse' },
        model: wordLevel,
      });
    case 'space':
      // Without a decoder, tokens are joined by spaces.
      return file({
        normalizers: normal,
        split: split(`[${SPACES}]+`, 'Removed'),
        decoder: null,
        model: wordLevel,
      });
    case 'word':
      throw new UsageError(
        'a tokenizer.json for tokens of kind word',
        'tokens of kind bpe, character or space',
        "How words are parted from quotation marks and endings cannot be said in Hugging Face's format: train with tokens: bpe, or keep the codec in Heed's own form.",
      );
  }
}

/**
 * The `tokenizer_config.json` that belongs beside: without it `@huggingface/tokenizers` and transformers know no
 * unknown token for kinds other than bpe, and "clean up" spaces in decoded text.
 */
export function tokenizerConfigJson({ vocabulary }: StoredCodec): Json {
  const [pad, unk, bos, eos] = vocabulary.tokens;
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: pad,
    unk_token: unk,
    bos_token: bos,
    eos_token: eos,
    clean_up_tokenization_spaces: false,
  };
}

/** What `\s` is in JavaScript, as characters: other engines leave U+FEFF out and take U+0085 in. */
const SPACES = '\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';

/**
 * Σ at the end of a word is ς by Unicode's rule (The Unicode Standard, section 3.13, Final_Sigma), which JavaScript
 * keeps and Rust's Lowercase, going character by character, does not: it is done before.
 */
const LOWERCASE: readonly Json[] = [
  {
    type: 'Replace',
    pattern: { Regex: '(?<=\\p{Cased}\\p{Case_Ignorable}*)Σ(?!\\p{Case_Ignorable}*\\p{Cased})' },
    content: 'ς',
  },
  { type: 'Lowercase' },
];

const split = (pattern: string, behavior: 'Isolated' | 'Removed'): Json => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior,
  invert: false,
});
