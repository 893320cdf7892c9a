import { type HeadMap, panelsOf } from './headMap.ts';

const shades = ' ░▒▓█';

/**
 * The same as `headsSvg` with characters: a column a step, a line a row, a darker shade for more. Sequences longer than
 * the terminal go on below.
 *
 * @param map.columns width of the terminal; default 80
 * @returns lines joined by `\n`, without colours
 * @throws as `headsSvg`
 */
export function headsTerminal(map: HeadMap & { readonly columns?: number }): string {
  const { columns = 80, steps: T, title } = map;
  const panels = panelsOf(map);
  const room = Math.max(8, columns - 5);
  const lines = title === undefined ? [] : [title];
  for (let from = 0; from < T; from += room) {
    const to = Math.min(T, from + room);
    lines.push('', `steps ${from + 1} to ${to}${from === 0 ? markOf(map.mask) : ''}`);
    for (const { name, levels, numbers, isPlace } of panels) {
      lines.push(name);
      for (const [row, values] of levels.entries()) {
        const label = isPlace ? String(numbers[row]) : '';
        lines.push(`${label.padStart(3)} │${values.slice(from, to).map(shadeOf).join('')}`.trimEnd());
      }
    }
  }
  return lines.join('\n');
}

const markOf = (mask: readonly number[]): string =>
  mask.includes(1) ? `; answers count from step ${mask.indexOf(1) + 1}` : '';

/** Below a tenth is nothing; a bit that is sure is full. */
const shadeOf = (level: number): string =>
  shades[level < 0.1 ? 0 : Math.min(4, 1 + Math.floor((level - 0.1) / 0.2))];
