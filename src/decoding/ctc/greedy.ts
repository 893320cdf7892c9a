import type { CtcAlignment } from './align.ts';
import { type CtcSearchOptions, ctcLabelling, mayBeSaid, textOf } from './alphabet.ts';
import { type CtcLogits, ctcLogProbs } from './logits.ts';

/**
 * Best path decoding (Graves et al. 2006, section 3.2): the most probable class of every frame (of those that may be
 * said), repeats collapsed and
 * blanks taken out. It need not say the most probable labels, which is what `ctcBeamSearch` looks for.
 *
 * @param logits of one sequence; log-softmax is taken here
 * @returns the labels, the frames of each, and the log-probability of the path. Of equally probable classes the first
 * @throws DataError for logits that are not numbers; ShapeError for logits or an alphabet of a wrong size; UsageError
 *   on a wrong blank or alphabet
 */
export function ctcGreedy(logits: CtcLogits, options: CtcSearchOptions = {}): CtcAlignment {
  const { values, frames, classes } = ctcLogProbs(logits);
  const labelling = ctcLabelling(options, classes);
  const found: CtcAlignment = { labels: [], frames: [], logProb: 0 };
  const may = mayBeSaid(options, labelling);
  let previous = labelling.blank;
  for (let t = 0; t < frames; t++) {
    const row = values.subarray(t * classes, (t + 1) * classes);
    let best = labelling.blank;
    for (let c = 0; c < classes; c++)
      if (may[c] && (row[c] > row[best] || (row[c] === row[best] && c < best))) best = c;
    found.logProb += row[best];
    if (best !== labelling.blank) {
      if (best === previous) {
        found.frames[found.frames.length - 1].last = t;
      } else {
        found.labels.push(best);
        found.frames.push({ first: t, last: t });
      }
    }
    previous = best;
  }
  const text = textOf(labelling, found.labels);
  return text === undefined ? found : { ...found, text };
}
