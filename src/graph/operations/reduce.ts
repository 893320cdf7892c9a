import { evaluate, printShape, type Shape, sameShape } from '../dims.ts';
import { apply1, constant, isFloat, type Operation, shapeError, type Value } from '../value.ts';
import { add, cast, div, equal, exp, log, mul, stopGradient, sub } from './elementwise.ts';
import { broadcastTo, squeeze, unsqueeze } from './shape.ts';
import { size } from './size.ts';

interface Axes {
  readonly axes: readonly number[];
  readonly keep: boolean;
}

/** Counts negative axes from the end; throws ShapeError for axes that are not there. */
export function normalizeAxes(operation: string, x: Value, axes: readonly number[]): number[] {
  const found = axes.map((axis) => {
    const normal = axis < 0 ? axis + x.shape.length : axis;
    if (normal < 0 || normal >= x.shape.length || !Number.isInteger(axis)) {
      shapeError(
        operation,
        [x],
        `an axis from ${-x.shape.length} to ${x.shape.length - 1}`,
        `Axis ${axis} came.`,
      );
    }
    return normal;
  });
  if (new Set(found).size !== found.length) {
    shapeError(operation, [x], 'each axis once', `[${axes}] came.`);
  }
  return found;
}

const reduced = (shape: Shape, { axes, keep }: Axes): Shape =>
  keep ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));

/** The gradient of a reduction, back with the reduced axes as size 1. */
function keepAxes(g: Value, x: Value, { axes, keep }: Axes): Value {
  if (keep) return g;
  return axes.length === x.shape.length && g.shape.length === 0 ? g : unsqueeze(g, axes);
}

function reduction(
  name: string,
  onnx: string,
  derivative: (x: Value, y: Value, g: Value, attributes: Axes) => Value,
): Operation<Axes> {
  const operation: Operation<Axes> = {
    name,
    cost: 'costly',
    infer([x], attributes) {
      if (x.dtype === 'bool') shapeError(name, [x], 'numbers', 'Cast it first.');
      return [{ dtype: x.dtype, shape: reduced(x.shape, attributes) }];
    },
    gradient: (node, [g]) => [
      g &&
        derivative(
          node.inputs[0],
          keepAxes(node.outputs[0], node.inputs[0], node.attributes),
          keepAxes(g, node.inputs[0], node.attributes),
          node.attributes,
        ),
    ],
    emit: (node, inputs, scope) =>
      scope.node(onnx, [inputs[0], scope.ints(node.attributes.axes)], {
        keepdims: node.attributes.keep ? 1 : 0,
      }),
    lift: (node, [x]) => [
      apply1(operation, [x.value], {
        axes: node.attributes.axes.map((a) => a + 1),
        keep: node.attributes.keep,
      }),
    ],
    liftSum:
      name === 'sum'
        ? (node, [x]) => {
            const summed = apply1(operation, [x.value], {
              axes: [0, ...node.attributes.axes.map((a) => a + 1)],
              keep: node.attributes.keep,
            });
            return node.attributes.keep ? squeeze(summed, [0]) : summed;
          }
        : undefined,
  };
  return operation;
}

const reduce =
  (operation: Operation<Axes>) =>
  (x: Value, options: { axes?: readonly number[]; keep?: boolean } = {}): Value => {
    const axes = normalizeAxes(operation.name, x, options.axes ?? x.shape.map((_, i) => i)).sort(
      (a, b) => a - b,
    );
    return axes.length === 0 ? x : apply1(operation, [x], { axes, keep: options.keep ?? false });
  };

/** Sum over `axes` (default: all); `keep` keeps them with size 1. */
export const sum = reduce(reduction('sum', 'ReduceSum', (x, _y, g) => broadcastTo(g, x.shape)));
/** Largest entry over `axes`; ties share the gradient. */
export const max = reduce(
  reduction('max', 'ReduceMax', (x, y, g, { axes }) => {
    const chosen = cast(equal(x, y), x.dtype);
    return mul(chosen, div(g, sum(chosen, { axes, keep: true })));
  }),
);
/**
 * ln Σ exp(x) over `axes` (default: all), without overflow. Impossible entries are given as a large negative number
 * (−1e30), not as −∞.
 */
export function logSumExp(x: Value, options: { axes?: readonly number[]; keep?: boolean } = {}): Value {
  floating('logSumExp', x);
  const axes = normalizeAxes('logSumExp', x, options.axes ?? x.shape.map((_, i) => i));
  const largest = stopGradient(max(x, { axes, keep: true }));
  const total = add(log(sum(exp(sub(x, largest)), { axes, keep: true })), largest);
  return options.keep ? total : squeeze(total, axes);
}
/** Mean over `axes` (default: all). */
export function mean(x: Value, options: { axes?: readonly number[]; keep?: boolean } = {}): Value {
  floating('mean', x);
  const axes = normalizeAxes('mean', x, options.axes ?? x.shape.map((_, i) => i));
  const total = sum(x, options);
  const dims = axes.map((a) => x.shape[a]);
  const count = dims.every((d) => typeof d === 'number')
    ? constant(
        dims.reduce((p: number, d) => p * evaluate(d, () => 1), 1),
        x.dtype,
      )
    : squeeze(size(dims, x), [0]);
  return div(total, count);
}

/** Sums a gradient down to the shape of an operand that was broadcast. */
export function sumTo(g: Value, shape: Shape): Value {
  if (sameShape(g.shape, shape)) return g;
  const extra = g.shape.length - shape.length;
  if (extra < 0) throw new Error(`sumTo: ${printShape(g.shape)} to ${printShape(shape)}`);
  const leading = Array.from({ length: extra }, (_, i) => i);
  const ones = shape.flatMap((d, i) => (d === 1 && g.shape[i + extra] !== 1 ? [i + extra] : []));
  const kept = ones.length > 0 ? sum(g, { axes: ones, keep: true }) : g;
  return leading.length > 0 ? sum(kept, { axes: leading }) : kept;
}

function floating(operation: string, x: Value): Value {
  if (!isFloat(x)) shapeError(operation, [x], 'a floating-point tensor', 'Cast it first.');
  return x;
}

interface Axis {
  readonly axis: number;
}
const softmaxOperation: Operation<Axis> = {
  name: 'softmax',
  cost: 'costly',
  infer: ([x]) => [floating('softmax', x)],
  gradient(node, [g]) {
    const y = node.outputs[0];
    const axes = [node.attributes.axis];
    return [g && mul(y, sub(g, sum(mul(g, y), { axes, keep: true })))];
  },
  emit: (node, inputs, scope) => scope.node('Softmax', inputs, { axis: node.attributes.axis }),
  lift: (node, [x]) => [softmax(x.value, node.attributes.axis + 1)],
};
/** exp(x) / Σ exp(x) over one axis (default: the last). */
export const softmax = (x: Value, axis = -1): Value =>
  apply1(softmaxOperation, [x], { axis: normalizeAxes('softmax', x, [axis])[0] });

const logSoftmaxOperation: Operation<Axis> = {
  name: 'logSoftmax',
  cost: 'costly',
  infer: ([x]) => [floating('logSoftmax', x)],
  gradient(node, [g]) {
    const axes = [node.attributes.axis];
    return [g && sub(g, mul(exp(node.outputs[0]), sum(g, { axes, keep: true })))];
  },
  emit: (node, inputs, scope) => scope.node('LogSoftmax', inputs, { axis: node.attributes.axis }),
  lift: (node, [x]) => [logSoftmax(x.value, node.attributes.axis + 1)],
};
/** x − ln Σ exp(x) over one axis (default: the last). */
export const logSoftmax = (x: Value, axis = -1): Value =>
  apply1(logSoftmaxOperation, [x], { axis: normalizeAxes('logSoftmax', x, [axis])[0] });
