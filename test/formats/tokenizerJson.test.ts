import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import { readLines } from '../../src/data/corpus.node.ts';
import { parseTsv } from '../../src/data/corpus.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { UsageError } from '../../src/errors.ts';
import { tokenizerConfigJson, tokenizerJson } from '../../src/formats/tokenizerJson.ts';
import { sharedData } from '../data/shared.ts';

/** Hugging Face's tokenizer for JavaScript, of the files as they would be on a disk. */
function theirs(codec: TextCodec): Tokenizer {
  const [file, config] = [tokenizerJson(codec.toJSON()), tokenizerConfigJson(codec.toJSON())];
  return new Tokenizer(JSON.parse(JSON.stringify(file)), JSON.parse(JSON.stringify(config)));
}

/** Texts they read a special token in, which to Heed is plain text; and what their byte decoder loses. */
const SPECIAL = /<pad>|<unk>|<s>|<\/s>/;
const BOM = '\ufeff';

function expectEqual(codec: TextCodec, texts: readonly string[]): void {
  const tokenizer = theirs(codec);
  for (const text of texts) {
    if (SPECIAL.test(text)) continue;
    const ids = codec.encode(text);
    expect(tokenizer.encode(text).ids, text).toEqual(ids);
    if (ids.length > 0 && !text.includes(BOM)) {
      expect(tokenizer.decode(ids), text).toBe(codec.decode(ids));
    }
  }
}

interface Fixture {
  training: string[];
  /** What the Rust library says: names as in `CODECS`, ids and decoded text for each text. */
  texts: string[];
  codecs: Record<string, { ids: number[][]; decoded: string[] }>;
}
const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../fixtures/tokenizers-rust.json', import.meta.url), 'utf8'),
);

const CODECS: Record<string, (texts: readonly string[]) => TextCodec> = Object.fromEntries(
  [false, true].flatMap((lowercase) => {
    const name = (kind: string) => (lowercase ? `${kind}, lower case` : kind);
    return [
      ...[true, false].map((byteFallback) => [
        name(byteFallback ? 'bpe' : 'bpe without bytes'),
        (texts: readonly string[]) =>
          TextCodec.buildSubwords(texts, { merges: 500, lowercase, byteFallback }),
      ]),
      ...(['character', 'space'] as const).map((kind) => [
        name(kind),
        (texts: readonly string[]) =>
          TextCodec.build(texts, createTokenizer({ kind, lowercase }), { minFrequency: 2 }),
      ]),
    ];
  }),
);

const special = fc.constantFrom(
  ...['▁', '<0x41>', '<0xE2>', '<0x', ' ', '  ', '\t', '\n', '\r\n', '\u0085', '\u00a0', '\u3000', BOM],
  ...[
    '\u0000',
    '\u0301',
    '\u200d',
    '\u200c',
    '👨‍👩‍👧',
    '❤️',
    '🏽',
    '½',
    'Ⅷ',
    '\ufffd',
    'ß',
    'İ',
    'ΟΔΟΣ',
    "Σ'Α",
    'ς',
  ],
  ...['__proto__', 'constructor', '語', 'می‌روم', '\u{10ffff}', '-', "'", '.'],
);
const anyText = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), special, fc.constantFrom(...fixture.texts)))
  .map((parts) => parts.join(''));

describe.each(Object.entries(CODECS))('tokenizer.json of %s', (name, build) => {
  const codec = build(fixture.training);

  it("gives Heed's ids and text in Hugging Face's JavaScript", () => {
    expectEqual(codec, fixture.texts);
    const tokenizer = theirs(codec);
    fc.assert(
      fc.property(anyText, (text) => {
        fc.pre(!SPECIAL.test(text));
        const ids = codec.encode(text);
        expect(tokenizer.encode(text).ids).toEqual(ids);
        if (ids.length > 0 && !text.includes(BOM)) expect(tokenizer.decode(ids)).toBe(codec.decode(ids));
      }),
      { numRuns: 500 },
    );
  });

  it('decodes whatever a model may write as Heed does', () => {
    const tokenizer = theirs(codec);
    const id = fc.integer({ min: 4, max: codec.vocabulary.size - 1 });
    fc.assert(
      fc.property(fc.array(id, { minLength: 1 }), (ids) => {
        const text = codec.decode(ids);
        fc.pre(!text.includes(BOM));
        expect(tokenizer.decode(ids)).toBe(text);
      }),
    );
  });

  it('gives the ids and text that the Rust library gives', () => {
    const { ids, decoded } = fixture.codecs[name];
    expect(fixture.texts.map((text) => codec.encode(text))).toEqual(ids);
    expect(ids.map((line) => codec.decode(line))).toEqual(decoded);
  });
});

describe('tokenizer.json', () => {
  const codec = CODECS.bpe(fixture.training);

  it('is what the format wants', () => {
    const file = tokenizerJson(codec.toJSON()) as Record<string, never>;
    expect(Object.keys(file)).toEqual([
      ...['version', 'truncation', 'padding', 'added_tokens', 'normalizer', 'pre_tokenizer'],
      ...['post_processor', 'decoder', 'model'],
    ]);
    expect(file.added_tokens).toEqual(
      ['<pad>', '<unk>', '<s>', '</s>'].map((content, id) => ({
        ...{
          id,
          content,
          single_word: false,
          lstrip: false,
          rstrip: false,
          normalized: false,
          special: true,
        },
      })),
    );
    const { vocab, merges, ...flags } = file.model as Record<string, Record<string, unknown>>;
    expect(flags).toEqual({
      ...{ type: 'BPE', dropout: null, unk_token: '<unk>', continuing_subword_prefix: null },
      ...{ end_of_word_suffix: null, fuse_unk: false, byte_fallback: true, ignore_merges: false },
    });
    const ids = new Map(Object.entries(vocab));
    expect([...ids.values()].sort((a, b) => Number(a) - Number(b))).toEqual([
      ...Array(codec.vocabulary.size).keys(),
    ]);
    for (const [left, right] of merges as unknown as [string, string][]) {
      expect([left, right, left + right].every((piece) => ids.has(piece))).toBe(true);
    }
  });

  it('cannot say the rules of word tokens, and says so', () => {
    const words = TextCodec.build(fixture.training, createTokenizer({ kind: 'word' }));
    expect(() => tokenizerJson(words.toJSON())).toThrow(UsageError);
    expect(() => tokenizerJson(words.toJSON())).toThrow(/tokens of kind bpe, character or space/);
  });

  it('knows special tokens that a text only spells', () => {
    // The one difference in encoding, as documented.
    expect(theirs(codec).encode('</s>').ids).toEqual([3]);
    expect(codec.encode('</s>')).not.toContain(3);
  });
});

const raw = (split: string) => ['en', 'de', 'fr'].map((l) => sharedData(`multi30k/raw/${split}.${l}.gz`));
const files = {
  training: raw('val'),
  lines: raw('test_2016_flickr'),
  pairs: sharedData('tatoeba/fra-eng.zip'),
};
const here = [...files.training, ...files.lines, files.pairs].every((path) => path !== undefined);

describe.skipIf(!here)(`real text${here ? '' : ' (no shared data here)'}`, () => {
  const read = async (paths: readonly (string | undefined)[]) =>
    (await Promise.all(paths.map((path) => readLines(path as string)))).flat();

  it.each(Object.entries(CODECS))('%s: equal on Multi30k and Tatoeba', async (_, build) => {
    const zip = unzipSync(readFileSync(files.pairs as string));
    const pairs = parseTsv(zip['fra.txt'], 'fra.txt').filter((_, i) => i % 100 === 0);
    const lines = [...(await read(files.lines)), ...pairs.flatMap((pair) => [pair.source, pair.target])];
    expect(lines.length).toBeGreaterThan(5000);
    expectEqual(build(await read(files.training)), lines);
  });
});
