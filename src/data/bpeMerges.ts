import type { Random } from '../random.ts';
import type { Merge } from './bpe.ts';
import { PriorityQueue } from './bpeQueue.ts';

/** BPE dropout (Provilkov, Emelianenko & Voita 2020): training only; a segmentation differs from draw to draw. */
export interface MergeDropout {
  /** The probability with which a merge is left out at each step; 0.1 in the paper, 0.6 for Chinese and Japanese. */
  readonly dropout: number;
  readonly random: Random;
}

/** Positions within a word, below this, and ranks share one number: the smallest is the next merge. */
const POSITIONS = 2 ** 26;

/** A list of merges, applied to words: always the earliest in the list that fits, at its leftmost place. */
export class BpeMerges {
  /** left → right → place in the list */
  private readonly ranks = new Map<string, Map<string, number>>();

  constructor(merges: readonly Merge[]) {
    merges.forEach(([left, right], rank) => {
      let rights = this.ranks.get(left);
      if (!rights) {
        rights = new Map();
        this.ranks.set(left, rights);
      }
      if (!rights.has(right)) rights.set(right, rank);
    });
  }

  /**
   * What the merges make of a word's symbols: the same text in fewer pieces, in O(n log n) steps.
   *
   * With dropout, each merge that fits is left out with that probability at every step, and the first of those
   * that remain is applied; it ends when none remains. 0 is plain BPE, 1 leaves the symbols as they are.
   */
  apply(symbols: readonly string[], sampling?: MergeDropout): string[] {
    const n = symbols.length;
    const pieces = [...symbols];
    const next = Int32Array.from(pieces, (_, i) => i + 1);
    const previous = Int32Array.from(pieces, (_, i) => i - 1);
    const queue = new PriorityQueue<number>((a, b) => a < b);
    const rankAt = (at: number) => this.ranks.get(pieces[at])?.get(pieces[next[at]]);
    const offer = (at: number) => {
      const rank = rankAt(at);
      if (rank !== undefined) queue.push(rank * POSITIONS + at);
    };
    for (let at = 0; at + 1 < n; at++) offer(at);
    const dropout = sampling?.dropout ?? 0;
    let dropped: number[] = [];
    for (let best = queue.pop(); best !== undefined; best = queue.pop()) {
      const at = best % POSITIONS;
      // Stale: one of the two has become part of another piece since.
      if (rankAt(at) !== (best - at) / POSITIONS) continue;
      if (sampling && dropout > 0 && sampling.random.uniform() < dropout) {
        dropped.push(best);
        continue;
      }
      const right = next[at];
      pieces[at] += pieces[right];
      pieces[right] = '';
      next[at] = next[right];
      if (next[at] < n) previous[next[at]] = at;
      // What was left out at this step may be merged at the next one.
      for (const key of dropped) queue.push(key);
      dropped = [];
      offer(at);
      if (previous[at] >= 0) offer(previous[at]);
    }
    return pieces.filter((piece) => piece !== '');
  }
}
