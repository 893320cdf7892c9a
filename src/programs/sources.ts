import { type DType, full, input, type Value } from '../graph/index.ts';
import { readsPictures, type SourceForm } from '../models/index.ts';
import type { HostTensor } from '../runtime/index.ts';

/** Sources to decode, padded, time-major. */
export interface SourceBatch {
  /** token ids [S, B], frames [S, B, F], or pictures [B, C, Y, X] */
  readonly source: Int32Array | Float32Array;
  /** [S, B]; pictures have none, and S is 1 */
  readonly sourceMask: Float32Array;
  readonly sizes: { readonly B: number; readonly S: number };
  /** of pictures: C, Y and X */
  readonly picture?: readonly [channels: number, height: number, width: number];
  /** for models that copy: the source as target words, int32 [S, B], and how many of them V does not hold */
  readonly copying?: { readonly copied: Int32Array; readonly extra: number };
}

export function sourceFeeds({
  source,
  sourceMask,
  sizes: { B, S },
  picture,
  copying,
}: SourceBatch): Record<string, HostTensor> {
  if (picture) {
    return { source: { dtype: 'float32', shape: [B, ...picture], data: source as Float32Array } };
  }
  return {
    source:
      source instanceof Int32Array
        ? { dtype: 'int32', shape: [S, B], data: source }
        : { dtype: 'float32', shape: [S, B, source.length / (S * B)], data: source },
    sourceMask: { dtype: 'float32', shape: [S, B], data: sourceMask },
    ...(copying && {
      copied: { dtype: 'int32', shape: [S, B], data: copying.copied },
      extra: extraWords(copying.extra),
    }),
  };
}

/** A place for each word beyond V: zeros [X]. */
export const extraWords = (count: number): HostTensor => ({
  dtype: 'float32',
  shape: [count],
  data: new Float32Array(count),
});

/** Graph inputs for a batch of a model's sources. */
export function sourceInputs(
  { source: form }: { readonly source?: SourceForm },
  dtype: DType = 'float32',
): { source: Value; sourceMask: Value } {
  if (form && readsPictures(form)) {
    return { source: input('source', dtype, form.shape), sourceMask: full([1, 'B'], 1, dtype) };
  }
  const steps = form?.shape[0] ?? 'S';
  return {
    source: form ? input('source', dtype, form.shape) : input('source', 'int32', ['S', 'B']),
    sourceMask: input('sourceMask', dtype, [steps, 'B']),
  };
}
