import { type CtcOptions, ctcLabelling, labelsOf, textOf } from './alphabet.ts';
import { type CtcSpan, ctcLattice, impossible } from './lattice.ts';
import { type CtcLogits, ctcLogProbs, IMPOSSIBLE } from './logits.ts';

export interface CtcAlignment {
  /** Classes, without blanks. */
  labels: number[];
  /** The labels in the alphabet, where one was given. */
  text?: string;
  /** One a label. */
  frames: CtcSpan[];
  /** Of the path alone, nats; the labels' own is the sum over all their paths. */
  logProb: number;
}

/**
 * Forced alignment: the most probable path that says the labels, by the Viterbi algorithm over the lattice of
 * `ctcLoss`; of equally probable paths, any one.
 *
 * @param logits of one sequence; log-softmax is taken here
 * @param labels classes, without blanks; or a text in the alphabet. May be empty
 * @throws as `ctcLoss`
 */
export function ctcAlign(
  logits: CtcLogits,
  labels: string | readonly number[],
  options: CtcOptions = {},
): CtcAlignment {
  const logProbs = ctcLogProbs(logits);
  const { values, frames, classes } = logProbs;
  const labelling = ctcLabelling(options, classes);
  const given = labelsOf(labelling, labels);
  const { places, skips } = ctcLattice(given, labelling.blank, logProbs);
  const size = places.length;
  let best = new Float64Array(size).fill(IMPOSSIBLE);
  let next = new Float64Array(size);
  /** How many places each path moved on to come here. */
  const moves = new Uint8Array(frames * size);
  for (let s = 0; s < Math.min(2, size); s++) best[s] = values[places[s]];
  for (let t = 1; t < frames; t++) {
    for (let s = 0; s < size; s++) {
      let from = best[s];
      let move = 0;
      if (s > 0 && best[s - 1] > from) [from, move] = [best[s - 1], 1];
      if (skips[s] && best[s - 2] > from) [from, move] = [best[s - 2], 2];
      next[s] = from + values[t * classes + places[s]];
      moves[t * size + s] = move;
    }
    [best, next] = [next, best];
  }
  let place = size > 1 && best[size - 2] > best[size - 1] ? size - 2 : size - 1;
  const logProb = best[place];
  if (logProb === IMPOSSIBLE) throw impossible();
  const spans = given.map((): CtcSpan => ({ first: -1, last: -1 }));
  for (let t = frames - 1; t >= 0; t--) {
    if (place % 2 === 1) {
      const span = spans[(place - 1) / 2];
      span.first = t;
      if (span.last < 0) span.last = t;
    }
    place -= moves[t * size + place];
  }
  const text = textOf(labelling, given);
  return { labels: given, ...(text !== undefined && { text }), frames: spans, logProb };
}
