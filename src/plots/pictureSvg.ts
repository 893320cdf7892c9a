import { encode } from 'fast-png';
import { emWidth, shortenTo, visible } from './labels.ts';
import { coordinate, escapeMarkup, fontFamily } from './markup.ts';
import { lit, shade } from './pictureLight.ts';
import { checkPictureMap, type PictureMap } from './pictureMap.ts';
import { outline } from './raster.ts';

export type { PictureMap } from './pictureMap.ts';

const fullWidth = 900;
const padding = 14;
const gap = 10;
const room = fullWidth - 2 * padding;
/** The legend has room in it. */
const leastWidth = 530;
/** Below a panel, for its label, and between rows. */
const labelHeight = 30;
const mostHeight = 320;
const [frame, faint] = ['#8c959f', '#57606a'];

export interface PictureSvgOptions {
  /**
   * The picture stands in the drawing once, under this id, and what is dark is laid over it: looks the same, and is far
   * smaller. For pages with several drawings, of which each needs another id.
   */
  readonly id?: string;
  /** Of a panel, in px, 60 to 900; the drawing is then only as wide as it must be. Default: about five a row. */
  readonly panelWidth?: number;
}

/**
 * What a captioner looked at while it wrote, as figure 3 of Xu et al. 2015: the picture, then the picture once a token,
 * as bright as it is where the weight is largest and darker where it is less, smooth between the places that attention
 * chooses from. Brightness goes from 0 to the largest weight of that token, which stands beside it; a tooltip tells
 * where it is. Background and ink are explicit, so it looks the same on a dark page.
 *
 * @returns one standalone `<svg>` element, 900 px wide or less, the pictures in it as PNG; no scripts; without `id` no
 *   ids and no references
 * @throws DataError when there are no tokens, no pixels or weights that are no numbers, ShapeError when `weights` is not
 *   `[T][rows × columns]`
 */
export function pictureSvg(map: PictureMap, { id, panelWidth }: PictureSvgOptions = {}): string {
  checkPictureMap(map);
  const { picture, tokens, weights, grid, title } = map;
  const panel = panelOf(picture, panelWidth);
  const columns = Math.min(panel.perRow, tokens.length + 1);
  const width =
    panelWidth === undefined
      ? fullWidth
      : Math.ceil(Math.max(leastWidth, 2 * padding + columns * (panel.width + gap) - gap));
  const top = padding + (title ? 28 : 0);
  const rows = Math.ceil((tokens.length + 1) / panel.perRow);
  const bottom = top + rows * (panel.height + labelHeight);
  const height = Math.ceil(bottom + 18 + padding / 2);
  const place = (i: number): [number, number] => [
    padding + (i % panel.perRow) * (panel.width + gap),
    top + Math.floor(i / panel.perRow) * (panel.height + labelHeight),
  ];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(title || 'Where on the picture each token was looked for')}" direction="ltr" font-family="${fontFamily}" font-size="13" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
  ];
  if (title) parts.push(heading(title, width - 2 * padding));
  const { width: across, height: down } = panel;
  if (id !== undefined)
    parts.push(`<defs>${image([0, 0], panel, pngOf(picture), ` id="${escapeMarkup(id)}"`)}</defs>`);
  /** The picture in the light of a row of weights, or of all. */
  const seen = (at: readonly [number, number], weights?: ArrayLike<number>): string[] => {
    if (id === undefined)
      return [
        image(at, panel, pngOf({ ...picture, data: weights ? lit(picture, weights, map) : picture.data })),
      ];
    const [x, y] = at.map(coordinate);
    const whole = `<use href="#${escapeMarkup(id)}" x="${x}" y="${y}"/>`;
    return weights ? [whole, image(at, panel, shadePng(weights, map, across / down))] : [whole];
  };
  parts.push(...panelAt(place(0), panel, { seen: seen(place(0)), label: '', largest: '' }));
  for (const [t, token] of tokens.entries()) {
    const row = Array.from(weights[t]);
    const most = row.indexOf(Math.max(...row));
    const label = visible(token);
    const where = `row ${Math.floor(most / grid[1]) + 1}, column ${(most % grid[1]) + 1} of ${grid.join(' × ')}`;
    parts.push(
      ...panelAt(place(t + 1), panel, {
        seen: seen(place(t + 1), row),
        label,
        largest: row[most].toFixed(2),
        tooltip: `${label}: ${row[most].toFixed(3)} at ${where}`,
      }),
    );
  }
  parts.push(legend(width - padding, bottom + 12), '</svg>');
  return parts.join('\n');
}

interface Panel {
  readonly perRow: number;
  readonly width: number;
  readonly height: number;
}

/** Five square panels a row, fewer wide ones, more narrow ones. */
function panelOf(picture: PictureMap['picture'], asked?: number): Panel {
  const aspect = picture.width / picture.height;
  if (asked !== undefined) {
    const most = Math.max(60, Math.min(room, asked, mostHeight * aspect));
    const perRow = Math.min(8, Math.max(1, Math.floor((room + gap) / (most + gap))));
    return { perRow, width: most, height: Math.max(4, most / aspect) };
  }
  const perRow = Math.min(8, Math.max(1, Math.round(5 / Math.sqrt(aspect))));
  const full = (room - gap * (perRow - 1)) / perRow;
  const panelWidth = Math.max(60, Math.min(full, mostHeight * aspect));
  return { perRow, width: panelWidth, height: Math.max(4, panelWidth / aspect) };
}

function heading(title: string, room: number): string {
  // 15 px, and a tenth more for the weight.
  const label = shortenTo(title, room / 16.5);
  const whole = label === title ? '' : `<title>${escapeMarkup(title)}</title>`;
  return `<text x="${padding}" y="${padding + 13}" font-size="15" font-weight="600">${escapeMarkup(label)}${whole}</text>`;
}

interface Content {
  readonly seen: readonly string[];
  readonly label: string;
  /** of the weights */
  readonly largest: string;
  readonly tooltip?: string;
}

function panelAt([x, y]: readonly [number, number], panel: Panel, content: Content): string[] {
  const { seen, label, largest, tooltip } = content;
  const [left, right, below] = [x, x + panel.width, y + panel.height];
  const labelRoom = (panel.width - 11 * emWidth(largest) - 8) / 13;
  return [
    `<g>${tooltip === undefined ? '' : `<title>${escapeMarkup(tooltip)}</title>`}`,
    ...seen,
    `<path d="${outline([left, y, right, below])}" fill="none" stroke="${frame}" stroke-width="0.75"/>`,
    ...(label === ''
      ? []
      : [
          `<text x="${coordinate(left)}" y="${coordinate(below + 16)}">${escapeMarkup(shortenTo(label, labelRoom))}</text>`,
          `<text x="${coordinate(right)}" y="${coordinate(below + 16)}" text-anchor="end" font-size="11" fill="${faint}">${largest}</text>`,
        ]),
    '</g>',
  ];
}

function image(
  [x, y]: readonly [number, number],
  { width, height }: Panel,
  png: Uint8Array,
  more = '',
): string {
  const place = x === 0 && y === 0 ? '' : ` x="${coordinate(x)}" y="${coordinate(y)}"`;
  const size = `width="${coordinate(width)}" height="${coordinate(height)}"`;
  return `<image${more}${place} ${size} preserveAspectRatio="none" href="${uri(png)}"/>`;
}

const pngOf = ({ width, height, data }: PictureMap['picture']): Uint8Array =>
  encode({ width, height, data, channels: 3, depth: 8 });

/** Pixels of the longer side of a shade: it is smooth, and drawn larger it stays so. */
const SHADE = 32;

function shadePng(weights: ArrayLike<number>, map: PictureMap, aspect: number): Uint8Array {
  const side = (share: number) => Math.max(2, Math.round(SHADE * Math.min(1, share)));
  const size = { width: side(aspect), height: side(1 / aspect) };
  return encode({ ...size, data: shade(weights, map, size), channels: 2, depth: 8 });
}

function uri(bytes: Uint8Array): string {
  let text = '';
  // As arguments of one call: few enough for every engine's stack.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return `data:image/png;base64,${btoa(text)}`;
}

const legend = (right: number, y: number): string =>
  `<text x="${coordinate(right)}" y="${coordinate(y)}" text-anchor="end" font-size="11" fill="${faint}">brightness: weight, from 0 to the largest of the token, which is beside it</text>`;
