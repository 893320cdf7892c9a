import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import { readLines } from '../../src/data/corpus.node.ts';
import { SubwordTokenizer, subwordStarts } from '../../src/data/subword.ts';
import { BOS, EOS, PAD, UNK } from '../../src/data/vocabulary.ts';
import { FormatError, UsageError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import { sharedData } from './shared.ts';

const TEXTS = [
  'the newest of the newer houses is the lowest one.',
  "it's the widest house, the lowest house - and the new one!",
  'Über die Straße: 10 neue Häuser, 100 alte.',
  'Über 10 Straßen',
];
const codec = TextCodec.buildSubwords(TEXTS, { merges: 60 });
const lower = TextCodec.buildSubwords(TEXTS, { merges: 60, lowercase: true });

/** Whatever a text can hold: any code points, and often what is special to this tokenizer. */
const special = fc.constantFrom(
  ...['▁', '<0x41>', '<0xE2>', '<unk>', '</s>', ' ', '  ', '\t', '\n', '\r\n', '\u0085', '\u00a0', '\ufeff'],
  ...[
    '\u0000',
    '\u0301',
    '\u200d',
    '\u200c',
    '👨‍👩‍👧',
    '\ufffd',
    'ß',
    'the',
    'newest',
    'İ',
    'ΟΔΟΣ',
    '\u{10ffff}',
  ],
);
const anyText = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), special, fc.constantFrom(...TEXTS)))
  .map((parts) => parts.join(''));

describe('subwords', () => {
  it('are words with the space before them, cut up; marks, numbers and other white space apart', () => {
    const tokens = codec.tokens('the newest house, 10');
    expect(tokens.join('')).toBe(' the newest house, 10');
    const cut = SubwordTokenizer.train(['la la, la\n 77 (la) \u0915\u094d\u200d\u0937 la'.repeat(9)], {
      merges: 100,
    });
    expect(cut.tokenize('la la,  77\n(la)\t \u0915\u094d\u200d\u0937')).toEqual([
      ...[' la', ' la', ',', ' ', ' 77', '\n', '(', 'la', ')', '<0x09>', ' \u0915\u094d\u200d\u0937'],
    ]);
  });

  it('have ids in a fixed order: specials, bytes, characters by frequency, merges as learned', () => {
    const { tokens } = TextCodec.buildSubwords(['aab aab aab b c'], { merges: 2 }).vocabulary.toJSON();
    expect(tokens.slice(0, 6)).toEqual(['<pad>', '<unk>', '<s>', '</s>', '<0x00>', '<0x01>']);
    // ` `, 5 of them, before `a` and `b`; `c` is seen once. Of `a b`, `a a`, ` a` the greatest pair is first.
    expect(tokens.slice(259)).toEqual(['<0xFF>', 'a', ' ', 'b', 'ab', 'aab']);
  });

  it('give back any text, and never UNK', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = codec.encode(text);
        expect(ids).not.toContain(UNK);
        expect(ids.every((id) => id > EOS)).toBe(true);
        expect(codec.decode([BOS, ...ids, EOS, PAD])).toBe(text.normalize('NFC'));
        expect(lower.decode(lower.encode(text))).toBe(text.toLowerCase().normalize('NFC'));
      }),
      { numRuns: 2000 },
    );
    expect(codec.encode('')).toEqual([]);
    expect(codec.decode([])).toBe('');
  });

  it('put U+FFFD for half a surrogate pair, which is not text', () => {
    expect(codec.decode(codec.encode('a\ud800b\udc00'))).toBe('a\ufffdb\ufffd');
    const pieces = SubwordTokenizer.train(['\ud800', '\ud800'], { merges: 1 }).pieces.join('');
    expect(pieces).not.toMatch(/\p{Surrogate}/u);
  });

  it('give back the same text under dropout, in other pieces', () => {
    fc.assert(
      fc.property(anyText, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (text, dropout, seed) => {
        const ids = codec.encode(text, { dropout, random: new Random(seed) });
        expect(codec.decode(ids)).toBe(text.normalize('NFC'));
        expect(codec.encode(text, { dropout, random: new Random(seed) })).toEqual(ids);
      }),
    );
    const plain = codec.encode(TEXTS[0]);
    const random = new Random(7);
    const draws = Array.from({ length: 20 }, () => codec.encode(TEXTS[0], { dropout: 0.3, random }));
    expect(new Set(draws.map(String)).size).toBeGreaterThan(15);
    expect(draws.every((ids) => ids.length >= plain.length)).toBe(true);
    // What was drawn is not remembered.
    expect(codec.encode(TEXTS[0])).toEqual(plain);
    expect(codec.encode(TEXTS[0], { dropout: 0, random })).toEqual(plain);
  });

  it('decode bytes that are not UTF-8 to U+FFFD, and keep the others', () => {
    const id = (byte: number) => codec.vocabulary.idOf(`<0x${byte.toString(16).toUpperCase()}>`);
    const e = codec.vocabulary.idOf('e');
    expect(codec.decode([e, id(0xe2), id(0x82), e])).toBe('e\ufffde');
    expect(codec.decode([e, id(0xe2), id(0x82), id(0xac), id(0xff), e])).toBe('e€\ufffde');
    // A model may begin a text with a piece that has no space.
    expect(codec.decode([e])).toBe('e');
  });

  it('without bytes: unknown characters are UNK, nothing else is', () => {
    const small = TextCodec.buildSubwords(TEXTS, { merges: 60, byteFallback: false, minFrequency: 1 });
    expect(small.vocabulary.has('<0x00>')).toBe(false);
    expect(small.tokens('the ☃')).toEqual([' the', ' ', '☃']);
    expect(small.encode('the ☃')[2]).toBe(UNK);
    expect(small.decode(small.encode('the ☃.'))).toBe('the <unk>.');
    for (const text of TEXTS) expect(small.decode(small.encode(text))).toBe(text);
  });

  it('keep to a vocabulary size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.integer({ min: 0, max: 300 }),
        (texts, more) => {
          const all = [...TEXTS, ...texts];
          const least = TextCodec.buildSubwords(all, { merges: 0 }).vocabulary.size;
          const most = TextCodec.buildSubwords(all, { merges: 1e6 }).vocabulary.size;
          const { size } = TextCodec.buildSubwords(all, { vocabularySize: least + more }).vocabulary;
          expect(size).toBe(Math.min(least + more, most));
          expect(() => TextCodec.buildSubwords(all, { vocabularySize: least - 1 })).toThrow(UsageError);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('give rare characters no token', () => {
    const { pieces } = SubwordTokenizer.train(['aé', 'aü', 'aü'], { merges: 9, byteFallback: false });
    expect(pieces).toEqual([' ', 'a', 'ü', ' a', ' aü']);
    const all = SubwordTokenizer.train(['aé', 'aü', 'aü'], {
      merges: 0,
      byteFallback: false,
      minFrequency: 1,
    });
    expect(all.pieces).toEqual([' ', 'a', 'ü', 'é']);
  });

  it('cut a text of 50,000 characters without a space at once', () => {
    for (const unit of ['the', '語', '!?', '1', ' ', '👩', '\u0301']) {
      const text = unit.repeat(50_000 / unit.length);
      const start = performance.now();
      expect(codec.decode(codec.encode(text))).toBe(text);
      // Linear-logarithmic work takes a tenth of a second; the bound leaves room for a busy machine.
      expect(performance.now() - start).toBeLessThan(5000);
    }
  });
});

describe('stored subwords', () => {
  const stored = () => JSON.parse(JSON.stringify(codec));

  it('come back', () => {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 5 }), anyText, fc.boolean(), (texts, text, byteFallback) => {
        const built = TextCodec.buildSubwords([...texts, ...texts], { merges: 200, byteFallback });
        const back = TextCodec.fromJSON(JSON.parse(JSON.stringify(built)));
        expect(back.toJSON()).toEqual(built.toJSON());
        expect(back.encode(text)).toEqual(built.encode(text));
      }),
    );
  });

  it.each([
    ['no merges', (s: ReturnType<typeof stored>) => delete s.tokenizer.merges, /subwords written as/],
    ['no alphabet', (s: ReturnType<typeof stored>) => delete s.tokenizer.alphabet, /subwords written as/],
    [
      'another pattern',
      (s: ReturnType<typeof stored>) => (s.tokenizer.pattern = '.+'),
      /subwords written as/,
    ],
    ['no pair', (s: ReturnType<typeof stored>) => (s.tokenizer.merges[3] = 'ab'), /merge 3 written as "ab"/],
    ['a number', (s: ReturnType<typeof stored>) => (s.tokenizer.merges[0] = 7), /merge 0 written as 7/],
    ['unheard-of parts', (s: ReturnType<typeof stored>) => (s.tokenizer.merges[0] = 'qq z'), /merge 0/],
    [
      'a piece without an id',
      (s: ReturnType<typeof stored>) => s.vocabulary.tokens.pop(),
      /without the subword/,
    ],
  ])('with %s are refused', (_, damage, message) => {
    const value = stored();
    damage(value);
    expect(() => TextCodec.fromJSON(value)).toThrow(FormatError);
    expect(() => TextCodec.fromJSON(value)).toThrow(message);
  });
});

const parts = ['en', 'de', 'fr'].map((language) => sharedData(`multi30k/raw/val.${language}.gz`));
const here = parts.every((path) => path !== undefined);

describe.skipIf(!here)(`a joint vocabulary of three languages${here ? '' : ' (no shared data here)'}`, () => {
  it('gives back every line, of other languages too', async () => {
    const sides = await Promise.all(parts.map((path) => readLines(path as string)));
    const joint = TextCodec.buildSubwords(sides.slice(0, 2).flat(), { vocabularySize: 3000 });
    expect(joint.vocabulary.size).toBe(3000);
    const lines = sides.flat();
    const ids = lines.map((line) => joint.encode(line));
    expect(ids.map((line) => joint.decode(line))).toEqual(lines.map((line) => line.normalize('NFC')));
    // Seen languages: not much more than a piece a word, and bytes only for characters seen once.
    const [english] = sides;
    const pieces = english.reduce((sum, line) => sum + joint.encode(line).length, 0);
    const words = english.reduce((sum, line) => sum + line.split(' ').length, 0);
    expect(pieces / words).toBeLessThan(1.4);
  });
});

it('tells which pieces begin a word: at spaces, between letters, numbers and marks, and never within a character', () => {
  const starts = (pieces: string[]) => subwordStarts(pieces).map(Number).join('');
  expect(starts([' Schn', 'ee', 'mann', ' lacht', '.', '</s>'])).toBe('100111');
  expect(starts([' 19', '89', ',', ' ', 'na', '<0xC3>', '<0xAF>', 've', '</s>'])).toBe('101100001');
  expect(starts(['<unk>', '<unk>', ' a', 'b'])).toBe('1110');
});
