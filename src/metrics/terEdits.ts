import { numbered } from './text.ts';

/** Tercom's limits: longest shifted run of words, farthest shift, half the width of the beam. */
const maxShiftLength = 10;
const maxShiftDistance = 50;
const beam = 25;
/** sacreBLEU's: from so many tried shifts on, a sentence is taken as it is. */
const maxTriedShifts = 1000;

/** More than any distance, and still an integer of 32 bits after an addition. */
const unreached = 1 << 29;

/**
 * Fewest insertions, deletions, substitutions and shifts of word runs found to turn the hypothesis into the
 * reference: Snover et al. 2006, section 3, with Tercom's greedy search over shifts and beam-limited distance, in
 * the order of preference that gives sacreBLEU's number.
 */
export function translationEdits(hypothesis: readonly string[], reference: readonly string[]): number {
  if (reference.length === 0) return hypothesis.length;
  const [said, given] = numbered(hypothesis, reference);
  const table = new DistanceTable(said, given);
  let tried = 0;
  for (let shifts = 0; ; shifts++) {
    const found = bestShift(table, tried);
    tried = found.tried;
    if (tried >= maxTriedShifts || found.gain <= 0) return shifts + table.distance;
    table.become(found.words!);
  }
}

/** The beam-limited Levenshtein table of the words, and what of it does not change when some of them move. */
class DistanceTable {
  readonly reference: Int32Array;
  words: Int32Array;
  distance: number;
  private readonly rows: Int32Array[];
  private readonly scratch: [Int32Array, Int32Array];

  constructor(words: Int32Array, reference: Int32Array) {
    this.words = words;
    this.reference = reference;
    const row = () => new Int32Array(reference.length + 1);
    this.rows = Array.from({ length: words.length + 1 }, row);
    // Before any word of the hypothesis, every word of the reference is an insertion.
    this.rows[0] = this.rows[0].map((_, j) => j);
    this.scratch = [row(), row()];
    this.distance = 0;
    this.become(words);
  }

  /** Takes over other words, equally many. */
  become(words: Int32Array): void {
    this.words = words;
    for (let i = 1; i <= words.length; i++) this.fill(this.rows[i], this.rows[i - 1], words, i);
    this.distance = this.rows[words.length][this.reference.length];
  }

  /** Distance of words that equal the present ones before `from`. */
  distanceOf(words: Int32Array, from: number): number {
    let previous = this.rows[from];
    for (let i = from + 1; i <= words.length; i++) {
      const row = this.scratch[i & 1];
      this.fill(row, previous, words, i);
      previous = row;
    }
    return previous[this.reference.length];
  }

  /** Row i: only columns around the diagonal, slanted by the ratio of the lengths, are ever reached. */
  private fill(row: Int32Array, previous: Int32Array, words: Int32Array, i: number): void {
    const { reference } = this;
    const columns = reference.length + 1;
    const ratio = reference.length / words.length;
    const width = beam < ratio / 2 ? Math.ceil(ratio / 2 + beam) : beam;
    const diagonal = Math.floor(i * ratio);
    const first = Math.max(0, diagonal - width);
    const end = i === words.length ? columns : Math.min(columns, diagonal + width);
    row.fill(unreached);
    const word = words[i - 1];
    for (let j = first; j < end; j++) {
      let cost = previous[j] + 1;
      if (j > 0) {
        const replaced = previous[j - 1] + (word === reference[j - 1] ? 0 : 1);
        if (replaced < cost) cost = replaced;
        if (row[j - 1] + 1 < cost) cost = row[j - 1] + 1;
      }
      if (cost < unreached) row[j] = cost;
    }
  }

  /**
   * The alignment of least cost, preferring match and substitution, then deletion, then insertion.
   * @returns `position[j]`: the hypothesis word that stands for reference word j or was the last one before it, −1
   *   where there is none; and for both sides how many of the words before each place are wrong
   */
  alignment(): { position: Int32Array; wrongSaid: Int32Array; wrongGiven: Int32Array } {
    const { words, reference, rows } = this;
    const position = new Int32Array(reference.length);
    const wrongSaid = new Int32Array(words.length + 1);
    const wrongGiven = new Int32Array(reference.length + 1);
    let [i, j] = [words.length, reference.length];
    while (i > 0 || j > 0) {
      const cost = rows[i][j];
      const differs = i > 0 && j > 0 && words[i - 1] !== reference[j - 1] ? 1 : 0;
      if (i > 0 && j > 0 && rows[i - 1][j - 1] + differs === cost) {
        position[--j] = --i;
        wrongSaid[i + 1] = wrongGiven[j + 1] = differs;
      } else if (i > 0 && rows[i - 1][j] + 1 === cost) {
        wrongSaid[i--] = 1;
      } else {
        wrongGiven[j] = 1;
        position[--j] = i - 1;
      }
    }
    for (let k = 1; k < wrongSaid.length; k++) wrongSaid[k] += wrongSaid[k - 1];
    for (let k = 1; k < wrongGiven.length; k++) wrongGiven[k] += wrongGiven[k - 1];
    return { position, wrongSaid, wrongGiven };
  }
}

interface Shift {
  /** How much shorter the distance gets. */
  readonly gain: number;
  readonly length: number;
  readonly start: number;
  readonly target: number;
  /** The words after the shift. */
  readonly words: Int32Array | null;
}

/** @param triedBefore shifts tried in earlier rounds */
function bestShift(table: DistanceTable, triedBefore: number): Shift & { tried: number } {
  const { words, reference } = table;
  const { position, wrongSaid, wrongGiven } = table.alignment();
  let best: Shift = { gain: 0, length: 0, start: 0, target: 0, words: null };
  let tried = triedBefore;
  for (let start = 0; start < words.length; start++) {
    const last = Math.min(reference.length - 1, start + maxShiftDistance);
    for (let at = Math.max(0, start - maxShiftDistance); at <= last; at++) {
      const longest = Math.min(maxShiftLength, words.length - start, reference.length - at);
      for (
        let length = 1;
        length <= longest && words[start + length - 1] === reference[at + length - 1];
        length++
      ) {
        // Only where the words stand wrong and the reference lacks them, and not into themselves.
        if (wrongSaid[start + length] === wrongSaid[start]) continue;
        if (wrongGiven[at + length] === wrongGiven[at]) continue;
        if (start <= position[at] && position[at] < start + length) continue;

        let before = -1;
        for (let offset = -1; offset < length; offset++) {
          const target = at + offset < 0 ? 0 : position[at + offset] + 1;
          if (target === before) continue;
          before = target;
          const shifted = shift(words, start, length, target);
          const gain = table.distance - table.distanceOf(shifted, Math.min(start, target));
          const candidate = { gain, length, start, target, words: shifted };
          tried++;
          if (best.words === null || ranksAbove(candidate, best)) best = candidate;
        }
        if (tried >= maxTriedShifts) return { ...best, tried };
      }
    }
  }
  return { ...best, tried };
}

/** Tercom's ranking: the largest gain, then the longest run, then the earliest start and target. */
function ranksAbove(a: Shift, b: Shift): boolean {
  if (a.gain !== b.gain) return a.gain > b.gain;
  if (a.length !== b.length) return a.length > b.length;
  if (a.start !== b.start) return a.start < b.start;
  return a.target < b.target;
}

/** The words with a run of them moved before the word that is at `target` now; within itself, past as many more. */
function shift(words: Int32Array, start: number, length: number, target: number): Int32Array {
  const shifted = words.slice();
  const run = words.subarray(start, start + length);
  if (target < start) {
    shifted.set(run, target);
    shifted.set(words.subarray(target, start), target + length);
  } else {
    const end = target > start + length ? target : Math.min(words.length, target + length);
    shifted.set(words.subarray(start + length, end), start);
    shifted.set(run, start + end - (start + length));
  }
  return shifted;
}
