import type { Random } from '../../random.ts';
import type { Picture } from './picture.ts';

/** Whether a point of a shape's own plane is in it: it reaches about 1 from its middle; y points down. */
type Inside = (x: number, y: number) => boolean;

/** Inside a polygon, by how often a ray crosses its edges. */
function polygon(corners: readonly (readonly [x: number, y: number])[]): Inside {
  return (x, y) => {
    let inside = false;
    for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
      const [[xi, yi], [xj, yj]] = [corners[i], corners[j]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  };
}

/** Corners around the middle from the top on, at these distances in turn. */
const star = (count: number, distances: readonly number[]): Inside =>
  polygon(
    Array.from({ length: count }, (_, i) => {
      const angle = (2 * Math.PI * i) / count - Math.PI / 2;
      const distance = distances[i % distances.length];
      return [distance * Math.cos(angle), distance * Math.sin(angle)] as const;
    }),
  );

const SHAPES_INSIDE = {
  circle: (x, y) => x * x + y * y <= 0.81,
  square: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.8,
  triangle: star(3, [1.1]),
  star: star(10, [1.1, 0.45]),
  cross: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.95 && Math.min(Math.abs(x), Math.abs(y)) <= 0.28,
  diamond: (x, y) => Math.abs(x) / 0.7 + Math.abs(y) <= 1.1,
} as const satisfies Record<string, Inside>;

export type Shape = keyof typeof SHAPES_INSIDE;
export const SHAPES = Object.keys(SHAPES_INSIDE) as Shape[];

const RGB = {
  red: [215, 40, 40],
  green: [40, 160, 60],
  blue: [45, 85, 215],
  yellow: [240, 205, 40],
  purple: [145, 60, 175],
  black: [30, 30, 30],
} as const;

export type Colour = keyof typeof RGB;
export const COLOURS = Object.keys(RGB) as Colour[];

/** A shape on a drawing. */
export interface DrawnObject {
  readonly shape: Shape;
  readonly colour: Colour;
  /** small ones are about half as large */
  readonly small: boolean;
  /** its middle, and how far it reaches from there, in pixels */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Points looked at in a pixel, each way. */
const FINENESS = 4;
/** Largest turn of a shape, either way, in radians: so little that a square never looks like a diamond. */
const TURN = 0.14;
/** Each part of a colour is off by up to so much. */
const TINT = 18;

/** Draws shapes on light paper, anti-aliased; paper, tints and turns are drawn from the generator. */
export function drawObjects(objects: readonly DrawnObject[], size: number, random: Random): Picture {
  const paper = Array.from({ length: 3 }, () => 235 + random.integer(21));
  const data = new Uint8Array(size * size * 3);
  for (let i = 0; i < data.length; i++) data[i] = paper[i % 3];
  for (const { shape, colour, x, y, radius } of objects) {
    const inside = SHAPES_INSIDE[shape];
    const turn = TURN * (2 * random.uniform() - 1);
    const [cos, sin] = [Math.cos(turn) / radius, Math.sin(turn) / radius];
    const rgb = RGB[colour].map((v) => Math.min(255, Math.max(0, v + random.integer(2 * TINT + 1) - TINT)));
    const reach = (middle: number): [first: number, end: number] => [
      Math.max(0, Math.floor(middle - 1.2 * radius)),
      Math.min(size, Math.ceil(middle + 1.2 * radius)),
    ];
    const [[top, bottom], [left, right]] = [reach(y), reach(x)];
    for (let py = top; py < bottom; py++) {
      for (let px = left; px < right; px++) {
        let covered = 0;
        for (let k = 0; k < FINENESS ** 2; k++) {
          const dx = px + ((k % FINENESS) + 0.5) / FINENESS - x;
          const dy = py + (Math.floor(k / FINENESS) + 0.5) / FINENESS - y;
          if (inside(cos * dx + sin * dy, cos * dy - sin * dx)) covered++;
        }
        const share = covered / FINENESS ** 2;
        const at = (py * size + px) * 3;
        for (let c = 0; c < 3; c++) data[at + c] = Math.round(data[at + c] + share * (rgb[c] - data[at + c]));
      }
    }
  }
  return { width: size, height: size, data };
}
