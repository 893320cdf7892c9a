import type { Hypothesis } from '../decoding/index.ts';

/** A hypothesis, with the attention of every head where there are several. */
export type HeadedHypothesis = Hypothesis & {
  /** [heads][T][S] */
  readonly heads?: readonly (readonly Float32Array[])[];
};

/**
 * Takes the rows of a search apart that was told the weights of all heads, `[heads · S]`: each head's own, and as
 * `attention` their mean, as it is without. Of one head nothing changes.
 */
export function eachHead<Found extends Hypothesis>(
  hypothesis: Found,
  heads: number,
): Found & HeadedHypothesis {
  const { attention } = hypothesis;
  if (heads === 1 || !attention) return hypothesis;
  const width = attention.length > 0 ? attention[0].length / heads : 0;
  const each = Array.from({ length: heads }, (_, h) =>
    attention.map((row) => row.slice(h * width, (h + 1) * width)),
  );
  const mean = attention.map((_, t) =>
    Float32Array.from({ length: width }, (_, s) => each.reduce((sum, rows) => sum + rows[t][s], 0) / heads),
  );
  return { ...hypothesis, attention: mean, heads: each };
}
