import { columnsOf, shorten, visible } from './labels.ts';
import { checkMemoryMap, type MemoryMap, readOfNothing, seen } from './memoryMap.ts';

/** Characters that a bar of weight 1 is long. */
const BAR = 8;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * What a memory network read, drawn with characters: a line a fact, the oldest first, with a bar and the weight of each
 * hop. Facts that the answer follows from have a `*`.
 *
 * @param columns width of the terminal; default 80
 * @returns lines joined by `\n`, without colours
 * @throws DataError and ShapeError as `memorySvg`
 */
export function memoryTerminal(map: MemoryMap, { columns = 80 }: { readonly columns?: number } = {}): string {
  checkMemoryMap(map);
  const { weights, supports = [], forgotten = 0 } = map;
  const hops = weights.length;
  const nothing = readOfNothing(map);
  const digits = String(forgotten + map.facts.length).length;
  const room = Math.max(12, columns - digits - 4 - hops * (BAR + 7));
  const rows = [
    ...map.facts.map((fact, n) => ({
      start: `${supports.includes(n) ? '*' : ' '} ${String(forgotten + n + 1).padStart(digits)} `,
      text: fact,
      weights: weights.map((row) => row[n]),
    })),
    ...(seen(nothing) ? [{ start: ' '.repeat(digits + 3), text: '(nothing)', weights: nothing }] : []),
  ];
  const labels = rows.map(({ text }) => shorten(text.split(' ').map(visible).join(' '), room));
  const width = Math.max(...labels.map(columnsOf));
  const head = weights.map((_, k) => `hop ${k + 1}`.padEnd(BAR + 7)).join('');
  const lines = [`${' '.repeat(digits + 3 + width + 1)}${head}`.trimEnd()];
  if (forgotten > 0) lines.push(`${' '.repeat(digits + 3)}(${forgotten} older forgotten)`);
  for (const [i, row] of rows.entries()) {
    const label = labels[i] + ' '.repeat(width - columnsOf(labels[i]));
    lines.push(`${row.start}${label} ${row.weights.map(cell).join(' ')}`.trimEnd());
  }
  if (supports.length > 0) lines.push('* the answer follows from these');
  return lines.join('\n');
}

/** A bar, as long as all are, and its number. */
function cell(weight: number): string {
  const share = Math.min(1, Math.max(0, weight));
  const eighths = Math.round(8 * BAR * share);
  const bar = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
  return `${bar.padEnd(BAR)} ${share.toFixed(2)} `;
}
