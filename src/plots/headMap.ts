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
  readonly title?: string;
}

/** Rows drawn together: their values as levels from 0 to 1, with what stands for both. */
export interface Panel {
  readonly name: string;
  /** name of a row, counted from `first` */
  readonly rowName: string;
  readonly first: number;
  /** [rows][T], 0 to 1 */
  readonly levels: OverTime;
  /** the values that 0 and 1 stand for */
  readonly scale: readonly [number, number];
  /** a location is a place: its number is told */
  readonly numbered: boolean;
}

/** A location that no head ever gave this much is left out above and below. */
const LOOKED_AT = 0.02;

/**
 * The panels of a map from the top: inputs, targets, outputs, then of each head what it wrote or read and where, write
 * heads first. Of the locations those are drawn that any head looked at, and what lies between them.
 *
 * @throws DataError when there are no steps, or a value is not finite; ShapeError when a row has not T steps
 */
export function panelsOf(map: HeadMap): Panel[] {
  const { steps, inputs, targets, outputs, mask, heads } = map;
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
      const shown = weights.slice(used[0], used[1]);
      panels.push({
        ...panel(`${head}: where`, 'location', shown, [0, 1]),
        first: used[0],
        numbered: true,
      });
    }
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
  return { name, rowName, first: 1, levels, scale, numbered: false };
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

/** From the first to after the last location that any head looked at, with one more on both sides. */
function usedLocations(heads: readonly OverTime[]): [from: number, to: number] {
  const N = Math.max(0, ...heads.map((rows) => rows.length));
  const isUsed = (n: number) => heads.some((rows) => rows[n]?.some((weight) => weight > LOOKED_AT));
  const used = Array.from({ length: N }, (_, n) => n).filter(isUsed);
  if (used.length === 0) return [0, N];
  return [Math.max(0, used[0] - 1), Math.min(N, used[used.length - 1] + 2)];
}
