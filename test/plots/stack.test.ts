import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/errors.ts';
import { attentionSvg, joinSubwords, stackSvg, svgSize } from '../../src/plots/index.ts';
import { readsRightToLeft } from '../../src/plots/labels.ts';
import { elementsOf } from './xml.ts';

const drawing = (width: number, height: number) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}"/></svg>`;

describe('stackSvg', () => {
  it('lays drawings in rows that are not too wide, none over another, all inside', () => {
    const size = fc.record({
      width: fc.integer({ min: 30, max: 900 }),
      height: fc.integer({ min: 20, max: 300 }),
    });
    fc.assert(
      fc.property(fc.array(size, { minLength: 2, maxLength: 9 }), (sizes) => {
        const whole = stackSvg(
          sizes.map(({ width, height }, i) => ({ svg: drawing(width, height), caption: `${i} of several` })),
          1000,
        );
        const { width, height } = svgSize(whole);
        const boxes = [
          ...whole.matchAll(/<svg x="([\d.]+)" y="([\d.]+)" xmlns="[^"]+" width="(\d+)" height="(\d+)"/g),
        ].map((found) => found.slice(1).map(Number));
        expect(boxes.map(([, , w, h]) => ({ width: w, height: h }))).toEqual(sizes);
        for (const [i, [x, y, w, h]] of boxes.entries()) {
          expect(x + w).toBeLessThanOrEqual(Math.max(width, 1000));
          expect(y + h).toBeLessThanOrEqual(height);
          for (const [x2, y2, w2, h2] of boxes.slice(i + 1)) {
            expect(x2 >= x + w || x >= x2 + w2 || y2 >= y + h || y >= y2 + h2).toBe(true);
          }
        }
        expect(width).toBeLessThanOrEqual(1000);
      }),
    );
  });

  it('breaks a long caption into lines, each no wider than its drawing', () => {
    const caption =
      'Two young men in white shirts are sitting at a table in front of a restaurant & playing chess';
    const texts = elementsOf(stackSvg([{ svg: drawing(300, 80), caption }])).filter(
      ({ name }) => name === 'text',
    );
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.map(({ text }) => text.trim()).join(' ')).toBe(caption);
    const heights = texts.map(({ attributes }) => Number(attributes.y));
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
    expect(heights[0]).toBeGreaterThan(10);
  });

  it('leaves one drawing as it is, and refuses none and one without a size', () => {
    expect(stackSvg([{ svg: drawing(10, 10) }])).toBe(drawing(10, 10));
    expect(() => stackSvg([])).toThrow(DataError);
    expect(() => stackSvg([{ svg: '<svg></svg>', caption: 'a' }])).toThrow(DataError);
  });
});

describe('right-to-left scripts', () => {
  const weights = [
    [0.7, 0.2, 0.1],
    [0.1, 0.3, 0.6],
  ];
  const cells = (svg: string) =>
    elementsOf(svg).filter(({ name, text }) => name === 'rect' && text.includes('→'));

  it('go from right to left as sources, and stand at the right as targets', () => {
    const svg = attentionSvg({ source: ['سلام', 'دنيا', '</s>'], target: ['שלום', 'עולם'], weights });
    const [first, second, third] = cells(svg).map(({ attributes }) => Number(attributes.x));
    expect(first).toBeGreaterThan(second);
    expect(second).toBeGreaterThan(third);
    expect(cells(svg)[0].text).toBe('سلام → שלום: 0.700');
    const label = elementsOf(svg).find(({ name, text }) => name === 'text' && text === 'שלום');
    expect(label?.attributes['text-anchor']).toBe('start');
    expect(Number(label?.attributes.x)).toBeGreaterThan(first);
    const { width } = svgSize(svg);
    expect(Number(label?.attributes.x)).toBeLessThan(width - 30);
  });

  it('are told by most of the words, signs and marks of the end aside', () => {
    expect(readsRightToLeft(['سلام', 'BBC', 'دنيا', '</s>'])).toBe(true);
    expect(readsRightToLeft(['a', 'سلام', 'b'])).toBe(false);
    expect(readsRightToLeft(['1', '.', '</s>'])).toBe(false);
  });

  it('of the drawing without tooltips too: the same cells are dark', () => {
    // One source cell of weight 1: the first one, which is the rightmost.
    const map = { source: ['سلام', 'دنيا', 'جميلة'], target: ['a'], weights: [[1, 0, 0]] };
    const plain = attentionSvg({ ...map, tooltips: false });
    const darkest = [...plain.matchAll(/<path stroke="(#[0-9a-f]{6})" d="M(\d+) 0h(\d+)"/g)];
    expect(darkest.map(([, , x, run]) => [Number(x), Number(run)])).toEqual([
      [0, 2],
      [2, 1],
    ]);
  });
});

it('a map of 60 by 60 tokens keeps labels of 10 px and is short without tooltips', () => {
  const tokens = Array.from({ length: 60 }, (_, i) => `Wort${i}`);
  const map = { source: tokens, target: tokens, weights: tokens.map(() => tokens.map(() => 1 / 60)) };
  const svg = attentionSvg(map);
  expect(Number(/<g font-size="([\d.]+)"/.exec(svg)?.[1])).toBeGreaterThanOrEqual(10);
  expect(attentionSvg({ ...map, tooltips: false }).length).toBeLessThan(svg.length / 5);
});

describe('joinSubwords', () => {
  it('sums over the pieces of a source word and takes the mean over those of a target word', () => {
    const joined = joinSubwords(
      {
        source: [' Schnee', 'mann', ' lacht', '</s>'],
        target: [' snow', 'man', '</s>'],
        weights: [
          [0.5, 0.3, 0.1, 0.1],
          [0.1, 0.5, 0.2, 0.2],
          [0, 0, 0, 1],
        ],
      },
      { source: [true, false, true, true], target: [true, false, true] },
    );
    expect(joined.source).toEqual(['Schneemann', 'lacht', '</s>']);
    expect(joined.target).toEqual(['snowman', '</s>']);
    expect(joined.weights[0]).toEqual([expect.closeTo(0.7), expect.closeTo(0.15), expect.closeTo(0.15)]);
    expect(joined.weights[1]).toEqual([0, 0, 1]);
  });

  it('keeps distributions distributions, whatever belongs together', () => {
    const side = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.infiniteStream(fc.double({ min: 0.01, max: 1, noNaN: true })),
        (s, t, numbers) => {
          const weights = t.map(() => {
            const row = s.map(() => numbers.next().value as number);
            const total = row.reduce((sum, x) => sum + x, 0);
            return row.map((x) => x / total);
          });
          const map = { source: s.map((_, i) => `s${i}`), target: t.map((_, i) => `t${i}`), weights };
          const joined = joinSubwords(map, { source: s, target: t });
          for (const row of joined.weights) {
            expect(row).toHaveLength(joined.source.length);
            expect(Array.from(row).reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 9);
          }
          expect(joined.source.join('')).toBe(map.source.join(''));
          expect(joined.target.join('')).toBe(map.target.join(''));
        },
      ),
    );
  });

  it('refuses another number of beginnings than tokens', () => {
    const map = { source: ['a'], target: ['b'], weights: [[1]] };
    expect(() => joinSubwords(map, { source: [true, true], target: [true] })).toThrow(
      '2 beginnings of words for 1 tokens',
    );
  });
});
