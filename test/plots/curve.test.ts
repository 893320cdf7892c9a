import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveSvg } from '../../src/plots/index.ts';
import { linearAxis, logAxis } from '../../src/plots/ticks.ts';
import { elementsOf } from './xml.ts';

const labels = ({ ticks }: { ticks: { label: string }[] }) => ticks.map(({ label }) => label);

describe('axes', () => {
  it.each([
    [0, 1, 5, ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [3, 27.4, 6, ['0', '5', '10', '15', '20', '25', '30']],
    [-0.00012, 0.0003, 4, ['-2e-4', '0', '2e-4', '4e-4']],
    [0, 14_950, 3, ['0', '5k', '10k', '15k']],
    [0, 2.5e6, 5, ['0', '0.5M', '1.0M', '1.5M', '2.0M', '2.5M']],
    [0.1, 0.3, 2, ['0.1', '0.2', '0.3']],
    [7, 7, 4, ['6.0', '6.5', '7.0', '7.5', '8.0']],
  ])('%d to %d', (min, max, count, expected) => {
    expect(labels(linearAxis(min, max, count, true))).toEqual(expected);
  });

  it('hold the data, with few and round ticks inside', () => {
    const size = fc.double({ min: 1e-6, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: -1e7, max: 1e7, noNaN: true }),
        size,
        fc.boolean(),
        (min, room, extend) => {
          const axis = linearAxis(min, min + room, 6, extend);
          expect(axis.from).toBeLessThanOrEqual(min + 1e-6 * room);
          expect(axis.to).toBeGreaterThanOrEqual(min + room - 1e-6 * room);
          expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
          expect(axis.ticks.length).toBeLessThanOrEqual(9);
          for (const { value } of axis.ticks) {
            expect(value).toBeGreaterThanOrEqual(axis.from - 1e-6 * room);
            expect(value).toBeLessThanOrEqual(axis.to + 1e-6 * room);
          }
        },
      ),
    );
    fc.assert(
      fc.property(size, size, (a, b) => {
        const axis = logAxis(Math.min(a, b), Math.max(a, b));
        expect(axis.from).toBeLessThanOrEqual(Math.min(a, b) * (1 + 1e-8));
        expect(axis.to).toBeGreaterThanOrEqual(Math.max(a, b) * (1 - 1e-8));
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
        expect(axis.ticks.length).toBeLessThanOrEqual(10);
      }),
    );
  });

  it('logarithmic ones stand at 1, 2, 5 and, over many decades, at powers of ten', () => {
    expect(labels(logAxis(0.3, 6.4))).toEqual(['0.2', '0.5', '1', '2', '5', '10']);
    expect(labels(logAxis(1, 1e5))).toEqual(['1', '10', '100', '1000', '10000', '1e5']);
    expect(labels(logAxis(1e-4, 1))).toEqual(['1e-4', '0.001', '0.01', '0.1', '1']);
    expect(labels(logAxis(10, 10))).toEqual(['10', '20']);
  });
});

describe('curveSvg', () => {
  const curve = (points: [number, number][], logY = false) =>
    elementsOf(
      curveSvg({ title: 'Loss', xLabel: 'step', yLabel: 'nats', logY, series: [{ name: 'a<b', points }] }),
    );
  const pathOf = (elements: ReturnType<typeof curve>) =>
    elements.filter(({ name, attributes }) => name === 'path' && attributes.stroke === '#0072b2').at(-1)!
      .attributes.d;

  it('leaves gaps where values are not finite, and dots where a point stands alone', () => {
    const line = curve(Array.from({ length: 50 }, (_, x) => [x, x === 20 || x === 22 ? Number.NaN : x]));
    expect(pathOf(line).match(/M/g)).toHaveLength(3);
    expect(line.filter(({ name }) => name === 'circle')).toHaveLength(1);
    expect(pathOf(line)).not.toMatch(/NaN|Infinity/);
    const positive = curve(
      [
        [0, 1],
        [1, 0],
        [2, 10],
        [3, 100],
      ],
      true,
    );
    expect(pathOf(positive).match(/M/g)).toHaveLength(2);
  });

  it('puts values where the axis says', () => {
    const elements = curve([
      [0, 0],
      [10, 10],
      [20, 30],
    ]);
    const tick = (label: string) =>
      elements.find(({ name, text }) => name === 'text' && text === label)!.attributes;
    const points = Array.from(pathOf(elements).matchAll(/[ML]([\d.]+) ([\d.]+)/g), ([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    expect(points[1][1]).toBeCloseTo(Number(tick('10').y), 1);
    expect(points[2][1]).toBeCloseTo(Number(tick('30').y), 1);
    expect(points[0][1] - points[1][1]).toBeCloseTo((points[0][1] - points[2][1]) / 3, 1);
    expect(points[1][0] - points[0][0]).toBeCloseTo((points[2][0] - points[0][0]) / 2, 1);
  });

  it('names the series and draws nothing where there is nothing', () => {
    const texts = (elements: ReturnType<typeof curve>) =>
      elements.filter(({ name }) => name === 'text').map(({ text }) => text);
    expect(texts(curve([[0, 1]]))).toContain('a<b');
    expect(texts(curve([[0, Number.NaN]]))).toContain('no values to draw');
    expect(texts(elementsOf(curveSvg({ title: '', xLabel: '', yLabel: '', series: [] })))).toContain(
      'no values to draw',
    );
  });

  it('dashes the series that ask for it, in the legend too, and shows the range asked for', () => {
    const points = [
      [5, 10],
      [55, 20],
    ] as const;
    const series = [
      { name: 'plain', points: [...points] },
      { name: 'dashed', points: [...points], dashed: true },
    ];
    const elements = elementsOf(
      curveSvg({ title: '', xLabel: 'words', yLabel: 'BLEU', series, xRange: [0, 60] }),
    );
    const dashes = (colour: string) =>
      elements.flatMap(({ name, attributes }) =>
        name === 'path' && attributes.stroke === colour ? [attributes['stroke-dasharray']] : [],
      );
    expect(dashes('#0072b2')).toEqual([undefined, undefined]);
    expect(dashes('#d55e00')).toEqual(['7 3', '7 3']);
    expect(elements.flatMap(({ name, text }) => (name === 'text' ? [text] : []))).toEqual(
      expect.arrayContaining(['0', '60']),
    );
  });

  it('takes a long training run', () => {
    expect(() => curve(Array.from({ length: 300_000 }, (_, x) => [x, x]))).not.toThrow();
  });
});
