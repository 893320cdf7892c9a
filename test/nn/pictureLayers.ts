/** Layers over pictures in plain loops. */
import type { HostTensor } from '../../src/runtime/index.ts';

/** [channel][row][column] */
export type Maps = number[][][];

/** Cross-correlation with zeros around, at every `stride`-th place from the first on. */
export function convolve(
  x: Maps,
  { shape: [channels, inputs, K], data: kernel }: HostTensor,
  bias: HostTensor | undefined,
  stride: number | readonly [number, number],
): Maps {
  const [down, across] = typeof stride === 'number' ? [stride, stride] : stride;
  const reach = (K - 1) / 2;
  const places = (size: number, step: number) =>
    Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
  return Array.from({ length: channels }, (_, o) =>
    places(x[0].length, down).map((y) =>
      places(x[0][0].length, across).map((place) => {
        let sum = Number(bias?.data[o] ?? 0);
        for (let c = 0; c < inputs; c++) {
          for (let ky = 0; ky < K; ky++) {
            for (let kx = 0; kx < K; kx++) {
              const weight = Number(kernel[((o * inputs + c) * K + ky) * K + kx]);
              sum += weight * (x[c][y + ky - reach]?.[place + kx - reach] ?? 0);
            }
          }
        }
        return sum;
      }),
    ),
  );
}

/** Wu & He 2018: over each group's channels and all places mean 0 and variance 1, then γ x + β. */
export function groupNormed(x: Maps, groups: number, gain: readonly number[], bias: readonly number[]): Maps {
  const size = x.length / groups;
  return x.map((rows, c) => {
    const first = Math.floor(c / size) * size;
    const values = x.slice(first, first + size).flat(2);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    return rows.map((row) => row.map((v) => (gain[c] * (v - mean)) / Math.sqrt(variance + 1e-5) + bias[c]));
  });
}

/** The largest of each window; what fills none is left out. */
export const pooled = (x: Maps, [down, across]: readonly [number, number]): Maps =>
  x.map((rows) =>
    Array.from({ length: Math.floor(rows.length / down) }, (_, r) =>
      Array.from({ length: Math.floor(rows[0].length / across) }, (_, c) =>
        Math.max(
          ...rows.slice(r * down, (r + 1) * down).flatMap((row) => row.slice(c * across, (c + 1) * across)),
        ),
      ),
    ),
  );
