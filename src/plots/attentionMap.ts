import { DataError, ShapeError } from '../errors.ts';

/** Where a decoder looked: one row per target token. */
export interface AttentionMap {
  /** S tokens. */
  source: string[];
  /** T tokens. */
  target: string[];
  /** `[T][S]`, 0 to 1, rows sum to 1. */
  weights: ArrayLike<number>[];
}

/** Both drawings refuse the same: an empty side, other shapes than `[T][S]`, weights that are not numbers. */
export function checkAttentionMap({ source, target, weights }: AttentionMap): void {
  if (source.length === 0 || target.length === 0) {
    throw new DataError(
      `An attention map of ${target.length} target and ${source.length} source tokens`,
      'at least one of each',
      'Skip empty sentences.',
    );
  }
  const wrong = weights.findIndex((row) => row.length !== source.length);
  if (weights.length !== target.length || wrong >= 0) {
    throw new ShapeError(
      wrong >= 0
        ? `Row ${wrong} of ${weights[wrong].length} attention weights`
        : `${weights.length} rows of attention weights`,
      `[T][S] = [${target.length}][${source.length}]`,
      'Cut padding off the rows, and give one row per target token (EOS too, if it has a label).',
    );
  }
  for (const [t, row] of weights.entries()) {
    const s = Array.from(row).findIndex((weight) => !Number.isFinite(weight));
    if (s < 0) continue;
    throw new DataError(
      `An attention weight of ${row[s]} at target ${t}, source ${s}`,
      'numbers from 0 to 1',
      'Look for a source that is all padding, or weights of the model that are not numbers.',
    );
  }
}
