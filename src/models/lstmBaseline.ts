import { scan, zeros } from '../graph/index.ts';
import { CELLS } from '../nn/cells.ts';
import { linear } from '../nn/layers.ts';
import { cellStep, contribution } from '../nn/recurrent.ts';
import type { BitTransducer } from './ntm.ts';

/** What the network is made of that Neural Turing Machines are compared with. */
export interface LstmBaselineSizes {
  readonly inputs: number;
  readonly outputs: number;
  /** H, of every layer; default 256 */
  readonly hidden?: number;
  /** default 3 */
  readonly layers?: number;
}

/**
 * Layers of LSTMs one above the other, and a layer over the top one's outputs (Graves, Wayne, Danihelka 2014, section 4
 * and table 3).
 */
export function lstmBaseline({
  inputs,
  outputs,
  hidden = 256,
  layers = 3,
}: LstmBaselineSizes): BitTransducer {
  const cell = 'lstm';
  return {
    inputs,
    outputs,

    run(builder, x) {
      let below = x;
      for (let l = 1; l <= layers; l++) {
        const b = builder.within(`layer${l}`);
        const initial = CELLS[cell].states.map(() => zeros([x.shape[1], hidden], builder.dtype));
        const ran = scan(
          { states: initial, sequences: [contribution(b, below, hidden, { cell })] },
          (before, [xt]) => {
            const states = cellStep(b, xt, before, { cell });
            return { states, outputs: [states[0]] };
          },
        );
        [below] = ran.outputs;
      }
      return { logits: linear(builder.within('output'), below, outputs) };
    },
  };
}
