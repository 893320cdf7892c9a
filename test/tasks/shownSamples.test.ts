/** What runs keep of the examples that are shown: which they are, and that what is kept is what was there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../src/data/pictures/index.ts';
import { generateStories } from '../../src/data/storiesGenerated.ts';
import { buildAlgorithm } from '../../src/tasks/algorithms.ts';
import { askedSequence } from '../../src/tasks/algorithmsRecord.ts';
import { levelsOf, sequenceMaterial, shownSizes, valuesOf } from '../../src/tasks/algorithmsSamples.ts';
import { keptPicture } from '../../src/tasks/captionsSamples.ts';
import { questionMaterial, shownQuestions } from '../../src/tasks/questionsSamples.ts';

describe('values as levels', () => {
  const rows = (value: fc.Arbitrary<number>) =>
    fc
      .integer({ min: 1, max: 12 })
      .chain((steps) =>
        fc.array(fc.array(value, { minLength: steps, maxLength: steps }), { minLength: 1, maxLength: 5 }),
      );

  it('come back within half a level, whatever they are', () => {
    fc.assert(
      fc.property(rows(fc.double({ min: -9, max: 9, noNaN: true })), (values) => {
        const levels = levelsOf(values);
        const [low, high] = levels.scale;
        const back = valuesOf(JSON.parse(JSON.stringify(levels)), values[0].length);
        for (const [r, row] of values.entries()) {
          expect(back[r]).toHaveLength(row.length);
          for (const [t, value] of row.entries()) {
            expect(Math.abs(back[r][t] - value)).toBeLessThanOrEqual((high - low) / 64 + 1e-9);
          }
        }
      }),
    );
  });

  it('are a scale from 0 where nothing is below, and short where there is nothing', () => {
    expect(levelsOf([[0, 0.5, 3]]).scale).toEqual([0, 3]);
    expect(levelsOf([[-0.25, 0.5]]).scale).toEqual([-1, 1]);
    expect(levelsOf([[0, 1, 0, 0], Array(400).fill(0)], [0, 1])).toEqual({ scale: [0, 1], rows: ['0w', ''] });
  });
});

describe('sequences that are shown', () => {
  const task = (train: Parameters<typeof buildAlgorithm>[0]['data']['train']) =>
    buildAlgorithm({
      data: { train },
      model: { type: 'ntm', controller: 'feedForward', hidden: 8, locations: 40, width: 4 },
    });

  it('are one in the middle of the sizes and the largest, the same for the same seed', () => {
    const copy = task({ type: 'copy', width: 3, lengths: [2, 30] });
    const [middle, largest] = shownSizes(copy, 5);
    expect(largest).toEqual({ length: 30 });
    expect(middle.length).toBeGreaterThan(5);
    expect(middle.length).toBeLessThan(27);
    expect(shownSizes(copy, 5)).toEqual([middle, largest]);
  });

  it('are one where all are of one size', () => {
    expect(shownSizes(task({ type: 'dynamicNgrams', length: 20 }), 1)).toEqual([{ length: 20 }]);
  });

  it('ask what is told of them', () => {
    const copy = task({ type: 'copy', width: 3, lengths: [2, 4] });
    const material = sequenceMaterial(copy, 9, [{ length: 4 }]);
    expect(material).toEqual({ 'length 4': askedSequence(copy, { seed: 9, sizes: { length: 4 } }) });
    const { inputs, targets, mask, steps } = askedSequence(copy, { seed: 9, sizes: { length: 4 } });
    // A copy: the same vectors, after all have been read and the end was said.
    expect([steps, mask.filter((m) => m === 1).length]).toEqual([9, 4]);
    for (const [bit, row] of targets.entries()) expect(row.slice(5)).toEqual(inputs[bit].slice(0, 4));
  });
});

describe('questions that are shown', () => {
  const stories = generateStories({ seed: 1, count: 200, facts: [2, 8] });
  const lengths = (chosen: readonly number[]) => chosen.map((i) => stories[i].facts.length);

  it('of a single task are about stories of all lengths', () => {
    const chosen = shownQuestions(stories);
    expect(new Set(chosen).size).toBe(4);
    expect(lengths(chosen)).toEqual([...lengths(chosen)].sort((a, b) => a - b));
    expect(lengths(chosen)[0]).toBeLessThanOrEqual(3);
    expect(lengths(chosen)[3]).toBeGreaterThanOrEqual(7);
  });

  it('of many tasks are of some from the first to the last, in any number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 1, max: 60 }), (tasks, count) => {
        const asked = stories.slice(0, count);
        const taskOf = (question: (typeof stories)[number]) => `task ${asked.indexOf(question) % tasks}`;
        const chosen = shownQuestions(asked, taskOf);
        expect(new Set(chosen).size).toBe(chosen.length);
        expect(chosen.length).toBeGreaterThanOrEqual(Math.min(count, 4, tasks));
        expect(new Set(chosen.map((i) => i % tasks)).size).toBe(Math.min(4, tasks, count));
      }),
    );
  });

  it('leave out stories too long to be looked at, where there are others', () => {
    const long = generateStories({ seed: 2, count: 90, facts: [30, 40] });
    const mixed = [...long, ...stories.slice(0, 10)];
    for (const i of shownQuestions(mixed)) expect(mixed[i].facts.length).toBeLessThanOrEqual(8);
    expect(shownQuestions(long)).toHaveLength(4);
  });

  it('are told with the facts that are remembered, and where the answer follows from among them', () => {
    const [question] = generateStories({ seed: 3, count: 1, facts: [8, 8] });
    const [told] = Object.values(questionMaterial([question], 5)) as {
      facts: string[];
      supports: number[];
    }[];
    expect(told.facts).toEqual(question.facts.slice(3));
    expect(told.supports.map((i) => told.facts[i])).toEqual(
      question.supports.filter((i) => i >= 3).map((i) => question.facts[i]),
    );
    expect(
      Object.keys(questionMaterial([{ ...question, place: '/data/babi.tar.gz/en/qa1_x.txt:7' }], 5)),
    ).toEqual([`${question.question} (qa1_x.txt:7)`]);
  });
});

describe('pictures that are kept', () => {
  const settings = { width: 6, height: 4, fit: 'cover' } as const;
  const back = ({ picture }: { picture: string }) =>
    decodePicture(
      Uint8Array.from(atob(picture), (c) => c.charCodeAt(0)),
      { name: 'kept' },
    );

  it('are those pixels, grey ones as three equal colours', () => {
    const colours = Uint8Array.from({ length: 72 }, (_, i) => 3 * i);
    expect(back(keptPicture(colours, { ...settings, channels: 3 }))).toEqual({
      width: 6,
      height: 4,
      data: colours,
    });
    const grey = Uint8Array.from({ length: 24 }, (_, i) => 10 * i);
    const { data } = back(keptPicture(grey, { ...settings, channels: 1 }));
    expect(Array.from(data)).toEqual(Array.from(grey).flatMap((g) => [g, g, g]));
  });

  it('are made smaller where they are large, in their shape', () => {
    const pixels = new Uint8Array(200 * 100).fill(77);
    const { width, height, data } = back(
      keptPicture(pixels, { ...settings, width: 200, height: 100, channels: 1 }),
    );
    expect([width, height]).toEqual([96, 48]);
    expect(new Set(data)).toEqual(new Set([77]));
    expect(
      back(keptPicture(pixels, { ...settings, width: 100, height: 200, channels: 1 }, 20)),
    ).toMatchObject({
      width: 10,
      height: 20,
    });
  });
});
