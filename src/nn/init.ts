import type { Initializer } from './builder.ts';

/** All entries zero. */
export const zero: Initializer = (data) => {
  data.fill(0);
};

/** Independent normal entries with mean 0. */
export const normal =
  (deviation: number): Initializer =>
  (data, _shape, random) => {
    for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
  };

/** Uniform in ±√(6 / (rows + columns)) (Glorot & Bengio 2010, equation 16). */
export const glorot: Initializer = (data, shape, random) => {
  const columns = shape[shape.length - 1];
  const rows = data.length / columns;
  const limit = Math.sqrt(6 / (rows + columns));
  for (let i = 0; i < data.length; i++) data[i] = limit * (2 * random.uniform() - 1);
};

/**
 * Random orthogonal matrices (Saxe et al. 2014), one per block of `rows` columns side by side: the recurrent
 * weights of several gates in one tensor `[H, n·H]` are n orthogonal matrices.
 */
export const orthogonal: Initializer = (data, [rows, columns], random) => {
  for (let block = 0; block < columns; block += rows) {
    const width = Math.min(rows, columns - block);
    const basis: Float64Array[] = [];
    for (let k = 0; k < width; k++) {
      const v = Float64Array.from({ length: rows }, () => random.normal());
      // Modified Gram–Schmidt: in float64 its rounding is far below float32's.
      for (const u of basis) {
        let dot = 0;
        for (let i = 0; i < rows; i++) dot += u[i] * v[i];
        for (let i = 0; i < rows; i++) v[i] -= dot * u[i];
      }
      const norm = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
      for (let i = 0; i < rows; i++) v[i] /= norm;
      basis.push(v);
      for (let i = 0; i < rows; i++) data[i * columns + block + k] = v[i];
    }
  }
};
