import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/data/corpus.node.ts';
import { createTokenizer, tokenizerFromJSON } from '../../src/data/tokenizer.ts';
import { FormatError } from '../../src/errors.ts';
import { sharedData } from './shared.ts';

const word = createTokenizer({ kind: 'word' });
const lower = createTokenizer({ kind: 'word', lowercase: true });
const character = createTokenizer({ kind: 'character' });

/** The mteval-v13a tokenisation that sacreBLEU scores with, from its description. */
function tokenize13a(text: string): string[] {
  return ` ${text
    .replaceAll('<skipped>', '')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ')
    .split(/\s+/)
    .filter((token) => token !== '');
}

describe('word tokens', () => {
  it.each([
    ['Two men, one dog.', ['Two', 'men', ',', 'one', 'dog', '.']],
    ["The man's hat isn't here", ['The', 'man', "'s", 'hat', 'isn', "'t", 'here']],
    ["the boys' team", ['the', "boys'", 'team']],
    ["a 'stop' sign", ['a', "'", 'stop', "'", 'sign']],
    ["L'homme qu'il voit", ["L'", 'homme', "qu'", 'il', 'voit']],
    ['ein T-Shirt, Vorder- und Hinterrad', ['ein', 'T-Shirt', ',', 'Vorder-', 'und', 'Hinterrad']],
    ['3.5 km um 10:30 für 1,000 €.', ['3.5', 'km', 'um', '10:30', 'für', '1,000', '€', '.']],
    ['„Hallo“ (so) – na ja…', ['„', 'Hallo', '“', '(', 'so', ')', '–', 'na', 'ja', '…']],
    ['هل هذا كتاب؟', ['هل', 'هذا', 'كتاب', '؟']],
    ['cafe\u0301', ['café']],
    ['  \t ', []],
    ['<s> </s>', ['<', 's', '>', '<', '/', 's', '>']],
  ])('%s', (text, tokens) => {
    expect(word.tokenize(text)).toEqual(tokens);
  });

  it.each([
    "The man's hat isn't here, is it?",
    "the boys' team, a 'stop' sign and l'homme",
    '„Hallo“, sagte er (leise) – „na ja…“ und ging.',
    'He said "no" and "yes" for $5.50 and/or 50%!',
    'Wo ist der 18-jährige mit T-Shirt? ¿Dónde?',
    'می‌روم',
    '👨‍👩‍👧 is a family',
  ])('comes back from its tokens: %s', (text) => {
    expect(word.detokenize(word.tokenize(text))).toBe(text);
  });

  it('lower-cases when told to', () => {
    expect(lower.tokenize('ÜBER İstanbul')).toEqual(['über', 'i̇stanbul']);
  });

  it('loses nothing but white space, and makes no empty token or token with a space', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const tokens = word.tokenize(text);
        expect(tokens.join('')).toBe(text.normalize('NFC').replace(/\s+/gu, ''));
        expect(tokens.every((token) => /^\S+$/u.test(token))).toBe(true);
        expect(word.detokenize(tokens).replace(/ /g, '')).toBe(tokens.join(''));
      }),
      { numRuns: 500 },
    );
  });

  it.each(["a' ", "'", 'a-', "a'b", '1.', '(', 'ab ', '日'])(
    'splits 50,000 characters of %j at once',
    (unit) => {
      const text = unit.repeat(Math.floor(50_000 / unit.length));
      const start = performance.now();
      expect(word.detokenize(word.tokenize(text)).length).toBeGreaterThan(10_000);
      // Linear work takes tens of milliseconds; the bound leaves room for a busy machine.
      expect(performance.now() - start).toBeLessThan(5000);
    },
  );

  const corpus = ['val', 'test_2016_flickr', 'test_2017_flickr'].flatMap((split) =>
    ['en', 'de', 'fr'].map((language) => `multi30k/raw/${split}.${language}.gz`),
  );
  for (const name of corpus) {
    const path = sharedData(name);
    it.skipIf(!path)(
      `scores as the original under 13a: ${name}${path ? '' : ' (no shared data here)'}`,
      async () => {
        const lines = await readLines(path as string);
        const changed = lines.filter((line) => {
          const back = lower.detokenize(lower.tokenize(line));
          return tokenize13a(back).join(' ') !== tokenize13a(line.toLowerCase()).join(' ');
        });
        expect(changed.length / lines.length).toBeLessThanOrEqual(0.005);
      },
    );
  }
});

describe('character tokens', () => {
  it('are code points, spaces among them, and come back exactly', () => {
    expect(character.tokenize('a 😀\u0301é')).toEqual(['a', ' ', '😀', '\u0301', 'é']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(character.detokenize(character.tokenize(text))).toBe(text.normalize('NFC'));
      }),
    );
  });
});

describe('stored tokenizers', () => {
  it('come back', () => {
    for (const tokenizer of [word, lower, character]) {
      const back = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));
      expect([back.kind, back.lowercase]).toEqual([tokenizer.kind, tokenizer.lowercase]);
    }
  });

  it.each([[null], [{}], [{ kind: 'bpe' }], [{ kind: 'word', lowercase: 'yes' }], ['word']])(
    '%j is refused',
    (value) => {
      expect(() => tokenizerFromJSON(value)).toThrow(FormatError);
    },
  );
});
