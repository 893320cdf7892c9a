import type { Random } from '../random.ts';
import type { Merge } from './bpe.ts';
import { PriorityQueue } from './bpeQueue.ts';

/** BPE dropout (Provilkov, Emelianenko & Voita 2020): training only; a segmentation differs from draw to draw. */
export interface MergeDropout {
  /** The probability with which a merge is left out at each step; 0.1 in the paper, 0.6 for Chinese and Japanese. */
  readonly dropout: number;
  readonly random: Random;
}

/** Two integers below this share one that a number holds exactly: two pieces, or a rank and a position. */
const HALF = 2 ** 26;
/** A symbol that no merge knows. */
const FOREIGN = -1;

/** A list of merges, applied to words: always the earliest in the list that fits, at its leftmost place. */
export class BpeMerges {
  /** Pieces by number, those that merges take and those that they make. */
  private readonly pieces: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;
  /** left · HALF + right → place in the list */
  private readonly ranks = new Map<number, number>();
  /** What the merge at each place makes. */
  private readonly made: readonly number[];

  constructor(merges: readonly Merge[]) {
    this.pieces = [...new Set(merges.flatMap(([left, right]) => [left, right, left + right]))];
    const ids = new Map(this.pieces.map((piece, id) => [piece, id]));
    const idOf = (piece: string) => ids.get(piece) as number;
    this.ids = ids;
    this.made = merges.map(([left, right]) => idOf(left + right));
    merges.forEach(([left, right], rank) => {
      const key = idOf(left) * HALF + idOf(right);
      if (!this.ranks.has(key)) this.ranks.set(key, rank);
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
    // A linked list over positions; a merged piece stays at its first one.
    const ids: number[] = [];
    const next: number[] = [];
    const previous: number[] = [];
    const queue = new PriorityQueue<number>((a, b) => a < b);
    const rankAt = (at: number): number | undefined => {
      const left = ids[at];
      const right = next[at] < n ? ids[next[at]] : FOREIGN;
      return left === FOREIGN || right === FOREIGN ? undefined : this.ranks.get(left * HALF + right);
    };
    const offer = (at: number) => {
      const rank = rankAt(at);
      if (rank !== undefined) queue.push(rank * HALF + at);
    };
    for (let at = 0; at < n; at++) {
      ids.push(this.ids.get(symbols[at]) ?? FOREIGN);
      next.push(at + 1);
      previous.push(at - 1);
    }
    for (let at = 0; at < n; at++) offer(at);
    const dropout = sampling?.dropout ?? 0;
    let dropped: number[] = [];
    for (let best = queue.pop(); best !== undefined; best = queue.pop()) {
      const at = best % HALF;
      const rank = (best - at) / HALF;
      // Stale: one of the two has become part of another piece since.
      if (rankAt(at) !== rank) continue;
      if (sampling && dropout > 0 && sampling.random.uniform() < dropout) {
        dropped.push(best);
        continue;
      }
      const right = next[at];
      ids[at] = this.made[rank];
      ids[right] = FOREIGN;
      next[at] = next[right];
      if (next[at] < n) previous[next[at]] = at;
      // What was left out at this step may be merged at the next one.
      if (dropped.length > 0) {
        for (const key of dropped) queue.push(key);
        dropped = [];
      }
      offer(at);
      if (previous[at] >= 0) offer(previous[at]);
    }
    const out: string[] = [];
    for (let at = 0; at < n; at = next[at])
      out.push(ids[at] === FOREIGN ? symbols[at] : this.pieces[ids[at]]);
    return out;
  }
}
