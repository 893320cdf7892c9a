/** Vectors and matrices in plain loops, for writing a paper's equations a second time. */
import type { Feeds } from '../graph/check.ts';

export type Vector = number[];
/** Entry [row][column]; vectors stand on the left of a product, as in the parameters' shapes. */
export type Matrix = number[][];

export const times = (x: Vector, W: Matrix): Vector =>
  W[0].map((_, j) => x.reduce((total, xi, i) => total + xi * W[i][j], 0));
export const plus = (...vectors: Vector[]): Vector =>
  vectors[0].map((_, i) => vectors.reduce((t, v) => t + v[i], 0));
export const dot = (a: Vector, b: Vector): number => a.reduce((t, x, i) => t + x * b[i], 0);
export const hadamard = (a: Vector, b: Vector): Vector => a.map((x, i) => x * b[i]);
export const sigma = (v: Vector): Vector => v.map((x) => 1 / (1 + Math.exp(-x)));
export const tanh = (v: Vector): Vector => v.map(Math.tanh);
export const softmax = (v: Vector): Vector => {
  const e = v.map((x) => Math.exp(x - Math.max(...v)));
  return e.map((x) => x / e.reduce((a, b) => a + b, 0));
};

/** Parameters by name, and parts of them: gates lie side by side in columns. */
export class Weights {
  readonly feeds: Feeds;
  constructor(feeds: Feeds) {
    this.feeds = feeds;
  }
  matrix(name: string): Matrix {
    const { shape, data } = this.feeds[name];
    const width = shape[shape.length - 1];
    return Array.from({ length: data.length / width }, (_, i) =>
      Array.from(data.slice(i * width, (i + 1) * width) as Float64Array),
    );
  }
  vector(name: string): Vector {
    return this.matrix(name)[0];
  }
  /** Columns of block number `k`, `width` wide. */
  block(name: string, k: number, width: number): Matrix {
    return this.matrix(name).map((row) => row.slice(k * width, (k + 1) * width));
  }
}
