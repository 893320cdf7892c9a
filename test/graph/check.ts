/** Gradients against central finite differences, run by ONNX Runtime in float64. */
import { expect } from 'vitest';
import { add, gradient, input, mul, sum, toOnnx, type Value } from '../../src/graph/index.ts';
import { inputName, isFloat, isLeaf, topological } from '../../src/graph/value.ts';
import { Random } from '../../src/random.ts';
import { type Backend, type HostTensor, openRuntime } from '../../src/runtime/index.ts';

let backend: Backend | undefined;
export async function runtime(): Promise<Backend> {
  backend ??= await openRuntime({ threads: 1 });
  return backend;
}

export type Feeds = Record<string, HostTensor>;

const leavesOf = (outputs: readonly Value[]): Value[] =>
  topological(outputs)
    .map((n) => n.outputs[0])
    .filter((v) => v !== undefined && isLeaf(v));

/** Random float tensors for leaves that have none given; names of sizes are looked up in `sizes`. */
export function feedsFor(
  outputs: readonly Value[],
  sizes: Record<string, number>,
  given: Feeds = {},
  seed = 1,
  scale = 1,
): Feeds {
  const random = new Random(seed);
  const feeds: Feeds = { ...given };
  for (const v of leavesOf(outputs)) {
    if (feeds[inputName(v)]) continue;
    const shape = v.shape.map((d) => (typeof d === 'number' ? d : sizes[d]));
    const length = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length }, () => scale * random.normal());
    if (v.dtype === 'float64')
      feeds[inputName(v)] = { dtype: 'float64', shape, data: Float64Array.from(values) };
    else if (v.dtype === 'float32')
      feeds[inputName(v)] = { dtype: 'float32', shape, data: Float32Array.from(values) };
    else throw new Error(`feed ${inputName(v)} by hand`);
  }
  return feeds;
}

/** Computes values; for small things in tests. */
export async function compute(
  outputs: Record<string, Value>,
  feeds: Feeds,
): Promise<Record<string, HostTensor>> {
  const program = await (await runtime()).load(toOnnx(outputs).bytes);
  try {
    return await program.run(feeds);
  } finally {
    await program.dispose();
  }
}

export interface CheckOptions {
  readonly given?: Feeds;
  readonly seed?: number;
  /** largest relative error; default 1e-6 (1e-3 in float32) */
  readonly tolerance?: number;
  /** half the distance between the two nearest points of a difference */
  readonly step?: number;
  /** entries looked at in each leaf, at random */
  readonly probes?: number;
  /** standard deviation of what is fed to leaves that are not given */
  readonly scale?: number;
  /** leaves not to differentiate by, by name: where a difference would leave what the graph is defined for */
  readonly except?: readonly string[];
}

/**
 * Compares the gradient of Σ output·weights (random weights) with central differences, in every float leaf. The
 * difference is Richardson's, (4 D(h) − D(2h)) / 3, whose error is of fourth order; kinks must be farther than 2h.
 * Errors are relative to the larger of the entry and the root mean square of the leaf's gradient (a single entry may
 * be zero).
 */
export async function checkGradient(
  outputs: readonly Value[],
  sizes: Record<string, number>,
  options: CheckOptions = {},
): Promise<void> {
  const { seed = 1, probes = 12, scale = 1 } = options;
  const dtype = outputs[0].dtype as 'float64' | 'float32';
  const tolerance = options.tolerance ?? (dtype === 'float64' ? 1e-6 : 1e-3);
  const step = options.step ?? (dtype === 'float64' ? 5e-4 : 2e-2);
  const random = new Random(seed + 1);
  // Weighted sum, so that no part of the gradient cancels by symmetry.
  const loss = outputs
    .map((o, i) => sum(mul(o, input(`weights${i}`, dtype, o.shape))))
    .reduce((a, b) => add(a, b));
  const leaves = leavesOf(outputs).filter(
    (v) => v.dtype === dtype && !options.except?.includes(inputName(v)),
  );
  expect(leaves.length, 'something to differentiate by').toBeGreaterThan(0);
  const named = Object.fromEntries(gradient(loss, leaves).map((g, i) => [`d ${inputName(leaves[i])}`, g]));
  const all = { loss, ...named };
  const shapes = await outputSizes(outputs, sizes, options.given, seed, scale);
  const feeds = feedsFor(Object.values(all), { ...sizes, ...shapes }, options.given, seed, scale);
  const program = await (await runtime()).load(toOnnx(all).bytes);
  const forward = await (await runtime()).load(toOnnx({ loss }).bytes);
  const own = (names: readonly string[]) => Object.fromEntries(names.map((n) => [n, feeds[n]]));
  try {
    const result = await program.run(own(program.inputs));
    const inputs = own(forward.inputs);
    const lossAt = async () => Number((await forward.run(inputs)).loss.data[0]);
    expect(Math.abs(Number(result.loss.data[0]) - (await lossAt())), 'one loss').toBeLessThan(
      dtype === 'float64' ? 1e-9 : 1e-3,
    );
    for (const leaf of leaves) {
      const name = inputName(leaf);
      const data = feeds[name].data as Float64Array;
      const analytic = result[`d ${name}`].data as Float64Array;
      expect(result[`d ${name}`].shape).toEqual(feeds[name].shape);
      const norm = Math.sqrt(analytic.reduce((s, g) => s + g * g, 0) / Math.max(1, analytic.length));
      const places = Array.from({ length: data.length }, (_, i) => i);
      for (const i of random.shuffle(places).slice(0, probes)) {
        const before = data[i];
        const difference = async (h: number) => {
          data[i] = before + h;
          const [up, right] = [await lossAt(), data[i]];
          data[i] = before - h;
          const [down, left] = [await lossAt(), data[i]];
          data[i] = before;
          return (up - down) / (right - left);
        };
        const numeric = (4 * (await difference(step)) - (await difference(2 * step))) / 3;
        // Where the whole gradient vanishes, rounding of the loss is all there is to compare.
        const size = Math.max(Math.abs(numeric), Math.abs(analytic[i]), norm, 1e-5);
        const error = Math.abs(numeric - analytic[i]) / size;
        expect(
          error,
          `d ${name}[${i}]: ${analytic[i]}, by differences ${numeric}; seed ${seed}`,
        ).toBeLessThanOrEqual(tolerance);
      }
    }
  } finally {
    await program.dispose();
    await forward.dispose();
  }
}

/** Sizes named only by outputs (none of the inputs has them by itself) are read off a run. */
async function outputSizes(
  outputs: readonly Value[],
  sizes: Record<string, number>,
  given: Feeds | undefined,
  seed: number,
  scale: number,
): Promise<Record<string, number>> {
  if (outputs.every((o) => o.shape.every((d) => typeof d === 'number' || d in sizes))) return {};
  const named = Object.fromEntries(outputs.filter(isFloat).map((o, i) => [`o${i}`, o]));
  const result = await compute(named, feedsFor(outputs, sizes, given, seed, scale));
  return Object.fromEntries(
    outputs.flatMap((o, i) => o.shape.map((d, k) => [String(d), result[`o${i}`].shape[k]] as const)),
  );
}
