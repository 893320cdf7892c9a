import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError, type HeedError, ShapeError } from '../../src/errors.ts';
import { columnsOf } from '../../src/plots/labels.ts';
import { type MemoryMap, memorySvg } from '../../src/plots/memorySvg.ts';
import { memoryTerminal } from '../../src/plots/memoryTerminal.ts';
import { type Element, elementsOf } from './xml.ts';

const map: MemoryMap = {
  question: 'Where is the milk?',
  answer: 'garden',
  probability: 0.98,
  facts: ['Mary got the milk.', 'John left.', 'Mary went to the garden.'],
  weights: [
    [0.9, 0.05, 0.05],
    [0.2, 0, 0.5],
  ],
  supports: [0, 2],
};

const number = (element: Element, name: string) => Number(element.attributes[name]);
const texts = (elements: readonly Element[]) =>
  elements.flatMap(({ name, text }) => (name === 'text' ? [text] : []));
/** Bars over their grounds, row by row: which share of the ground each fills. */
function shares(elements: readonly Element[]): number[] {
  const rects = elements.filter(({ name }) => name === 'rect').slice(1);
  const grounds = rects.filter(({ attributes }) => attributes.fill === '#f6f8fa');
  return grounds.map((ground) => {
    const bar = rects.find(
      (rect) =>
        rect !== ground &&
        rect.attributes.x === ground.attributes.x &&
        rect.attributes.y === ground.attributes.y,
    );
    return bar ? number(bar, 'width') / number(ground, 'width') : 0;
  });
}

describe('memorySvg', () => {
  it('has a row a fact, a column a hop, bars as long as the weights, and the weights', () => {
    const elements = elementsOf(memorySvg(map));
    const drawn = shares(elements);
    const expected = [0.9, 0.2, 0.05, 0, 0.05, 0.5, 0, 0.3];
    expect(drawn).toHaveLength(expected.length);
    for (const [i, share] of expected.entries()) expect(drawn[i]).toBeCloseTo(share, 3);
    expect(texts(elements)).toEqual([
      ...['Where is the milk?', 'Answer: garden, probability 0.98', 'hop 1', 'hop 2'],
      ...['1', 'Mary got the milk.', '0.90', '0.20'],
      ...['2', 'John left.', '0.05', '0.00'],
      ...['3', 'Mary went to the garden.', '0.05', '0.50'],
      ...['', 'nothing', '0.00', '0.30'],
      'the answer follows from these',
    ]);
    const grounds = elements.filter(({ attributes }) => attributes.fill === '#f6f8fa');
    expect(new Set(grounds.map(({ attributes }) => attributes.x)).size).toBe(2);
    expect(new Set(grounds.map(({ attributes }) => attributes.y)).size).toBe(4);
  });

  it('marks the facts that the answer follows from, where it is told', () => {
    const marks = (drawn: MemoryMap) => elementsOf(memorySvg(drawn)).filter(({ name }) => name === 'circle');
    const grounds = elementsOf(memorySvg(map)).filter(({ attributes }) => attributes.fill === '#f6f8fa');
    const middle = (row: number) => number(grounds[2 * row], 'y') + number(grounds[2 * row], 'height') / 2;
    // Two facts, and what the mark means.
    expect(
      marks(map)
        .map((mark) => number(mark, 'cy'))
        .slice(0, 2),
    ).toEqual([middle(0), middle(2)]);
    expect(marks(map)).toHaveLength(3);
    expect(marks({ ...map, supports: undefined })).toHaveLength(0);
  });

  it('says the whole of each row, the right answer where another was given, and what was forgotten', () => {
    const elements = elementsOf(memorySvg({ ...map, expected: 'hall', forgotten: 4 }));
    const tooltips = elements.flatMap(({ name, text }) => (name === 'title' ? [text] : []));
    expect(tooltips).toEqual([
      'Mary got the milk. (the answer follows from it): hop 1: 0.900, hop 2: 0.200',
      'John left.: hop 1: 0.050, hop 2: 0.000',
      'Mary went to the garden. (the answer follows from it): hop 1: 0.050, hop 2: 0.500',
      'nothing: hop 1: 0.000, hop 2: 0.300',
    ]);
    expect(texts(elements)).toEqual(
      expect.arrayContaining([
        'Answer: garden, probability 0.98; right: hall',
        '4 older facts forgotten',
        '5',
        '7',
      ]),
    );
    expect(texts(elementsOf(memorySvg({ ...map, expected: 'garden' })))).toContain(
      'Answer: garden, probability 0.98',
    );
  });

  it('leaves nothing out where all was read', () => {
    const weights = [[0.5, 0.498, 0]];
    expect(texts(elementsOf(memorySvg({ ...map, weights })))).not.toContain('nothing');
  });

  it('is well-formed and stays inside its picture, whatever the words are', () => {
    const words = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('مرحبا', '\ud800', '<&">', 'W'.repeat(3_000)),
    );
    fc.assert(
      fc.property(
        fc.array(words, { minLength: 1, maxLength: 6 }),
        words,
        words,
        (facts, question, answer) => {
          const weights = [1, 2, 3].map(() => facts.map(() => 1 / facts.length));
          const elements = elementsOf(memorySvg({ question, answer, facts, weights, supports: [0] }));
          const [width, height] = [number(elements[0], 'width'), number(elements[0], 'height')];
          for (const element of elements.filter(({ name }) => name === 'rect')) {
            expect(number(element, 'x') + number(element, 'width') || 0).toBeLessThanOrEqual(width);
            expect(number(element, 'y') + number(element, 'height') || 0).toBeLessThanOrEqual(height);
          }
          expect(width).toBeLessThan(1_000);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('memoryTerminal', () => {
  it('draws the same with characters', () => {
    expect(memoryTerminal(map)).toBe(
      [
        '                             hop 1          hop 2',
        '* 1 Mary got the milk.       ███████▎ 0.90  █▋       0.20',
        '  2 John left.               ▍        0.05           0.00',
        '* 3 Mary went to the garden. ▍        0.05  ████     0.50',
        '    (nothing)                         0.00  ██▍      0.30',
        '* the answer follows from these',
      ].join('\n'),
    );
  });

  it('keeps to the width of the terminal, and says what was forgotten', () => {
    const facts = ['W'.repeat(300), 'short', '漢字'.repeat(90)];
    for (const columns of [60, 80, 120]) {
      const lines = memoryTerminal({ ...map, facts, forgotten: 9 }, { columns }).split('\n');
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
      expect(lines[1]).toBe('     (9 older forgotten)');
      expect(lines.map((line) => line.slice(0, 5))).toEqual(
        expect.arrayContaining(['* 10 ', '  11 ', '* 12 ']),
      );
    }
  });
});

it.each<[string, Partial<MemoryMap>, typeof HeedError, RegExp]>([
  ['no facts', { facts: [], weights: [[]] }, DataError, /0 facts, read in 1 hops/],
  ['no hops', { weights: [] }, DataError, /3 facts, read in 0 hops/],
  [
    'a weight too few',
    {
      weights: [
        [1, 0, 0],
        [1, 0],
      ],
    },
    ShapeError,
    /2 weights in hop 2; .* 3/,
  ],
  ['energies', { weights: [[7.5, 0, 0]] }, DataError, /weight of 7.5 at fact 1 in hop 1/],
  ['a weight that is none', { weights: [[0, Number.NaN, 0]] }, DataError, /NaN at fact 2 in hop 1/],
  ['a support that is no fact', { supports: [3] }, ShapeError, /supporting fact at index 3/],
])('%s is refused by both', (_, wrong, type, message) => {
  for (const draw of [memorySvg, memoryTerminal]) {
    expect(() => draw({ ...map, ...wrong })).toThrow(type);
    expect(() => draw({ ...map, ...wrong })).toThrow(message);
  }
});
