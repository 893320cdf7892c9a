import { type CtcOptions, ctcLabelling, labelsOf } from './alphabet.ts';
import { ctcLattice, impossible } from './lattice.ts';
import { type CtcLogits, ctcLogProbs, IMPOSSIBLE, logAdd } from './logits.ts';

/**
 * −ln p(labels | logits), summed over all paths that say the labels, by the forward algorithm of Graves et al. 2006
 * (section 4.1, equations 5 to 8) over logarithms in float64.
 *
 * @param logits of one sequence; log-softmax is taken here
 * @param labels classes, without blanks; or a text in the alphabet. May be empty
 * @returns nats, finite
 * @throws DataError where labels are longer than frames, have probability 0 or are not in the alphabet, or logits are
 *   not numbers; ShapeError for logits or an alphabet of a wrong size; UsageError on a wrong blank or alphabet
 */
export function ctcLoss(
  logits: CtcLogits,
  labels: string | readonly number[],
  options: CtcOptions = {},
): number {
  const logProbs = ctcLogProbs(logits);
  const { values, frames, classes } = logProbs;
  const labelling = ctcLabelling(options, classes);
  const { places, skips } = ctcLattice(labelsOf(labelling, labels), labelling.blank, logProbs);
  /** α(s) of the frame, equation 5: all paths that are at place s. */
  let forward = new Float64Array(places.length).fill(IMPOSSIBLE);
  let next = new Float64Array(places.length);
  for (let s = 0; s < Math.min(2, places.length); s++) forward[s] = values[places[s]];
  for (let t = 1; t < frames; t++) {
    for (let s = 0; s < places.length; s++) {
      let sum = forward[s];
      if (s > 0) sum = logAdd(sum, forward[s - 1]);
      if (skips[s]) sum = logAdd(sum, forward[s - 2]);
      next[s] = sum + values[t * classes + places[s]];
    }
    [forward, next] = [next, forward];
  }
  const last = places.length - 1;
  const total = last > 0 ? logAdd(forward[last], forward[last - 1]) : forward[last];
  if (total === IMPOSSIBLE) throw impossible();
  return -total;
}
