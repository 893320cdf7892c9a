import { type Dim, floorDivide, product } from '../dims.ts';
import { shapeError, type Value } from '../value.ts';
import { max, mean } from './reduce.ts';
import { reshape, slice } from './shape.ts';

/**
 * Windows side by side as axes of their own: `[…, L]` → `[…, ⌊L/w⌋, w]` for the last `windows.length` axes; what does
 * not fill a window is left out.
 */
function windowed(operation: string, x: Value, windows: readonly number[]): { parts: Value; axes: number[] } {
  const lead = x.shape.length - windows.length;
  if (lead < 0 || windows.some((w) => !Number.isInteger(w) || w < 1)) {
    shapeError(operation, [x], 'a whole window size ≥ 1 for each of the last axes', `[${windows}] came.`);
  }
  let cut = x;
  const shape: Dim[] = [...x.shape.slice(0, lead)];
  const axes: number[] = [];
  for (const [i, w] of windows.entries()) {
    const size = x.shape[lead + i];
    const count = floorDivide(size, w);
    if (count === undefined || count === 0) {
      const expected = `at least one window, and a number of windows that is known (axis ${lead + i}, window ${w})`;
      shapeError(operation, [x], expected, `Name the size as a multiple ('${w}*U') and pad the data to it.`);
    }
    cut = slice(cut, lead + i, 0, product([w, count]));
    shape.push(count, w);
    axes.push(shape.length - 1);
  }
  return { parts: reshape(cut, shape), axes };
}

/**
 * Largest entry of adjacent windows that do not overlap, over the last `windows.length` axes: `[…, L]` → `[…, ⌊L/w⌋]`.
 * Ties share the gradient.
 *
 * @throws ShapeError when a size known only at run time is not named as a multiple of its window
 */
export function maxPool(x: Value, windows: readonly number[]): Value {
  const { parts, axes } = windowed('maxPool', x, windows);
  return max(parts, { axes });
}

/** Mean of adjacent windows that do not overlap; sizes and errors as for `maxPool`. */
export function averagePool(x: Value, windows: readonly number[]): Value {
  const { parts, axes } = windowed('averagePool', x, windows);
  return mean(parts, { axes });
}
