import { product } from '../dims.ts';
import { apply1, isFloat, isInteger, type Operation, shapeError, type Value } from '../value.ts';
import { add, cast, exp, mul, neg } from './elementwise.ts';
import { addRows, gather, scatterRows, takeAlong } from './gather.ts';
import { matmul, matmulOf } from './matmul.ts';
import { logSoftmax, sum } from './reduce.ts';
import { reshape, squeeze, unsqueeze } from './shape.ts';

/** x·Wᵀ + b, when a value is that. */
function outputLayerOf(v: Value): { x: Value; table: Value; bias: Value } | undefined {
  if (v.node.operation.name !== 'add') return undefined;
  const [first, bias] = v.node.inputs;
  const found = matmulOf(first);
  if (!found || found.transposeA || !found.transposeB || found.b.shape.length !== 2) return undefined;
  if (bias.shape.length !== 1 || bias.shape[0] !== found.b.shape[0]) return undefined;
  return { x: found.a, table: found.b, bias };
}

/**
 * The loss over x·Wᵀ + b: computed as everywhere (it is input 0), but differentiated as a whole. The gradient
 * dL/dlogits = w (p − onehot) is never made: its product with anything is one product with p and one row per label.
 * Inputs: loss, log-probabilities [N, V], x [N, E], table [V, E], bias [V], labels [N], weights [N].
 */
const lossOfOutputLayer: Operation<undefined> = {
  name: 'crossEntropy',
  cost: 'view',
  infer: ([loss]) => [loss],
  gradient(node, [g], needed) {
    if (g === undefined) return [];
    const [, logProbs, x, table, bias, label, weight] = node.inputs;
    const p = exp(logProbs);
    const w = mul(weight, g); // [N]
    const column = unsqueeze(w, [1]);
    const minus = neg(column);
    const dx = () => mul(column, add(matmul(p, table), neg(gather(table, label))));
    const dTable = () => addRows(matmul(p, mul(column, x), { transposeA: true }), label, mul(minus, x));
    const dBias = () =>
      add(reshape(matmul(unsqueeze(w, [0]), p), bias.shape), scatterRows(label, neg(w), bias.shape[0]));
    const dWeight = () => neg(mul(g, pick(logProbs, label)));
    const derivatives = [undefined, undefined, dx, dTable, dBias, undefined, dWeight];
    return derivatives.map((d, i) => (needed[i] ? d?.() : undefined));
  },
  emit: (_, [loss]) => [loss],
  liveInputs: (node) => node.inputs.map((_, i) => i === 0),
};

/** One entry per row: [N, V] and labels [N] → [N]. */
const pick = (rows: Value, label: Value): Value => squeeze(takeAlong(rows, unsqueeze(label, [1])), [1]);

/**
 * Weighted cross-entropy in nats: logits `[…, V]`, integer labels `[…]`, weights `[…]` (a mask divided by whatever is
 * to be averaged over) → the scalar −Σ weight · ln softmax(logits)[label].
 *
 * Where the logits are an output layer x·Wᵀ + b, weights `[V, E]`, their gradient is never made.
 *
 * @throws ShapeError when labels or weights are not one per row of logits
 */
export function crossEntropy(logits: Value, labels: Value, weights: Value): Value {
  const rows = logits.shape.slice(0, -1);
  const fits = labels.shape.join() === rows.join() && weights.shape.join() === rows.join();
  if (!fits || !isInteger(labels) || !isFloat(logits) || weights.dtype !== logits.dtype) {
    shapeError(
      'crossEntropy',
      [logits, labels, weights],
      'logits […, V], integer labels […], weights […] of the dtype of the logits',
      'Give one label and one weight per row.',
    );
  }
  const n = product(rows);
  const label = reshape(cast(labels, 'int64'), [n]);
  const weight = reshape(weights, [n]);
  const flat = (v: Value) => reshape(v, [n, v.shape[v.shape.length - 1]]);
  const lossOf = (logProbs: Value) => neg(sum(mul(pick(logProbs, label), weight)));
  const layer = outputLayerOf(logits);
  if (layer === undefined) return lossOf(logSoftmax(flat(logits)));
  const { table, bias } = layer;
  const x = flat(layer.x);
  const logProbs = logSoftmax(add(matmul(x, table, { transposeB: true }), bias));
  return apply1(lossOfOutputLayer, [lossOf(logProbs), logProbs, x, table, bias, label, weight], undefined);
}
