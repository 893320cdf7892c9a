import { type Dim, floorDivide, minus, product, type Shape, sum as sumDims } from '../dims.ts';
import { apply1, isFloat, type LiftedInput, type Operation, shapeError, type Value } from '../value.ts';
import { reshape } from './shape.ts';

/** Per spatial axis. */
interface Window {
  readonly strides: readonly number[];
  /** zeros before and after */
  readonly pads: readonly (readonly [number, number])[];
}

/** ONNX lists all beginnings, then all ends. */
const onnxPads = (pads: Window['pads']): number[] => [...pads.map(([b]) => b), ...pads.map(([, a]) => a)];

/** Size of the result along one spatial axis, and how many entries at the end no window reaches. */
function slide(size: Dim, window: number, stride: number, [before, after]: readonly [number, number]) {
  const room = sumDims([size, before + after - window]);
  const steps = floorDivide(room, stride);
  return steps === undefined
    ? undefined
    : { size: sumDims([steps, 1]), rest: minus(room, product([stride, steps])) as number };
}
const slides = (x: Shape, window: Shape, { strides, pads }: Window) =>
  x.slice(2).map((size, i) => slide(size, window[i] as number, strides[i], pads[i]));

/** Time joins the batch: `[T, B, …]` → `[T·B, …]`. */
const joinBatch = ({ value }: LiftedInput): Value =>
  reshape(value, [product(value.shape.slice(0, 2)), ...value.shape.slice(2)]);
const splitBatch = (y: Value, { value }: LiftedInput): Value =>
  reshape(y, [...value.shape.slice(0, 2), ...y.shape.slice(1)]);

const convOperation: Operation<Window> = {
  name: 'conv',
  cost: 'costly',
  infer([x, kernel], attributes) {
    const { strides, pads } = attributes;
    const rank = x.shape.length;
    const window = kernel.shape.slice(2);
    if (
      rank < 3 ||
      rank > 4 ||
      kernel.shape.length !== rank ||
      kernel.shape[1] !== x.shape[1] ||
      kernel.dtype !== x.dtype ||
      !isFloat(x) ||
      kernel.shape.some((d) => typeof d !== 'number')
    ) {
      const expected =
        'x [B, C, L] with kernel [O, C, K], or x [B, C, Y, X] with kernel [O, C, KY, KX], numbers in the kernel';
      shapeError('conv', [x, kernel], expected, 'Transpose or unsqueeze; C must agree.');
    }
    if (strides.length !== rank - 2 || pads.length !== rank - 2 || strides.some((s) => !(s >= 1))) {
      shapeError('conv', [x, kernel], `${rank - 2} strides ≥ 1 and pairs of pads`, `[${strides}] came.`);
    }
    const spatial = slides(x.shape, window, attributes).map((found, i) => {
      if (found === undefined) {
        const todo = `Name the size as a multiple ('${strides[i]}*U') and pad the data to it.`;
        shapeError('conv', [x, kernel], `a size that stride ${strides[i]} divides at axis ${i + 2}`, todo);
      }
      if (typeof found.size === 'number' && found.size < 1) {
        shapeError(
          'conv',
          [x, kernel],
          `a window inside axis ${i + 2}`,
          'Pad more, or take a smaller kernel.',
        );
      }
      return found.size;
    });
    return [{ dtype: x.dtype, shape: [x.shape[0], kernel.shape[0], ...spatial] }];
  },
  gradient(node, [g], needed) {
    const [x, kernel] = node.inputs;
    if (g === undefined) return [];
    return [
      needed[0] ? convInput(g, kernel, x.shape, node.attributes) : undefined,
      needed[1] ? convKernel(x, g, kernel.shape, node.attributes) : undefined,
    ];
  },
  emit: (node, inputs, scope) =>
    scope.node('Conv', inputs, { strides: node.attributes.strides, pads: onnxPads(node.attributes.pads) }),
  lift: (node, [x, kernel]) => [
    splitBatch(apply1(convOperation, [joinBatch(x), kernel.value], node.attributes), x),
  ],
  canLift: (node, hasTime) => !hasTime(node.inputs[1]),
};

/** The gradient of `conv` for its input: the transposed convolution of g `[B, O, …]`, of the shape `like`. */
const inputOperation: Operation<Window & { readonly like: Shape }> = {
  name: 'convInput',
  cost: 'costly',
  infer: ([g], { like }) => [{ dtype: g.dtype, shape: [g.shape[0], ...like.slice(1)] }],
  gradient(node, [u], needed) {
    const [g, kernel] = node.inputs;
    if (u === undefined) return [];
    return [
      needed[0] ? apply1(convOperation, [u, kernel], node.attributes) : undefined,
      needed[1] ? convKernel(u, g, kernel.shape, node.attributes) : undefined,
    ];
  },
  emit(node, inputs, scope) {
    const { like, strides, pads } = node.attributes;
    const rest = slides(like, node.inputs[1].shape.slice(2), node.attributes).map((s) => s?.rest as number);
    return scope.node('ConvTranspose', inputs, { strides, pads: onnxPads(pads), output_padding: rest });
  },
  lift: (node, [g, kernel]) => [
    splitBatch(apply1(inputOperation, [joinBatch(g), kernel.value], node.attributes), g),
  ],
  canLift: (node, hasTime) => !hasTime(node.inputs[1]),
};
const convInput = (g: Value, kernel: Value, like: Shape, { strides, pads }: Window): Value =>
  apply1(inputOperation, [g, kernel], { like, strides, pads });

/** The gradient of `conv` for its kernel: x and g convolved with batch and channels exchanged. */
const kernelOperation: Operation<Window & { readonly like: Shape }> = {
  name: 'convKernel',
  cost: 'costly',
  infer: ([x], { like }) => [{ dtype: x.dtype, shape: like }],
  gradient(node, [u], needed) {
    const [x, g] = node.inputs;
    if (u === undefined) return [];
    return [
      needed[0] ? convInput(g, u, x.shape, node.attributes) : undefined,
      needed[1] ? apply1(convOperation, [x, u], node.attributes) : undefined,
    ];
  },
  emit(node, inputs, scope) {
    const { like, strides, pads } = node.attributes;
    const axes = like.slice(2).map((_, i) => i + 2);
    const perm = [1, 0, ...axes];
    const [x, g] = inputs.map((name) => scope.node('Transpose', [name], { perm })[0]);
    // A stride of the convolution is a dilation here: g's entries lie that far apart on x.
    const [wide] = scope.node('Conv', [x, g], { dilations: strides, pads: onnxPads(pads) });
    const ends = scope.ints(like.slice(2) as readonly number[]);
    const [cut] = scope.node('Slice', [wide, scope.ints(axes.map(() => 0)), ends, scope.ints(axes)]);
    return scope.node('Transpose', [cut], { perm });
  },
  liftSum: (node, [x, g]) => apply1(kernelOperation, [joinBatch(x), joinBatch(g)], node.attributes),
};
const convKernel = (x: Value, g: Value, like: Shape, { strides, pads }: Window): Value =>
  apply1(kernelOperation, [x, g], { like, strides, pads });

/** One number per spatial axis, or one for all. */
const each = <T>(value: T | readonly T[] | undefined, otherwise: T, count: number): readonly T[] =>
  Array.isArray(value) ? value : Array.from({ length: count }, () => (value as T | undefined) ?? otherwise);

/**
 * Cross-correlation over one or two spatial axes: x `[B, C, L]` with kernel `[O, C, K]` → `[B, O, L']`, or
 * x `[B, C, Y, X]` with kernel `[O, C, KY, KX]` → `[B, O, Y', X']`, L' = ⌊(L + pads − K) / stride⌋ + 1. ONNX Runtime
 * computes it in float32 only.
 *
 * @param options.strides one for all spatial axes or one each; default 1. A size known only at run time must be named
 * as a multiple of its stride (`2*U`)
 * @param options.pads zeros before and after each spatial axis (a number: both); default 0
 * @throws ShapeError for another rank, channels that differ, a window that does not fit
 */
export function conv(
  x: Value,
  kernel: Value,
  options: {
    strides?: number | readonly number[];
    pads?: number | readonly (readonly [number, number])[];
  } = {},
): Value {
  const count = x.shape.length - 2;
  const { pads = 0 } = options;
  return apply1(convOperation, [x, kernel], {
    strides: each(options.strides, 1, count),
    pads: typeof pads === 'number' ? each<readonly [number, number]>(undefined, [pads, pads], count) : pads,
  });
}
