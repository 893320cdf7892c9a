import type { TokenScorer } from '../fusion.ts';
import { type CtcLogits, ctcLogProbs, IMPOSSIBLE, logAdd } from './logits.ts';

/** Where a prefix stands in a sequence of frames: after each of them, ln of the paths that end with its last label, and with a blank. */
interface PrefixState {
  readonly last: number;
  /** `[frames + 1]`, from before the first frame */
  readonly label: Float64Array;
  /** `[frames + 1]` */
  readonly blank: Float64Array;
  /** ln p of all labellings that begin with the prefix */
  readonly total: number;
}

/**
 * What CTC thinks of the next token of a decoder over the same sound: ln p(g·c, … | frames) − ln p(g, … | frames), the
 * prefix probabilities of Graves 2008 (section 7.5.3) as joint decoding uses them (Watanabe et al. 2017, section
 * II-C.2, equations 12–16); of the end, that nothing follows.
 *
 * @param logits of each sentence `[frames, V + 1]`, its real frames alone, the blank last
 * @param eos the token that ends a sentence; the frames have a class for it, which is never said
 */
export function ctcScorer(
  logits: readonly CtcLogits[],
  eos: number,
): TokenScorer<PrefixState & { sentence: number }> {
  const sentences = logits.map((rows) => ctcLogProbs(rows));
  return {
    start(sentence) {
      const { values, frames, classes } = sentences[sentence];
      const label = new Float64Array(frames + 1).fill(IMPOSSIBLE);
      const blank = new Float64Array(frames + 1);
      for (let t = 0; t < frames; t++) blank[t + 1] = blank[t] + values[t * classes + classes - 1];
      return { sentence, last: -1, label, blank, total: 0 };
    },
    extend(before, token) {
      const { values, frames, classes } = sentences[before.sentence];
      const label = new Float64Array(frames + 1).fill(IMPOSSIBLE);
      const blank = new Float64Array(frames + 1).fill(IMPOSSIBLE);
      let total = IMPOSSIBLE;
      for (let t = 0; t < frames; t++) {
        const entered = entering(before, token, t) + values[t * classes + token];
        total = logAdd(total, entered);
        label[t + 1] = logAdd(label[t] + values[t * classes + token], entered);
        blank[t + 1] = logAdd(blank[t], label[t]) + values[t * classes + classes - 1];
      }
      return { sentence: before.sentence, last: token, label, blank, total };
    },
    scores(state) {
      const { values, frames, classes } = sentences[state.sentence];
      const V = classes - 1;
      const scores = new Float64Array(V).fill(IMPOSSIBLE);
      for (let t = 0; t < frames; t++) {
        const fresh = entering(state, -1, t);
        const again = state.last < 0 ? fresh : entering(state, state.last, t);
        for (let token = 0; token < V; token++) {
          const from = token === state.last ? again : fresh;
          if (from !== IMPOSSIBLE) scores[token] = logAdd(scores[token], from + values[t * classes + token]);
        }
      }
      for (let token = 0; token < V; token++) scores[token] -= state.total;
      scores[eos] = logAdd(state.label[frames], state.blank[frames]) - state.total;
      return scores;
    },
  };
}

/** ln of the paths of the first t frames from which a token may begin: after its own kind only with a blank between. */
const entering = ({ last, label, blank }: PrefixState, token: number, t: number): number =>
  token === last && last >= 0 ? blank[t] : logAdd(blank[t], label[t]);
