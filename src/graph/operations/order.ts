/** Operations along one ordered axis. */
import { apply, apply1, type Operation, shapeError, type Value } from '../value.ts';
import { takeAlong } from './gather.ts';
import { normalizeAxes } from './reduce.ts';

interface Direction {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

const cumsumOperation: Operation<Direction> = {
  name: 'cumsum',
  cost: 'costly',
  infer([x]) {
    if (x.dtype === 'bool') shapeError('cumsum', [x], 'numbers', 'Cast it first.');
    return [x];
  },
  gradient: (node, [g]) => [
    g && apply1(cumsumOperation, [g], { ...node.attributes, reverse: !node.attributes.reverse }),
  ],
  emit(node, [x], scope) {
    const { axis, exclusive, reverse } = node.attributes;
    const place = scope.constant({ dtype: 'int64', shape: [], data: [axis] });
    return scope.node('CumSum', [x, place], { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 });
  },
  lift: (node, [x]) => [
    apply1(cumsumOperation, [x.value], { ...node.attributes, axis: node.attributes.axis + 1 }),
  ],
};
/**
 * Running sum along one axis (default: the last), the entry itself included.
 *
 * @param options.exclusive leave the entry itself out, so that the first sum is 0
 * @param options.reverse sum from the end
 */
export const cumsum = (
  x: Value,
  axis = -1,
  options: { exclusive?: boolean; reverse?: boolean } = {},
): Value =>
  apply1(cumsumOperation, [x], {
    axis: normalizeAxes('cumsum', x, [axis])[0],
    exclusive: options.exclusive ?? false,
    reverse: options.reverse ?? false,
  });

/** Outputs: indices only. The values are taken by them, which gives them their gradient. */
const topKOperation: Operation<{ k: number; axis: number }> = {
  name: 'topK',
  cost: 'costly',
  infer([x], { k, axis }) {
    const size = x.shape[axis];
    if (!Number.isInteger(k) || k < 1 || (typeof size === 'number' && k > size) || x.dtype === 'bool') {
      shapeError('topK', [x], `1 to ${size} entries of axis ${axis}, numbers`, `k = ${k} came.`);
    }
    return [{ dtype: 'int64', shape: x.shape.map((d, i) => (i === axis ? k : d)) }];
  },
  emit(node, [x], scope) {
    const { k, axis } = node.attributes;
    return [scope.node('TopK', [x, scope.ints([k])], { axis }, 2)[1]];
  },
  lift: (node, [x]) =>
    apply(topKOperation, [x.value], { ...node.attributes, axis: node.attributes.axis + 1 }),
};
/** The k largest entries along one axis (default: the last), largest first, and their int64 indices. */
export function topK(x: Value, k: number, axis = -1): { values: Value; indices: Value } {
  const [normal] = normalizeAxes('topK', x, [axis]);
  const indices = apply1(topKOperation, [x], { k, axis: normal });
  return { values: takeAlong(x, indices, normal), indices };
}
