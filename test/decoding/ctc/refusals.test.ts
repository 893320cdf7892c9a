import { describe, expect, it } from 'vitest';
import {
  type CtcLogits,
  ctcAlign,
  ctcBeamSearch,
  ctcGreedy,
  ctcLoss,
} from '../../../src/decoding/ctc/index.ts';
import { DataError, ShapeError, UsageError } from '../../../src/errors.ts';
import { randomLogits } from './paths.ts';

const good = randomLogits(3, 3, 1, 1);
const data = new Float32Array(7);

/** What is wrong with logits or options, the error's class, and what it says. */
const wrongInput: [string, unknown, object, typeof DataError, string][] = [
  ['no frame', [], {}, ShapeError, '0 frames and 0 classes; expected at least 1 frame'],
  ['a shape without frames', { data, shape: [0, 5] }, {}, ShapeError, '0 frames and 5 classes'],
  ['a single class', [[1], [2]], {}, ShapeError, '2 frames and 1 classes'],
  ['another shape', { data, shape: [2, 4] }, {}, ShapeError, '7 numbers with shape [2, 4]; expected 8'],
  ['ragged rows', [...good, [1, 2]], {}, ShapeError, '2 classes in frame 3; expected 3 as in frame 0'],
  ['NaN', [...good, [1, Number.NaN, 2]], {}, DataError, 'A logit of NaN for class 1 in frame 3'],
  ['Infinity', [[1, Infinity]], {}, DataError, 'A logit of Infinity for class 1 in frame 0'],
  ['nothing allowed', [[-Infinity, -Infinity]], {}, DataError, 'Only logits of -Infinity in frame 0'],
  [
    'a blank that is no class',
    good,
    { blank: 3 },
    UsageError,
    'Blank 3 of 3 classes; expected a whole number',
  ],
  ['half a blank', good, { blank: 0.5 }, UsageError, 'Blank 0.5'],
  ['a longer alphabet', good, { alphabet: 'abc' }, ShapeError, '3 labels for 3 classes; expected 2 labels'],
  [
    'a shorter alphabet',
    good,
    { alphabet: ['abc'] },
    ShapeError,
    '1 labels for 3 classes; expected 2 labels',
  ],
  ['labels twice', good, { alphabet: 'aa', blank: 1 }, UsageError, 'Label "a" for classes 0 and 2'],
  ['empty labels', good, { alphabet: ['', 'a'] }, UsageError, 'An empty label for class 0'],
];

const ofLabels: [string, (logits: CtcLogits, options: object, labels: string | number[]) => unknown][] = [
  ['loss', (logits, options, labels) => ctcLoss(logits, labels, options)],
  ['alignment', (logits, options, labels) => ctcAlign(logits, labels, options)],
];

describe.each([
  ...ofLabels,
  ['greedy decoding', ctcGreedy] as const,
  ['beam search', ctcBeamSearch] as const,
])('%s refuses', (_, run) => {
  it.each(wrongInput)('%s', (_, logits, options, kind, message) => {
    const running = () => run(logits as CtcLogits, options, [0]);
    expect(running).toThrow(kind);
    expect(running).toThrow(message);
  });
});

describe.each(ofLabels)('%s refuses', (_, run) => {
  it.each<[string, string | number[], object, typeof DataError, string]>([
    ['a label that is no class', [0, 3], {}, DataError, 'Label 3 at place 1; expected a class from 0 to 2'],
    ['the blank as a label', [2], {}, DataError, 'Label 2 at place 0'],
    ['half a label', [0.5], {}, DataError, 'Label 0.5'],
    ['a text without an alphabet', 'a', {}, UsageError, 'without an alphabet'],
    ['a text of other characters', 'bä', { alphabet: 'ab' }, DataError, '"ä" at place 1 of "bä"'],
    ['a text of unsure spelling', 'a', { alphabet: ['aa', ' '] }, UsageError, 'Give the labels as numbers'],
  ])('%s', (_, labels, options, kind, message) => {
    const running = () => run(good, options, labels);
    expect(running).toThrow(kind);
    expect(running).toThrow(message);
  });
});
