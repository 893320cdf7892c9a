import { emWidth, shortenTo, visible } from './labels.ts';
import { coordinate, escapeMarkup } from './markup.ts';
import { outline } from './raster.ts';
import type { SpeechMap } from './speechMap.ts';

/** Where the rows of tokens stand, in px; time runs from `left` to `right`. */
export interface Rows {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly rowHeight: number;
  readonly fontSize: number;
  /** Tokens with what cannot be seen made visible. */
  readonly tokens: readonly string[];
  /** The same, as long as there is room. */
  readonly labels: readonly string[];
  readonly x: (seconds: number) => number;
}

/** Between a label and what it names, in px. */
export const labelGap = 6;
/** Room for the names of the mel channels, however short the tokens are. */
const minLabelWidth = 38;
const maxLabelWidth = 180;
/** Not a colour of the ramp. Okabe & Ito's vermilion, told from blue under colour blindness too. */
const spanColour = '#d55e00';

/**
 * Rows 22 px high, down to 12 px where there are many tokens; labels no smaller than 9.5 px.
 *
 * @param frame `[left, top, right]` in px; labels stand inside it
 */
export function layOutRows(
  map: SpeechMap,
  duration: number,
  [edge, top, right]: readonly [number, number, number],
): Rows {
  const tokens = map.tokens.map(visible);
  const rowHeight = Math.min(22, Math.max(12, Math.floor(480 / tokens.length)));
  const fontSize = Math.min(13, Math.max(9.5, 0.72 * rowHeight));
  const labels = tokens.map((token) => shortenTo(token, maxLabelWidth / fontSize));
  const longest = Math.ceil(fontSize * Math.max(...labels.map(emWidth)));
  const left = edge + Math.max(minLabelWidth, longest) + labelGap;
  const bottom = top + rowHeight * tokens.length;
  const x = (seconds: number) => left + (seconds / duration) * (right - left);
  return { left, right, top, bottom, rowHeight, fontSize, tokens, labels, x };
}

/** Where each token was heard. Empty where that is not known. */
export function spanBars(
  { spans = [], weights }: SpeechMap,
  { left, right, top, rowHeight, x }: Rows,
): string {
  const inset = Math.round(0.15 * rowHeight);
  const bars = spans.map(({ from, to }, t) => {
    // One output of CTC in a long sound is less than a pixel.
    const wide = Math.max(2, x(to) - x(from));
    const start = Math.min(right - wide, Math.max(left, (x(from) + x(to) - wide) / 2));
    return outline([start, top + rowHeight * t + inset, start + wide, top + rowHeight * (t + 1) - inset]);
  });
  return bars.length > 0 ? `<path d="${bars.join('')}" ${spanPaint(weights !== undefined)}/>` : '';
}

/** Bars, or outlines where attention lies below. */
export function spanPaint(overWeights: boolean): string {
  return overWeights ? `fill="none" stroke="${spanColour}" stroke-width="1.5"` : `fill="${spanColour}"`;
}

/** Labels on the left, and over each row an invisible rectangle: both carry the tooltip. */
export function tokenRows(
  map: SpeechMap,
  { left, right, top, rowHeight, fontSize, tokens, labels }: Rows,
): string {
  const rows = tokens.map((token, t) => {
    const y = top + rowHeight * t;
    return [
      `<g><title>${escapeMarkup(`${token}: ${whereHeard(map, t)}`)}</title>`,
      `<text x="${left - labelGap}" y="${coordinate(y + rowHeight / 2 + 0.35 * fontSize)}" text-anchor="end">${escapeMarkup(labels[t])}</text>`,
      `<rect x="${left}" y="${y}" width="${right - left}" height="${rowHeight}" fill-opacity="0"/></g>`,
    ].join('');
  });
  return [`<g font-size="${coordinate(fontSize)}">`, ...rows, '</g>'].join('\n');
}

function whereHeard({ weights, columnSeconds, spans }: SpeechMap, t: number): string {
  const places: string[] = [];
  if (weights) {
    const row = Array.from(weights[t]);
    const largest = row.reduce((best, weight, u) => (weight > row[best] ? u : best), 0);
    places.push(`${row[largest].toFixed(3)} at ${((largest + 0.5) * columnSeconds).toFixed(2)} s`);
  }
  const span = spans?.[t];
  if (span) places.push(`heard from ${span.from.toFixed(2)} to ${span.to.toFixed(2)} s`);
  return places.join(', ') || 'not heard';
}
