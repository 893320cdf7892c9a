import { product } from '../dims.ts';
import { apply1, type Operation, shapeError, type Value } from '../value.ts';
import { add, cast, exp, mul, neg } from './elementwise.ts';
import { addRows, gather, scatterRows, takeAlong } from './gather.ts';
import { matmul, matmulOf } from './matmul.ts';
import { logSoftmax, sum } from './reduce.ts';
import { reshape, unsqueeze } from './shape.ts';

type Derivative = (gradient: Value) => readonly (Value | undefined)[];

/**
 * A value computed one way and differentiated another: the output is input 0, the gradient goes to the other inputs
 * by a formula of its own. Used where the formula saves passes over large tensors.
 */
const withGradient: Operation<{ derivative: Derivative }> = {
  name: 'withGradient',
  cost: 'view',
  infer: ([value]) => [value],
  gradient: (node, [g]) => [
    undefined,
    ...(g ? node.attributes.derivative(g) : node.inputs.slice(1).map(() => undefined)),
  ],
  emit: (_, [value]) => [value],
  liveInputs: (node) => node.inputs.map((_, i) => i === 0),
};

/** x·W + b or x·Wᵀ + b, when a value is that. */
function affineOf(v: Value): { x: Value; weights: Value; transposed: boolean; bias: Value } | undefined {
  if (v.node.operation.name !== 'add') return undefined;
  const [first, bias] = v.node.inputs;
  const found = matmulOf(first);
  if (!found || bias.shape.length !== 1 || found.b.shape.length !== 2 || found.transposeA) return undefined;
  return { x: found.a, weights: found.b, transposed: found.transposeB, bias };
}

/**
 * Weighted cross-entropy in nats: logits `[…, V]`, integer labels `[…]`, weights `[…]` (a mask divided by whatever is
 * to be averaged over) → the scalar −Σ weight · ln softmax(logits)[label].
 *
 * Where the logits are an output layer x·Wᵀ + b, weights `[V, E]`, the gradient dL/dlogits = w (p − onehot) is never
 * made: its product with anything is one product with p and one row per label.
 *
 * @throws ShapeError when labels or weights are not one per row of logits
 */
export function crossEntropy(logits: Value, labels: Value, weights: Value): Value {
  const rows = logits.shape.slice(0, -1);
  if (labels.shape.join() !== rows.join() || weights.shape.join() !== rows.join()) {
    shapeError(
      'crossEntropy',
      [logits, labels, weights],
      'logits […, V], labels […], weights […]',
      'Give one of each per row.',
    );
  }
  const n = product(rows);
  const vocabulary = logits.shape[logits.shape.length - 1];
  const label = reshape(cast(labels, 'int64'), [n]);
  const weight = reshape(weights, [n]);
  const lossOf = (logProbs: Value) => {
    const picked = takeAlong(logProbs, unsqueeze(label, [1]));
    return neg(sum(mul(reshape(picked, [n]), weight)));
  };
  const affine = affineOf(logits);
  if (affine === undefined || !affine.transposed) {
    return lossOf(logSoftmax(reshape(logits, [n, vocabulary])));
  }
  const { weights: table, bias } = affine;
  const x = reshape(affine.x, [n, affine.x.shape[affine.x.shape.length - 1]]);
  const logProbs = logSoftmax(add(matmul(x, table, { transposeB: true }), bias));
  const derivative: Derivative = (g) => {
    const p = exp(logProbs);
    const w = mul(weight, g); // [N]
    const column = unsqueeze(w, [1]);
    const minus = neg(column);
    const dx = mul(column, add(matmul(p, table), neg(gather(table, label))));
    const dTable = addRows(matmul(p, mul(column, x), { transposeA: true }), label, mul(minus, x));
    const dBias = add(
      reshape(matmul(unsqueeze(w, [0]), p), bias.shape),
      scatterRows(label, neg(w), bias.shape[0]),
    );
    return [dx, dTable, dBias];
  };
  return apply1(withGradient, [lossOf(logProbs), x, table, bias], { derivative });
}
