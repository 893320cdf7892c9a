import { emWidth, shorten } from './labels.ts';
import { coordinate, escapeMarkup, fontFamily } from './markup.ts';
import { linearAxis, logAxis } from './ticks.ts';

export interface Curves {
  title: string;
  /** Points are joined in the order given; one that is not finite (or not positive under `logY`) makes a gap. */
  series: {
    name: string;
    points: (readonly [x: number, y: number])[];
    /** Default false. */
    dashed?: boolean;
  }[];
  xLabel: string;
  yLabel: string;
  /** Logarithmic y axis. Default false. */
  logY?: boolean;
  /** What the x axis shows at least. Default: the points. */
  xRange?: readonly [from: number, to: number];
}

/** Okabe & Ito's colours, told apart under colour blindness too; yellow left out, being too pale on white. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000'];
const dashes = ['', '7 3', '2 3'];
const [width, height] = [680, 400];
const fontSize = 12;
/** A series with no more points than this has them marked. */
const markedPoints = 30;

/**
 * Curves over a common x axis, with ticks at round values and a legend.
 *
 * @returns one standalone `<svg>` element of 680 by 400 px or, with a long legend, higher; no ids, no scripts
 */
export function curveSvg({ title, series, xLabel, yLabel, logY = false, xRange }: Curves): string {
  const isDrawn = ([x, y]: readonly [number, number]) =>
    Number.isFinite(x) && Number.isFinite(y) && (!logY || y > 0);
  const [minX, maxX, minY, maxY] = extent(series.map(({ points }) => points.filter(isDrawn)));
  const isEmpty = minX > maxX;
  const xAxis = isEmpty
    ? linearAxis(0, 1, 7, false)
    : linearAxis(Math.min(minX, xRange?.[0] ?? minX), Math.max(maxX, xRange?.[1] ?? maxX), 7, false);
  const yAxis = isEmpty
    ? linearAxis(0, 1, 6, true)
    : logY
      ? logAxis(minY, maxY)
      : linearAxis(minY, maxY, 6, true);

  const lineOf = (i: number): Line => lineStyle(i, series[i].dashed);
  const legend = layOutLegend(series.map(({ name }) => shorten(name, 60)));
  const left = 38 + fontSize * Math.max(...yAxis.ticks.map(({ label }) => emWidth(label)));
  const [right, top, bottom] = [width - 24, 50 + legend.height, height + legend.height - 52];
  const scaleX = (x: number) => left + ((x - xAxis.from) / (xAxis.to - xAxis.from)) * (right - left);
  const level = logY && !isEmpty ? Math.log : (y: number) => y;
  const scaleY = (y: number) =>
    bottom - ((level(y) - level(yAxis.from)) / (level(yAxis.to) - level(yAxis.from))) * (bottom - top);

  const full = height + legend.height;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${full}" viewBox="0 0 ${width} ${full}" role="img" aria-label="${escapeMarkup(title)}" direction="ltr" font-family="${fontFamily}" font-size="${fontSize}" fill="#1f2328">`,
    `<rect width="${width}" height="${full}" fill="#ffffff"/>`,
    `<text x="14" y="26" font-size="15" font-weight="600">${escapeMarkup(shorten(title, 80))}</text>`,
    ...legend.items.map(({ x, y, name }, i) => legendItem(x, y, name, lineOf(i))),
  ];
  for (const { value, label } of yAxis.ticks) {
    const y = coordinate(scaleY(value));
    parts.push(
      `<path d="M${coordinate(left)} ${y}H${right}" stroke="#d8dee4"/>`,
      `<text x="${coordinate(left - 7)}" y="${y}" dy="0.35em" text-anchor="end">${label}</text>`,
    );
  }
  for (const { value, label } of xAxis.ticks) {
    const x = coordinate(scaleX(value));
    parts.push(
      `<path d="M${x} ${bottom}v5" stroke="#8c959f"/>`,
      `<text x="${x}" y="${bottom + 19}" text-anchor="middle">${label}</text>`,
    );
  }
  parts.push(
    `<path d="M${coordinate(left)} ${top}V${bottom}H${right}" fill="none" stroke="#8c959f"/>`,
    `<text x="${coordinate((left + right) / 2)}" y="${bottom + 40}" text-anchor="middle">${escapeMarkup(xLabel)}</text>`,
    `<text transform="translate(20 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeMarkup(yLabel)}</text>`,
  );
  for (const [i, { points }] of series.entries()) {
    const placed = points.map((point) => (isDrawn(point) ? [scaleX(point[0]), scaleY(point[1])] : null));
    parts.push(...curve(placed, lineOf(i)));
  }
  if (isEmpty) {
    const middle = `x="${coordinate((left + right) / 2)}" y="${(top + bottom) / 2}"`;
    parts.push(`<text ${middle} text-anchor="middle" fill="#57606a">no values to draw</text>`);
  }
  parts.push('</svg>');
  return parts.join('\n');
}

/** Smallest and largest x and y; min above max when there is no point. */
function extent(series: (readonly [number, number])[][]): [number, number, number, number] {
  const result: [number, number, number, number] = [Infinity, -Infinity, Infinity, -Infinity];
  // A loop: spreading a long training run into Math.min would overflow the stack.
  for (const points of series) {
    for (const [x, y] of points) {
      result[0] = Math.min(result[0], x);
      result[1] = Math.max(result[1], x);
      result[2] = Math.min(result[2], y);
      result[3] = Math.max(result[3], y);
    }
  }
  return result;
}

interface Line {
  readonly colour: string;
  /** Attributes of the path. */
  readonly stroke: string;
}

/** Colours in turn; when they come again, and where it is asked for, with other dashes. */
function lineStyle(i: number, dashed = false): Line {
  const colour = colours[i % colours.length];
  const dash = dashes[(Math.floor(i / colours.length) + Number(dashed)) % dashes.length];
  const stroke = `fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"${dash && ` stroke-dasharray="${dash}"`}`;
  return { colour, stroke };
}

/** A line broken at the gaps; points with a gap on both sides are dots, as no line would show them. */
function curve(placed: (number[] | null)[], { colour, stroke }: Line): string[] {
  const path: string[] = [];
  const dots: string[] = [];
  for (const [k, point] of placed.entries()) {
    if (!point) continue;
    const [x, y] = point.map(coordinate);
    path.push(`${placed[k - 1] ? 'L' : 'M'}${x} ${y}`);
    if (placed.length <= markedPoints || !(placed[k - 1] || placed[k + 1])) {
      dots.push(`<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`);
    }
  }
  return path.length > 0 ? [`<path d="${path.join('')}" ${stroke}/>`, ...dots] : [];
}

/** Names in rows under the title. */
function layOutLegend(names: string[]) {
  let [x, row] = [14, 0];
  const items = names.map((name) => {
    const wide = 44 + fontSize * emWidth(name);
    if (x > 14 && x + wide > width - 14) [x, row] = [14, row + 1];
    const item = { x, y: 46 + 18 * row, name };
    x += wide;
    return item;
  });
  return { items, height: names.length > 0 ? 18 * (row + 1) : 0 };
}

function legendItem(x: number, y: number, name: string, { stroke }: Line): string {
  return `<path d="M${coordinate(x)} ${y}h22" ${stroke}/><text x="${coordinate(x + 28)}" y="${y}" dy="0.35em">${escapeMarkup(name)}</text>`;
}
