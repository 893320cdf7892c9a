import { shortenTo } from './labels.ts';
import { coordinate, escapeMarkup, fontFamily } from './markup.ts';
import { rampColour } from './ramp.ts';
import { type Box, drawRaster, outline } from './raster.ts';
import { checkSpeechMap, type SpeechMap } from './speechMap.ts';
import { mostFrequent, spectrogramRaster, weightRaster } from './speechRasters.ts';
import { labelGap, layOutRows, type Rows, spanBars, spanPaint, tokenRows } from './speechRows.ts';
import { linearAxis } from './ticks.ts';

export type { SpeechMap } from './speechMap.ts';

const width = 900;
const padding = 14;
const right = width - 24;
const panelGap = 8;
const spectrogramHeight = 160;
const [frame, faint, grid] = ['#8c959f', '#57606a', '#eaeef2'];

/**
 * What a speech model listened to while it wrote: a row a token, time from left to right; darker where the attention
 * weight is larger, always on the scale 0 to 1, and bars where CTC heard the token. The spectrogram lies below on the
 * same axis of time, low frequencies at the bottom, its contrast taken from the sound. More columns than pixels are
 * drawn as the largest of those that share a pixel. Background and ink are explicit, so it looks the same on a dark
 * page. Every row has a tooltip: its token, where its weight is largest, where it was heard.
 *
 * @returns one standalone `<svg>` element, 900 px wide; no ids, no scripts, no references
 * @throws DataError when there are no tokens, no frames, neither weights nor spans, or values that are not finite or
 *   out of range; ShapeError when sizes or durations do not fit each other
 */
export function speechSvg(map: SpeechMap): string {
  const duration = checkSpeechMap(map);
  const { weights, columnSeconds, spans, spectrogram, title } = map;
  const rows = layOutRows(map, duration, [padding, padding + (title ? 28 : 0), right]);
  const { left, top, x } = rows;
  const sound: Box = [
    left,
    rows.bottom + panelGap,
    x(spectrogram.shape[0] * spectrogram.frameSeconds),
    rows.bottom + panelGap + spectrogramHeight,
  ];
  const bottom = sound[3];
  const height = bottom + 52;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(title || 'Where in the sound each token was heard')}" direction="ltr" font-family="${fontFamily}" font-size="12" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
  ];
  if (title) parts.push(heading(title));
  parts.push(rules(rows), timeAxis(rows, duration, bottom));
  if (weights) {
    const end = x(weights[0].length * columnSeconds);
    // A tenth of each row stays ground, by which the eye follows it.
    parts.push(drawRaster(weightRaster(weights, pixels(end - left)), [left, top, end, rows.bottom], 0, 0.9));
  }
  parts.push(
    spanBars(map, rows),
    tokenRows(map, rows),
    ...spectrogramIn(sound, spectrogram),
    channelLabels(sound, spectrogram.shape[1]),
    `<path d="${outline([left, top, right, rows.bottom])}${outline([left, sound[1], right, bottom])}" fill="none" stroke="${frame}"/>`,
    legend(bottom + 39, weights !== undefined, spans !== undefined),
    '</svg>',
  );
  return parts.filter((part) => part !== '').join('\n');
}

function pixels(room: number): number {
  return Math.max(1, Math.floor(room));
}

function heading(title: string): string {
  // 15 px, and a tenth more for the weight.
  const label = shortenTo(title, (right - padding) / 16.5);
  const whole = label === title ? '' : `<title>${escapeMarkup(title)}</title>`;
  return `<text x="${padding}" y="${padding + 13}" font-size="15" font-weight="600">${escapeMarkup(label)}${whole}</text>`;
}

/** Lines between the rows, by which the eye goes from a mark to its label. */
function rules({ left, top, rowHeight, labels }: Rows): string {
  const lines = labels.map((_, t) => `M${left} ${top + rowHeight * (t + 1) - 0.5}H${right}`);
  return `<path d="${lines.join('')}" stroke="${grid}"/>`;
}

/** Ticks at round seconds, and lines up through the rows. */
function timeAxis({ left, top, bottom: rowsEnd, x }: Rows, duration: number, bottom: number): string {
  const ticks = linearAxis(0, duration, 10, false).ticks.map(({ value, label }) => ({
    at: coordinate(x(value)),
    label,
  }));
  return [
    `<path d="${ticks.map(({ at }) => `M${at} ${top}V${rowsEnd}`).join('')}" stroke="${grid}"/>`,
    `<path d="${ticks.map(({ at }) => `M${at} ${bottom}v5`).join('')}" stroke="${frame}"/>`,
    ...ticks.map(
      ({ at, label }) => `<text x="${at}" y="${bottom + 19}" text-anchor="middle">${label}</text>`,
    ),
    `<text x="${coordinate((left + right) / 2)}" y="${bottom + 39}" text-anchor="middle">time in seconds</text>`,
  ].join('\n');
}

/** Cells at least 2 px wide, the most frequent level below them all. */
function spectrogramIn(box: Box, { data, shape }: SpeechMap['spectrogram']): string[] {
  const raster = spectrogramRaster(data, shape, pixels((box[2] - box[0]) / 2));
  const ground = mostFrequent(raster);
  return [
    `<path d="${outline(box)}" fill="${rampColour(ground / raster.steps)}"/>`,
    drawRaster(raster, box, ground),
  ];
}

function channelLabels([left, top, , bottom]: Box, channels: number): string {
  const number = (channel: number, y: number) =>
    `<text x="${left - labelGap}" y="${y}" text-anchor="end">${channel}</text>`;
  return [
    `<g font-size="11" fill="${faint}">`,
    number(1, bottom - 1),
    ...(channels > 1 ? [number(channels, top + 9)] : []),
    `<text transform="translate(${left - labelGap - 4} ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">mel channel</text>`,
    '</g>',
  ].join('\n');
}

/** What darkness and bars mean, at the right end of the line at `y`. */
function legend(y: number, hasWeights: boolean, hasSpans: boolean): string {
  const parts = [`<g font-size="11" fill="${faint}">`];
  let x = right;
  if (hasSpans) {
    parts.push(
      `<text x="${x}" y="${y}" text-anchor="end">heard</text>`,
      `<path d="${outline([x - 62, y - 9, x - 40, y])}" ${spanPaint(hasWeights)}/>`,
    );
    x -= 82;
  }
  if (hasWeights) {
    const steps = 8;
    const levels = Uint8Array.from({ length: steps + 1 }, (_, i) => i);
    const bar: Box = [x - 102, y - 9, x - 12, y];
    parts.push(
      `<text x="${x}" y="${y}" text-anchor="end">1</text>`,
      drawRaster({ levels, columns: steps + 1, rows: 1, steps }, bar),
      `<path d="${outline(bar)}" fill="none" stroke="${frame}"/>`,
      `<text x="${x - 107}" y="${y}" text-anchor="end">weight 0</text>`,
    );
  }
  return [...parts, '</g>'].join('\n');
}
