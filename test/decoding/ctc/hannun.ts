import { probabilities } from './paths.ts';

/** What algorithm 1 keeps of a prefix. */
interface Ends {
  labels: number[];
  blank: number;
  nonBlank: number;
}

/**
 * Algorithm 1 of Hannun et al. 2014 without language model, as it is written: probabilities, maps from prefixes.
 *
 * @param leastProbable labels of a smaller probability in a frame are not added to prefixes
 * @returns the prefixes left after the last frame, best first, and their probabilities
 */
export function algorithm1(
  logits: readonly (readonly number[])[],
  blank: number,
  beam: number,
  leastProbable: number,
) {
  const none = (labels: number[]): Ends => ({ labels, blank: 0, nonBlank: 0 });
  /** All prefixes of the frame before: those outside the beam too, for the algorithm asks for their probabilities. */
  let before = new Map<string, Ends>([['', { labels: [], blank: 1, nonBlank: 0 }]]);
  let kept = [...before.values()];
  for (const row of probabilities(logits)) {
    const next = new Map<string, Ends>();
    const at = (labels: number[]) => {
      const ends = next.get(labels.join()) ?? none(labels);
      next.set(labels.join(), ends);
      return ends;
    };
    const inBeam = new Set(kept.map(({ labels }) => labels.join()));
    for (const prefix of kept) {
      for (const [c, p] of row.entries()) {
        if (c === blank) {
          at(prefix.labels).blank += p * (prefix.blank + prefix.nonBlank);
          continue;
        }
        // Pruning, which is not in the paper.
        if (p < leastProbable && p < Math.max(...row)) {
          if (c === prefix.labels.at(-1)) at(prefix.labels).nonBlank += p * prefix.nonBlank;
          continue;
        }
        const longer = at([...prefix.labels, c]);
        if (c === prefix.labels.at(-1)) {
          longer.nonBlank += p * prefix.blank;
          at(prefix.labels).nonBlank += p * prefix.nonBlank;
        } else {
          longer.nonBlank += p * (prefix.blank + prefix.nonBlank);
        }
        const outside = before.get(longer.labels.join());
        if (outside && !inBeam.has(longer.labels.join())) {
          longer.blank += row[blank] * (outside.blank + outside.nonBlank);
          longer.nonBlank += p * outside.nonBlank;
        }
      }
    }
    before = next;
    kept = [...next.values()]
      .filter((ends) => ends.blank + ends.nonBlank > 0)
      .sort((a, b) => b.blank + b.nonBlank - a.blank - a.nonBlank)
      .slice(0, beam);
  }
  return kept.map(({ labels, blank: b, nonBlank }) => ({ labels, p: b + nonBlank }));
}
