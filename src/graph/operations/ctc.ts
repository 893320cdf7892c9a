/** Connectionist temporal classification: a loss over all alignments of labels with frames (Graves et al. 2006). */
import { type Dim, product, sum as sumDims } from '../dims.ts';
import { scan } from '../scan.ts';
import { isFloat, isInteger, shapeError, type Value } from '../value.ts';
import {
  add,
  cast,
  equal,
  exp,
  greater,
  log,
  maximum,
  mul,
  neg,
  or,
  stopGradient,
  sub,
  where,
} from './elementwise.ts';
import { range, takeAlong } from './gather.ts';
import { logSoftmax, logSumExp, max, sum } from './reduce.ts';
import { broadcastTo, concat, full, reshape, slice, squeeze, transpose, unsqueeze, zeros } from './shape.ts';

/** ln 0, as a number whose differences are numbers too; far below any sum of LEAST. */
const IMPOSSIBLE = -1e30;
/** The least log-probability of a class at a frame: its sum over frames is finite in float32. */
const LEAST = -1e20;

/** What stands at the labels `[L, …]`, with `between` before, between and after them: `[2L + 1, …]` (the paper's l′). */
function interleave(labels: Value, between: number): Value {
  const [L, ...rest] = labels.shape;
  const blanks = full(labels.shape, between, labels.dtype);
  const both = [blanks, labels].map((v) => unsqueeze(v, [1]));
  const pairs = reshape(concat(both, 1), [product([2, L]), ...rest]);
  return concat([pairs, full([1, ...rest], between, labels.dtype)], 0);
}

/**
 * The forward variables (equations 5–7): ln of the paths to each place after the last frame, `[P, B]`, from ln y at each
 * place `[U, P, B]`; skip `[P, B]` is 0 where a label may follow the one before it with no blank between.
 */
function forward(emissions: Value, skip: Value): Value {
  const [, P, B] = emissions.shape;
  const { dtype } = emissions;
  const outside = full([2, B], IMPOSSIBLE, dtype);
  const initial = where(equal(unsqueeze(range(P), [1]), 0), zeros([1, B], dtype), IMPOSSIBLE);
  const { states } = scan({ states: [initial], sequences: [emissions] }, ([alpha], [emission]) => {
    const padded = concat([outside, alpha], 0);
    const step = slice(padded, 0, 1, sumDims([P, 1]));
    const jump = add(slice(padded, 0, 0, P), skip);
    // logSumExp of the three: entry by entry this is several times as fast as a reduction.
    const largest = stopGradient(maximum(maximum(alpha, step), jump));
    const shares = [alpha, step, jump].map((v) => exp(sub(v, largest)));
    const total = add(add(shares[0], shares[1]), shares[2]);
    return { states: [add(add(log(total), largest), emission)] };
  });
  return states[0];
}

/**
 * The loss of connectionist temporal classification, −ln p(labels | frames) in nats: p sums over all ways to say the
 * labels in order, each over one frame or several, blanks between as wished and between equal labels at least one
 * (Graves et al. 2006, "Connectionist Temporal Classification", sections 4.1 and 4.2, in log space).
 *
 * Labels that do not fit into the frames (labels + repeated ones > frames) have the loss 1e30 and no gradient.
 *
 * @param logits `[U, B, C]`, before softmax; finite
 * @param frameMask `[U, B]`, 1 at frames, 0 at padding after them
 * @param labels integers `[L, B]`, 0 … C − 1 but for the blank; whatever at padding
 * @param labelMask `[L, B]`, 1 at labels, 0 at padding after them; a sequence may have none
 * @param options.blank the class of the blank; default C − 1
 * @returns `[B]`
 * @throws ShapeError for shapes and dtypes that do not fit
 */
export function ctc(
  logits: Value,
  frameMask: Value,
  labels: Value,
  labelMask: Value,
  options: { readonly blank?: number } = {},
): Value {
  const [U, B, C] = logits.shape;
  const [L] = labels.shape;
  const { dtype } = logits;
  const fits =
    logits.shape.length === 3 &&
    isFloat(logits) &&
    isInteger(labels) &&
    [frameMask, labelMask].every((v) => v.dtype === dtype) &&
    frameMask.shape.join() === [U, B].join() &&
    [labels, labelMask].every((v) => v.shape.join() === [L, B].join());
  if (!fits) {
    const expected =
      'logits [U, B, C], mask [U, B], integer labels [L, B] and their mask [L, B], one float dtype';
    shapeError('ctc', [logits, frameMask, labels, labelMask], expected, 'Frames and labels come time-major.');
  }
  const blank = options.blank ?? Number(C) - 1;
  if (!(Number.isInteger(blank) && blank >= 0 && (typeof C !== 'number' || blank < C))) {
    shapeError('ctc', [logits], `a class for the blank, 0 to ${C} − 1`, `${blank} came.`);
  }
  const P: Dim = sumDims([product([2, L]), 1]);

  const ids = where(greater(labelMask, 0.5), cast(labels, 'int64'), blank);
  const classes = broadcastTo(unsqueeze(transpose(interleave(ids, blank)), [0]), [U, B, P]);
  const said = transpose(maximum(takeAlong(logSoftmax(logits), classes), LEAST), [0, 2, 1]); // [U, P, B]
  // Each frame is scaled by what is likeliest in it, so that float32 keeps more of the sums.
  const likeliest = stopGradient(max(said, { axes: [1], keep: true }));
  // At padding the blank is certain, which changes no probability.
  const certain = unsqueeze(interleave(full([L, 1], IMPOSSIBLE, dtype), 0), [0]); // [1, P, 1]
  const isFrame = greater(unsqueeze(frameMask, [1]), 0.5);
  const before = slice(concat([full([1, B], blank, 'int64'), ids], 0), 0, 0, L);
  const skip = interleave(where(equal(ids, before), IMPOSSIBLE, zeros([], dtype)), IMPOSSIBLE);
  const last = forward(where(isFrame, sub(said, likeliest), certain), skip);

  // Paths end at the blank after the last label, or at that label.
  const places = unsqueeze(range(P), [1]); // [P, 1]
  const end = mul(cast(sum(labelMask, { axes: [0] }), 'int64'), 2); // [B]
  const ends = or(equal(places, end), equal(places, sub(end, 1)));
  const total = logSumExp(where(ends, last, IMPOSSIBLE), { axes: [0] });
  const possible = greater(total, IMPOSSIBLE / 2);
  const scale = sum(mul(squeeze(likeliest, [1]), frameMask), { axes: [0] });
  return where(possible, neg(add(total, scale)), -IMPOSSIBLE);
}
