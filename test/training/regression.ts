import type { Random } from '../../src/random.ts';
import { Random as Generator } from '../../src/random.ts';
import type { Arena, LossProgram } from '../../src/training/index.ts';

/** Rows of inputs and targets. */
export interface Rows {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
}

export const width = 5;
const truth = [1, -2, 0.5, 3, -0.25];

/** Linear regression with inverted dropout on the inputs: a small real loss program. */
export class Regression implements LossProgram<Rows> {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  steps = 0;

  constructor(arena?: Arena) {
    this.parameters = arena?.allocate(width) ?? new Float32Array(width);
    this.gradients = arena?.allocate(width) ?? new Float32Array(width);
  }

  async step({ x, y }: Rows, random: Random) {
    this.steps++;
    this.gradients.fill(0);
    let loss = 0;
    for (const [i, row] of x.entries()) {
      const masked = row.map((value) => (random.uniform() < 0.8 ? value / 0.8 : 0));
      const error = masked.reduce((sum, value, k) => sum + value * this.parameters[k], 0) - y[i];
      loss += (error * error) / x.length;
      for (let k = 0; k < width; k++) this.gradients[k] += (2 * error * masked[k]) / x.length;
    }
    return { loss, tokens: x.length };
  }

  /** Mean squared error without dropout. */
  error({ x, y }: Rows): number {
    const square = (row: readonly number[], i: number) =>
      (row.reduce((sum, value, k) => sum + value * this.parameters[k], 0) - y[i]) ** 2;
    return x.reduce((sum, row, i) => sum + square(row, i), 0) / x.length;
  }
}

export function rows(count: number, seed: number): Rows {
  const random = new Generator(seed);
  const x = Array.from({ length: count }, () => Array.from({ length: width }, () => random.normal()));
  const y = x.map((row) => row.reduce((sum, value, k) => sum + value * truth[k], 0) + 0.1 * random.normal());
  return { x, y };
}

/** The rows shuffled by (seed, epoch) and cut into batches of `size`, the last one smaller. */
export function batchesOf(data: Rows, size: number, seed: number) {
  return (epoch: number): Rows[] => {
    const order = new Generator(seed * 1000 + epoch).shuffle([...data.y.keys()]);
    const batches: Rows[] = [];
    for (let i = 0; i < order.length; i += size) {
      const ids = order.slice(i, i + size);
      batches.push({ x: ids.map((id) => data.x[id]), y: ids.map((id) => data.y[id]) });
    }
    return batches;
  };
}
