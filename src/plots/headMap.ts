import { DataError, ShapeError } from '../errors.ts';

/** Rows over time: entry [row][step]. */
type OverTime = readonly (readonly number[])[];

/** A head of a memory over time. */
export interface HeadRows {
  /** where it looked, [N] rows of T steps, 0 to 1, a column's sum 1 */
  readonly weights: OverTime;
  /** what it read or added, [M] rows of T steps */
  readonly vectors: OverTime;
}

/** One sequence that a network read and answered, step by step, and where its heads were. */
export interface HeadMap {
  /** T */
  readonly steps: number;
  /** [I] rows: bits, and in some a number */
  readonly inputs: OverTime;
  /** [O] rows of 0 and 1 */
  readonly targets: OverTime;
  /** [O] rows: probabilities of a one */
  readonly outputs: OverTime;
  /** 1 at the steps whose outputs count */
  readonly mask: readonly number[];
  /** absent for a network without a memory */
  readonly heads?: { readonly read: readonly HeadRows[]; readonly write: readonly HeadRows[] };
  /** how much each step was attended to, 0 to 1, [T] rows of T steps; absent for a network that does not look back */
  readonly attention?: OverTime;
  readonly title?: string;
}

/** Rows drawn together: their values as levels from 0 to 1, with what stands for both. */
export interface Panel {
  readonly name: string;
  /** name of a row */
  readonly rowName: string;
  /** [rows][T], 0 to 1 */
  readonly levels: OverTime;
  /** the values that 0 and 1 stand for */
  readonly scale: readonly [number, number];
  /** the number of each row */
  readonly numbers: readonly number[];
  /** a location is a place: its number is told */
  readonly isPlace: boolean;
}

/** A location, or a step, that was given less than this was hardly looked at. */
const LOOKED_AT = 0.1;

/**
 * The panels of a map from the top: inputs, targets, outputs, then of each head what it wrote or read and where, write
 * heads first. Of the locations, which lie in a circle, the longest stretch that no head looked at is left out. Last the
 * attention to steps before, without those before the first and behind the last that was attended to.
 *
 * @throws DataError when there are no steps, or a value is not finite; ShapeError when a row has not T steps
 */
export function panelsOf(map: HeadMap): Panel[] {
  const { steps, inputs, targets, outputs, mask, heads, attention } = map;
  if (steps < 1) throw new DataError('A map of no steps', 'at least one', 'Skip empty sequences.');
  const counted = (rows: OverTime): OverTime => rows.map((row) => row.map((v, t) => (mask[t] === 1 ? v : 0)));
  const panels = [
    panel('inputs', 'channel', inputs),
    panel('targets', 'bit', targets),
    panel('outputs', 'bit', counted(outputs)),
  ];
  const kinds = [
    ['write', 'added', heads?.write ?? []],
    ['read', 'read', heads?.read ?? []],
  ] as const;
  const all = [...(heads?.write ?? []), ...(heads?.read ?? [])].map(({ weights }) => weights);
  const used = usedLocations(all);
  for (const [kind, verb, list] of kinds) {
    for (const [h, { weights, vectors }] of list.entries()) {
      const head = list.length > 1 ? `${kind} head ${h + 1}` : `${kind} head`;
      panels.push(panel(`${head}: ${verb}`, 'number', vectors));
      const shown = used.map((n) => weights[n] ?? []);
      panels.push({
        ...panel(`${head}: where`, 'location', shown, [0, 1]),
        numbers: used,
        isPlace: true,
      });
    }
  }
  if (attention) {
    const shown = attendedSteps(attention);
    const rows = shown.map((s) => attention[s]);
    panels.push({
      ...panel('attention: where', 'step', rows),
      numbers: shown.map((s) => s + 1),
      isPlace: true,
    });
  }
  for (const { name, levels } of panels) {
    const wrong = levels.find((row) => row.length !== steps);
    if (wrong) {
      throw new ShapeError(
        `A row of ${wrong.length} steps in ${name}`,
        `${steps} steps`,
        'Give rows over time, [row][step].',
      );
    }
  }
  return panels;
}

function panel(
  name: string,
  rowName: string,
  rows: OverTime,
  scale: readonly [number, number] = scaleOf(rows, name),
): Panel {
  const [low, high] = scale;
  const levels = rows.map((row) => row.map((v) => Math.min(1, Math.max(0, (v - low) / (high - low)))));
  return { name, rowName, levels, scale, numbers: rows.map((_, row) => row + 1), isPlace: false };
}

/** 0 to 1; where there is less than 0, as far down as up. @throws DataError for a value that is not finite */
function scaleOf(rows: OverTime, name: string): [number, number] {
  let [low, high] = [0, 0];
  for (const value of rows.flat()) {
    if (!Number.isFinite(value)) {
      throw new DataError(`A value ${value} in ${name}`, 'finite numbers', 'Look for it in the model.');
    }
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const most = Math.max(1, -low, high);
  return low < 0 ? [-most, most] : [0, most];
}

/**
 * The locations, in their circle, that any head looked at, with one more on both sides: all but the longest stretch that
 * none did.
 */
function usedLocations(heads: readonly OverTime[]): number[] {
  const N = Math.max(0, ...heads.map((rows) => rows.length));
  const isUsed = (n: number) => heads.some((rows) => rows[n]?.some((weight) => weight > LOOKED_AT));
  const used = Array.from({ length: N }, (_, n) => n).filter(isUsed);
  let [longest, first] = [0, 0];
  for (const [i, n] of used.entries()) {
    const before = i > 0 ? used[i - 1] : used[used.length - 1] - N;
    // Of two as long the one across the end, so that locations stand in order.
    if (n - before > longest) [longest, first] = [n - before, n];
  }
  const unused = Math.max(0, longest - 3);
  if (unused === 0) return Array.from({ length: N }, (_, n) => n);
  return Array.from({ length: N - unused }, (_, i) => (first - 1 + i + N) % N);
}

/** From the first to the last step that was looked at, and one more on both sides; all of them where none was. */
function attendedSteps(attention: OverTime): number[] {
  const all = attention.map((_, s) => s);
  const looked = all.filter((s) => attention[s].some((weight) => weight > LOOKED_AT));
  if (looked.length === 0) return all;
  return all.slice(Math.max(0, looked[0] - 1), looked[looked.length - 1] + 2);
}
