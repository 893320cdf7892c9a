import { type Dim, product } from '../dims.ts';
import { apply1, type DType, type Operation, type Value } from '../value.ts';
import { cast } from './elementwise.ts';

const sizeOperation: Operation<{ dim: Dim }> = {
  name: 'size',
  cost: 'view',
  infer: () => [{ dtype: 'int64', shape: [1] }],
  emit: (node, _, scope) => [scope.dim(node.attributes.dim)],
};

/** The run-time number of entries of `dims`, as a tensor `[1]` of the dtype of `like`. */
export const size = (dims: readonly Dim[], like: { dtype: DType }): Value =>
  cast(apply1(sizeOperation, [], { dim: product(dims) }), like.dtype);
