import { type Dim, sameShape } from '../dims.ts';
import { onnxType, type Scope } from '../onnx.ts';
import { apply1, type DType, isInteger, type Operation, shapeError, type Value } from '../value.ts';
import { cast, equal } from './elementwise.ts';
import { normalizeAxes } from './reduce.ts';
import { unsqueeze } from './shape.ts';

const gatherOperation: Operation<undefined> = {
  name: 'gather',
  cost: 'costly',
  infer([table, indices]) {
    if (table.shape.length === 0 || !isInteger(indices)) {
      shapeError(
        'gather',
        [table, indices],
        'a table [V, …] and int32 or int64 indices',
        'Cast the indices.',
      );
    }
    return [{ dtype: table.dtype, shape: [...indices.shape, ...table.shape.slice(1)] }];
  },
  gradient: (node, [g]) => [g && scatterRows(node.inputs[1], g, node.inputs[0].shape[0]), undefined],
  emit: (_, inputs, scope) => scope.node('Gather', inputs, { axis: 0 }),
  lift: (_, [table, indices]) => [gather(table.value, indices.value)],
  canLift: (node, hasTime) => !hasTime(node.inputs[0]),
};
/** Rows of a table `[V, …]` by index: `[…indices, …]`. An index outside 0 … V−1 fails when run. */
export const gather = (table: Value, indices: Value): Value =>
  apply1(gatherOperation, [table, indices], undefined);

function emitAdd(base: string, index: Value, indices: string, updates: string, scope: Scope): string[] {
  const wide =
    index.dtype === 'int64' ? indices : scope.node('Cast', [indices], { to: onnxType('int64') })[0];
  const [places] = scope.node('Unsqueeze', [wide, scope.ints([-1])]);
  return scope.node('ScatterND', [base, places, updates], { reduction: 'add' });
}

const addRowsOperation: Operation<undefined> = {
  name: 'addRows',
  cost: 'costly',
  infer([base, indices, updates]) {
    const lead = indices.shape.length;
    if (
      !isInteger(indices) ||
      !sameShape(updates.shape, [...indices.shape, ...base.shape.slice(1)]) ||
      base.dtype !== updates.dtype
    ) {
      const expected = `a table [V, …], integer indices and updates [${'…, '.repeat(Math.min(1, lead))}row]`;
      shapeError('addRows', [base, indices, updates], expected, 'Give one row per index.');
    }
    return [base];
  },
  gradient: (node, [g]) => [g, undefined, g && gather(g, node.inputs[1])],
  emit(node, [base, indices, updates], scope) {
    return emitAdd(base, node.inputs[1], indices, updates, scope);
  },
};
/** A table `[V, …]` with each row of `updates` `[…indices, …]` added at its index; indices may repeat. */
export const addRows = (base: Value, indices: Value, updates: Value): Value =>
  apply1(addRowsOperation, [base, indices, updates], undefined);

const scatterOperation: Operation<{ rows: Dim }> = {
  name: 'scatterRows',
  cost: 'costly',
  infer([indices, updates], { rows }) {
    const lead = indices.shape.length;
    if (!isInteger(indices) || indices.shape.some((d, i) => d !== updates.shape[i])) {
      shapeError(
        'scatterRows',
        [indices, updates],
        'indices […] and updates […, row]',
        'Give one row per index.',
      );
    }
    return [{ dtype: updates.dtype, shape: [rows, ...updates.shape.slice(lead)] }];
  },
  gradient: (node, [g]) => [undefined, g && gather(g, node.inputs[0])],
  emit(node, [indices, updates], scope) {
    const shape = node.outputs[0].shape;
    const zero = scope.constant({ dtype: node.outputs[0].dtype, shape: [], data: [0] });
    const [base] = scope.node('Expand', [zero, scope.shape(shape)]);
    return emitAdd(base, node.inputs[0], indices, updates, scope);
  },
  liftSum: (node, [i, u]) => scatterRows(i.value, u.value, node.attributes.rows),
};
/** Zeros `[rows, …]` to which each row of `updates` is added at its index; the gradient of `gather`. */
export const scatterRows = (indices: Value, updates: Value, rows: Dim): Value =>
  apply1(scatterOperation, [indices, updates], { rows });

interface Along {
  readonly axis: number;
}
const takeOperation: Operation<Along> = {
  name: 'takeAlong',
  cost: 'costly',
  infer([x, indices], { axis }) {
    if (
      !isInteger(indices) ||
      indices.shape.length !== x.shape.length ||
      indices.shape.some((d, i) => i !== axis && d !== x.shape[i])
    ) {
      shapeError(
        'takeAlong',
        [x, indices],
        `integer indices alike but for axis ${axis}`,
        'Unsqueeze or broadcast them.',
      );
    }
    return [{ dtype: x.dtype, shape: indices.shape }];
  },
  gradient: (node, [g]) => {
    const [x, indices] = node.inputs;
    return [g && putAlong(indices, g, node.attributes.axis, x.shape[node.attributes.axis]), undefined];
  },
  emit: (node, inputs, scope) => scope.node('GatherElements', inputs, { axis: node.attributes.axis }),
  lift: (node, [x, indices]) => [takeAlong(x.value, indices.value, node.attributes.axis + 1)],
  canLift: (node, hasTime) => node.inputs.every(hasTime),
};
/** Entries of `x` along one axis (default: the last), picked by `indices` of the same rank. */
export const takeAlong = (x: Value, indices: Value, axis = -1): Value =>
  apply1(takeOperation, [x, indices], { axis: normalizeAxes('takeAlong', x, [axis])[0] });

const putOperation: Operation<Along & { size: Dim }> = {
  name: 'putAlong',
  cost: 'costly',
  infer([indices, updates], { axis, size }) {
    if (!isInteger(indices) || !sameShape(indices.shape, updates.shape)) {
      shapeError(
        'putAlong',
        [indices, updates],
        'integer indices and updates of one shape',
        'Give one index per entry.',
      );
    }
    return [{ dtype: updates.dtype, shape: indices.shape.map((d, i) => (i === axis ? size : d)) }];
  },
  gradient: (node, [g]) => [undefined, g && takeAlong(g, node.inputs[0], node.attributes.axis)],
  emit(node, [indices, updates], scope) {
    const { axis, size } = node.attributes;
    const [i, u] = node.inputs;
    const shape = i.shape.map((d, k) => (k === axis ? size : d));
    const zero = scope.constant({ dtype: u.dtype, shape: [], data: [0] });
    const [base] = scope.node('Expand', [zero, scope.shape(shape)]);
    return scope.node('ScatterElements', [base, indices, updates], { axis, reduction: 'add' });
  },
  lift: (node, [i, u]) => [putAlong(i.value, u.value, node.attributes.axis + 1, node.attributes.size)],
  canLift: (node, hasTime) => node.inputs.every(hasTime),
};
/** Zeros of size `size` along `axis` to which `updates` are added at `indices`; the gradient of `takeAlong`. */
export const putAlong = (indices: Value, updates: Value, axis: number, size: Dim): Value =>
  apply1(putOperation, [indices, updates], { axis: normalizeAxes('putAlong', updates, [axis])[0], size });

const argMaxOperation: Operation<Along> = {
  name: 'argMax',
  cost: 'costly',
  infer: ([x], { axis }) => [{ dtype: 'int64', shape: x.shape.filter((_, i) => i !== axis) }],
  emit: (node, inputs, scope) => scope.node('ArgMax', inputs, { axis: node.attributes.axis, keepdims: 0 }),
  lift: (node, [x]) => [argMax(x.value, node.attributes.axis + 1)],
};
/** Index (int64) of the largest entry of one axis (default: the last); the first of equals. */
export const argMax = (x: Value, axis = -1): Value =>
  apply1(argMaxOperation, [x], { axis: normalizeAxes('argMax', x, [axis])[0] });

const rangeOperation: Operation<{ length: Dim }> = {
  name: 'range',
  cost: 'cheap',
  infer: (_, { length }) => [{ dtype: 'int64', shape: [length] }],
  emit(node, _, scope) {
    const scalar = (name: string) => scope.node('Squeeze', [name])[0];
    const [zero, one] = [0, 1].map((v) => scope.constant({ dtype: 'int64', shape: [], data: [v] }));
    return scope.node('Range', [zero, scalar(scope.dim(node.attributes.length)), one]);
  },
};
/** 0, 1, … length − 1 as int64. */
export const range = (length: Dim): Value => apply1(rangeOperation, [], { length });

/** Ones where `indices` point into `0 … size − 1` (a new last axis), zeros elsewhere. */
export function oneHot(indices: Value, size: Dim, dtype: DType = 'float32'): Value {
  const wide = cast(indices, 'int64');
  return cast(equal(unsqueeze(wide, [wide.shape.length]), range(size)), dtype);
}
