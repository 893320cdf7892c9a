import { type AttentionMap, checkAttentionMap } from './attentionMap.ts';
import { emWidth, graphemes, shorten, visible } from './labels.ts';
import { coordinate, escapeMarkup, fontFamily } from './markup.ts';
import { rampColour } from './ramp.ts';

/** Longest label drawn, in columns; the whole token is in its tooltip. */
const maxLabelColumns = 32;
const padding = 14;
const labelGap = 6;
const legend = { width: 110, height: 9, above: 16, fontSize: 11 };

/**
 * An alignment matrix in the form of figure 3 of Bahdanau et al. 2015: source across the top, target down the left,
 * darker where the weight is larger, always on the scale 0 to 1. Background and ink are explicit, so it looks the same
 * on a dark page. Spaces and control characters of the tokens are made visible; every cell has a tooltip with its
 * value.
 *
 * @returns one standalone `<svg>` element, sizes in px; no ids, no scripts, no references
 * @throws DataError when a side is empty or a weight is not a number, ShapeError when `weights` is not `[T][S]`
 */
export function attentionSvg(map: AttentionMap & { title?: string }): string {
  checkAttentionMap(map);
  const { weights, title } = map;
  const source = map.source.map(visible);
  const target = map.target.map(visible);
  const cell = Math.min(34, Math.max(14, Math.floor(660 / Math.max(source.length, target.length))));
  const fontSize = Math.min(14, Math.max(10.5, 0.7 * cell));

  const sourceLabels = source.map((token) => shorten(token, maxLabelColumns));
  const targetLabels = target.map((token) => shorten(token, maxLabelColumns));
  const longest = (labels: string[]) => Math.ceil(fontSize * Math.max(1, ...labels.map(emWidth)));
  const titleHeight = title ? 28 : 0;
  const left = padding + longest(targetLabels) + labelGap;
  const top = padding + titleHeight + longest(sourceLabels) + labelGap;
  const [matrixWidth, matrixHeight] = [cell * source.length, cell * target.length];
  const heading = title ? shorten(title, 80) : '';
  const legendWidth = legend.width + 24;
  const width = Math.ceil(
    Math.max(left + Math.max(matrixWidth, legendWidth), padding + 15 * emWidth(heading)) + padding,
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
  for (const [s, label] of sourceLabels.entries()) {
    const x = left + cell * (s + 0.5);
    const y = top - labelGap;
    // A single character stays upright: a turned letter or ideograph is hard to read.
    const place =
      graphemes(label).length === 1
        ? `x="${coordinate(x)}" y="${y}" text-anchor="middle"`
        : `transform="translate(${coordinate(x + 0.35 * fontSize)} ${y}) rotate(-90)"`;
    parts.push(
      `<text ${place}>${escapeMarkup(label)}${tooltip(label === source[s] ? '' : source[s])}</text>`,
    );
  }
  for (const [t, label] of targetLabels.entries()) {
    const y = top + cell * (t + 0.5) + 0.35 * fontSize;
    parts.push(
      `<text x="${left - labelGap}" y="${coordinate(y)}" text-anchor="end">${escapeMarkup(label)}${tooltip(label === target[t] ? '' : target[t])}</text>`,
    );
  }
  parts.push('</g>', '<g shape-rendering="crispEdges">');
  for (const [t, row] of weights.entries()) {
    for (let s = 0; s < source.length; s++) {
      // One pixel of background between cells makes the grid by which the eye follows rows and columns.
      parts.push(
        `<rect x="${left + cell * s}" y="${top + cell * t}" width="${cell - 1}" height="${cell - 1}" fill="${rampColour(row[s])}">${tooltip(`${sourceLabels[s]} → ${targetLabels[t]}: ${row[s].toFixed(3)}`)}</rect>`,
      );
    }
  }
  parts.push(
    `<rect x="${left - 1.5}" y="${top - 1.5}" width="${matrixWidth + 2}" height="${matrixHeight + 2}" fill="none" stroke="#8c959f"/>`,
    '</g>',
    legendOf(left, top + matrixHeight + legend.above),
    '</svg>',
  );
  return parts.join('\n');
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
