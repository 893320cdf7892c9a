import { DataError } from '../errors.ts';
import { escapeMarkup, fontFamily } from './markup.ts';
import { shortenTo } from './speechRows.ts';

/** A drawing, and what stands above it. */
export interface CaptionedSvg {
  readonly svg: string;
  readonly caption?: string;
}

const gap = 12;
const captionHeight = 30;
const captionSize = 14;

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
 * Several drawings as one: side by side while there is room, then in further rows, each below its caption, which is cut
 * where it is wider than its drawing.
 *
 * @param maxWidth px; a drawing that is wider has a row of its own. Default 1500
 * @returns one standalone `<svg>` element; of one drawing without a caption, that drawing
 * @throws DataError when there is none, or one without a size
 */
export function stackSvg(drawings: readonly CaptionedSvg[], maxWidth = 1500): string {
  if (drawings.length === 1 && drawings[0].caption === undefined) return drawings[0].svg;
  if (drawings.length === 0) throw new DataError('No drawing', 'at least one', 'Draw something first.');
  let [x, y, rowHeight, width] = [0, 0, 0, 0];
  const above = drawings.some(({ caption }) => caption !== undefined) ? captionHeight : 0;
  const parts = drawings.flatMap(({ svg, caption = '' }) => {
    const size = svgSize(svg);
    if (x > 0 && x + size.width > maxWidth) [x, y, rowHeight] = [0, y + rowHeight + gap, 0];
    const label = shortenTo(caption, (size.width - 28) / (1.1 * captionSize));
    const placed = [
      label &&
        `<text x="${x + 14}" y="${y + 22}" font-size="${captionSize}" font-weight="600">${escapeMarkup(label)}</text>`,
      svg.replace(/<svg\b/, `<svg x="${x}" y="${y + above}"`),
    ];
    width = Math.max(width, x + size.width);
    rowHeight = Math.max(rowHeight, above + size.height);
    x += size.width + gap;
    return placed.filter((part) => part !== '');
  });
  const height = y + rowHeight;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" direction="ltr" font-family="${fontFamily}" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
  ].join('\n');
}
