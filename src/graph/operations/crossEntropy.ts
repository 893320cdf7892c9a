import { product } from '../dims.ts';
import { apply1, isFloat, isInteger, type Operation, shapeError, type Value } from '../value.ts';
import { add, cast, div, exp, mul, neg, sub } from './elementwise.ts';
import { addRows, gather, scatterRows, takeAlong } from './gather.ts';
import { matmul, matmulOf } from './matmul.ts';
import { logSoftmax, mean, sum } from './reduce.ts';
import { reshape, squeeze, unsqueeze } from './shape.ts';
import { size } from './size.ts';

/** x·Wᵀ + b, when a value is that. */
function outputLayerOf(v: Value): { x: Value; table: Value; bias: Value } | undefined {
  if (v.node.operation.name !== 'add') return undefined;
  const [first, bias] = v.node.inputs;
  const found = matmulOf(first);
  if (!found || found.transposeA || !found.transposeB || found.b.shape.length !== 2) return undefined;
  if (bias.shape.length !== 1 || bias.shape[0] !== found.b.shape[0]) return undefined;
  return { x: found.a, table: found.b, bias };
}

interface Smoothing {
  /** ε, 0 for none */
  readonly smoothing: number;
}

/**
 * The losses over x·Wᵀ + b: computed as everywhere (they are input 0), but differentiated as a whole. The gradient
 * dL/dlogits = g (p − (1 − ε) onehot − ε/V) is never made: its product with anything is one product with p, one row
 * per label, and one mean over all rows.
 * Inputs: losses [N], log-probabilities [N, V], x [N, E], table [V, E], bias [V], labels [N].
 */
const lossesOfOutputLayer: Operation<Smoothing> = {
  name: 'crossEntropy',
  cost: 'view',
  infer: ([losses]) => [losses],
  gradient(node, [g], needed) {
    if (g === undefined) return [];
    const [, logProbs, x, table, bias, label] = node.inputs;
    const { smoothing } = node.attributes;
    const p = exp(logProbs);
    const column = unsqueeze(g, [1]);
    const said = smoothing === 0 ? g : mul(g, 1 - smoothing);
    const saidColumn = unsqueeze(said, [1]);
    /** what every word gets of a sum over all of them */
    const evenly = (total: Value) => mul(div(total, size([table.shape[0]], total)), -smoothing);
    const dx = () => {
      const product = matmul(p, table);
      if (smoothing === 0) return mul(column, add(product, neg(gather(table, label))));
      const rows = add(
        mul(gather(table, label), smoothing - 1),
        evenly(sum(table, { axes: [0], keep: true })),
      );
      return mul(column, add(product, rows));
    };
    const dTable = () => {
      const product = matmul(p, mul(column, x), { transposeA: true });
      const rows = addRows(product, label, mul(neg(saidColumn), x));
      return smoothing === 0 ? rows : add(rows, evenly(sum(mul(column, x), { axes: [0], keep: true })));
    };
    const dBias = () => {
      const product = reshape(matmul(unsqueeze(g, [0]), p), bias.shape);
      const rows = add(product, scatterRows(label, neg(said), bias.shape[0]));
      return smoothing === 0 ? rows : add(rows, evenly(sum(g)));
    };
    const derivatives = [undefined, undefined, dx, dTable, dBias, undefined];
    return derivatives.map((d, i) => (needed[i] ? d?.() : undefined));
  },
  emit: (_, [losses]) => [losses],
  liveInputs: (node) => node.inputs.map((_, i) => i === 0),
};

/** One entry per row: [N, V] and labels [N] → [N]. */
const pick = (rows: Value, label: Value): Value => squeeze(takeAlong(rows, unsqueeze(label, [1])), [1]);

/**
 * Cross-entropy in nats, row by row: logits `[…, V]` and integer labels `[…]` → `[…]`, −ln softmax(logits)[label].
 * With label smoothing ε (Szegedy et al. 2016, section 7) the distribution asked for is (1 − ε) at the label plus ε/V
 * everywhere: −(1 − ε) ln p[label] − ε/V Σ_v ln p[v].
 *
 * Where the logits are an output layer x·Wᵀ + b, weights `[V, E]`, their gradient is never made.
 *
 * @param options.smoothing ε, at least 0 and less than 1; default 0
 * @throws ShapeError when labels are not one per row of logits
 */
export function crossEntropy(
  logits: Value,
  labels: Value,
  { smoothing = 0 }: { smoothing?: number } = {},
): Value {
  const rows = logits.shape.slice(0, -1);
  if (labels.shape.join() !== rows.join() || !isInteger(labels) || !isFloat(logits)) {
    shapeError(
      'crossEntropy',
      [logits, labels],
      'logits […, V] and integer labels […]',
      'Give one label per row.',
    );
  }
  const n = product(rows);
  const label = reshape(cast(labels, 'int64'), [n]);
  const flat = (v: Value) => reshape(v, [n, v.shape[v.shape.length - 1]]);
  const lossesOf = (logProbs: Value) => {
    const said = neg(pick(logProbs, label));
    if (smoothing === 0) return said;
    return sub(mul(said, 1 - smoothing), mul(mean(logProbs, { axes: [1] }), smoothing));
  };
  const layer = outputLayerOf(logits);
  if (layer === undefined) return reshape(lossesOf(logSoftmax(flat(logits))), rows);
  const { table, bias } = layer;
  const x = flat(layer.x);
  const logProbs = logSoftmax(add(matmul(x, table, { transposeB: true }), bias));
  const inputs = [lossesOf(logProbs), logProbs, x, table, bias, label];
  return reshape(apply1(lossesOfOutputLayer, inputs, { smoothing }), rows);
}
