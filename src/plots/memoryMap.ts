import { DataError, ShapeError } from '../errors.ts';

/** What a memory network read to answer a question. */
export interface MemoryMap {
  readonly question: string;
  /** what was answered */
  readonly answer: string;
  /** of the answer, 0 to 1 */
  readonly probability?: number;
  /** the right answer, where it is known */
  readonly expected?: string;
  /** N sentences, the oldest first */
  readonly facts: readonly string[];
  /** `[hops][N]`, 0 to 1: how much of each fact was read. What a row lacks to 1 was read of nothing */
  readonly weights: readonly ArrayLike<number>[];
  /** which facts the answer follows from, as indices, where that is known */
  readonly supports?: readonly number[];
  /** facts told before these that were forgotten; default 0 */
  readonly forgotten?: number;
}

/** Weights of a softmax in float32 may leave 0 to 1 by rounding. */
const tolerance = 1e-3;

/**
 * Refuses what cannot be drawn.
 *
 * @throws DataError without facts or hops, or for a weight that is none; ShapeError for other shapes than `[hops][N]`,
 *   and for supports that are no facts
 */
export function checkMemoryMap({ facts, weights, supports = [] }: MemoryMap): void {
  if (facts.length === 0 || weights.length === 0) {
    throw new DataError(
      `A memory of ${facts.length} facts, read in ${weights.length} hops`,
      'at least one of each',
      'Draw answers to questions about a story.',
    );
  }
  for (const [k, row] of weights.entries()) {
    if (row.length !== facts.length) {
      throw new ShapeError(
        `${row.length} weights in hop ${k + 1}`,
        `one a fact: ${facts.length}`,
        'Give the facts that were remembered, the oldest first.',
      );
    }
    const wrong = Array.from(row).findIndex((weight) => !(weight >= -tolerance && weight <= 1 + tolerance));
    if (wrong < 0) continue;
    throw new DataError(
      `A weight of ${row[wrong]} at fact ${wrong + 1} in hop ${k + 1}`,
      'numbers from 0 to 1',
      'Give what comes of the softmax.',
    );
  }
  const none = supports.find((fact) => !(Number.isInteger(fact) && fact >= 0 && fact < facts.length));
  if (none === undefined) return;
  throw new ShapeError(
    `a supporting fact at index ${none}`,
    `indices of the ${facts.length} facts, from 0`,
    'Count from the oldest fact that was remembered.',
  );
}

/** Of each hop what was read of no fact. */
export const readOfNothing = ({ weights }: MemoryMap): number[] =>
  weights.map((row) => Math.max(0, 1 - Array.from(row).reduce((sum, weight) => sum + weight, 0)));

/** A row that nothing is to be seen in is not drawn. */
export const seen = (weights: readonly number[]): boolean => weights.some((weight) => weight >= 0.005);
