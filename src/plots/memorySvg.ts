import { emWidth, shortenTo, visible } from './labels.ts';
import { coordinate, escapeMarkup, fontFamily } from './markup.ts';
import { checkMemoryMap, type MemoryMap, readOfNothing, seen } from './memoryMap.ts';
import { rampColour } from './ramp.ts';

export type { MemoryMap } from './memoryMap.ts';

const padding = 14;
const rowHeight = 22;
const fontSize = 13;
/** Room before the facts for the mark of those that the answer follows from, and for their numbers. */
const [markWidth, numberWidth] = [14, 26];
const maxFactWidth = 420;
const hop = { width: 132, bar: 84, gap: 16 };
const [faint, grid] = ['#57606a', '#eaeef2'];
/** Not a colour of the ramp. Okabe & Ito's vermilion, told from blue under colour blindness too. */
const supportColour = '#d55e00';

/**
 * What a memory network read: question and answer on top, a row a fact, the oldest first, and a column a hop with a bar
 * as long as the weight of the fact, always on the scale 0 to 1, and the weight as a number. Facts that the answer
 * follows from are marked. What was read of places that hold no fact is the last row, where there is any. Background and
 * ink are explicit, so it looks the same on a dark page. Every row has a tooltip: the whole fact and its weights.
 *
 * @returns one standalone `<svg>` element, sizes in px; no ids, no scripts, no references
 * @throws DataError without facts or hops, or for weights that are none; ShapeError when sizes do not fit each other
 */
export function memorySvg(map: MemoryMap): string {
  checkMemoryMap(map);
  const { question, weights, supports = [], forgotten = 0 } = map;
  const nothing = readOfNothing(map);
  const rows = [
    ...map.facts.map((fact, n) => ({
      number: String(forgotten + n + 1),
      text: sentence(fact),
      weights: weights.map((row) => row[n]),
      supports: supports.includes(n),
    })),
    ...(seen(nothing) ? [{ number: '', text: 'nothing', weights: nothing, supports: false }] : []),
  ];
  const labels = rows.map(({ text }) => shortenTo(text, maxFactWidth / fontSize));
  const longest = Math.ceil(fontSize * Math.max(6, ...labels.map(emWidth)));
  const factLeft = padding + markWidth + numberWidth;
  const left = factLeft + longest + hop.gap;
  const width = Math.max(480, left + hop.width * weights.length + padding);
  const heading = shortenTo(sentence(question), (width - 2 * padding) / 16.5);
  const top = padding + 68 + (forgotten > 0 ? rowHeight : 0);
  const bottom = top + rowHeight * rows.length;
  const height = bottom + padding + (supports.length > 0 ? 20 : 0);
  const column = (k: number) => left + hop.width * k;

  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeMarkup(`${question} ${answered(map)}`)}" direction="ltr" font-family="${fontFamily}" font-size="${fontSize}" fill="#1f2328">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${padding}" y="${padding + 13}" font-size="15" font-weight="600">${escapeMarkup(heading)}${tooltip(heading === question ? '' : question)}</text>`,
    `<text x="${padding}" y="${padding + 34}">${escapeMarkup(shortenTo(answered(map), (width - 2 * padding) / fontSize))}</text>`,
    `<g font-size="11" fill="${faint}">`,
    ...weights.map((_, k) => `<text x="${column(k)}" y="${padding + 60}">hop ${k + 1}</text>`),
    '</g>',
    `<path d="${rules([padding, top, width - padding], rows.length)}" stroke="${grid}"/>`,
  ];
  if (forgotten > 0) {
    parts.push(
      `<text x="${factLeft}" y="${top - 7}" fill="${faint}" font-style="italic">${forgotten} older ${forgotten === 1 ? 'fact' : 'facts'} forgotten</text>`,
    );
  }
  for (const [i, row] of rows.entries()) {
    const y = top + rowHeight * i;
    const base = y + rowHeight / 2 + 0.35 * fontSize;
    const isFact = row.number !== '';
    const values = row.weights.map((weight, k) => `hop ${k + 1}: ${weight.toFixed(3)}`).join(', ');
    const support = row.supports ? ' (the answer follows from it)' : '';
    parts.push(
      `<g><title>${escapeMarkup(`${row.text}${support}: ${values}`)}</title>`,
      ...(row.supports
        ? [`<circle cx="${padding + 5}" cy="${y + rowHeight / 2}" r="4" fill="${supportColour}"/>`]
        : []),
      `<text x="${factLeft - 8}" y="${coordinate(base)}" text-anchor="end" font-size="11" fill="${faint}">${row.number}</text>`,
      `<text x="${factLeft}" y="${coordinate(base)}"${row.supports ? ' font-weight="600"' : ''}${isFact ? '' : ` fill="${faint}" font-style="italic"`}>${escapeMarkup(labels[i])}</text>`,
      ...row.weights.map((weight, k) => bar(column(k), y, weight)),
      '</g>',
    );
  }
  if (supports.length > 0) {
    parts.push(
      `<circle cx="${padding + 5}" cy="${bottom + 15}" r="4" fill="${supportColour}"/>`,
      `<text x="${padding + markWidth + 2}" y="${bottom + 19}" font-size="11" fill="${faint}">the answer follows from these</text>`,
    );
  }
  return [...parts, '</svg>'].join('\n');
}

/** A bar over its ground, which is as long as the weight 1, and the weight behind it. */
function bar(x: number, y: number, weight: number): string {
  const share = Math.min(1, Math.max(0, weight));
  const [from, high] = [y + 5, rowHeight - 10];
  return [
    `<rect x="${x}" y="${from}" width="${hop.bar}" height="${high}" fill="#f6f8fa"/>`,
    ...(share >= 0.005
      ? [
          `<rect x="${x}" y="${from}" width="${coordinate(hop.bar * share)}" height="${high}" fill="${rampColour(0.35 + 0.45 * share)}"/>`,
        ]
      : []),
    `<text x="${x + hop.bar + 6}" y="${coordinate(y + rowHeight / 2 + 4)}" font-size="11"${share < 0.005 ? ` fill="${faint}"` : ''}>${share.toFixed(2)}</text>`,
  ].join('');
}

const answered = ({ answer, probability, expected }: MemoryMap): string => {
  const sure = probability === undefined ? '' : `, probability ${probability.toFixed(2)}`;
  return `Answer: ${sentence(answer)}${sure}${expected === undefined || expected === answer ? '' : `; right: ${sentence(expected)}`}`;
};

/** What cannot be seen made visible, spaces aside. */
const sentence = (text: string): string => text.split(' ').map(visible).join(' ');

const rules = ([from, top, to]: readonly [number, number, number], rows: number): string =>
  Array.from({ length: rows + 1 }, (_, i) => `M${from} ${top + rowHeight * i - 0.5}H${to}`).join('');

const tooltip = (text: string): string => text && `<title>${escapeMarkup(text)}</title>`;
