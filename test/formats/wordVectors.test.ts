import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { parseWordVectors } from '../../src/formats/wordVectors.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const parse = (text: string, ...wanted: string[]) =>
  parseWordVectors(utf8(text), new Set(wanted), 'glove.txt');
const entries = ({ vectors }: ReturnType<typeof parse>) =>
  Object.fromEntries([...vectors].map(([word, vector]) => [word, [...vector]]));

describe('word vectors', () => {
  it("are read in word2vec's form, whose rows end in a space, and in GloVe's", () => {
    const word2vec = parse('3 2\n</s> 0.5 -0.25 \nthe 1 2 \ncat 3e-1 -4.5e+2 \n', 'the', 'cat', 'dog');
    expect(word2vec).toMatchObject({ dimension: 2, rows: 3 });
    expect(entries(word2vec)).toEqual({ the: [1, 2], cat: [Math.fround(0.3), -450] });
    const glove = parse('the 1 2\ncat 0.5 -0.25', 'the', 'cat', 'dog');
    expect(glove).toMatchObject({ dimension: 2, rows: 2 });
    expect(entries(glove)).toEqual({ the: [1, 2], cat: [0.5, -0.25] });
  });

  it('are read with other ends of line, with tabs and after a byte order mark', () => {
    expect(entries(parse('\ufeff2 2\r\nthe\t1\t2\r\ncat 3 4\r\n', 'the', 'cat'))).toEqual({
      the: [1, 2],
      cat: [3, 4],
    });
    // In a word the mark and the line separators of other scripts are characters like any other.
    const strange = ['\ufeffthe', 'a\u2028b', '\u0085', 'x\u00a0y'];
    const rows = strange.map((word, i) => `${word} ${i} 0\n`).join('');
    expect(Object.keys(entries(parse(`the 9 9\n${rows}`, 'the', ...strange)))).toEqual(['the', ...strange]);
  });

  it('may belong to words with spaces', () => {
    const found = parse('the 0.1 0.2\n. . . 0.3 0.4\nat name@domain.com 0.5 0.6\n1 2 3 4\n', '. . .', '1 2');
    expect(found.rows).toBe(4);
    expect(Object.keys(entries(found))).toEqual(['. . .', '1 2']);
    expect(found.vectors.get('1 2')).toEqual(Float32Array.of(3, 4));
  });

  it('of a word that occurs twice are the first ones', () => {
    const found = parse('a 1 2\nb 3 4\na 5 6\n', 'a');
    expect(found.rows).toBe(3);
    expect(entries(found)).toEqual({ a: [1, 2] });
  });

  it.each([
    ['', 'glove.txt is empty', 'downloaded whole'],
    ['the cat\nsat\n', 'glove.txt:2 has 0 numbers and begins "sat"', 'a word and 1 numbers'],
    ['word\n', 'glove.txt:1 has no numbers and begins "word"', 'those of a binary file'],
    ['a 1 2\nb 3\n', 'glove.txt:2 has 1 numbers and begins "b 3"', 'a word and 2 numbers'],
    ['a 1 2\n\nb 3 4\n', 'glove.txt:2 has 0 numbers', 'as the first line has it'],
    ['a .1 .2\nb .3 .4 .5\n', 'glove.txt:2 has 3 numbers', 'a word and 2 numbers'],
    ['2 3\na 1 2 3\nb 1 2\n', 'glove.txt:3 has 2 numbers', 'a word and 3 numbers'],
    ['2 3\na 1 2 3\nb -1.5e-3 1.5 2 3\n', 'glove.txt:3 has 4 numbers', 'a word and 3 numbers'],
    ['3 2\na 1 2\nb 3 4\n', 'glove.txt has 2 rows', '3, as its first line says'],
    ['1 2\na 1 2\nb 3 4\n', 'glove.txt has 2 rows', '1, as its first line says'],
    ['a 1 2\nw 3 x\n', 'glove.txt:2 has "x" for number 2 of 2', 'a finite number'],
    ['1 3\nw 3  4\n', 'glove.txt:2 has "" for number 2 of 3', 'two spaces'],
    ['a 1 nan\nw nan 1\n', 'glove.txt:2 has "nan" for number 1', 'a finite number'],
    ['w 1e999 1\n', 'glove.txt:1 has "1e999" for number 1', 'a finite number'],
  ])('%j is refused', (text, ...parts) => {
    expect(() => parse(text, 'w')).toThrow(DataError);
    for (const part of parts) expect(() => parse(text, 'w')).toThrow(part);
  });

  it('do not stop at unwanted rows that are not whole UTF-8', () => {
    const bytes = new Uint8Array([...utf8('a 1 2\n'), 0xe6, 0x97, ...utf8(' 3 4\nb 5 6\n')]);
    const { rows, vectors } = parseWordVectors(bytes, new Set(['b']), 'f');
    expect([rows, vectors.get('b')]).toEqual([3, Float32Array.of(5, 6)]);
  });

  it('come back as they were written, whatever the words', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
      .map((w) => `w${w.replace(/[\s]/g, '')}x`);
    const rows = (dimension: number) =>
      fc.array(
        fc.tuple(
          fc.oneof(
            word,
            fc.tuple(word, word).map(([a, b]) => `${a} ${b}`),
          ),
          fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
            minLength: dimension,
            maxLength: dimension,
          }),
        ),
        { minLength: 1, maxLength: 12 },
      );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }).chain(rows),
        fc.boolean(),
        fc.nat(),
        (table, header, drop) => {
          // Without a header the first row tells the dimension, so its word is one word.
          fc.pre(header || !table[0][0].includes(' '));
          const text = table.map(([w, numbers]) => `${[w, ...numbers].join(' ')}\n`).join('');
          const all = new Map<string, number[]>();
          for (const [w, numbers] of table) if (!all.has(w)) all.set(w, numbers);
          const unwanted = [...all.keys()][drop % all.size];
          const wanted = new Set([...all.keys()].filter((w) => w !== unwanted));
          const dimension = table[0][1].length;
          const found = parseWordVectors(
            utf8(header ? `${table.length} ${dimension}\n${text}` : text),
            wanted,
            'f',
          );
          expect([found.dimension, found.rows]).toEqual([dimension, table.length]);
          expect(new Set(found.vectors.keys())).toEqual(wanted);
          // -0 is written as 0.
          for (const w of wanted)
            expect([...(found.vectors.get(w) ?? [])]).toEqual(all.get(w)?.map((x) => x + 0));
        },
      ),
    );
  });
});
