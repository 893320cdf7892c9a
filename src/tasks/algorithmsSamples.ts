import type { Sizes } from '../data/algorithms.ts';
import { Random } from '../random.ts';
import type { Backend } from '../runtime/index.ts';
import type { Material, Sample } from '../training/index.ts';
import type { AlgorithmTask } from './algorithms.ts';
import type { BitWeights } from './algorithmsEvaluation.ts';
import {
  type AskedSequence,
  askedSequence,
  type HeadRecord,
  type OverTime,
  recordSequences,
  type SequenceRecord,
} from './algorithmsRecord.ts';
import { rounded } from './samples.ts';

/** Values over time as few characters: a digit a value, of `0` to `w` (0 to 32), the drawing's own levels. */
export interface Levels {
  /** what 0 and w stand for */
  readonly scale: readonly [number, number];
  /** a string a row, without the level 0 at its end */
  readonly rows: readonly string[];
}

/** What is kept of a sequence that was answered, but for what was asked. */
export interface ShownSequence {
  readonly outputs: Levels;
  readonly heads?: Readonly<Record<'read' | 'write', readonly Readonly<Record<keyof HeadRecord, Levels>>[]>>;
}

const STEPS = 32;

/** @param scale default: from 0, or where there is less as far down as up, to the largest value, at least 1 */
export function levelsOf(rows: OverTime, scale?: readonly [number, number]): Levels {
  const most = rows.flat().reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const isBelow = rows.some((row) => row.some((value) => value < 0));
  const [low, high] = scale ?? [isBelow ? -most : 0, most];
  const level = (value: number) =>
    Math.round(STEPS * Math.min(1, Math.max(0, (value - low) / (high - low)))).toString(36);
  return { scale: [low, high], rows: rows.map((row) => row.map(level).join('').replace(/0+$/, '')) };
}

/** The values that levels stand for. @param steps of a row */
export const valuesOf = ({ scale: [low, high], rows }: Levels, steps: number): number[][] =>
  rows.map((row) =>
    Array.from(row.padEnd(steps, '0'), (digit) => low + ((high - low) * Number.parseInt(digit, 36)) / STEPS),
  );

const shownHead = ({ weights, vectors }: HeadRecord) => ({
  weights: levelsOf(weights, [0, 1]),
  vectors: levelsOf(vectors),
});

/** A level of a probability is on its side of a half: which bit is the likelier one must stay to be seen. */
const decided = (p: number): number => (p > 0.5 ? Math.max(p, (STEPS / 2 + 1) / STEPS) : Math.min(p, 0.5));

function shownSequence({ outputs, heads }: SequenceRecord): ShownSequence {
  return {
    outputs: levelsOf(
      outputs.map((row) => row.map(decided)),
      [0, 1],
    ),
    ...(heads && { heads: { read: heads.read.map(shownHead), write: heads.write.map(shownHead) } }),
  };
}

/** Sizes drawn in search of those in the middle. */
const DRAWN = 15;

/** Of which sizes sequences are shown: in the middle of what is drawn, and the largest. */
export function shownSizes({ algorithm }: AlgorithmTask, seed: number): Sizes[] {
  const random = new Random(seed);
  const volume = (sizes: Sizes) => Object.values(sizes).reduce((product, size) => product * size, 1);
  const drawn = Array.from({ length: DRAWN }, () => algorithm.drawSizes(random)).sort(
    (a, b) => volume(a) - volume(b),
  );
  const middle = drawn[Math.floor(DRAWN / 2)];
  return volume(middle) === volume(algorithm.largest) ? [algorithm.largest] : [middle, algorithm.largest];
}

/** `length 20`, a sequence's name. */
export const sizesName = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(', ');

/** What the sequences that are shown ask, by name; of what is read, three decimals. */
export const sequenceMaterial = (task: AlgorithmTask, seed: number, sizes: readonly Sizes[]): Material =>
  Object.fromEntries(
    sizes.map((each) => [sizesName(each), shortened(askedSequence(task, { seed, sizes: each }))]),
  );

const shortened = (asked: AskedSequence): AskedSequence => ({
  ...asked,
  inputs: asked.inputs.map(rounded),
});

/**
 * One sequence of each of some sizes as a run keeps them.
 *
 * @param options.whole with what was asked, which else is told once (`sequenceMaterial`)
 */
export async function sequenceSamples(
  task: AlgorithmTask,
  weights: BitWeights,
  backend: Backend,
  options: { readonly seed: number; readonly sizes: readonly Sizes[]; readonly whole?: boolean },
): Promise<Sample[]> {
  const { seed, sizes: all, whole = false } = options;
  const requests = all.map((sizes) => ({ seed, sizes }));
  const records = await recordSequences(task, weights, backend, requests);
  const { word } = task.algorithm;
  const words = ({ mask }: SequenceRecord, rows: OverTime) =>
    mask.flatMap((m, t) => (m === 1 ? [word(rows.map((row) => (row[t] > 0.5 ? 1 : 0)))] : [])).join(' ');
  return records.map((record, i) => {
    const { steps, inputs, targets, mask } = record;
    return {
      source: sizesName(all[i]),
      references: [words(record, targets)],
      output: words(record, record.outputs),
      shown: { ...(whole && shortened({ steps, inputs, targets, mask })), ...shownSequence(record) },
    };
  });
}
