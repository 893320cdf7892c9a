import { ShapeError } from '../errors.ts';
import {
  broadcastTo,
  concat,
  full,
  less,
  range,
  scan,
  slice,
  tanh,
  unsqueeze,
  type Value,
  where,
  zeros,
} from '../graph/index.ts';
import { attention, type SCORES } from '../nn/attention/attention.ts';
import { CELLS } from '../nn/cells.ts';
import { linear } from '../nn/layers.ts';
import { cellStep, contribution } from '../nn/recurrent.ts';
import type { BitTransducer } from './ntm.ts';

/** What an LSTM with attention over its own past is made of. */
export interface AttentiveLstmSizes {
  readonly inputs: number;
  readonly outputs: number;
  /** H, of the LSTM, of what the output is made of, and A of the additive scores; default 100 */
  readonly hidden?: number;
  /** L, how many of its last outputs it looks at, at least 1; what lies farther back is forgotten. Default 128 */
  readonly window?: number;
  /** how well an output of the past fits the present one; the paper's is additive. Default general */
  readonly score?: Exclude<(typeof SCORES)[number], 'multiHead'>;
}

/**
 * An LSTM that attends over its own last L outputs (Daniluk, Rocktäschel, Welbl, Riedel 2017, "Frustratingly Short
 * Attention Spans in Neural Language Modeling", section 2.1): Y = [h_{t−L} … h_{t−1}], and
 *
 *     α_t = softmax(score(h_t, Y))   equations 1 and 2, the score of which may be another than theirs
 *     r_t = Y α_tᵀ                   equation 3; 0 at the first step, before which there is nothing
 *     h*_t = tanh(W_r r_t + W_x h_t) equation 4; the output is a layer over it (equation 5)
 *
 * The LSTM itself does not hear of what is found. The last L outputs are a state of the scan, `[B, L, H]`, the newest
 * first: each step puts its own before them and drops the oldest, so a sequence may be longer than the window.
 *
 * @throws ShapeError for a window of no outputs
 */
export function attentiveLstm(sizes: AttentiveLstmSizes): BitTransducer {
  const { inputs, outputs, hidden: H = 100, window: L = 128, score = 'general' } = sizes;
  if (!Number.isInteger(L) || L < 1) {
    throw new ShapeError(
      `a window of ${L} outputs`,
      'a whole number of at least 1',
      'Give it as many outputs as are to be looked back at.',
    );
  }
  const cell = 'lstm';
  const past = attention({ score, size: H });

  return {
    inputs,
    outputs,

    run(builder, x) {
      const [T, B] = x.shape;
      const b = builder.within('lstm');
      const look = builder.within('attention');
      /** What the attention reads of an output, or (mask 0) of none; each tensor's second axis is the window's. */
      const remembered = (h: Value, mask: number) =>
        past.memory(look, unsqueeze(h, [0]), full([1, B], mask, builder.dtype));
      const initial = CELLS[cell].states.map(() => zeros([B, H], builder.dtype));
      const none = remembered(initial[0], 0);
      const names = Object.keys(none);
      const empty = names.map((name) => broadcastTo(none[name], [B, L, ...none[name].shape.slice(2)]));
      const { outputs: all } = scan(
        { states: [...initial, ...empty], sequences: [contribution(b, x, H, { cell })] },
        (before, [xt]) => {
          const after = cellStep(b, xt, before.slice(0, initial.length), { cell });
          const slots = before.slice(initial.length);
          const memory = Object.fromEntries(names.map((name, i) => [name, slots[i]]));
          const { context, weights } = past.attend(look, after[0], memory, {});
          const newest = remembered(after[0], 1);
          const next = names.map((name, i) => concat([newest[name], slice(slots[i], 1, 0, L - 1)], 1));
          return { states: [...after, ...next], outputs: [after[0], context, weights] };
        },
      );
      const [h, r, weights] = all;
      const said = tanh(linear(builder.within('readout'), concat([r, h]), H, { bias: false }));
      // A softmax over nothing is not nothing.
      const isThere = less(range(L), unsqueeze(range(T), [1])); // [T, L]
      return {
        logits: linear(builder.within('output'), said, outputs),
        attention: where(unsqueeze(isThere, [1]), weights, 0),
      };
    },
  };
}
