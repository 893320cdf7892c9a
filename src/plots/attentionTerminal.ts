import { type AttentionMap, checkAttentionMap } from './attentionMap.ts';
import { columnsOf, graphemeColumns, graphemes, isRightToLeft, shorten, visible } from './labels.ts';

export interface TerminalOptions {
  /** Width of the terminal. Default 80. */
  columns?: number;
  /** Block shades, or ASCII for terminals without them. Labels stay as they are. Default true. */
  unicode?: boolean;
}

/** Lowest weight drawn with each shade but the first. */
const thresholds = [0.05, 0.25, 0.5, 0.75];
/** Source labels stand upright above their column, so they cost lines. */
const maxLabelHeight = 12;
const leftToRightMark = '\u200e';

/**
 * An attention map drawn with characters: source labels upright above, target labels at the left, a darker shade for
 * a larger weight, its scale below. A source wider than the terminal goes on in a further panel.
 *
 * @returns lines joined by `\n`, without colours, none wider than `columns` (from 24 on); without the scale where it does not fit
 * @throws DataError when a side is empty or a weight is not a number, ShapeError when `weights` is not `[T][S]`
 */
export function attentionTerminal(map: AttentionMap & TerminalOptions): string {
  checkAttentionMap(map);
  const { columns = 80, unicode = true, weights } = map;
  const shades = unicode ? ' ░▒▓█' : ' .:*#';
  const bar = unicode ? '│' : '|';
  const ellipsis = unicode ? '…' : '~';
  const source = map.source.map((token) => {
    const label = graphemes(visible(token).slice(0, 16 * maxLabelHeight));
    return label.length > maxLabelHeight ? [...label.slice(0, maxLabelHeight - 1), ellipsis] : label;
  });
  const labelLimit = Math.max(1, Math.min(20, Math.floor(columns / 3)));
  const target = map.target.map((token) => shorten(visible(token), labelLimit, ellipsis));

  const labelColumns = Math.max(...target.map(columnsOf));
  const room = columns - labelColumns - 2;
  const anyWide = source.some((label) => label.some((grapheme) => graphemeColumns(grapheme) > 1));
  const cell = anyWide || 2 * source.length <= room ? 2 : 1;
  const panels = Math.ceil(source.length / Math.max(1, Math.floor(room / cell)));
  const perPanel = Math.ceil(source.length / panels);

  const lines: string[] = [];
  for (let from = 0; from < source.length; from += perPanel) {
    const to = Math.min(source.length, from + perPanel);
    if (panels > 1) lines.push(`source ${from + 1}-${to} of ${source.length}`);
    const labels = source.slice(from, to);
    const height = Math.max(...labels.map((label) => label.length));
    for (let line = 0; line < height; line++) {
      const characters = labels.map((label) =>
        leftToRight(padEnd(label[line - height + label.length] ?? '', cell)),
      );
      lines.push(`${' '.repeat(labelColumns + 2)}${characters.join('')}`.trimEnd());
    }
    for (const [t, label] of target.entries()) {
      const cells = Array.from(weights[t]).slice(from, to);
      lines.push(
        `${padStart(label, labelColumns)} ${bar}${cells.map((weight) => shadeOf(weight, shades).repeat(cell)).join('')}`,
      );
    }
  }
  const scale = thresholds.map((threshold, i) => `${shades[i + 1]} ${threshold}`).join('  ');
  if (scale.length <= columns) lines.push(scale.padStart(Math.min(columns, labelColumns + 2 + scale.length)));
  return lines.join('\n');
}

function shadeOf(weight: number, shades: string): string {
  return shades[thresholds.filter((threshold) => weight >= threshold).length];
}

function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

function padStart(text: string, columns: number): string {
  return leftToRight(' '.repeat(Math.max(0, columns - columnsOf(text))) + text);
}

/** Keeps a terminal that reorders right-to-left text from taking the rest of the line along. */
function leftToRight(text: string): string {
  return isRightToLeft(text) ? leftToRightMark + text + leftToRightMark : text;
}
