/** Gradients against central finite differences, run by ONNX Runtime in float64. */
import { expect } from 'vitest';
import { gradient, mul, sum, toOnnx, type Value } from '../../src/graph/index.ts';
import { inputName, isLeaf, topological } from '../../src/graph/value.ts';
import { type Backend, type Executable, type HostTensor, openRuntime } from '../../src/runtime/index.ts';
import { Random } from '../../src/random.ts';

let backend: Backend | undefined;
export const runtime = async (): Promise<Backend> => (backend ??= await openRuntime({ threads: 1 }));

export type Feeds = Record<string, HostTensor>;

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
  for (const node of topological(outputs)) {
    const v = node.outputs[0];
    if (!isLeaf(v) || feeds[inputName(v)]) continue;
    const shape = v.shape.map((d) => (typeof d === 'number' ? d : sizes[d]));
    const length = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length }, () => scale * random.normal());
    if (v.dtype === 'float64') feeds[inputName(v)] = { dtype: 'float64', shape, data: Float64Array.from(values) };
    else if (v.dtype === 'float32') feeds[inputName(v)] = { dtype: 'float32', shape, data: Float32Array.from(values) };
    else throw new Error(`feed ${inputName(v)} by hand`);
  }
  return feeds;
}

/** Computes values; for small things in tests. */
export async function compute(outputs: Record<string, Value>, feeds: Feeds): Promise<Record<string, HostTensor>> {
  const program = await (await runtime()).load(toOnnx(outputs).bytes);
  try {
    return await program.run(feeds);
  } finally {
    await program.dispose();
  }
}

/**
 * Compares the gradient of Σ output·weights (random weights) with central differences at every entry (or at most
 * `probes` random ones) of every float leaf.
 */
export async function checkGradient(
  outputs: readonly Value[],
  sizes: Record<string, number>,
  options: { given?: Feeds; seed?: number; tolerance?: number; step?: number; probes?: number; scale?: number } = {},
): Promise<void> {
  const { seed = 1, tolerance = 1e-6, probes = 12, scale = 1 } = options;
  const dtype = outputs[0].dtype as 'float64' | 'float32';
  const step = options.step ?? (dtype === 'float64' ? 1e-5 : 1e-2);
  const random = new Random(seed + 1);
  // Weighted sum, so that no part of the gradient cancels by symmetry.
  const { input, add } = await import('../../src/graph/index.ts');
  const loss = outputs
    .map((o, i) => sum(mul(o, input(`weights${i}`, dtype, o.shape))))
    .reduce((a, b) => add(a, b));
  const leaves = topological([loss])
    .map((n) => n.outputs[0])
    .filter((v) => isLeaf(v) && v.dtype === dtype && !inputName(v).startsWith('weights'));
  const gradients = gradient(loss, leaves);
  const named = Object.fromEntries(gradients.map((g, i) => [`d ${inputName(leaves[i])}`, g]));
  const all = { loss, ...named };
  const shapes = await outputSizes(outputs, sizes, options.given, seed, scale);
  const feeds = feedsFor(Object.values(all), { ...sizes, ...shapes }, options.given, seed, scale);
  const program: Executable = await (await runtime()).load(toOnnx(all).bytes);
  const forward = await (await runtime()).load(toOnnx({ loss }).bytes);
  const own = (names: readonly string[]) => Object.fromEntries(names.map((n) => [n, feeds[n]]));
  try {
    const result = await program.run(own(program.inputs));
    const lossAt = async () => Number((await forward.run(own(forward.inputs))).loss.data[0]);
    for (const leaf of leaves) {
      const name = inputName(leaf);
      const data = feeds[name].data as Float64Array;
      const analytic = result[`d ${name}`].data as Float64Array;
      expect(result[`d ${name}`].shape).toEqual(feeds[name].shape);
      // Relative to the gradient's own size: single entries may be zero.
      const norm = Math.sqrt(analytic.reduce((s, g) => s + g * g, 0) / analytic.length);
      const places = Array.from({ length: data.length }, (_, i) => i);
      for (const i of random.shuffle(places).slice(0, probes)) {
        const before = data[i];
        data[i] = before + step;
        const up = await lossAt();
        data[i] = before - step;
        const down = await lossAt();
        data[i] = before;
        const numeric = (up - down) / (2 * step);
        const error = Math.abs(numeric - analytic[i]) / Math.max(Math.abs(numeric), Math.abs(analytic[i]), norm, 1e-3);
        expect(error, `${name}[${i}]: analytic ${analytic[i]}, numeric ${numeric}`).toBeLessThanOrEqual(tolerance);
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
  const named = Object.fromEntries(outputs.map((o, i) => [`o${i}`, o]));
  const result = await compute(named, feedsFor(outputs, sizes, given, seed, scale));
  return Object.fromEntries(
    outputs.flatMap((o, i) => o.shape.map((d, k) => [String(d), result[`o${i}`].shape[k]] as const)),
  );
}
