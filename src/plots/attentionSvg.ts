import { type AttentionMap, checkAttentionMap } from './attentionMap.ts';
import { emWidth, graphemeColumns, graphemes, readsRightToLeft, shorten, visible } from './labels.ts';
import { coordinate, escapeMarkup, fontFamily } from './markup.ts';
import { rampColour } from './ramp.ts';
import { drawRaster } from './raster.ts';
import { weightRaster } from './speechRasters.ts';

/** Longest label drawn, in columns; the whole token is in its tooltip. */
const maxLabelColumns = 32;
const padding = 14;
const labelGap = 6;
const legend = { width: 110, height: 9, above: 16, fontSize: 11 };

/**
 * An alignment matrix in the form of figure 3 of Bahdanau et al. 2015: source across the top, target down the left,
 * darker where the weight is larger, always on the scale 0 to 1. Background and ink are explicit, so it looks the same
 * on a dark page. A source of a right-to-left script goes on from right to left, and a target of one stands at the right
 * of the matrix. Spaces and control characters of the tokens are made visible; every cell has a tooltip with its value.
 *
 * @param map.maxCell px of a cell where there are few, 14 or more. Default 34
 * @param map.tooltips without them, and in 33 levels, the drawing is a tenth as long. Default true
 * @returns one standalone `<svg>` element, sizes in px; no ids, no scripts, no references
 * @throws DataError when a side is empty or a weight is not a number, ShapeError when `weights` is not `[T][S]`
 */
export function attentionSvg(
  map: AttentionMap & { title?: string; tooltips?: boolean; maxCell?: number },
): string {
  checkAttentionMap(map);
  const { weights, title, tooltips = true, maxCell = 34 } = map;
  const source = map.source.map(visible);
  const target = map.target.map(visible);
  const cell = Math.min(maxCell, Math.max(14, Math.floor(660 / Math.max(source.length, target.length))));
  const fontSize = Math.min(14, Math.max(10.5, 0.7 * cell));

  const sourceLabels = source.map((token) => shorten(token, maxLabelColumns));
  const targetLabels = target.map((token) => shorten(token, maxLabelColumns));
  const longest = (labels: string[]) => Math.ceil(fontSize * Math.max(1, ...labels.map(emWidth)));
  const titleHeight = title ? 28 : 0;
  const fromRight = { source: readsRightToLeft(map.source), target: readsRightToLeft(map.target) };
  const beside = longest(targetLabels) + labelGap;
  const left = padding + (fromRight.target ? 0 : beside);
  const top = padding + titleHeight + longest(sourceLabels) + labelGap;
  const [matrixWidth, matrixHeight] = [cell * source.length, cell * target.length];
  const heading = title ? shorten(title, 80) : '';
  const legendWidth = legend.width + 24;
  const width = Math.ceil(
    Math.max(
      left + Math.max(matrixWidth + (fromRight.target ? beside : 0), legendWidth),
      padding + 15 * emWidth(heading),
    ) + padding,
  );
  const height = top + matrixHeight + legend.above + legend.height + 18 + padding;

  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(title ?? 'Attention weights')}" direction="ltr" font-family="${fontFamily}" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
  ];
  if (title) {
    parts.push(
      `<text x="${padding}" y="${padding + 13}" font-size="15" font-weight="600">${escapeMarkup(heading)}${tooltip(heading === title ? '' : title)}</text>`,
    );
  }
  parts.push(`<g font-size="${coordinate(fontSize)}">`);
  const columnOf = (s: number) => (fromRight.source ? source.length - 1 - s : s);
  for (const [s, label] of sourceLabels.entries()) {
    const x = left + cell * (columnOf(s) + 0.5);
    const y = top - labelGap;
    parts.push(
      `<text ${fromRight.source ? mirrored(x, y, fontSize, label) : upward(x, y, fontSize, label)}>${columnLabel(label, x, y, fontSize)}${tooltip(label === source[s] ? '' : source[s])}</text>`,
    );
  }
  const [labelX, anchor] = fromRight.target
    ? [left + matrixWidth + labelGap, 'start']
    : [left - labelGap, 'end'];
  for (const [t, label] of targetLabels.entries()) {
    const y = top + cell * (t + 0.5) + 0.35 * fontSize;
    parts.push(
      `<text x="${labelX}" y="${coordinate(y)}" text-anchor="${anchor}">${escapeMarkup(label)}${tooltip(label === target[t] ? '' : target[t])}</text>`,
    );
  }
  parts.push('</g>', '<g shape-rendering="crispEdges">');
  // One pixel of background between cells makes the grid by which the eye follows rows and columns.
  if (tooltips) {
    for (const [t, row] of weights.entries()) {
      for (let s = 0; s < source.length; s++) {
        parts.push(
          `<rect x="${left + cell * columnOf(s)}" y="${top + cell * t}" width="${cell - 1}" height="${cell - 1}" fill="${rampColour(row[s])}">${tooltip(`${sourceLabels[s]} → ${targetLabels[t]}: ${row[s].toFixed(3)}`)}</rect>`,
        );
      }
    }
  } else {
    const drawn = fromRight.source ? weights.map((row) => Array.from(row).reverse()) : weights;
    const lines = Array.from(
      { length: source.length },
      (_, s) => `M${left + cell * (s + 1) - 0.5} ${top}v${matrixHeight}`,
    );
    parts.push(
      drawRaster(
        weightRaster(drawn, source.length),
        [left, top - 0.5, left + matrixWidth, top - 0.5 + matrixHeight],
        -1,
        1 - 1 / cell,
      ),
      `<path d="${lines.join('')}" stroke="#ffffff"/>`,
    );
  }
  parts.push(
    `<rect x="${left - 1.5}" y="${top - 1.5}" width="${matrixWidth + 2}" height="${matrixHeight + 2}" fill="none" stroke="#8c959f"/>`,
    '</g>',
    legendOf(left, top + matrixHeight + legend.above),
    '</svg>',
  );
  return parts.join('\n');
}

/** A single character stays upright, and so do ideographs, one below the other: turned they are hard to read. */
const isUpright = (label: string): boolean => {
  const parts = graphemes(label);
  // The long vowel mark turns with the line.
  return (
    parts.length === 1 || parts.every((part) => graphemeColumns(part) === 2 && /^(?!ー)\p{L}/u.test(part))
  );
};

/** Where the label of a column begins that ends upwards. */
function upward(x: number, y: number, fontSize: number, label: string): string {
  // Marks below a letter, as in हूँ, and the sign for a space must not touch the frame.
  const lift = /[\p{M}␣]/u.test(label) ? 0.2 * fontSize : 0;
  if (isUpright(label)) return `x="${coordinate(x)}" y="${coordinate(y - lift)}" text-anchor="middle"`;
  return `transform="translate(${coordinate(x + 0.35 * fontSize)} ${y}) rotate(-90)"`;
}

/** The same of a right-to-left script, turned the other way, so that the beginning of the word is at the matrix too. */
function mirrored(x: number, y: number, fontSize: number, label: string): string {
  if (isUpright(label)) return upward(x, y, fontSize, label);
  return `transform="translate(${coordinate(x - 0.35 * fontSize)} ${y}) rotate(90)" text-anchor="end"`;
}

function columnLabel(label: string, x: number, y: number, fontSize: number): string {
  const parts = graphemes(label);
  if (parts.length === 1 || !isUpright(label)) return escapeMarkup(label);
  return parts
    .map((part, i) => {
      const at = y - 1.05 * fontSize * (parts.length - 1 - i);
      return `<tspan x="${coordinate(x)}" y="${coordinate(at)}">${escapeMarkup(part)}</tspan>`;
    })
    .join('');
}

function tooltip(text: string): string {
  return text && `<title>${escapeMarkup(text)}</title>`;
}

/** The scale from 0 to 1. Steps and not a gradient: gradients need ids, which clash when maps share a page. */
function legendOf(x: number, y: number): string {
  const steps = 11;
  const step = legend.width / steps;
  const middle = y + legend.height / 2 + 4;
  const parts = [`<g font-size="${legend.fontSize}" fill="#57606a" shape-rendering="crispEdges">`];
  parts.push(`<text x="${x}" y="${middle}">0</text>`);
  for (let i = 0; i < steps; i++) {
    parts.push(
      `<rect x="${coordinate(x + 12 + step * i)}" y="${y}" width="${step}" height="${legend.height}" fill="${rampColour(i / (steps - 1))}"/>`,
    );
  }
  parts.push(
    `<rect x="${x + 11.5}" y="${y - 0.5}" width="${legend.width + 1}" height="${legend.height + 1}" fill="none" stroke="#8c959f"/>`,
    `<text x="${x + legend.width + 17}" y="${middle}">1</text>`,
    '</g>',
  );
  return parts.join('\n');
}
