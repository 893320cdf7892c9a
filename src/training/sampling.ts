/** How scheduled sampling goes from the target's words to the model's own (Bengio et al. 2015, section 2.4). */
export type SamplingDecay =
  | { readonly decay: 'inverseSigmoid'; readonly k: number }
  | { readonly decay: 'exponential'; readonly k: number }
  | { readonly decay: 'linear'; readonly steps: number; readonly minimum?: number };

/**
 * The probability that the decoder is given its own word, by update (counted from 1): 1 − ε of the paper, where ε is
 *
 *     inverseSigmoid   k / (k + exp(i / k)), k ≥ 1
 *     exponential      k^i, k < 1
 *     linear           from 1 to `minimum` (default 0) in `steps` updates, then constant
 */
export function ownWordProbability(options: SamplingDecay): (step: number) => number {
  return (step) => {
    switch (options.decay) {
      case 'inverseSigmoid':
        return 1 - options.k / (options.k + Math.exp(step / options.k));
      case 'exponential':
        return 1 - options.k ** step;
      case 'linear':
        return (1 - (options.minimum ?? 0)) * Math.min(1, step / options.steps);
    }
  };
}
