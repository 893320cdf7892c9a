import { ShapeError } from '../errors.ts';
import { canonical, type Dim, printShape, type Shape } from './dims.ts';
import type { Scope } from './onnx.ts';

export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';

/** What is known of a tensor before it is computed. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** One tensor in a graph: output `index` of `node`. Values are immutable; graphs are what they refer to. */
export interface Value extends TensorType {
  readonly id: number;
  readonly node: Node;
  readonly index: number;
}

/** One application of an operation. */
export interface Node<A = unknown> {
  readonly operation: Operation<A>;
  readonly inputs: readonly Value[];
  readonly attributes: A;
  readonly outputs: readonly Value[];
}

/** An operand of an operation that moves out of a loop: either it has gained a leading time axis, or it is outer. */
export interface LiftedInput {
  readonly value: Value;
  readonly lifted: boolean;
}

/**
 * All there is to know about an operation, in one place.
 * `cost` steers what is stored and what is recomputed: `view` moves no arithmetic, `cheap` is one pass over its
 * output, `costly` is anything else.
 */
export interface Operation<A = unknown> {
  readonly name: string;
  readonly cost: 'view' | 'cheap' | 'costly';
  /** The shape rule; throws ShapeError. */
  infer(inputs: readonly Value[], attributes: A): readonly TensorType[];
  /** Vector-Jacobian product: gradients of the inputs from gradients of the outputs. Absent: not differentiable. */
  gradient?(
    node: Node<A>,
    gradients: readonly (Value | undefined)[],
    needed: readonly boolean[],
  ): readonly (Value | undefined)[];
  /** The ONNX form: writes nodes into the scope, returns the names of the outputs (of the used ones, at least). */
  emit(node: Node<A>, inputs: readonly string[], scope: Scope): readonly string[];
  /** Which inputs are needed when only some outputs are; absent: all of them. */
  liveInputs?(node: Node<A>, isLive: (output: Value) => boolean): readonly boolean[];
  /** The same for all time steps at once: inputs may have a leading time axis, outputs must get one. */
  lift?(node: Node<A>, inputs: readonly LiftedInput[]): readonly Value[];
  /** Whether `lift` works when only some inputs have a time axis; absent: always. */
  canLift?(node: Node<A>, hasTime: (input: Value) => boolean): boolean;
  /** The sum over time of the (only) output, without making its terms one by one; all inputs have a time axis. */
  liftSum?(node: Node<A>, inputs: readonly LiftedInput[]): Value;
}

let lastId = 0;

/** Adds an output to a node that is still being built (scan collects outputs as they turn out to be needed). */
export function addOutput(node: Node, type: TensorType): Value {
  const value: Value = {
    id: ++lastId,
    node,
    index: node.outputs.length,
    dtype: type.dtype,
    shape: type.shape,
  };
  (node.outputs as Value[]).push(value);
  return value;
}

/** Applies an operation: checks shapes and dtypes now, computes nothing. */
export function apply<A>(operation: Operation<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
  const types = operation.infer(inputs, attributes);
  const node: Node<A> = { operation, inputs, attributes, outputs: [] };
  for (const type of types) addOutput(node as Node, type);
  return node.outputs;
}

/** `apply` for operations with one output. */
export const apply1 = <A>(operation: Operation<A>, inputs: readonly Value[], attributes: A): Value =>
  apply(operation, inputs, attributes)[0];

export const isFloat = (type: TensorType): boolean => type.dtype === 'float32' || type.dtype === 'float64';
export const isInteger = (type: TensorType): boolean => type.dtype === 'int32' || type.dtype === 'int64';

export const printType = (type: TensorType): string => `${type.dtype} ${printShape(type.shape)}`;

/** Throws ShapeError in the one form: operation, what came, what was expected, what to do. */
export function shapeError(
  operation: string,
  came: readonly TensorType[],
  expected: string,
  todo: string,
): never {
  throw new ShapeError(`${operation}: got ${came.map(printType).join(' and ')}`, expected, todo);
}

/** A leaf that gets its tensor from outside: a model input, a parameter, or a body's parameter in `scan`. */
const leaf: Operation<{ name: string; type: TensorType }> = {
  name: 'input',
  cost: 'view',
  infer: (_, { type }) => [type],
  emit: (node) => [node.attributes.name],
};

/**
 * A named input of the graph.
 *
 * @throws ShapeError for a size that is neither a whole number nor a name (nor a sum of products of names)
 */
export const input = (name: string, dtype: DType, shape: readonly Dim[]): Value =>
  apply1(leaf, [], { name, type: { dtype, shape: canonical(`input '${name}'`, shape) } });

export const isLeaf = (value: Value): boolean => value.node.operation === leaf;
export const inputName = (value: Value): string => (value.node.attributes as { name: string }).name;

export interface ConstantData {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

const constantOperation: Operation<ConstantData> = {
  name: 'constant',
  cost: 'view',
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  emit: (node, _, scope) => [scope.constant(node.attributes)],
};

/** A constant; `data` is row-major. */
export const constant = (
  data: number | readonly number[],
  dtype: DType = 'float32',
  shape?: readonly number[],
): Value =>
  typeof data === 'number'
    ? apply1(constantOperation, [], { dtype, shape: shape ?? [], data: [data] })
    : apply1(constantOperation, [], { dtype, shape: shape ?? [data.length], data });

export const isConstant = (value: Value): boolean => value.node.operation === constantOperation;

/** The same node over other inputs. */
export const reapply = (node: Node, inputs: readonly Value[]): readonly Value[] =>
  inputs.every((v, i) => v === node.inputs[i])
    ? node.outputs
    : apply(node.operation, inputs, node.attributes);

/** Values that `roots` depend on, inputs before users; `stop` cuts branches off (those values are not listed). */
export function topological(roots: readonly Value[], stop: (value: Value) => boolean = () => false): Node[] {
  const seen = new Set<Node>();
  const order: Node[] = [];
  // An explicit stack: graphs unrolled over time would overflow the call stack.
  const stack: { node: Node; next: number }[] = [];
  const visit = (value: Value) => {
    if (stop(value) || seen.has(value.node)) return;
    seen.add(value.node);
    stack.push({ node: value.node, next: 0 });
  };
  for (const root of roots) {
    visit(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.node.inputs.length) visit(top.node.inputs[top.next++]);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}
