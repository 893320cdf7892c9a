import fc from 'fast-check';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { lit, shade, smoothLevels } from '../../src/plots/pictureLight.ts';
import { type PictureMap, pictureSvg } from '../../src/plots/pictureSvg.ts';
import { type Element, elementsOf } from './xml.ts';

/** Each pixel of another colour. */
const pictureOf = (width: number, height: number): PictureMap['picture'] => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => 60 + ((i * 37) % 190)),
});
const map: PictureMap = {
  tokens: ['a', 'New York', '</s>'],
  weights: [
    [0.7, 0.1, 0.1, 0.1, 0, 0],
    [0, 0, 0, 0, 0.25, 0.75],
    [1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6],
  ],
  grid: [2, 3],
  picture: pictureOf(60, 40),
};

/** Pictures of a drawing, decoded, with where they stand. */
function imagesOf(elements: readonly Element[]) {
  return elements
    .filter(({ name }) => name === 'image')
    .map(({ attributes: { href, x, y, width, height } }) => {
      const [, text] = /^data:image\/png;base64,(.+)$/.exec(href) ?? [];
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const [left, top, w, h] = [x, y, width, height].map(Number);
      return { ...decode(bytes), box: { left, top, right: left + w, bottom: top + h } };
    });
}

describe('smoothLevels', () => {
  const size = { width: 90, height: 40 };

  it('are largest in the part of the place that has the weight, and 1 there', () => {
    for (let cell = 0; cell < 6; cell++) {
      const weights = Array.from({ length: 6 }, (_, i) => Number(i === cell));
      const levels = smoothLevels(weights, { grid: [2, 3] }, size);
      const [left, top] = [30 * (cell % 3), 20 * Math.floor(cell / 3)];
      for (const [i, level] of levels.entries()) {
        const [x, y] = [i % 90, Math.floor(i / 90)];
        const own = x >= left && x < left + 30 && y >= top && y < top + 20;
        if (own ? level < 0.2 : level === 1) throw new Error(`${level} at ${x}, ${y} for place ${cell}`);
      }
      expect(Math.max(...levels)).toBe(1);
    }
    // Away from the edge its middle is the largest, and two places on there is nothing.
    const far = smoothLevels([0, 0, 1, 0, 0, 0], { grid: [1, 6] }, { width: 61 * 6, height: 1 });
    expect(far.indexOf(1)).toBe(61 * 2 + 30);
    expect([far[61 * 4 + 31], far[61 * 0 + 29], far[61 * 4 + 29] > 0]).toEqual([0, 0, true]);
  });

  it('lie where the centres say', () => {
    const centres = [
      [0.1, 0.6],
      [0.05, 0.35, 0.65],
    ] as const;
    const levels = smoothLevels([0, 0, 0, 0, 1, 0], { grid: [2, 3], centres }, { width: 200, height: 100 });
    const at = levels.indexOf(1);
    expect(Math.abs((at % 200) + 0.5 - 70)).toBeLessThanOrEqual(1);
    // Below it nothing more comes, so that it goes on to the edge.
    expect(Math.floor(at / 200)).toBeGreaterThanOrEqual(59);
  });

  it('are smooth and even: equal weights give equal light, without seams', () => {
    expect(
      [...smoothLevels(Array(6).fill(0.2), { grid: [2, 3] }, size)].every((l) => Math.abs(l - 1) < 1e-12),
    ).toBe(true);
    expect([...smoothLevels(Array(6).fill(0), { grid: [2, 3] }, size)].every((l) => l === 0)).toBe(true);
  });

  it('are what the cubic B-spline says, beyond the edge of the outermost places', () => {
    const spline = (d: number) => {
      const t = Math.abs(d);
      return t < 1 ? 2 / 3 - t * t + t ** 3 / 2 : t < 2 ? (2 - t) ** 3 / 6 : 0;
    };
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
        (weights) => {
          const direct = Array.from({ length: 80 }, (_, x) => {
            let sum = 0;
            for (let i = -4; i < 12; i++) {
              sum += spline((x + 0.5) / 10 - 0.5 - i) * weights[Math.min(7, Math.max(0, i))];
            }
            return sum;
          });
          const most = Math.max(...direct);
          const levels = smoothLevels(weights, { grid: [1, 8] }, { width: 80, height: 1 });
          expect(Math.max(...direct.map((level, x) => Math.abs(level / most - levels[x])))).toBeLessThan(
            1e-12,
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('lit', () => {
  it('leaves the picture as it is where the weight is largest, and darkens the rest alike', () => {
    const picture = pictureOf(30, 10);
    const levels = smoothLevels([0, 0, 1], { grid: [1, 3] }, picture);
    const seen = lit(picture, [0, 0, 1], { grid: [1, 3] });
    for (const [i, value] of picture.data.entries()) {
      expect(seen[i]).toBe(Math.round(value * (0.22 + 0.78 * levels[Math.floor(i / 3)])));
    }
    expect([...lit(picture, [0.3, 0.3, 0.3], { grid: [1, 3] })]).toEqual([...picture.data]);
  });
});

describe('pictureSvg', () => {
  it('shows the picture, then once a token what was looked at', () => {
    const elements = elementsOf(pictureSvg({ ...map, title: 'a<b' }));
    const [plain, ...seen] = imagesOf(elements);
    expect([plain.width, plain.height, plain.channels]).toEqual([60, 40, 3]);
    expect([...plain.data]).toEqual([...map.picture.data]);
    expect(seen.length).toBe(3);
    for (const [t, { data }] of seen.entries())
      expect([...data]).toEqual([...lit(map.picture, map.weights[t], map)]);
    const texts = elements.filter(({ name }) => name === 'text').map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(['a<b', 'a', '0.70', 'New␣York', '0.75', '</s>', '0.17']));
    const tooltips = elements.filter(({ name }) => name === 'title').map(({ text }) => text);
    expect(tooltips).toEqual([
      'a: 0.700 at row 1, column 1 of 2 × 3',
      'New␣York: 0.750 at row 2, column 3 of 2 × 3',
      '</s>: 0.167 at row 1, column 1 of 2 × 3',
    ]);
  });

  it.each([
    [64, 64],
    [128, 32],
    [30, 90],
    [2000, 20],
    [3, 400],
    [1, 1],
  ])(
    'has panels of the shape of a picture %i wide and %i high, inside and not over each other',
    (width, height) => {
      const count = 11;
      const tokens = Array.from({ length: count }, (_, t) => `token${'W'.repeat(t * 4)}`);
      const weights = tokens.map(() => [0.5, 0.5]);
      const elements = elementsOf(
        pictureSvg({ tokens, weights, grid: [1, 2], picture: pictureOf(width, height) }),
      );
      const boxes = imagesOf(elements).map(({ box }) => box);
      expect(boxes.length).toBe(count + 1);
      const [svg] = elements;
      for (const [i, { left, top, right, bottom }] of boxes.entries()) {
        expect([
          left >= 14,
          top >= 14,
          right <= 886.01,
          bottom <= Number(svg.attributes.height) - 30,
        ]).toEqual(Array(4).fill(true));
        for (const other of boxes.slice(0, i)) {
          expect(left >= other.right + 9.9 || top >= other.bottom + 25 || right + 9.9 <= other.left).toBe(
            true,
          );
        }
        if (width < 20 * height && height < 5 * width)
          expect((right - left) / (bottom - top)).toBeCloseTo(width / height, 1);
      }
    },
  );

  it('is well-formed whatever the tokens are', () => {
    const token = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('𠮷野家', '\ud800', '\0', '<&">', 'W'.repeat(5_000), ''),
    );
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 6 }), fc.option(token), (tokens, title) => {
        const svg = pictureSvg({
          ...map,
          picture: pictureOf(6, 4),
          tokens,
          weights: tokens.map(() => map.weights[0]),
          title: title ?? undefined,
        });
        expect(imagesOf(elementsOf(svg)).length).toBe(tokens.length + 1);
        expect(svg).not.toMatch(/ id=|<script|href="(?!data:image\/png;base64,)/);
      }),
      { numRuns: 10 },
    );
  });

  it.each<[string, Partial<PictureMap>, RegExp]>([
    ['no token', { tokens: [], weights: [] }, /^a picture map of 0 tokens; expected at least one/],
    ['too few rows', { weights: map.weights.slice(1) }, /^2 rows of attention weights on a grid of 2 × 3; /],
    ['rows of another grid', { grid: [3, 3] }, /^Row 0 of 6 attention weights; expected .*\[3\]\[9\]/],
    [
      'a weight that is no number',
      { weights: [[0, Number.NaN, 0, 0, 0, 0], ...map.weights.slice(1)] },
      /weight of NaN at token 0, place 1/,
    ],
    [
      'a weight below 0',
      { weights: [[0, 0, -1, 0, 0, 0], ...map.weights.slice(1)] },
      /weight of -1 at token 0, place 2/,
    ],
    [
      'too few bytes',
      { picture: { ...map.picture, width: 61 } },
      /^a picture of 61×40 pixels in 7200 bytes; /,
    ],
    ['no pixel', { picture: { width: 0, height: 0, data: new Uint8Array(0) } }, /^a picture of 0×0 pixels/],
    ['centres of another grid', { centres: [[0.5], [0.2, 0.5, 0.8]] }, /^centres of 1 rows and 3 columns; /],
  ])('refuses %s', (_, change, message) => {
    expect(() => pictureSvg({ ...map, ...change })).toThrow(message);
  });
});

describe('a picture that stands in a drawing once', () => {
  const small = (id = 'p', panelWidth?: number) => elementsOf(pictureSvg(map, { id, panelWidth }));

  it('under black of an opacity looks as it does in its light', () => {
    const weights = map.weights[0];
    const whole = lit(map.picture, weights, map);
    const black = shade(weights, map, map.picture);
    for (const [i, value] of map.picture.data.entries()) {
      const opacity = black[2 * Math.floor(i / 3) + 1] / 255;
      expect(black[2 * Math.floor(i / 3)]).toBe(0);
      expect(Math.abs(value * (1 - opacity) - whole[i])).toBeLessThanOrEqual(1);
    }
  });

  it('is used in every panel, with a shade of its own size over all but the first', () => {
    const elements = small('p7');
    const uses = elements.filter(({ name }) => name === 'use');
    const [picture, ...shades] = imagesOf(elements);
    expect([picture.width, picture.height]).toEqual([60, 40]);
    expect(uses.map(({ attributes }) => attributes.href)).toEqual(Array(4).fill('#p7'));
    expect(shades).toHaveLength(3);
    for (const [i, { box, channels, data }] of shades.entries()) {
      const { x, y } = uses[i + 1].attributes;
      expect([box.left, box.top]).toEqual([Number(x), Number(y)]);
      expect(channels).toBe(2);
      // Somewhere there is all of the light.
      const least = Math.min(...Array.from(data).filter((_, k) => k % 2 === 1));
      expect(least).toBeLessThan(20);
    }
  });

  it('is small, and as wide as asked for', () => {
    const large = { ...map, picture: pictureOf(120, 80) };
    expect(pictureSvg(large, { id: 'p' }).length).toBeLessThan(pictureSvg(large).length / 2);
    const [svg] = small('p', 80);
    expect(Number(svg.attributes.width)).toBeLessThan(600);
    const [picture] = imagesOf(
      small('p', 80).map((e) => ({ ...e, attributes: { x: '0', y: '0', ...e.attributes } })),
    );
    expect(picture.box.right).toBe(80);
    // Many tokens go on in further rows.
    const tokens = Array.from({ length: 30 }, (_, i) => `t${i}`);
    const many = { ...map, tokens, weights: tokens.map(() => map.weights[2]) };
    expect(
      Number(elementsOf(pictureSvg(many, { id: 'p', panelWidth: 80 }))[0].attributes.width),
    ).toBeLessThanOrEqual(900);
  });
});
