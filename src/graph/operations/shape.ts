import { ShapeError } from '../../errors.ts';
import {
  broadcast,
  canonical,
  type Dim,
  minus,
  printShape,
  product,
  type Shape,
  sameShape,
  sum as sumDims,
} from '../dims.ts';
import type { Scope } from '../onnx.ts';
import {
  apply1,
  constant,
  type DType,
  isConstant,
  type Operation,
  shapeError,
  type Value,
} from '../value.ts';
import { matmulOf, matmulTransposed } from './matmul.ts';
import { normalizeAxes, sumTo } from './reduce.ts';

const unsqueezeOperation: Operation<{ axes: readonly number[] }> = {
  name: 'unsqueeze',
  cost: 'view',
  infer([x], { axes }) {
    const rank = x.shape.length + axes.length;
    if (axes.some((a, i) => !Number.isInteger(a) || a < 0 || a >= rank || (i > 0 && a <= axes[i - 1]))) {
      const expected = `ascending axes from 0 to ${rank - 1}, the places of the new ones in the result`;
      shapeError('unsqueeze', [x], expected, `[${axes}] came.`);
    }
    const shape: Dim[] = [...x.shape];
    for (const axis of axes) shape.splice(axis, 0, 1);
    return [{ dtype: x.dtype, shape }];
  },
  gradient: (node, [g]) => [g && squeeze(g, node.attributes.axes)],
  emit: (node, inputs, scope) => scope.node('Unsqueeze', [inputs[0], scope.ints(node.attributes.axes)]),
  lift: (node, [x]) => [
    unsqueeze(
      x.value,
      node.attributes.axes.map((a) => a + 1),
    ),
  ],
};
/** Inserts axes of size 1; `axes` (ascending) are their places in the result. */
export const unsqueeze = (x: Value, axes: readonly number[]): Value =>
  axes.length === 0 ? x : apply1(unsqueezeOperation, [x], { axes });

const squeezeOperation: Operation<{ axes: readonly number[] }> = {
  name: 'squeeze',
  cost: 'view',
  infer([x], { axes }) {
    if (axes.some((a) => x.shape[a] !== 1)) {
      shapeError('squeeze', [x], `size 1 at axes ${axes.join(', ')}`, 'Sum or slice the axis first.');
    }
    return [{ dtype: x.dtype, shape: x.shape.filter((_, i) => !axes.includes(i)) }];
  },
  gradient: (node, [g]) => [g && unsqueeze(g, node.attributes.axes)],
  emit: (node, inputs, scope) => scope.node('Squeeze', [inputs[0], scope.ints(node.attributes.axes)]),
  lift: (node, [x]) => [
    squeeze(
      x.value,
      node.attributes.axes.map((a) => a + 1),
    ),
  ],
};
/** Removes axes of size 1. */
export const squeeze = (x: Value, axes: readonly number[]): Value => {
  const normal = normalizeAxes('squeeze', x, axes).sort((a, b) => a - b);
  return normal.length === 0 ? x : apply1(squeezeOperation, [x], { axes: normal });
};

const transposeOperation: Operation<{ order: readonly number[] }> = {
  name: 'transpose',
  cost: 'cheap',
  infer([x], { order }) {
    if (
      order.length !== x.shape.length ||
      new Set(order).size !== order.length ||
      order.some((a) => !(a in x.shape))
    ) {
      shapeError('transpose', [x], `an order of the axes 0 to ${x.shape.length - 1}`, `[${order}] came.`);
    }
    return [{ dtype: x.dtype, shape: order.map((a) => x.shape[a]) }];
  },
  gradient: (node, [g]) => [g && transpose(g, inverse(node.attributes.order))],
  emit: (node, inputs, scope) => scope.node('Transpose', inputs, { perm: node.attributes.order }),
  lift: (node, [x]) => [transpose(x.value, [0, ...node.attributes.order.map((a) => a + 1)])],
};
const inverse = (order: readonly number[]): number[] => order.map((_, i) => order.indexOf(i));

/** Reorders axes (default: reversed). What is transposed back, or is a product of matrices, costs nothing. */
export function transpose(
  x: Value,
  order: readonly number[] = x.shape.map((_, i) => x.shape.length - 1 - i),
): Value {
  if (order.every((a, i) => a === i) && order.length === x.shape.length) return x;
  if (x.node.operation === (transposeOperation as Operation)) {
    const before = (x.node.attributes as { order: readonly number[] }).order;
    return transpose(
      x.node.inputs[0],
      order.map((a) => before[a]),
    );
  }
  if (order.length === 2 && x.shape.length === 2 && matmulOf(x) !== undefined) return matmulTransposed(x);
  return apply1(transposeOperation, [x], { order });
}

const reshapeOperation: Operation<{ shape: Shape }> = {
  name: 'reshape',
  cost: 'view',
  infer([x], { shape }) {
    if (product(x.shape) !== product(shape)) {
      shapeError(
        'reshape',
        [x],
        `as many entries as ${printShape(shape)}`,
        `${product(x.shape)} ≠ ${product(shape)}.`,
      );
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: (node, [g]) => [g && reshape(g, node.inputs[0].shape)],
  emit: (node, inputs, scope) =>
    scope.node('Reshape', [inputs[0], reshapeTarget(node.inputs[0].shape, node.attributes.shape, scope)]),
  lift: (node, [x]) => [reshape(x.value, [x.value.shape[0], ...node.attributes.shape])],
};
/** ONNX's target vector: 0 copies the size at the same place, one −1 is worked out by the runtime. */
function reshapeTarget(from: Shape, to: Shape, scope: Scope): string {
  const target = to.map((d, i) => (typeof d === 'number' ? d : d === from[i] ? 0 : undefined));
  const open = target.filter((d) => d === undefined).length;
  if (open <= 1) return scope.ints(target.map((d) => d ?? -1));
  return scope.shape(to);
}
/** The same entries in row-major order under another shape. */
export function reshape(x: Value, shape: Shape): Value {
  const target = canonical('reshape', shape);
  return sameShape(x.shape, target) ? x : apply1(reshapeOperation, [x], { shape: target });
}

const expandOperation: Operation<{ shape: Shape }> = {
  name: 'broadcastTo',
  cost: 'view',
  infer([x], { shape }) {
    if (!sameShape(broadcast('broadcastTo', [x.shape, shape]), shape)) {
      shapeError('broadcastTo', [x], `a shape that broadcasts to ${printShape(shape)}`, 'Reduce it first.');
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: (node, [g]) => [g && sumTo(g, node.inputs[0].shape)],
  emit: (node, inputs, scope) => scope.node('Expand', [inputs[0], scope.shape(node.attributes.shape)]),
  lift: (node, [x]) => {
    const missing = node.attributes.shape.length - node.inputs[0].shape.length;
    const aligned = unsqueeze(
      x.value,
      Array.from({ length: missing }, (_, i) => i + 1),
    );
    return [broadcastTo(aligned, [x.value.shape[0], ...node.attributes.shape])];
  },
};
/** Repeats along axes of size 1 (and new leading ones). */
export function broadcastTo(x: Value, shape: Shape): Value {
  const target = canonical('broadcastTo', shape);
  return sameShape(x.shape, target) ? x : apply1(expandOperation, [x], { shape: target });
}

/** A tensor full of one number. */
export const full = (shape: Shape, value: number, dtype: DType = 'float32'): Value =>
  broadcastTo(constant(value, dtype), shape);
/** A tensor of zeros. */
export const zeros = (shape: Shape, dtype: DType = 'float32'): Value => full(shape, 0, dtype);
/** True when a value is known to be zero everywhere. */
export const isZero = (x: Value): boolean =>
  isConstant(x)
    ? (x.node.attributes as { data: readonly number[] }).data.every((v) => v === 0)
    : x.node.operation === (expandOperation as Operation) && isZero(x.node.inputs[0]);

const concatOperation: Operation<{ axis: number }> = {
  name: 'concat',
  cost: 'cheap',
  infer(inputs, { axis }) {
    const [first] = inputs;
    for (const x of inputs) {
      if (x.dtype !== first.dtype || x.shape.length !== first.shape.length) {
        shapeError('concat', inputs, 'one dtype and one rank', 'Cast or reshape.');
      }
      if (x.shape.some((d, i) => i !== axis && d !== first.shape[i])) {
        shapeError('concat', inputs, `equal sizes but for axis ${axis}`, 'Broadcast or transpose first.');
      }
    }
    const dim = sumDims(inputs.map((x) => x.shape[axis]));
    return [{ dtype: first.dtype, shape: first.shape.map((d, i) => (i === axis ? dim : d)) }];
  },
  gradient(node, [g], needed) {
    const { axis } = node.attributes;
    let start: Dim = 0;
    return node.inputs.map((x, i) => {
      const from = start;
      start = sumDims([start, x.shape[axis]]);
      return g && needed[i] ? slice(g, axis, from, start) : undefined;
    });
  },
  emit: (node, inputs, scope) => scope.node('Concat', inputs, { axis: node.attributes.axis }),
  lift: (node, inputs) => {
    const time = inputs.find((x) => x.lifted)?.value.shape[0] as Dim;
    const all = inputs.map(({ value, lifted }) =>
      lifted ? value : broadcastTo(value, [time, ...value.shape]),
    );
    return [concat(all, node.attributes.axis + 1)];
  },
};
/** Joins tensors along an axis (default: the last). */
export function concat(inputs: readonly Value[], axis = -1): Value {
  if (inputs.length === 0)
    throw new ShapeError('concat: no tensor', 'at least one', 'Pass the tensors to join.');
  return inputs.length === 1
    ? inputs[0]
    : apply1(concatOperation, inputs, { axis: normalizeAxes('concat', inputs[0], [axis])[0] });
}

interface Range {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
}

const sliceOperation: Operation<Range> = {
  name: 'slice',
  cost: 'view',
  infer([x], { axis, start, end }) {
    const length = minus(end, start);
    const rest = minus(x.shape[axis], end);
    if ([start, length, rest].some((d) => typeof d === 'number' && d < 0)) {
      shapeError('slice', [x], `a range inside axis ${axis}`, `${start} to ${end} came.`);
    }
    return [{ dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? length : d)) }];
  },
  gradient(node, [g]) {
    const { axis, start, end } = node.attributes;
    return [g && pad(g, axis, start, minus(node.inputs[0].shape[axis], end))];
  },
  emit: (node, inputs, scope) => {
    const { axis, start, end } = node.attributes;
    return scope.node('Slice', [inputs[0], scope.dim(start), scope.dim(end), scope.ints([axis])]);
  },
  lift: (node, [x]) => [slice(x.value, node.attributes.axis + 1, node.attributes.start, node.attributes.end)],
};
/** Entries `start` (inclusive) to `end` (exclusive) of one axis. */
export function slice(x: Value, axis: number, start: Dim, end: Dim): Value {
  const [normal] = normalizeAxes('slice', x, [axis]);
  return start === 0 && end === x.shape[normal]
    ? x
    : apply1(sliceOperation, [x], { axis: normal, start, end });
}

/** Adjacent parts of one axis, with the given sizes; together they must be the whole of it. */
export function split(x: Value, axis: number, sizes: readonly Dim[]): Value[] {
  const [normal] = normalizeAxes('split', x, [axis]);
  if (sumDims(sizes) !== x.shape[normal]) {
    shapeError('split', [x], `parts that add up to ${x.shape[normal]}`, `${sizes.join(' + ')} came.`);
  }
  let start: Dim = 0;
  return sizes.map((length) => {
    const from = start;
    start = sumDims([start, length]);
    return slice(x, normal, from, start);
  });
}

/** Zeros before and after one axis. */
export function pad(x: Value, axis: number, before: Dim, after: Dim): Value {
  const [normal] = normalizeAxes('pad', x, [axis]);
  const block = (length: Dim) =>
    zeros(
      x.shape.map((d, i) => (i === normal ? length : d)),
      x.dtype,
    );
  const parts = [...(before === 0 ? [] : [block(before)]), x, ...(after === 0 ? [] : [block(after)])];
  return concat(parts, normal);
}
