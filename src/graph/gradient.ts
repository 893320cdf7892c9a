import { ShapeError } from '../errors.ts';
import { add } from './operations/elementwise.ts';
import { full, zeros } from './operations/shape.ts';
import { printType, topological, type Value } from './value.ts';

/**
 * Reverse-mode differentiation: the gradients of `wrt` from the gradients of `outputs`, as new values of the same
 * graph. `undefined` where an output does not depend on the value.
 */
export function backpropagate(
  outputs: readonly Value[],
  outputGradients: readonly (Value | undefined)[],
  wrt: readonly Value[],
): (Value | undefined)[] {
  const order = topological(outputs);
  const wanted = new Set(wrt);
  // Only what depends on `wrt` is worth a gradient.
  const active = new Set<Value>(wrt);
  for (const node of order) {
    if (node.inputs.some((v) => active.has(v))) for (const v of node.outputs) active.add(v);
  }
  const gradients = new Map<Value, Value>();
  const accumulate = (value: Value, gradient: Value) => {
    const sofar = gradients.get(value);
    gradients.set(value, sofar === undefined ? gradient : add(sofar, gradient));
  };
  outputs.forEach((v, i) => {
    const g = outputGradients[i];
    if (g !== undefined) accumulate(v, g);
  });
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    const incoming = node.outputs.map((v) => (active.has(v) ? gradients.get(v) : undefined));
    const needed = node.inputs.map((v) => active.has(v));
    if (!needed.some(Boolean) || incoming.every((g) => g === undefined)) continue;
    if (node.operation.gradient === undefined) {
      throw new ShapeError(
        `gradient through '${node.operation.name}'`,
        'a differentiable operation',
        'Wrap it in stopGradient, or keep it out of the loss.',
      );
    }
    const results = node.operation.gradient(node, incoming, needed);
    for (const [k, v] of node.inputs.entries()) {
      const g = results[k];
      if (needed[k] && g !== undefined) accumulate(v, g);
    }
    for (const v of node.outputs) if (!wanted.has(v)) gradients.delete(v);
  }
  return wrt.map((v) => gradients.get(v));
}

/**
 * Gradients of a scalar with respect to values of any shape; zeros for those it does not depend on.
 *
 * @throws ShapeError when `loss` is not a floating-point scalar, or depends on `wrt` through an operation that has
 * no gradient
 */
export function gradient(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length !== 0 || !loss.dtype.startsWith('float')) {
    throw new ShapeError(
      `gradient of ${printType(loss)}`,
      'a floating-point scalar',
      'Sum or average it first.',
    );
  }
  const found = backpropagate([loss], [full([], 1, loss.dtype)], wrt);
  return found.map((g, i) => g ?? zeros(wrt[i].shape, wrt[i].dtype));
}
