import { DataError } from '../errors.ts';
import { emWidth, shortenTo } from './labels.ts';
import { escapeMarkup, fontFamily } from './markup.ts';

/** A drawing, and what stands above it. */
export interface CaptionedSvg {
  readonly svg: string;
  readonly caption?: string;
}

const gap = 12;
const captionSize = 14;
const lineHeight = 19;
const maxLines = 4;

/** Width and height of an `<svg>` element in px, as its own attributes say them. */
export function svgSize(svg: string): { width: number; height: number } {
  const tag = /<svg\b[^>]*>/.exec(svg)?.[0] ?? '';
  const [width, height] = ['width', 'height'].map((name) =>
    Number(new RegExp(`\\s${name}="([\\d.]+)(?:px)?"`).exec(tag)?.[1]),
  );
  if (width > 0 && height > 0) return { width, height };
  throw new DataError(
    `A drawing that begins ${JSON.stringify(svg.slice(0, 60))}`,
    'an <svg> element with width and height in px',
    'Give it both.',
  );
}

/**
 * Several drawings as one: side by side while there is room, then in further rows, each below its caption, in up to
 * four lines as wide as the drawing.
 *
 * @param maxWidth px; a drawing that is wider has a row of its own. Default 1500
 * @returns one standalone `<svg>` element; of one drawing without a caption, that drawing
 * @throws DataError when there is none, or one without a size
 */
export function stackSvg(drawings: readonly CaptionedSvg[], maxWidth = 1500): string {
  if (drawings.length === 1 && drawings[0].caption === undefined) return drawings[0].svg;
  if (drawings.length === 0) throw new DataError('No drawing', 'at least one', 'Draw something first.');
  const placed: { x: number; y: number; lines: string[]; height: number; svg: string }[][] = [];
  let [x, y, width] = [0, 0, 0];
  const endRow = () => {
    const row = placed[placed.length - 1] ?? [];
    const captions = Math.max(0, ...row.map(({ lines }) => lines.length));
    const above = captions > 0 ? lineHeight * captions + 11 : 0;
    for (const item of row) item.y = y + above;
    y += above + Math.max(0, ...row.map(({ height }) => height)) + gap;
  };
  for (const { svg, caption = '' } of drawings) {
    const size = svgSize(svg);
    if (x === 0 || x + size.width > maxWidth) {
      endRow();
      placed.push([]);
      x = 0;
    }
    const lines = wrap(caption, (size.width - 28) / (1.1 * captionSize));
    placed[placed.length - 1].push({ x, y, lines, height: size.height, svg });
    width = Math.max(width, x + size.width);
    x += size.width + gap;
  }
  endRow();
  const parts = placed.flat().flatMap((item) => [
    ...item.lines.map((line, i) => {
      const at = item.y - lineHeight * (item.lines.length - 1 - i);
      return `<text x="${item.x + 14}" y="${at}" font-size="${captionSize}" font-weight="600">${escapeMarkup(line)}</text>`;
    }),
    item.svg.replace(/<svg\b/, `<svg x="${item.x}" y="${item.y}"`),
  ]);
  const height = y - gap;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" direction="ltr" font-family="${fontFamily}" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
}

/** A text in lines of at most `em`, broken between words; what has no room in the last is cut. */
function wrap(text: string, em: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length === 0) lines.push(word);
    else if (lines.length === maxLines || emWidth(longer) <= em) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => shortenTo(line, em));
}
