import { ShapeError } from '../errors.ts';
import {
  type Dim,
  floorDivide,
  mul,
  reshape,
  slice,
  squeeze,
  tanh,
  transpose,
  unsqueeze,
  type Value,
} from '../graph/index.ts';
import type { Builder } from './builder.ts';
import { dropout, linear } from './layers.ts';
import { bidirectionalLayer, type LayerOptions } from './recurrent.ts';

/** How many frames an encoder makes one of. */
export type Reduction = 1 | 2 | 4 | 8 | 16;

/** Frames of an encoder's input: `U` times what it makes one of, so that whatever is halved is even. */
export const framesOf = (reduction: Reduction): Dim => (reduction === 1 ? 'U' : `${reduction}*U`);

/**
 * Halves time: neighbouring frames side by side as one (Chan et al. 2016, "Listen, Attend and Spell", equation 5, what
 * is in the brackets). x `[2U, B, H]` → `[U, B, 2H]`, mask `[2U, B]` → `[U, B]`: a pair is real if its first frame is;
 * padding is zeros in it.
 *
 * @throws ShapeError where the number of frames is not known to be even
 */
export function pyramid(x: Value, mask: Value): { states: Value; mask: Value } {
  const [frames, B, H] = x.shape;
  const half = floorDivide(frames, 2);
  if (half === undefined || (typeof frames === 'number' && frames % 2 === 1)) {
    throw new ShapeError(
      `pyramid: ${frames} frames`,
      'an even number of them',
      "Name it as a multiple ('2*U') and pad the data to it.",
    );
  }
  const pairs = reshape(mul(x, unsqueeze(mask, [2])), [half, 2, B, H]);
  const states = reshape(transpose(pairs, [0, 2, 1, 3]), [half, B, 2 * (H as number)]);
  return { states, mask: squeeze(slice(reshape(mask, [half, 2, B]), 1, 0, 1), [1]) };
}

export interface PyramidOptions extends LayerOptions {
  readonly layers: number;
  /** frames that become one: time is halved above the lowest layer, the second, … until it is reached; default 1 */
  readonly reduction?: Reduction;
  /** width of a tanh layer above every recurrent one; default: none */
  readonly projection?: number;
  /** rate of dropout between layers, one mask over time; default 0 */
  readonly dropout?: number;
}

/**
 * Bidirectional recurrent layers one above the other, half of `size` each way, with time halved between the lowest
 * (Chan et al. 2016, section 3.1): frames `[reduction·U, B, F]` and their mask → `[U, B, size or projection]`, and the
 * mask of these. Parameters under `layer1`, `layer2`, …
 *
 * @throws ShapeError for an odd size, and for fewer layers than there are halvings between them
 */
export function pyramidStack(
  builder: Builder,
  x: Value,
  mask: Value,
  size: number,
  { layers, reduction = 1, projection, dropout: rate = 0, ...options }: PyramidOptions,
): { states: Value; mask: Value } {
  if (size % 2 === 1) {
    throw new ShapeError(
      `bidirectional layers of size ${size}`,
      'an even size, half of it each way',
      'Add or take one.',
    );
  }
  const halvings = Math.log2(reduction);
  if (layers <= halvings) {
    throw new ShapeError(
      `${layers} layers that make one frame of ${reduction}`,
      `${halvings + 1} or more: time is halved ${halvings} times, between layers`,
      'Add layers, or reduce less.',
    );
  }
  let [states, real] = [x, mask];
  for (let layer = 0; layer < layers; layer++) {
    const b = builder.within(`layer${layer + 1}`);
    if (layer > 0 && layer <= halvings) ({ states, mask: real } = pyramid(states, real));
    if (layer > 0) states = dropout(b, 'input', states, rate);
    states = bidirectionalLayer(b, states, real, size / 2, options).states;
    if (projection !== undefined) {
      states = tanh(linear(b.within('projection'), states, projection, { initialize: options.initialize }));
    }
  }
  return { states, mask: real };
}
