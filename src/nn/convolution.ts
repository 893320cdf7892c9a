import { ShapeError } from '../errors.ts';
import { add, conv, div, maxPool, mean, mul, relu, reshape, sqrt, sub, type Value } from '../graph/index.ts';
import type { Builder, Initializer } from './builder.ts';
import { zero } from './init.ts';

/** Down and across; one number for both. */
export type PerAxis = number | readonly [down: number, across: number];

export const bothAxes = (value: PerAxis): readonly [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** N(0, 2 / (inputs of a unit)), for layers with ReLU (He et al. 2015, equation 10); kernels are `[O, C, KY, KX]`. */
export const he: Initializer = (data, shape, random) => {
  const deviation = Math.sqrt((2 * shape[0]) / data.length);
  for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
};

export interface ConvolutionOptions {
  /** odd; default 3 */
  readonly kernel?: number;
  /** default 1 */
  readonly stride?: PerAxis;
  /** default true */
  readonly bias?: boolean;
}

/**
 * A convolution over pictures: x `[B, C, Y, X]` → `[B, channels, ⌈Y/stride⌉, ⌈X/stride⌉]`, zeros around. Parameters:
 * `kernel` [channels, C, K, K], `bias` [channels]. ONNX Runtime computes it in float32 only.
 *
 * @throws ShapeError for an even kernel, which has no middle
 */
export function convolution(
  builder: Builder,
  x: Value,
  channels: number,
  { kernel = 3, stride = 1, bias = true }: ConvolutionOptions = {},
): Value {
  if (kernel % 2 !== 1) {
    throw new ShapeError(`a convolution with a kernel of ${kernel}`, 'an odd size', 'Add or take one.');
  }
  const weights = builder.parameter('kernel', [channels, x.shape[1] as number, kernel, kernel], he);
  const y = conv(x, weights, { strides: bothAxes(stride), pads: (kernel - 1) / 2 });
  return bias ? add(y, perChannel(builder.parameter('bias', [channels], zero))) : y;
}

/** `[C]` so that it meets the channels of a picture. */
const perChannel = (v: Value): Value => reshape(v, [v.shape[0], 1, 1]);

/** Keeps channels that are all alike from dividing by zero. */
const EPSILON = 1e-5;

const ones: Initializer = (data) => {
  data.fill(1);
};

/**
 * Group normalisation (Wu & He 2018, equations 1–3 and 7): x `[B, C, Y, X]` → the same shape, where the channels of each
 * group have, together and over the whole picture, mean 0 and variance 1; then times `gain` [C] (ones at first) plus
 * `bias` [C]. It looks at one picture at a time, so that, unlike with batch normalisation, a picture gives the same in
 * any batch, in training as afterwards, and there are no running statistics to keep; there it does better in small
 * batches (their section 4.1).
 *
 * @param groups divides C; 1 is layer normalisation
 * @throws ShapeError where it does not
 */
export function groupNorm(builder: Builder, x: Value, groups: number): Value {
  const [B, channels, Y, X] = x.shape as [Value['shape'][0], number, number, number];
  if (channels % groups !== 0) {
    throw new ShapeError(
      `${groups} groups of ${channels} channels`,
      'a number that divides them',
      'Change one.',
    );
  }
  const size = channels / groups;
  const grouped = reshape(x, [B, groups, size, Y * X]);
  const over = { axes: [2, 3], keep: true };
  const middle = mean(grouped, over);
  const centred = sub(grouped, middle);
  const deviation = sqrt(add(mean(mul(centred, centred), over), EPSILON));
  const gain = reshape(builder.parameter('gain', [channels], ones), [groups, size, 1]);
  const bias = reshape(builder.parameter('bias', [channels], zero), [groups, size, 1]);
  // One factor and one summand a channel: two passes over the picture instead of four.
  const factor = div(gain, deviation);
  return reshape(add(mul(grouped, factor), sub(bias, mul(middle, factor))), x.shape);
}

/** Convolutions of one number of channels. */
export interface ConvolutionBlock {
  readonly channels: number;
  /** convolutions, one after another; default 1 */
  readonly layers?: number;
  /** rows that become one, and columns; default 2 */
  readonly reduction?: PerAxis;
}

export interface ConvolutionStackOptions {
  /** `group`: in groups of 16 channels, after each convolution; default group */
  readonly normalise?: 'group' | 'none';
  /**
   * How a block makes rows and columns fewer: its first convolution strides (Springenberg et al. 2015, who found it as
   * good; it is several times as fast here), or the maximum is taken after its last. Default stride
   */
  readonly downsample?: 'stride' | 'max';
}

/** Rows and columns that a stack makes of a picture. */
export function gridOf(
  [height, width]: readonly [number, number],
  blocks: readonly ConvolutionBlock[],
  { downsample = 'stride' }: ConvolutionStackOptions = {},
): [rows: number, columns: number] {
  const fewer = downsample === 'stride' ? Math.ceil : Math.floor;
  return blocks.reduce<[number, number]>(
    ([rows, columns], { reduction = 2 }) => {
      const [down, across] = bothAxes(reduction);
      return [fewer(rows / down), fewer(columns / across)];
    },
    [height, width],
  );
}

/**
 * Where the rows and columns of `gridOf` lie in the picture: the middles of what they are made of, from 0 (top, left) to
 * 1. A convolution that strides looks at a pixel and the ones around it, then at the pixel so many on; so the first
 * place lies on the picture's first pixel, and not half a place further in as with a maximum.
 */
export function gridCentres(
  size: readonly [height: number, width: number],
  blocks: readonly ConvolutionBlock[],
  options: ConvolutionStackOptions = {},
): [rows: number[], columns: number[]] {
  const { downsample = 'stride' } = options;
  const [rows, columns] = gridOf(size, blocks, options).map((cells, axis) => {
    const step = blocks.reduce((product, { reduction = 2 }) => product * bothAxes(reduction)[axis], 1);
    const first = downsample === 'stride' ? 0.5 : step / 2;
    return Array.from({ length: cells }, (_, i) => (first + step * i) / size[axis]);
  });
  return [rows, columns];
}

/**
 * Groups of 16 channels, or of a few more. (Wu & He 2018, table 3. In groups of two or three, what tells one colour from
 * another is lost: their size is what is normalised.)
 */
const groupsOf = (channels: number): number => {
  let groups = Math.max(1, Math.floor(channels / 16));
  while (channels % groups !== 0) groups--;
  return groups;
};

/**
 * Blocks of convolutions over 3 × 3 pixels, each followed by normalisation and ReLU: pictures `[B, C, Y, X]` →
 * `[B, D, rows, columns]`, D the last block's channels. Parameters under `block1.layer1`, …
 *
 * @throws ShapeError where nothing of the picture would be left
 */
export function convolutionStack(
  builder: Builder,
  pictures: Value,
  blocks: readonly ConvolutionBlock[],
  options: ConvolutionStackOptions = {},
): Value {
  const { normalise = 'group', downsample = 'stride' } = options;
  let x = pictures;
  for (const [i, { channels, layers = 1, reduction = 2 }] of blocks.entries()) {
    for (let layer = 0; layer < layers; layer++) {
      const b = builder.within(`block${i + 1}.layer${layer + 1}`);
      const stride = downsample === 'stride' && layer === 0 ? reduction : 1;
      // A bias would be taken away again by normalisation.
      x = convolution(b, x, channels, { stride, bias: normalise === 'none' });
      if (normalise === 'group') x = groupNorm(b.within('norm'), x, groupsOf(channels));
      x = relu(x);
    }
    if (downsample === 'max') x = maxPool(x, bothAxes(reduction));
  }
  return x;
}
