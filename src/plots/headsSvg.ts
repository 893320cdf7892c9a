import { type HeadMap, type Panel, panelsOf } from './headMap.ts';
import { emWidth, shortenTo } from './labels.ts';
import { coordinate, escapeMarkup, fontFamily } from './markup.ts';
import { type Box, drawRaster, outline } from './raster.ts';
import { linearAxis } from './ticks.ts';

const padding = 14;
const gap = 14;
const fontSize = 12;
const room = 860;
const [frame, faint, rule] = ['#8c959f', '#57606a', '#d55e00'];
/** Levels of a raster. */
const steps = 32;

/**
 * What a network read, was to answer and answered, and what the heads of its memory did meanwhile, as in figures 2 to 6
 * of Graves, Wayne, Danihelka 2014: a panel each, one above the other, time from left to right, a column a step; darker
 * for more. A line marks where answers begin to count; outputs that do not count are left blank. Of the locations, which
 * lie in a circle, the longest stretch that no head looked at is left out. Background and ink are explicit, so it looks the same on a dark page.
 * Of a network that attends to its own past the steps it looked at are the rows of the last panel.
 *
 * @returns one standalone `<svg>` element, at most about 1,000 px wide for up to 860 steps; no ids, no scripts
 * @throws DataError when there are no steps, or a value is not finite; ShapeError when a row has not T steps
 */
export function headsSvg(map: HeadMap): string {
  const panels = panelsOf(map);
  const T = map.steps;
  const notes = panels.map(noteOf);
  const title = map.title ?? 'What the heads did';
  const cell = Math.min(16, Math.max(1, room / T));
  const left =
    padding +
    Math.ceil(
      Math.max(...panels.map(({ name }, i) => Math.max(fontSize * emWidth(name), 10 * emWidth(notes[i])))),
    ) +
    42;
  const width = Math.ceil(Math.max(left + cell * T + padding + 10, 400));
  const x = (step: number) => left + cell * step;
  let y = padding + 28;
  const boxes = panels.map(({ levels }): Box => {
    const height = rowHeight(levels.length, cell) * levels.length;
    const box = [left, y, x(T), y + height] as const;
    y += height + gap;
    return box;
  });
  const bottom = y - gap;
  const height = Math.ceil(bottom + 52);
  const begins = map.mask.indexOf(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(title)}" direction="ltr" font-family="${fontFamily}" font-size="${fontSize}" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    heading(title, width),
    ...panels.flatMap((panel, i) => panelIn(panel, notes[i], boxes[i])),
    begins > 0
      ? `<path d="M${coordinate(x(begins))} ${padding + 24}V${coordinate(bottom)}" stroke="${rule}" stroke-dasharray="4 3"><title>answers count from here</title></path>`
      : '',
    timeAxis(T, x, bottom),
    '</svg>',
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Cells are squares where there is room. */
const rowHeight = (rows: number, cell: number): number =>
  Math.max(3, Math.min(14, Math.max(6, cell), 420 / rows));

function heading(title: string, width: number): string {
  const label = shortenTo(title, (width - 2 * padding) / 16.5);
  const whole = label === title ? '' : `<title>${escapeMarkup(title)}</title>`;
  return `<text x="${padding}" y="${padding + 13}" font-size="15" font-weight="600">${escapeMarkup(label)}${whole}</text>`;
}

/** How many rows, and what the palest and the darkest stand for. */
function noteOf({ rowName, numbers, levels: { length }, scale, isPlace }: Panel): string {
  const rows = isPlace
    ? `${rowName}s ${numbers[0]}–${numbers[length - 1]}`
    : `${length} ${rowName}${length === 1 ? '' : 's'}`;
  return `${rows}, ${said(scale[0])} to ${said(scale[1])}`;
}

function panelIn({ name, numbers, levels, scale, isPlace }: Panel, note: string, box: Box): string[] {
  const [left, top, , bottom] = box;
  const rows = levels.length;
  const raster = {
    levels: Uint8Array.from(levels.flat(), (level) => Math.round(steps * level)),
    columns: levels[0].length,
    rows,
    steps,
  };
  const middle = (top + bottom) / 2;
  const isHigh = bottom - top >= 28;
  const number = (row: number, y: number) =>
    `<text x="${left - 5}" y="${coordinate(y)}" text-anchor="end" font-size="10" fill="${faint}">${numbers[row]}</text>`;
  const height = (bottom - top) / rows;
  return [
    `<g><title>${escapeMarkup(`${name}: ${note}`)}</title>`,
    // White below: where nothing is, nothing is drawn, so rows and columns without anything stay legible.
    drawRaster(raster, box, scale[0] < 0 ? -1 : 0, 1),
    `<path d="${outline(box)}" fill="none" stroke="${frame}"/>`,
    `<text x="${padding}" y="${coordinate(middle - (isHigh ? 7 : 0))}" dy="0.35em">${escapeMarkup(name)}</text>`,
    isHigh
      ? `<text x="${padding}" y="${coordinate(middle + 8)}" dy="0.35em" font-size="10" fill="${faint}">${escapeMarkup(note)}</text>`
      : '',
    number(0, top + Math.max(8, height / 2 + 3.5)),
    ...(isPlace && rows > 2 && bottom - top > 30
      ? [number(rows - 1, bottom - Math.max(0, height / 2 - 3.5))]
      : []),
    '</g>',
  ];
}

const said = (value: number): string => String(Math.round(100 * value) / 100).replace('-', '−');

/** Steps are counted from 1; a label stands below the middle of its column. */
function timeAxis(T: number, x: (step: number) => number, bottom: number): string {
  const ticks = linearAxis(
    1,
    Math.max(2, T),
    Math.max(1, Math.min(10, Math.floor((x(T) - x(0)) / 40))),
    false,
  ).ticks.filter(({ value }) => Number.isInteger(value) && value <= T);
  return [
    ...ticks.map(({ value, label }) => {
      const at = coordinate(x(value - 0.5));
      return `<path d="M${at} ${coordinate(bottom)}v5" stroke="${frame}"/><text x="${at}" y="${coordinate(bottom + 19)}" text-anchor="middle">${label}</text>`;
    }),
    `<text x="${coordinate(x(T / 2))}" y="${coordinate(bottom + 39)}" text-anchor="middle">step</text>`,
  ].join('\n');
}
