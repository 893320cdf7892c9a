import { broadcast, sameShape } from '../dims.ts';
import { onnxType } from '../onnx.ts';
import {
  apply1,
  constant,
  type DType,
  isFloat,
  type LiftedInput,
  type Operation,
  shapeError,
  type TensorType,
  type Value,
} from '../value.ts';
import { sumTo } from './reduce.ts';
import { unsqueeze } from './shape.ts';

/** A tensor, or a number that takes the dtype of what it meets. */
export type Operand = Value | number;

/** Inserts axes after the time axis so that lifted operands of lower rank still meet the right axes. */
export function alignLifted(inputs: readonly LiftedInput[], rank: number): Value[] {
  return inputs.map(({ value, lifted }) => {
    const missing = rank + 1 - value.shape.length;
    return lifted && missing > 0
      ? unsqueeze(
          value,
          Array.from({ length: missing }, (_, i) => i + 1),
        )
      : value;
  });
}

type Gradient = (inputs: readonly Value[], output: Value, gradient: Value) => readonly (Value | undefined)[];

/** An operation that works entry by entry under broadcasting. */
function define(
  name: string,
  onnx: string,
  types: { inputs: (type: TensorType) => boolean; expected: string; output?: DType },
  derivative?: Gradient,
): Operation<undefined> {
  return {
    name,
    cost: 'cheap',
    infer(inputs) {
      const operands = name === 'where' ? inputs.slice(1) : inputs;
      const dtype = operands[0].dtype;
      if (!operands.every((v) => v.dtype === dtype) || !types.inputs(operands[0])) {
        shapeError(name, inputs, types.expected, 'Cast one of them.');
      }
      if (name === 'where' && inputs[0].dtype !== 'bool') {
        shapeError(name, inputs, 'a bool condition first', 'Compare with 0.');
      }
      const shape = broadcast(
        name,
        inputs.map((v) => v.shape),
      );
      return [{ dtype: types.output ?? dtype, shape }];
    },
    gradient:
      derivative &&
      ((node, [g], needed) =>
        g === undefined
          ? node.inputs.map(() => undefined)
          : derivative(node.inputs, node.outputs[0], g).map((v, i) =>
              v === undefined || !needed[i] ? undefined : sumTo(v, node.inputs[i].shape),
            )),
    emit: (_, inputs, scope) => scope.node(onnx, inputs),
    lift: (node, inputs) => [
      apply1(node.operation, alignLifted(inputs, node.outputs[0].shape.length), undefined),
    ],
  };
}

const floats = { inputs: isFloat, expected: 'floating-point operands of one dtype' };
const numbers = { inputs: (t: TensorType) => t.dtype !== 'bool', expected: 'numbers of one dtype' };
const comparison = { ...numbers, output: 'bool' as const };
const booleans = { inputs: (t: TensorType) => t.dtype === 'bool', expected: 'bool operands' };
const anything = { inputs: () => true, expected: 'two branches of one dtype' };

const unary = (operation: Operation<undefined>) => (x: Value) => apply1(operation, [x], undefined);
const binary =
  (operation: Operation<undefined>) =>
  (a: Operand, b: Operand): Value => {
    if (typeof a === 'number' && typeof b === 'number') {
      throw new TypeError(`${operation.name} of two plain numbers: use JavaScript's own operator`);
    }
    const dtype = typeof a === 'number' ? (b as Value).dtype : a.dtype;
    const value = (x: Operand) => (typeof x === 'number' ? constant(x, dtype) : x);
    return apply1(operation, [value(a), value(b)], undefined);
  };

/** a + b, broadcasting. */
export const add = binary(define('add', 'Add', numbers, (_i, _o, g) => [g, g]));
/** a − b, broadcasting. */
export const sub = binary(define('sub', 'Sub', numbers, (_i, _o, g) => [g, neg(g)]));
/** a · b entry by entry, broadcasting. */
export const mul = binary(define('mul', 'Mul', numbers, ([a, b], _o, g) => [mul(g, b), mul(g, a)]));
/** a / b, broadcasting. */
export const div = binary(
  define('div', 'Div', numbers, ([, b], y, g) => [div(g, b), neg(div(mul(g, y), b))]),
);
/** The larger of two; where they are equal the first gets the gradient. */
export const maximum = binary(
  define('maximum', 'Max', numbers, ([a, b], _o, g) => {
    const first = greaterOrEqual(a, b);
    return [where(first, g, 0), where(first, 0, g)];
  }),
);
/** The smaller of two; where they are equal the first gets the gradient. */
export const minimum = binary(
  define('minimum', 'Min', numbers, ([a, b], _o, g) => {
    const first = lessOrEqual(a, b);
    return [where(first, g, 0), where(first, 0, g)];
  }),
);
/** base to the power of a constant exponent. */
export const pow = (base: Value, exponent: number): Value =>
  apply1(powOperation, [base, constant(exponent, base.dtype)], undefined);
const powOperation = define('pow', 'Pow', floats, ([x, p], _o, g) => {
  const exponent = (p.node.attributes as { data: readonly number[] }).data[0];
  return [mul(g, mul(pow(x, exponent - 1), exponent)), undefined];
});

/** −x */
export const neg = unary(define('neg', 'Neg', numbers, (_i, _o, g) => [neg(g)]));
/** e^x */
export const exp = unary(define('exp', 'Exp', floats, (_i, y, g) => [mul(g, y)]));
/** Natural logarithm. */
export const log = unary(define('log', 'Log', floats, ([x], _o, g) => [div(g, x)]));
/** Square root. */
export const sqrt = unary(define('sqrt', 'Sqrt', floats, (_i, y, g) => [div(mul(g, 0.5), y)]));
/** Absolute value; its gradient at 0 is 0. */
export const abs = unary(define('abs', 'Abs', numbers, ([x], _o, g) => [mul(g, sign(x))]));
/** −1, 0 or 1. */
export const sign = unary(define('sign', 'Sign', numbers, () => [undefined]));
/** Hyperbolic tangent. */
export const tanh = unary(define('tanh', 'Tanh', floats, (_i, y, g) => [mul(g, sub(1, mul(y, y)))]));
/** The logistic sigmoid σ(x) = 1 / (1 + e^−x). */
export const sigmoid = unary(define('sigmoid', 'Sigmoid', floats, (_i, y, g) => [mul(g, mul(y, sub(1, y)))]));
/** max(x, 0) */
export const relu = unary(define('relu', 'Relu', floats, (_i, y, g) => [where(greater(y, 0), g, 0)]));
const softplusOperation: Operation<undefined> = {
  ...define('softplus', 'Softplus', floats, ([x], _o, g) => [mul(g, sigmoid(x))]),
  // ONNX Runtime has no float64 kernel, and this form does not overflow.
  emit(node, [x], scope) {
    const one = scope.constant({ dtype: node.inputs[0].dtype, shape: [], data: [1] });
    const node1 = (type: string, ...inputs: string[]) => scope.node(type, inputs)[0];
    const small = node1('Exp', node1('Neg', node1('Abs', x)));
    return scope.node('Add', [node1('Relu', x), node1('Log', node1('Add', small, one))]);
  },
};
/** ln(1 + e^x), computed without overflow: max(x, 0) + ln(1 + e^−|x|). */
export const softplus = unary(softplusOperation);

/** a > b */
export const greater = binary(define('greater', 'Greater', comparison, () => [undefined, undefined]));
/** a ≥ b */
export const greaterOrEqual = binary(
  define('greaterOrEqual', 'GreaterOrEqual', comparison, () => [undefined, undefined]),
);
/** a < b */
export const less = binary(define('less', 'Less', comparison, () => [undefined, undefined]));
/** a ≤ b */
export const lessOrEqual = binary(
  define('lessOrEqual', 'LessOrEqual', comparison, () => [undefined, undefined]),
);
/** a = b */
export const equal = binary(define('equal', 'Equal', comparison, () => [undefined, undefined]));
/** Logical negation. */
export const not = unary(define('not', 'Not', booleans, () => [undefined]));
/** Logical conjunction. */
export const and = binary(define('and', 'And', booleans, () => [undefined, undefined]));
/** Logical disjunction. */
export const or = binary(define('or', 'Or', booleans, () => [undefined, undefined]));

const whereOperation = define('where', 'Where', anything, ([c], _o, g) => [
  undefined,
  where(c, g, 0),
  where(c, 0, g),
]);
/** `a` where the condition holds, else `b`; broadcasting. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const dtype = typeof a === 'number' ? (b as Value).dtype : a.dtype;
  const value = (x: Operand) => (typeof x === 'number' ? constant(x, dtype) : x);
  return apply1(whereOperation, [condition, value(a), value(b)], undefined);
}

const castOperation: Operation<{ to: DType }> = {
  name: 'cast',
  cost: 'cheap',
  infer: ([x], { to }) => [{ dtype: to, shape: x.shape }],
  gradient: (node, [g]) => [g && isFloat(node.inputs[0]) ? cast(g, node.inputs[0].dtype) : undefined],
  emit: (node, inputs, scope) => scope.node('Cast', inputs, { to: onnxType(node.attributes.to) }),
  lift: (node, [x]) => [cast(x.value, node.attributes.to)],
};
/** The same numbers in another dtype. */
export const cast = (x: Value, to: DType): Value => (x.dtype === to ? x : apply1(castOperation, [x], { to }));

const stopOperation: Operation<undefined> = {
  name: 'stopGradient',
  cost: 'view',
  infer: ([x]) => [x],
  gradient: () => [undefined],
  emit: (_, inputs) => inputs,
  lift: (_, [x]) => [stopGradient(x.value)],
};
/** The same tensor, through which no gradient flows. */
export const stopGradient = (x: Value): Value => apply1(stopOperation, [x], undefined);

/** True when both have the same shape, so that an entrywise operation broadcasts nothing. */
export const alike = (a: Value, b: Value): boolean => sameShape(a.shape, b.shape);
