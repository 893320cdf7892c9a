import { describe, expect, it } from 'vitest';
import { visualOrder } from '../../web/src/bidi.ts';
import { isJoined, showing, shown, shownPiece } from '../../web/src/tokens.ts';

/** Tokens as they stand on a line, left to right. */
const line = (tokens: readonly string[]): string =>
  visualOrder(tokens)
    .map((token) => tokens[token])
    .join('|');

describe('the order of tokens on a line', () => {
  it('is that of the text from left to right', () => {
    expect(line([...'9. November 1989', '</s>'])).toBe([...'9. November 1989', '</s>'].join('|'));
    expect(line([])).toBe('');
    expect(line(['2021', '年', '3'])).toBe('2021|年|3');
  });

  it('is turned round from right to left, but not inside a number', () => {
    expect(line(['١٤', 'مارس', '٢٠٢١', '</s>'])).toBe('</s>|٢٠٢١|مارس|١٤');
    // as characters: 14 March 2021
    expect(line([...'١٤ مارس ٢٠٢١'])).toBe(
      [...'٢٠٢١', ' ', ...[...'مارس'].reverse(), ' ', ...'١٤'].join('|'),
    );
    expect(line(['שלום', ',', 'עולם', '!'])).toBe('!|עולם|,|שלום');
  });

  it('keeps a date with slashes together in text from right to left', () => {
    expect(line([...'תאריך 14/3'])).toBe([...'14/3', ' ', ...[...'תאריך'].reverse()].join('|'));
  });

  it('turns a quotation in the other direction, wherever it stands', () => {
    expect(line(['he', 'said', 'שלום', 'עולם', '.'])).toBe('he|said|עולם|שלום|.');
    expect(line(['אמר', 'see', 'you', '.'])).toBe('.|see|you|אמר');
  });

  it('names each token once', () => {
    const tokens = [...'אב12 c,d 3/4 ג', '</s>', '<unk>'];
    expect(visualOrder(tokens).toSorted((a, b) => a - b)).toEqual(tokens.map((_, i) => i));
  });
});

describe('tokens as people read them', () => {
  it('shows spaces', () => {
    expect(shown(' ')).toBe('␣');
    expect(shown('a\tb\n')).toBe('a⇥b⏎');
    expect(shown('')).toBe('∅');
  });

  it('shows which parts of words belong together', () => {
    const pieces = [' the', ' un', 'believ', 'able', '▁word', '.', '</s>', '<unk>', ' '];
    expect(pieces.map(showing(true))).toEqual([
      'the',
      'un',
      '·believ',
      '·able',
      'word',
      '·.',
      '</s>',
      '<unk>',
      '␣',
    ]);
    expect(pieces.filter(isJoined)).toEqual(['believ', 'able', '.']);
    expect(showing(false)).toBe(shown);
    expect(shownPiece('<0xE2>')).toBe('·<0xE2>');
  });
});
