import { ShapeError } from '../errors.ts';
import { add, concat, mul, scan, sub, unsqueeze, type Value, zeros } from '../graph/index.ts';
import type { Builder, Initializer } from './builder.ts';
import { CELLS, type CellName } from './cells.ts';
import { dropout, linear } from './layers.ts';

export interface LayerOptions {
  /** default gru */
  readonly cell?: CellName;
  /** of the input weights; default Glorot */
  readonly initialize?: Initializer;
  /** rate of dropout on the state as the recurrent weights see it, one mask over time; default 0 */
  readonly recurrentDropout?: number;
}

/** A layer's outputs at all steps `[T, B, H]`, and its carried tensors after the last one it ran, `[B, H]` each. */
export interface LayerResult {
  readonly states: Value;
  readonly last: readonly Value[];
}

/** What an input `[…, in]` contributes to a cell's gates: `[…, gates · size]`. Parameters: `kernel`, `bias`. */
export function contribution(
  builder: Builder,
  x: Value,
  size: number,
  { cell = 'gru', initialize }: LayerOptions,
): Value {
  const { gates, bias } = CELLS[cell];
  return linear(builder, x, gates * size, { initialize, bias: bias ?? false });
}

/**
 * One step of a cell, with dropout on its recurrent state: x `[B, gates · H]` is what the inputs contribute
 * (`contribution`), states the carried tensors `[B, H]`.
 */
export function cellStep(
  builder: Builder,
  x: Value,
  states: readonly Value[],
  { cell = 'gru', recurrentDropout = 0 }: LayerOptions,
): Value[] {
  const recurrent = dropout(builder, 'recurrent', states[0], recurrentDropout);
  return CELLS[cell].step(builder, x, states, recurrent);
}

/**
 * A recurrent layer over a sequence, from a state of zeros: x `[T, B, in]`, mask `[T, B]` (1 at real positions). At
 * padding the state stays what it was. Parameters: `kernel` [in, gates·size], `bias`, and those of the cell.
 *
 * @param options.reverse from the last step to the first; default false
 */
export function recurrentLayer(
  builder: Builder,
  x: Value,
  mask: Value,
  size: number,
  options: LayerOptions & { readonly reverse?: boolean } = {},
): LayerResult {
  const cell = CELLS[options.cell ?? 'gru'];
  const inputs = contribution(builder, x, size, options);
  const closed = cell.closeAtPadding?.(inputs, mask, size);
  const initial = cell.states.map(() => zeros([x.shape[1], size], builder.dtype));
  const { states, outputs } = scan(
    {
      states: initial,
      sequences: closed ? [closed] : [inputs, unsqueeze(mask, [2])],
      reverse: options.reverse,
    },
    (before, [xt, real]) => {
      const after = cellStep(builder, xt, before, options);
      const next = real ? after.map((v, i) => add(before[i], mul(real, sub(v, before[i])))) : after;
      return { states: next, outputs: [next[0]] };
    },
  );
  return { states: outputs[0], last: states };
}

/**
 * Two layers, one each way, side by side: annotations `[T, B, 2·size]`, and the carried tensors of each after its own
 * last step. Parameters under `forward` and `backward`.
 */
export function bidirectionalLayer(
  builder: Builder,
  x: Value,
  mask: Value,
  size: number,
  options: LayerOptions = {},
): { states: Value; lastForward: readonly Value[]; lastBackward: readonly Value[] } {
  const forward = recurrentLayer(builder.within('forward'), x, mask, size, options);
  const backward = recurrentLayer(builder.within('backward'), x, mask, size, { ...options, reverse: true });
  return {
    states: concat([forward.states, backward.states]),
    lastForward: forward.last,
    lastBackward: backward.last,
  };
}

export interface StackOptions extends LayerOptions {
  readonly layers: number;
  /**
   * `forward`; `bidirectional`: every layer runs both ways, half of H each; `alternating`: layers run forward and
   * backward in turn (Zhou et al. 2016, section 3.1).
   */
  readonly direction: 'forward' | 'bidirectional' | 'alternating';
  /** adds each layer's input to its output, from the second layer on (Wu et al. 2016, section 3.1); default false */
  readonly residual?: boolean;
  /** rate of dropout between layers, one mask over time; default 0 */
  readonly dropout?: number;
}

/**
 * Recurrent layers one above the other: x `[T, B, in]`, mask `[T, B]` → outputs of the top layer `[T, B, size]`, and the
 * carried tensors `[B, size]` of every layer after its last step. Parameters under `layer1`, `layer2`, …
 */
export function recurrentStack(
  builder: Builder,
  x: Value,
  mask: Value,
  size: number,
  options: StackOptions,
): { states: Value; last: readonly (readonly Value[])[] } {
  const last: (readonly Value[])[] = [];
  let below = x;
  for (let layer = 0; layer < options.layers; layer++) {
    const b = builder.within(`layer${layer + 1}`);
    const input = layer === 0 ? below : dropout(b, 'input', below, options.dropout ?? 0);
    let states: Value;
    if (options.direction === 'bidirectional') {
      if (size % 2 === 1) {
        throw new ShapeError(
          `a bidirectional layer of size ${size}`,
          'an even size, half of it each way',
          'Add or take one.',
        );
      }
      const found = bidirectionalLayer(b, input, mask, size / 2, options);
      states = found.states;
      last.push(found.lastForward.map((v, i) => concat([v, found.lastBackward[i]])));
    } else {
      const reverse = options.direction === 'alternating' && layer % 2 === 1;
      const found = recurrentLayer(b, input, mask, size, { ...options, reverse });
      states = found.states;
      last.push(found.last);
    }
    below = options.residual && layer > 0 ? add(states, below) : states;
  }
  return { states: below, last };
}

/**
 * One step of recurrent layers one above the other, as a decoder has them: x `[B, gates·H]` is what the inputs
 * contribute to the first layer, `states` the carried tensors of each → the next ones, and the top layer's output
 * `[B, H]`. Parameters under `layer1`, …; the first layer's input weights are the caller's.
 */
export function stackStep(
  builder: Builder,
  x: Value,
  states: readonly (readonly Value[])[],
  options: Omit<StackOptions, 'direction'>,
): { states: Value[][]; output: Value } {
  const size = states[0][0].shape[1] as number;
  const next: Value[][] = [];
  let below: Value | undefined;
  for (const [layer, before] of states.entries()) {
    const b = builder.within(`layer${layer + 1}`);
    const input = below && dropout(b, 'input', below, options.dropout ?? 0);
    const after = cellStep(b, input ? contribution(b, input, size, options) : x, before, options);
    next.push(after);
    below = options.residual && below ? add(after[0], below) : after[0];
  }
  return { states: next, output: below as Value };
}
