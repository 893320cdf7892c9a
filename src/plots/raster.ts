import { coordinate } from './markup.ts';
import { rampColour } from './ramp.ts';

/** A grid of levels, 0 to `steps`, row after row from the top. */
export interface Raster {
  levels: Uint8Array;
  columns: number;
  rows: number;
  /** The level drawn darkest. */
  steps: number;
}

/** A rectangle in px: left, top, right, bottom. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** The outline of a rectangle as path data. */
export function outline([left, top, right, bottom]: Box): string {
  return `M${coordinate(left)} ${coordinate(top)}H${coordinate(right)}V${coordinate(bottom)}H${coordinate(left)}z`;
}

/**
 * A grid stretched over a rectangle, as few elements however many its cells: one `<path>` a level, in it one stroke a
 * run of equal cells.
 *
 * @param ground the level that is left out, being painted below already
 * @param thickness of the rows; below 1, the ground shows between them
 */
export function drawRaster(
  raster: Raster,
  [left, top, right, bottom]: Box,
  ground = -1,
  thickness = 1,
): string {
  // A cell is 1 by 1. Six decimals: what is lost here is lost once a column, and adds up.
  const [x, y] = [(right - left) / raster.columns, (bottom - top) / raster.rows].map((s) => +s.toFixed(6));
  return [
    `<g transform="translate(${coordinate(left)} ${coordinate(top + y / 2)}) scale(${x} ${y})" fill="none" stroke-width="${thickness}" shape-rendering="crispEdges">`,
    ...levelPaths(raster, ground),
    '</g>',
  ].join('\n');
}

function levelPaths({ levels, columns, rows, steps }: Raster, ground: number): string[] {
  const paths = Array.from({ length: steps + 1 }, () => ({ d: [] as string[], x: 0, y: -1 }));
  for (let y = 0; y < rows; y++) {
    for (let x = 0, end = 0; x < columns; x = end) {
      const level = levels[y * columns + x];
      while (end < columns && levels[y * columns + end] === level) end++;
      if (level === ground) continue;
      const path = paths[level];
      // Relative moves along a row: most of the drawing is these, and they are half as long.
      path.d.push(path.y === y ? `m${x - path.x} 0h${end - x}` : `M${x} ${y}h${end - x}`);
      [path.x, path.y] = [end, y];
    }
  }
  return paths.flatMap(({ d }, level) =>
    d.length > 0 ? [`<path stroke="${rampColour(level / steps)}" d="${d.join('')}"/>`] : [],
  );
}
