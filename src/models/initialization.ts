import type { Initializer } from '../nn/builder.ts';
import { glorot, normal, zero } from '../nn/init.ts';

/** How the parameters of an encoder–decoder begin. Recurrent weights are orthogonal and biases zero in both. */
export interface Initialization {
  /** all weights not named below */
  readonly weights: Initializer;
  readonly embedding: Initializer;
  /** W_a and U_a */
  readonly alignment: Initializer;
  /** v_a */
  readonly energy: Initializer;
}

export const INITIALIZATIONS: Readonly<Record<'paper' | 'glorot', Initialization>> = {
  /**
   * Bahdanau et al. 2015, appendix B.1: W_a and U_a from N(0, 0.001²), v_a zero, all else N(0, 0.01²). Made for layers
   * of a thousand units; in small ones so little gets through that alignment takes long to begin.
   */
  paper: { weights: normal(0.01), embedding: normal(0.01), alignment: normal(0.001), energy: zero },
  /** By the size of the layer (Glorot & Bengio 2010); embeddings from N(0, 0.3²). */
  glorot: {
    weights: glorot,
    embedding: normal(0.3),
    alignment: glorot,
    energy: glorot,
  },
};
