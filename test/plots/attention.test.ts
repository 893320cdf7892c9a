import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError, ShapeError } from '../../src/errors.ts';
import { attentionSvg, attentionTerminal } from '../../src/plots/index.ts';
import { columnsOf } from '../../src/plots/labels.ts';
import { elementsOf } from './xml.ts';

const map = {
  source: ['犬', 'New York', '<s>'],
  target: ['كلب', 'a&b'],
  weights: [
    [0.1, 0.9, 0],
    [0.26, 0.2, 0.54],
  ],
};

describe('attentionSvg', () => {
  it('draws one cell a weight, source across, target down, darker for more', () => {
    const svg = attentionSvg(map);
    const cells = elementsOf(svg).filter(({ name, text }) => name === 'rect' && text.includes('→'));
    expect(cells.map(({ text }) => text)).toEqual([
      '犬 → كلب: 0.100',
      'New␣York → كلب: 0.900',
      '<s> → كلب: 0.000',
      '犬 → a&b: 0.260',
      'New␣York → a&b: 0.200',
      '<s> → a&b: 0.540',
    ]);
    const [first, second] = cells.map(({ attributes }) => attributes);
    expect(Number(second.x)).toBeGreaterThan(Number(first.x));
    expect(second.y).toBe(first.y);
    expect(Number(cells[3].attributes.y)).toBeGreaterThan(Number(first.y));
    expect(cells[3].attributes.x).toBe(first.x);
    const order = [2, 0, 4, 3, 5, 1].map((i) => luminance(cells[i].attributes.fill));
    expect(order).toEqual([...order].sort((a, b) => b - a));
    expect(new Set(order).size).toBe(6);
  });

  it('is well-formed and stays inside its picture, whatever the tokens are', () => {
    const token = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('𠮷野家', 'مرحبا', '\ud800', '\0'),
    );
    const side = fc.array(token, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(side, side, fc.option(token), (source, target, title) => {
        const weights = target.map(() => source.map(() => 1 / source.length));
        const elements = elementsOf(attentionSvg({ source, target, weights, title: title ?? undefined }));
        const [svg] = elements;
        const [width, height] = [Number(svg.attributes.width), Number(svg.attributes.height)];
        for (const { name, attributes } of elements) {
          if (name !== 'rect') continue;
          expect(Number(attributes.x ?? 0) + Number(attributes.width)).toBeLessThanOrEqual(width);
          expect(Number(attributes.y ?? 0) + Number(attributes.height)).toBeLessThanOrEqual(height);
        }
        const cells = elements.filter(({ text, name }) => name === 'rect' && text.includes('→'));
        expect(cells).toHaveLength(source.length * target.length);
      }),
    );
  });

  it('makes room for long labels, and shortens those without end', () => {
    const widthFor = (target: string) =>
      Number(
        elementsOf(attentionSvg({ source: ['x'], target: [target], weights: [[1]] }))[0].attributes.width,
      );
    expect(widthFor('Donaudampfschifffahrt') - widthFor('Donau')).toBeGreaterThan(100);
    expect(widthFor('漢字漢字漢字漢字')).toBeGreaterThan(widthFor('iiiiiiii'));
    expect(widthFor('a'.repeat(100_000))).toBeLessThan(500);
  });

  it('refuses what is no map', () => {
    expect(() => attentionSvg({ source: [], target: ['a'], weights: [[]] })).toThrow(DataError);
    expect(() => attentionSvg({ ...map, weights: [map.weights[0]] })).toThrow(ShapeError);
    expect(() => attentionSvg({ ...map, weights: [map.weights[0], [1, 0]] })).toThrow(
      /Row 1 of 2 .*\[2\]\[3\]/,
    );
    expect(() => attentionTerminal({ ...map, weights: [map.weights[0], [1, 0, Number.NaN]] })).toThrow(
      /NaN at target 1, source 2/,
    );
  });
});

describe('attentionTerminal', () => {
  it('draws shades under upright labels', () => {
    const source = ['I', 'saw', 'it'];
    const weights = [
      [0.9, 0.1, 0],
      [0.04, 0.6, 0.36],
    ];
    const drawing = attentionTerminal({ source, target: ['ich', 'sah'], weights });
    expect(drawing.split('\n')).toEqual([
      '       s',
      '       a i',
      '     I w t',
      'ich │██░░  ',
      'sah │  ▓▓▒▒',
      '     ░ 0.05  ▒ 0.25  ▓ 0.5  █ 0.75',
    ]);
    const ascii = attentionTerminal({ source, target: ['ich', 'sah'], weights, columns: 8, unicode: false });
    expect(ascii.split('\n')).toEqual(['     s', '     ai', '    Iwt', 'i~ |#. ', 's~ | *:']);
  });

  it('keeps East Asian, right-to-left and invisible labels in their columns', () => {
    const lines = attentionTerminal({ ...map, target: ['猫です', 'كلب'] }).split('\n');
    expect(lines[7]).toBe(`${' '.repeat(8)}犬k >`);
    expect(lines.filter((line) => line.includes('│')).map((line) => columnsOf(line.split('│')[0]))).toEqual([
      7, 7,
    ]);
    expect(lines[8]).toBe('猫です │░░██  ');
    expect(lines[3]).toBe(`${' '.repeat(10)}␣`);
  });

  it('never exceeds the terminal: a long source goes on in further panels', () => {
    fc.assert(
      fc.property(fc.integer({ min: 24, max: 120 }), fc.integer({ min: 1, max: 100 }), (columns, length) => {
        const source = Array.from({ length }, (_, i) => (i % 9 === 0 ? '雪国' : `w${i}`));
        const target = ['東京特許許可局', 'b'];
        const weights = target.map((_, t) => source.map((_, s) => (s === (t * 7) % length ? 1 : 0)));
        const drawing = attentionTerminal({ source, target, weights, columns }).split('\n');
        const rows = drawing.filter((line) => line.includes('│'));
        for (const line of drawing) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
        const cells = rows
          .filter((line) => line.trimStart().startsWith('b'))
          .map((line) => line.split('│')[1]);
        expect(cells.join('')).toHaveLength(2 * length);
        expect(cells.join('').indexOf('█')).toBe(2 * (7 % length));
      }),
    );
  });
});

/** Relative luminance of `#rrggbb` (WCAG 2). */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
