import { describe, expect, it } from 'vitest';
import { DataError, ShapeError } from '../../src/errors.ts';
import { panelsOf } from '../../src/plots/headMap.ts';
import { type HeadMap, headsSvg, headsTerminal } from '../../src/plots/index.ts';
import { elementsOf } from './xml.ts';

/** Rows of a head that is at `places[t]` of N locations. */
const at = (places: readonly number[], N: number) =>
  Array.from({ length: N }, (_, n) => places.map((place) => (place === n ? 1 : 0)));

const map: HeadMap = {
  steps: 4,
  inputs: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 0],
  ],
  targets: [[0, 0, 1, 0]],
  outputs: [[0.9, 0.9, 0.75, 0.05]],
  mask: [0, 0, 1, 1],
  heads: {
    read: [{ weights: at([5, 5, 4, 5], 30), vectors: [[0, 0, -2, 1]] }],
    write: [{ weights: at([4, 5, 6, 7], 30), vectors: [[0.25, 0.5, 0, 1]] }],
  },
  title: 'A <copy>',
};

describe('panels', () => {
  it('stand in order, write heads before read heads', () => {
    expect(panelsOf(map).map(({ name }) => name)).toEqual([
      'inputs',
      'targets',
      'outputs',
      'write head: added',
      'write head: where',
      'read head: read',
      'read head: where',
    ]);
    const { heads, ...without } = map;
    expect(panelsOf(without)).toHaveLength(3);
    const two = { ...map, heads: { read: [...heads!.read, ...heads!.read], write: [] } };
    expect(panelsOf(two).map(({ name }) => name)[5]).toBe('read head 2: read');
  });

  it('leave out locations that no head looked at, the same for all', () => {
    const [, , , , write, , read] = panelsOf(map);
    for (const { numbers, levels } of [write, read])
      expect([numbers, levels.length]).toEqual([[3, 4, 5, 6, 7, 8], 6]);
    expect(write.levels[1]).toEqual([1, 0, 0, 0]);
    const numbers = (places: readonly number[]) => {
      const head = { weights: at(places, 30), vectors: [[0, 0, 0, 0]] };
      return panelsOf({ ...map, heads: { read: [], write: [head] } })[4].numbers;
    };
    // In their circle: past the last comes the first.
    expect(numbers([0, 29, 1, 0])).toEqual([28, 29, 0, 1, 2]);
    expect(numbers([12, 12, 12, 12])).toEqual([11, 12, 13]);
    expect(numbers([2, 27, 2, 2])).toEqual([26, 27, 28, 29, 0, 1, 2, 3]);
    expect(numbers([0, 10, 20, 0])).toEqual([...Array(23).keys()].map((i) => (i + 29) % 30));
    const nowhere = { weights: at([-1, -1, -1, -1], 5), vectors: [[0, 0, 0, 0]] };
    const blank = { ...map, heads: { read: [], write: [nowhere] } };
    expect(panelsOf(blank)[4].numbers).toEqual([0, 1, 2, 3, 4]);
  });

  it('take outputs that do not count away, and put 0 in the middle where there is less', () => {
    const [, , outputs, added, , reads] = panelsOf(map);
    expect(outputs.levels).toEqual([[0, 0, 0.75, 0.05]]);
    expect([added.scale, added.levels[0]]).toEqual([
      [0, 1],
      [0.25, 0.5, 0, 1],
    ]);
    expect([reads.scale, reads.levels[0]]).toEqual([
      [-2, 2],
      [0.5, 0.5, 0, 0.75],
    ]);
  });

  it('end with the steps that were attended to, and one more on both sides', () => {
    const { heads: _, ...without } = map;
    const shown = (places: readonly number[]) => {
      const panels = panelsOf({ ...without, attention: at(places, 4) });
      expect(panels.map(({ name }) => name)).toEqual(['inputs', 'targets', 'outputs', 'attention: where']);
      return panels[3];
    };
    const last = shown([-1, -1, 2, 2]);
    expect([last.numbers, last.levels]).toEqual([
      [2, 3, 4],
      [
        [0, 0, 0, 0],
        [0, 0, 1, 1],
        [0, 0, 0, 0],
      ],
    ]);
    expect([last.rowName, last.isPlace, last.scale]).toEqual(['step', true, [0, 1]]);
    expect(shown([-1, 0, 0, 0]).numbers).toEqual([1, 2]);
    expect(shown([-1, 0, 3, 0]).numbers).toEqual([1, 2, 3, 4]);
    expect(shown([-1, -1, -1, -1]).numbers).toEqual([1, 2, 3, 4]);
    const titles = elementsOf(headsSvg({ ...without, attention: at([-1, -1, 2, 2], 4) }));
    expect(titles.map(({ text }) => text)).toContain('attention: where: steps 2–4, 0 to 1');
  });

  it('refuse what cannot be drawn', () => {
    expect(() => panelsOf({ ...map, steps: 0 })).toThrow(DataError);
    expect(() => panelsOf({ ...map, targets: [[0, 0, 1]] })).toThrow(ShapeError);
    expect(() => headsSvg({ ...map, outputs: [[0, 0, Number.NaN, 0]] })).toThrow(/NaN in outputs/);
    const attention = at([0, 0, 0, Number.NaN], 4).map((row) =>
      row.map((v, t) => (t === 3 ? Number.NaN : v)),
    );
    expect(() => panelsOf({ ...map, attention })).toThrow(/NaN in attention/);
    expect(() => panelsOf({ ...map, attention: [[0]] })).toThrow(ShapeError);
  });
});

describe('headsSvg', () => {
  it('is well-formed, explicit in its colours, and names what it shows', () => {
    const svg = headsSvg(map);
    const elements = elementsOf(svg);
    const texts = elements.filter(({ name }) => name === 'text').map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(['A <copy>', 'read head: where', 'step', '3', '8']));
    expect(
      elements.some(
        ({ name, text }) => name === 'title' && text === 'write head: where: locations 3–8, 0 to 1',
      ),
    ).toBe(true);
    expect(elements[1]).toMatchObject({ name: 'rect', attributes: { fill: '#ffffff' } });
    expect(svg).not.toMatch(/ id=|<script|href/);
  });

  it('draws a cell where a value is, at its step', () => {
    // One bit at step 3 of 4: the only stroke of its panel.
    const bits = { ...map, heads: undefined, inputs: [[0, 0, 0, 0]], outputs: [[0, 0, 0, 0]] };
    const strokes = elementsOf(headsSvg(bits)).filter(({ attributes }) =>
      /^M\d+ \d+h\d+$/.test(attributes.d ?? ''),
    );
    expect(strokes.map(({ attributes }) => attributes.d)).toEqual(['M2 0h1']);
  });

  it('stays legible for long sequences', () => {
    const T = 240;
    const long = Array.from({ length: T }, (_, t) => t % 100);
    const row = () => Array<number>(T).fill(0);
    const svg = headsSvg({
      steps: T,
      inputs: Array.from({ length: 9 }, row),
      targets: Array.from({ length: 8 }, row),
      outputs: Array.from({ length: 8 }, row),
      mask: row().fill(1),
      heads: { read: [{ weights: at(long, 128), vectors: [row()] }], write: [] },
    });
    const [{ attributes }] = elementsOf(svg);
    expect(Number(attributes.width)).toBeGreaterThan(860);
    expect(Number(attributes.width)).toBeLessThan(1100);
    expect(Number(attributes.height)).toBeLessThan(1100);
  });
});

it('headsTerminal draws the same with characters, in parts where there is no room', () => {
  const { heads: _, ...plain } = map;
  expect(headsTerminal(plain)).toBe(
    [
      'A <copy>',
      '',
      'steps 1 to 4; answers count from step 3',
      'inputs',
      '    │█',
      '    │ █',
      '    │',
      'targets',
      '    │  █',
      'outputs',
      '    │  █',
    ].join('\n'),
  );
  const wide = { ...plain, steps: 12 };
  const stretch = (rows: readonly (readonly number[])[]) => rows.map((row) => [...row, ...row, ...row]);
  const lines = headsTerminal({
    ...wide,
    inputs: stretch(map.inputs),
    targets: stretch(map.targets),
    outputs: stretch(map.outputs),
    mask: [...map.mask, ...map.mask, ...map.mask],
    columns: 13,
  }).split('\n');
  expect(lines.filter((line) => line.startsWith('steps'))).toEqual([
    'steps 1 to 8; answers count from step 3',
    'steps 9 to 12',
  ]);
  expect(
    Math.max(...lines.filter((line) => line.includes('│')).map((line) => line.length)),
  ).toBeLessThanOrEqual(13);
});
