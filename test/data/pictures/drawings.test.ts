import { describe, expect, it } from 'vitest';
import { isHeldOut } from '../../../src/data/pictures/drawings.ts';
import { COLOURS, type DrawnObject, generateDrawings, SHAPES } from '../../../src/data/pictures/index.ts';

const NAMED = /^a (small )?(\w+) (\w+)$/;

describe('generateDrawings', () => {
  const drawings = generateDrawings(1, 400);

  it('says of every drawing what is on it, in the one way the grammar has', () => {
    for (const { captions, objects } of drawings) {
      expect(captions.length).toBe(1);
      const [, relation] = / (left of|above) /.exec(captions[0]) ?? [];
      const parts = captions[0].split(/ left of | above /);
      expect(parts.length).toBe(objects.length);
      for (const [i, part] of parts.entries()) {
        const [, small, colour, shape] = NAMED.exec(part) ?? [];
        expect([small !== undefined, colour, shape]).toEqual([
          objects[i].small,
          objects[i].colour,
          objects[i].shape,
        ]);
      }
      if (objects.length === 1) continue;
      const [a, b] = objects;
      const [dx, dy] = [b.x - a.x, b.y - a.y];
      // Clearly so: three times as far along as across, and with paper between them.
      const [along, across] = relation === 'left of' ? [dx, dy] : [dy, dx];
      expect(along).toBeGreaterThan(0);
      expect(3 * Math.abs(across)).toBeLessThanOrEqual(along);
      expect(along).toBeGreaterThan(a.radius + b.radius);
    }
  });

  it('is the same of the same seed, however many are made', async () => {
    const few = generateDrawings(1, 5);
    for (const [i, drawing] of few.entries()) {
      expect(drawing.captions).toEqual(drawings[i].captions);
      expect(await drawing.picture()).toEqual(await drawings[i].picture());
      expect(await drawing.picture()).toEqual(await drawing.picture());
    }
    const others = generateDrawings(2, 5);
    expect(others.map((d) => d.captions)).not.toEqual(few.map((d) => d.captions));
  });

  it('has all shapes, colours, sizes and relations, about equally often', () => {
    const objects = drawings.flatMap((d) => d.objects);
    const count = (is: (o: DrawnObject) => boolean) => objects.filter(is).length / objects.length;
    for (const shape of SHAPES) expect(count((o) => o.shape === shape)).toBeCloseTo(1 / 6, 1);
    for (const colour of COLOURS) expect(count((o) => o.colour === colour)).toBeCloseTo(1 / 6, 1);
    expect(count((o) => o.small)).toBeCloseTo(0.5, 1);
    const beside = drawings.filter((d) => d.captions[0].includes('left of')).length;
    const above = drawings.filter((d) => d.captions[0].includes('above')).length;
    expect(Math.abs(beside - above)).toBeLessThan(40);
    expect(beside + above).toBeGreaterThan(150);
  });

  it('draws each shape in its colour where it is, and paper elsewhere', async () => {
    for (const { objects, picture } of drawings.slice(0, 60)) {
      const { width, data } = await picture();
      expect(data.length).toBe(48 * 48 * 3);
      const at = (x: number, y: number) =>
        Array.from(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3));
      for (const { x, y, colour } of objects) {
        const [r, g, b] = at(Math.floor(x), Math.floor(y));
        const seen = {
          red: r > g + 60 && r > b + 60,
          green: g > r + 60 && g > b + 40,
          blue: b > r + 60 && b > g + 60,
          yellow: r > b + 100 && g > b + 100,
          purple: r > g + 40 && b > g + 40,
          black: Math.max(r, g, b) < 80,
        };
        expect(seen[colour], `${colour}: ${[r, g, b]}`).toBe(true);
      }
      const dark = Array.from({ length: 48 * 48 }, (_, i) => {
        const [x, y] = [(i % 48) + 0.5, Math.floor(i / 48) + 0.5];
        const away = objects.every((o) => Math.hypot(o.x - x, o.y - y) >= 1.25 * o.radius + 1);
        return away && Math.min(...at(i % 48, Math.floor(i / 48))) < 235;
      });
      expect(dark.indexOf(true)).toBe(-1);
    }
  });

  it('covers the areas that shapes have', async () => {
    const areas = { circle: Math.PI * 0.81, square: 2.56, diamond: 2 * 0.77 * 1.1 };
    for (const [shape, area] of Object.entries(areas)) {
      const [{ objects, picture }] = generateDrawings(3, 1, {
        size: 200,
        shapes: [shape as 'circle'],
        colours: ['black'],
        small: false,
        objects: [1, 1],
      });
      const { data } = await picture();
      const paper = data[0];
      const ink = Math.min(...data.filter((_, i) => i % 3 === 0));
      let covered = 0;
      for (let i = 0; i < data.length; i += 3) covered += (paper - data[i]) / (paper - ink);
      expect(covered / (area * objects[0].radius ** 2)).toBeCloseTo(1, 1);
    }
  });

  it('keeps a colour of each shape for the test', () => {
    const held = SHAPES.flatMap((shape) => COLOURS.filter((colour) => isHeldOut(shape, colour)));
    expect(held.length).toBe(6);
    expect(new Set(held).size).toBe(6);
    const has = (o: DrawnObject) => isHeldOut(o.shape, o.colour);
    for (const { objects } of generateDrawings(1, 200, { combinations: 'training' })) {
      expect(objects.some(has)).toBe(false);
    }
    for (const { objects } of generateDrawings(1, 200, { combinations: 'heldOut' })) {
      expect(objects.some(has)).toBe(true);
    }
  });

  it('stays within the drawing at every size, and refuses what cannot be', () => {
    for (const size of [12, 16, 100]) {
      for (const { objects } of generateDrawings(2, 100, { size })) {
        for (const { x, y, radius } of objects) {
          for (const v of [x, y]) {
            expect(v - radius).toBeGreaterThanOrEqual(0);
            expect(v + radius).toBeLessThanOrEqual(size);
          }
        }
      }
    }
    expect(() => generateDrawings(1, -1)).toThrow(/-1 drawings/);
    expect(() => generateDrawings(1, 1, { size: 3 })).toThrow(/drawings of 3 pixels/);
    expect(() => generateDrawings(1, 1, { objects: [2, 1] })).toThrow(/2 to 1 shapes/);
    expect(() => generateDrawings(1, 1, { shapes: [] })).toThrow(/no colour of a shape/);
  });
});
