import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextCodec } from '../../src/data/codec.ts';
import { createTokenizer } from '../../src/data/tokenizer.ts';
import { BOS, EOS, PAD, UNK, Vocabulary } from '../../src/data/vocabulary.ts';
import { DataError, FormatError } from '../../src/errors.ts';

describe('Vocabulary', () => {
  it('numbers by frequency, then by code point', () => {
    // U+1F600 is above U+FB01, though its first UTF-16 unit is below it.
    const vocabulary = Vocabulary.build([
      ['b', 'a', '😀', 'ﬁ'],
      ['b', 'z', 'ab'],
    ]);
    expect(vocabulary.toJSON().tokens).toEqual([
      ...['<pad>', '<unk>', '<s>', '</s>'],
      ...['b', 'a', 'ab', 'z', 'ﬁ', '😀'],
    ]);
    expect([PAD, UNK, BOS, EOS].map((id) => vocabulary.tokenOf(id))).toEqual([
      '<pad>',
      '<unk>',
      '<s>',
      '</s>',
    ]);
  });

  it('does not depend on the order of the corpus', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 2 })), (tokens) => {
        const forwards = Vocabulary.build([tokens]).toJSON().tokens;
        expect(Vocabulary.build([[...tokens].reverse()]).toJSON().tokens).toEqual(forwards);
        const rest = forwards.slice(4);
        const counts = rest.map((token) => tokens.filter((t) => t === token).length);
        expect(counts).toEqual([...counts].sort((a, b) => b - a));
        expect(new Set(rest)).toEqual(new Set(tokens));
      }),
    );
  });

  it('keeps to its limits', () => {
    const sequences = [['a', 'a', 'a', 'b', 'b', 'c']];
    expect(Vocabulary.build(sequences, { maxSize: 6 }).toJSON().tokens.slice(4)).toEqual(['a', 'b']);
    expect(Vocabulary.build(sequences, { minFrequency: 2 }).toJSON().tokens.slice(4)).toEqual(['a', 'b']);
    expect(Vocabulary.build([]).size).toBe(4);
  });

  it('encodes unknown tokens as UNK, and text can neither end nor pad a sequence', () => {
    const vocabulary = Vocabulary.build([['a', '</s>', 'b']]);
    expect(vocabulary.encode(['b', 'x', 'a', '</s>', '<pad>', '<s>'])).toEqual([5, UNK, 4, UNK, UNK, UNK]);
    expect(vocabulary.decode([BOS, 4, UNK, EOS])).toEqual(['<s>', 'a', '<unk>', '</s>']);
    expect([vocabulary.idOf('b'), vocabulary.idOf('x'), vocabulary.has('b'), vocabulary.has('x')]).toEqual([
      5,
      UNK,
      true,
      false,
    ]);
    for (const id of [-1, 6, 1.5]) expect(() => vocabulary.tokenOf(id)).toThrow(DataError);
  });

  it('comes back from JSON', () => {
    const vocabulary = Vocabulary.build([['x', 'y', 'x']]);
    const back = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
    expect(back.toJSON()).toEqual(vocabulary.toJSON());
    expect(back.encode(['y', 'x'])).toEqual([5, 4]);
  });

  it.each([
    [null, /without a list/],
    [{ tokens: 'abc' }, /without a list/],
    [{ tokens: ['<pad>', '<unk>', '<s>'] }, /token 3 is undefined/],
    [{ tokens: ['<pad>', '<unk>', '</s>', '<s>', 'a'] }, /token 2 is "<\/s>"/],
    [{ tokens: ['<pad>', '<unk>', '<s>', '</s>', 'a', 'b', 'a'] }, /"a" twice \(again as 6\)/],
    [{ tokens: ['<pad>', '<unk>', '<s>', '</s>', 7] }, /token 4 is 7/],
  ])('refuses %j', (value, message) => {
    expect(() => Vocabulary.fromJSON(value)).toThrow(FormatError);
    expect(() => Vocabulary.fromJSON(value)).toThrow(message);
  });
});

describe('TextCodec', () => {
  const codec = TextCodec.build(
    ['A dog runs.', 'A cat sleeps.'],
    createTokenizer({ kind: 'word', lowercase: true }),
  );

  it('encodes text and decodes what a decoder writes', () => {
    const ids = codec.encode('The cat runs.');
    expect(ids[0]).toBe(UNK);
    expect(codec.decode([BOS, ...ids, EOS, ids[1], PAD, PAD])).toBe('<unk> cat runs.');
    expect(codec.decode([PAD, ...codec.encode('a dog'), PAD])).toBe('a dog');
    expect(codec.decode([])).toBe('');
    expect(codec.encode('')).toEqual([]);
    expect(codec.tokens('A dog.')).toEqual(['a', 'dog', '.']);
  });

  it('comes back from JSON', () => {
    const back = TextCodec.fromJSON(JSON.parse(JSON.stringify(codec)));
    expect(back.encode('A DOG sleeps.')).toEqual(codec.encode('a dog sleeps.'));
    for (const value of [null, [], { tokenizer: codec.tokenizer.toJSON() }]) {
      expect(() => TextCodec.fromJSON(value)).toThrow(FormatError);
    }
  });
});
