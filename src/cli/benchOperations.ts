import type { Dim } from '../graph/dims.ts';
import type { Value } from '../graph/index.ts';
import type { ScanAttributes } from '../graph/motion.ts';
import { liveness } from '../graph/onnx.ts';
import { matmulOf } from '../graph/operations/matmul.ts';
import { scanOperation } from '../graph/scan.ts';
import { topological } from '../graph/value.ts';
import type { SizeFlags } from './benchSizes.ts';

/**
 * Multiply-adds ×2 of the matrix products of one training step of the model that `sizesOf` describes; backward is twice
 * forward. The attention's energies and contexts, and the first state, are left out: under 1 % at usual sizes.
 */
export function sizeOperations({
  batch: B,
  source: S,
  target: T,
  vocab: V,
  embed: E,
  hidden: H,
  attention: A,
}: SizeFlags): number {
  const encoder = S * (6 * H * (E + H) + 2 * H * A);
  const decoder = T * (H * A + 3 * H * (E + 3 * H) + E * (3 * H + E) + E * V);
  return 6 * B * (encoder + decoder);
}

/**
 * Multiply-adds ×2 of all matrix products that some values of a graph need, loops run as often as they are.
 *
 * @param sizes of the symbolic dimensions
 */
export function productOperations(roots: readonly Value[], sizes: Readonly<Record<string, number>>): number {
  const sizeOf = (dim: Dim): number =>
    typeof dim === 'number'
      ? dim
      : dim
          .split('+')
          .map((term) => term.split('*').reduce((product, f) => product * (sizes[f] ?? Number(f)), 1))
          .reduce((a, b) => a + b);
  const order = topological(roots);
  const live = liveness(order, roots);
  let total = 0;
  for (const node of order) {
    if (!node.outputs.some((v) => live.has(v))) continue;
    if (node.operation.name === scanOperation.name) {
      const { length, results, states } = node.attributes as ScanAttributes;
      const needed = results.filter((_, i) => i < states || live.has(node.outputs[i]));
      total += sizeOf(length) * productOperations(needed, sizes);
    }
    const found = matmulOf(node.outputs[0]);
    if (found === undefined) continue;
    const inner = found.a.shape[found.a.shape.length - (found.transposeA ? 2 : 1)];
    total += 2 * [inner, ...node.outputs[0].shape].map(sizeOf).reduce((a, b) => a * b);
  }
  return total;
}
