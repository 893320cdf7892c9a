import fc from 'fast-check';
import { expect, it } from 'vitest';
import { columnsOf, isRightToLeft, shorten, visible } from '../../src/plots/labels.ts';

it.each([
  ['New York', 'New␣York'],
  ['a\tb\n\0\x7f', 'a␉b␊␀␡'],
  ['\u200b\u00a0\u202e\ufeff', '⟨U+200B⟩⟨U+00A0⟩⟨U+202E⟩⟨U+FEFF⟩'],
  ['\ud800x', '⟨U+D800⟩x'],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['👩‍🚀 é', '👩‍🚀␣é'],
])('what cannot be seen is made visible: %j', (text, expected) => {
  expect(visible(text)).toBe(expected);
});

it.each([
  ['abc', 3],
  ['漢字', 4],
  ['カナｶﾅ', 6],
  ['한국', 4],
  ['한', 2], // decomposed
  ['e\u0301', 1],
  ['مَرحبا', 5],
  ['👩‍🚀🇩🇪☃', 5],
  ['𠮷', 2],
  ['Ａ！', 4],
  ['', 0],
])('%j takes %i columns', (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
});

it('shortens to the columns there are, never inside a character', () => {
  expect(shorten('abcdef', 6)).toBe('abcdef');
  expect(shorten('abcdefg', 6)).toBe('abcde…');
  expect(shorten('漢字漢字', 6)).toBe('漢字…');
  expect(shorten('abc👩‍🚀👩‍🚀', 6, '~')).toBe('abc👩‍🚀~');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, columns) => {
      const short = shorten(text, columns);
      expect(columnsOf(short)).toBeLessThanOrEqual(Math.max(columns, 1));
      if (columnsOf(text) <= columns) expect(short).toBe(text);
    }),
  );
});

it('knows right-to-left scripts', () => {
  expect(['مرحبا', 'שלום', 'a', '漢', '1.5'].map(isRightToLeft)).toEqual([true, true, false, false, false]);
});
