/** What the generated tasks share: sequences of steps, sizes, random bits. */
import { UsageError } from '../errors.ts';
import type { Random } from '../random.ts';

/** One sequence, step by step. */
export interface BitSequence {
  /** [T][I] */
  readonly inputs: readonly (readonly number[])[];
  /** [T][O]; zeros where they do not count */
  readonly targets: readonly (readonly number[])[];
  /** [T]: 1 where the outputs count */
  readonly mask: readonly number[];
}

/** How large a sequence is, by the names of its task (`length`, `repeats`, `items`). */
export type Sizes = Readonly<Record<string, number>>;

/** A sequence that somebody wrote. */
export interface WrittenSequence {
  readonly sequence: BitSequence;
  readonly sizes: Sizes;
  /** false where the last answer is what is asked for, and not written */
  readonly isKnown: boolean;
}

/** A task that makes sequences. */
export interface Algorithm {
  /** I: channels that a step reads */
  readonly inputs: number;
  /** O: bits that a step writes */
  readonly outputs: number;
  /** the largest sizes that are drawn; its names are all that there are */
  readonly largest: Sizes;
  /** Sizes for training, uniform in the task's ranges. */
  drawSizes(random: Random): Sizes;
  /** A sequence. @throws UsageError for sizes that make none */
  draw(random: Random, sizes: Sizes): BitSequence;
  /** Vectors that must be held at once, each in a location of its own; 0 where a solution can do with fewer. */
  locations(sizes: Sizes): number;
  /** how a sequence is written in a line, in words */
  readonly form: string;
  /** The sequence of a line. @param place of it, for errors @throws DataError for a line that is none */
  read(text: string, place: string): WrittenSequence;
  /** An answer's step as a word. @param bits [O] */
  word(bits: Vector): string;
}

/** Least and greatest, both included. */
export type Range = readonly [number, number];

export type Vector = readonly number[];

export const randomBit = (random: Random): number => random.uint32() >>> 31;

export const randomBits = (random: Random, width: number): number[] =>
  Array.from({ length: width }, () => randomBit(random));

export const randomVectors = (random: Random, count: number, width: number): number[][] =>
  Array.from({ length: count }, () => randomBits(random, width));

/** Uniform in a range. */
export const drawFrom = (random: Random, [least, greatest]: Range): number =>
  least + random.integer(greatest - least + 1);

export const zeros = (width: number): number[] => Array(width).fill(0);

/** @throws UsageError unless the value is a whole number and at least `least` */
export function checkSize(name: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`${name} ${value}`, `a whole number from ${least} up`, `Change ${name}.`);
}

/** @throws UsageError unless it goes up, from `least` or more */
export function checkRange(name: string, range: Range, least = 1): Range {
  const [from, to] = range;
  checkSize(name, from, least);
  checkSize(name, to, least);
  if (from <= to) return range;
  throw new UsageError(`${name} from ${from} to ${to}`, 'the smaller number first', `Turn ${name} round.`);
}

/** Inputs that come first and answers that come after them, when nothing is read. */
export function readThenAnswer(inputs: readonly Vector[], answers: readonly Vector[]): BitSequence {
  const silence = zeros(inputs[0].length);
  const nothing = zeros(answers[0].length);
  return {
    inputs: [...inputs, ...answers.map(() => silence)],
    targets: [...inputs.map(() => nothing), ...answers],
    mask: [...inputs.map(() => 0), ...answers.map(() => 1)],
  };
}
