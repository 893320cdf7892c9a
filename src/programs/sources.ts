import { type DType, input, type Value } from '../graph/index.ts';
import type { SourceForm } from '../models/index.ts';
import type { HostTensor } from '../runtime/index.ts';

/** Sources to decode, padded, time-major. */
export interface SourceBatch {
  /** token ids [S, B], or frames [S, B, F] */
  readonly source: Int32Array | Float32Array;
  /** [S, B] */
  readonly sourceMask: Float32Array;
  readonly sizes: { readonly B: number; readonly S: number };
  /** for models that copy: the source as target words, int32 [S, B], and how many of them V does not hold */
  readonly copying?: { readonly copied: Int32Array; readonly extra: number };
}

export function sourceFeeds({
  source,
  sourceMask,
  sizes: { B, S },
  copying,
}: SourceBatch): Record<string, HostTensor> {
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
  const steps = form?.shape[0] ?? 'S';
  return {
    source: form ? input('source', dtype, form.shape) : input('source', 'int32', ['S', 'B']),
    sourceMask: input('sourceMask', dtype, [steps, 'B']),
  };
}
