/** Sequences as people write them: what is drawn, written down and read again is what it was. */
import { describe, expect, it } from 'vitest';
import { type AlgorithmOptions, type BitSequence, createAlgorithm } from '../../src/data/algorithms.ts';
import { DataError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';

const word = (bits: readonly number[]) => bits.join('');
const words = (vectors: readonly (readonly number[])[]) => vectors.map(word).join(' ');

/** Writes a sequence down by what its inputs show. */
const WRITTEN: Record<string, (s: BitSequence, sizes: Readonly<Record<string, number>>) => string> = {
  copy: ({ inputs }, { length }) => words(inputs.slice(0, length).map((v) => v.slice(0, 8))),
  repeatCopy: ({ inputs }, { length, repeats }) =>
    `${words(inputs.slice(0, length).map((v) => v.slice(0, 8)))} x${repeats}`,
  associativeRecall({ inputs }, { items }) {
    const item = (i: number) => words(inputs.slice(4 * i + 1, 4 * i + 4).map((v) => v.slice(0, 6)));
    return `${Array.from({ length: items }, (_, i) => item(i)).join(' | ')} ? ${item(items)}`;
  },
  prioritySort: ({ inputs }, { length }) =>
    inputs
      .slice(0, length)
      .map((v) => `${word(v.slice(0, 8))}:${v[8]}`)
      .join('  '),
};

describe.each(Object.keys(WRITTEN) as AlgorithmOptions['type'][])('%s', (type) => {
  const algorithm = createAlgorithm({ type });
  it('is read as it was drawn', () => {
    const random = new Random(5);
    for (let i = 0; i < 50; i++) {
      const sizes = algorithm.drawSizes(random);
      const sequence = algorithm.draw(random, sizes);
      const read = algorithm.read(WRITTEN[type](sequence, sizes), 'line 1');
      expect(read).toEqual({ sequence, sizes, isKnown: true });
    }
  });
});

it('dynamic n-grams are read with a place for the bit that is asked for', () => {
  const algorithm = createAlgorithm({ type: 'dynamicNgrams', order: 3 });
  const { sequence, sizes, isKnown } = algorithm.read('01 10\t1', 'line 1');
  expect(sequence.inputs).toEqual([[0], [1], [1], [0], [1]]);
  expect(sequence.mask).toEqual([0, 1, 1, 1, 1]);
  expect([sizes, isKnown]).toEqual([{ length: 6 }, false]);
});

it('fewer vectors than are kept are all sorted', () => {
  const { sequence, sizes } = createAlgorithm({ type: 'prioritySort', width: 2 }).read(
    '01:-0.5 10:1 11:0',
    '',
  );
  expect(sizes).toEqual({ length: 3, kept: 3 });
  expect(sequence.targets.slice(3)).toEqual([
    [1, 0],
    [1, 1],
    [0, 1],
  ]);
});

it('the end marker of repeat copy is a word', () => {
  const { word } = createAlgorithm({ type: 'repeatCopy', width: 2 });
  expect([word([1, 0, 0]), word([0, 0, 1])]).toEqual(['10', 'end']);
});

describe('a line that is none of the task', () => {
  const tasks: Record<string, AlgorithmOptions> = {
    copy: { type: 'copy', width: 3 },
    repeat: { type: 'repeatCopy', width: 3 },
    recall: { type: 'associativeRecall', width: 2, itemLength: 2 },
    ngrams: { type: 'dynamicNgrams' },
    sort: { type: 'prioritySort', width: 3 },
  };
  it.each([
    ['copy', '', 'no vector'],
    ['copy', '010 0110', '0110, of 4 bits'],
    ['copy', '01a', '"01a"'],
    ['repeat', '010 110', 'no number of copies at the end'],
    ['repeat', '010 x0', 'no number of copies at the end'],
    ['repeat', 'x3', 'no vector'],
    ['recall', '01 10 | 11 00', '0 question marks'],
    ['recall', '01 10 | 11 ? 01 10', 'an item of 1 vectors'],
    ['recall', '01 10 | 11 00 ? 11 00', 'a query that is none of the items before the last'],
    ['ngrams', '0110', '4 bits'],
    ['ngrams', '01102', '"2"'],
    ['sort', '010', '010 without a priority'],
    ['sort', '010:2', 'the priority 2'],
    ['sort', '010:', 'the priority '],
    ['sort', '010:0:1', 'the priority 0'],
  ])('%s: %j', (name, text, arrived) => {
    const { form, read } = createAlgorithm(tasks[name]);
    const refused = () => read(text, 'x.txt, line 7');
    expect(refused).toThrow(DataError);
    expect(refused).toThrow(`x.txt, line 7: ${arrived}; expected ${form}. Correct the line.`);
  });
});
