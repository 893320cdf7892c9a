import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rampColour } from '../../src/plots/ramp.ts';
import { type Box, colourAt, Drawing, map, sound, spans, weights } from './speechDrawing.ts';

describe('attention in speechSvg', () => {
  it('lies where its column is in time and its token in the rows, darker for more, white for nearly nothing', () => {
    const drawn = new Drawing(map);
    const [panel] = drawn.rasters;
    for (const [t, row] of weights.entries()) {
      for (const [u, weight] of row.entries()) {
        const colour = colourAt(panel, drawn.x((u + 0.5) * 0.4), drawn.rowMiddle(t));
        expect(colour).toBe(weight < 1 / 64 ? undefined : rampColour(Math.round(32 * weight) / 32));
      }
    }
    expect(panel[0].left).toBeCloseTo(drawn.x(0), 1);
    expect(Math.max(...panel.map(({ right }) => right))).toBeCloseTo(drawn.x(1.6), 1);
  });

  it('merges equal neighbours, and keeps every cell in its place', () => {
    const row = fc.array(fc.constantFrom(0, 0.01, 0.25, 0.5, 1), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
        const drawn = new Drawing({ ...map, tokens: rows.map(String), weights: rows, columnSeconds: 0.04 });
        const panel = drawn.rasters.length === 3 ? drawn.rasters[0] : [];
        for (const [t, cells] of rows.entries()) {
          for (const [u, weight] of cells.entries()) {
            const colour = colourAt(panel, drawn.x((u + 0.5) * 0.04), drawn.rowMiddle(t));
            expect(colour).toBe(weight < 1 / 64 ? undefined : rampColour(weight));
          }
        }
        const starts = rows.flatMap((cells) => cells.filter((w, u) => w > 0.1 && w !== cells[u - 1]));
        expect(panel).toHaveLength(starts.length);
      }),
      { numRuns: 30 },
    );
  });

  it.each([1_232, 1_233, 1_234, 1_235])('shows a single weight of one, at %i of 3,000 columns', (at) => {
    const row = Float32Array.from({ length: 3_000 }, (_, u) => Number(u === at));
    const drawn = new Drawing({ tokens: ['a'], weights: [row], columnSeconds: 0.01, spectrogram: long(30) });
    const [[cell, ...others]] = drawn.rasters;
    expect(others).toEqual([]);
    expect(cell.colour).toBe(rampColour(1));
    expect(cell.right - cell.left).toBeGreaterThanOrEqual(1);
    expect(Math.abs((cell.left + cell.right) / 2 - drawn.x((at + 0.5) * 0.01))).toBeLessThan(1);
  });
});

describe('spans in speechSvg', () => {
  const bars = (drawn: Drawing) => drawn.spanBoxes;

  it('are bars in the rows of a CTC model, outlines over attention', () => {
    for (const withWeights of [undefined, weights]) {
      const drawn = new Drawing({ ...map, weights: withWeights, spans });
      expect(drawn.spanPath.fill).toBe(withWeights ? 'none' : '#d55e00');
      expect(drawn.rasters).toHaveLength(withWeights ? 3 : 1);
      expect(bars(drawn)).toHaveLength(2);
      for (const [t, { left, top, right, bottom }] of bars(drawn).entries()) {
        expect(left).toBeCloseTo(drawn.x(spans[t].from), 1);
        expect(right).toBeCloseTo(drawn.x(spans[t].to), 1);
        expect(top).toBeLessThan(drawn.rowMiddle(t));
        expect(bottom).toBeGreaterThan(drawn.rowMiddle(t));
      }
      expect(bars(drawn)[0].bottom).toBeLessThan(bars(drawn)[1].top);
    }
    expect(new Drawing(map).spanPath).toBeUndefined();
  });

  it('can be seen where they are short, and stay inside', () => {
    const short = [0, 15, 29.999].map((from) => ({ from, to: from }));
    const drawn = new Drawing({
      tokens: ['a', 'b', 'c'],
      spans: short,
      columnSeconds: 0.04,
      spectrogram: long(30),
    });
    for (const { left, right } of bars(drawn)) {
      expect(right - left).toBeCloseTo(2, 1);
      expect(left).toBeGreaterThanOrEqual(drawn.x(0) - 0.01);
      expect(right).toBeLessThanOrEqual(drawn.x(30) + 0.01);
    }
    expect((bars(drawn)[1].left + bars(drawn)[1].right) / 2).toBeCloseTo(drawn.x(15), 1);
  });
});

describe('speechSvg', () => {
  it('names tokens, and says where each was heard', () => {
    const drawn = new Drawing({ ...map, spans });
    expect(drawn.tooltips).toEqual([
      'one: 0.900 at 0.20 s, heard from 0.00 to 0.30 s',
      'New␣York: 0.680 at 1.00 s, heard from 0.50 to 1.10 s',
      '</s>: 0.940 at 1.40 s',
    ]);
    expect(new Drawing({ ...map, weights: undefined, spans }).tooltips).toEqual([
      'one: heard from 0.00 to 0.30 s',
      'New␣York: heard from 0.50 to 1.10 s',
      '</s>: not heard',
    ]);
    expect(drawn.texts).toEqual(expect.arrayContaining(['New␣York', '0', '0.4', '1.6', 'weight 0', 'heard']));
    expect(new Drawing(map).texts).not.toContain('heard');
    expect(new Drawing({ ...map, title: 'a<b' }).texts).toContain('a<b');
  });

  it('keeps time to whatever lasts longest', () => {
    const right = (boxes: Box[]) => Math.max(...boxes.map((box) => box.right));
    // 16 frames of 0.1 s and 4 columns, shorter or longer.
    for (const columnSeconds of [0.35, 0.44]) {
      const drawn = new Drawing({ ...map, columnSeconds });
      const [attention, spectrogram] = drawn.rasters;
      expect(right(attention)).toBeCloseTo(drawn.x(4 * columnSeconds), 1);
      expect(right(spectrogram)).toBeCloseTo(drawn.x(1.6), 1);
      expect(Math.max(right(attention), right(spectrogram))).toBeCloseTo(876, 1);
    }
    const late = new Drawing({ ...map, spans: [spans[0], { from: 1, to: 2 }] });
    expect(late.x(2)).toBeCloseTo(876, 1);
  });

  it.each([1, 5, 12, 40, 80])('has %i labels that can be read and do not overlap', (count) => {
    const many = Array.from({ length: count }, (_, t) => `token${t}`);
    const rows = many.map((_, t) => [0, 1, 2, 3].map((u) => Number(u === t % 4)));
    const drawn = new Drawing({ ...map, tokens: many, weights: rows });
    const step = count > 1 ? drawn.rowMiddle(1) - drawn.rowMiddle(0) : 22;
    expect(drawn.fontSize).toBeGreaterThanOrEqual(9);
    expect(step).toBeGreaterThanOrEqual(1.2 * drawn.fontSize);
    expect(drawn.width).toBe(900);
    expect(drawn.height).toBeLessThan(1_300);
  });

  it('shortens what has no room, and no more than it must', () => {
    const label = (token: string) => {
      const drawn = new Drawing({ ...map, tokens: [token, 'b', 'c'] });
      return drawn.texts.find((text) => text.startsWith(token[0]))!;
    };
    // 180 px at 13 px: 13.8 em, of which an ellipsis takes 1 and these letters 1 and 0.42.
    expect(label('W'.repeat(13))).toBe('W'.repeat(13));
    expect(label('W'.repeat(5_000))).toBe(`${'W'.repeat(12)}…`);
    expect(label('i'.repeat(5_000))).toBe(`${'i'.repeat(30)}…`);
    const title = 'W'.repeat(60);
    const drawn = new Drawing({ ...map, title });
    expect(drawn.texts[0]).toMatch(/^W{40,52}….*W{60}$/);
  });

  it('is well-formed and stays inside its picture, whatever the tokens are', () => {
    const token = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('𠮷野家', 'مرحبا', '\ud800', '\0', '<&">', 'W'.repeat(5_000)),
    );
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 8 }), fc.option(token), (names, title) => {
        const rows = names.map(() => [0.5, 0.5, 0, 0]);
        const drawn = new Drawing({ ...map, tokens: names, weights: rows, title: title ?? undefined });
        expect(drawn.tooltips).toHaveLength(names.length);
        expect(drawn.x(0)).toBeLessThan(220);
        const boxes = drawn.rasters.flat();
        expect(Math.min(...boxes.map(({ left }) => left))).toBeGreaterThanOrEqual(drawn.x(0) - 0.01);
        expect(Math.max(...boxes.map(({ right }) => right))).toBeLessThanOrEqual(876.01);
        expect(Math.min(...boxes.map(({ top }) => top))).toBeGreaterThanOrEqual(14);
        expect(Math.max(...boxes.map(({ bottom }) => bottom))).toBeLessThanOrEqual(drawn.height - 12);
      }),
      { numRuns: 40 },
    );
  });
});

/** Frames of 0.01 s and 4 channels. */
function long(seconds: number) {
  return { ...sound((frame, channel) => (frame + channel) % 7, 100 * seconds, 4), frameSeconds: 0.01 };
}
