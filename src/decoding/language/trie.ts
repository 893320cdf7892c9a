import { DataError } from '../../errors.ts';

/** Keys of the children hold parent and word in one number. */
const WIDTH = 2 ** 24;

export const ROOT = 0;

/**
 * N-grams as a tree read from the first word on: a node is an n-gram, numbered in the order in which it came, its
 * children are the n-grams that go on from it. Words are numbers; what belongs to an n-gram lies in arrays beside.
 */
export class NgramTrie {
  /** The n-gram without its last word; −1 for the empty one. */
  readonly parents: number[] = [-1];
  /** The last word of each n-gram. */
  readonly words: number[] = [-1];
  /** Words in each n-gram. */
  readonly lengths: number[] = [0];
  private readonly children = new Map<number, number>();

  /** How many nodes, the empty n-gram included. */
  get size(): number {
    return this.parents.length;
  }

  /** The node that goes on from `node` with `word`; −1 where there is none. */
  child(node: number, word: number): number {
    return this.children.get(node * WIDTH + word) ?? -1;
  }

  /**
   * The node that goes on from `node` with `word`, made if need be.
   *
   * @throws DataError at more n-grams than one map can hold, 2²⁴
   */
  add(node: number, word: number): number {
    const known = this.child(node, word);
    if (known >= 0) return known;
    if (this.size >= WIDTH) {
      throw new DataError(
        `More than ${WIDTH - 1} n-grams`,
        'a language model that fits in memory',
        'Take a lower order, a smaller vocabulary, or a pruned model.',
      );
    }
    this.parents.push(node);
    this.words.push(word);
    this.lengths.push(this.lengths[node] + 1);
    this.children.set(node * WIDTH + word, this.size - 1);
    return this.size - 1;
  }

  /** The words of a node. */
  ngram(node: number): number[] {
    const words: number[] = [];
    for (let at = node; at !== ROOT; at = this.parents[at]) words.push(this.words[at]);
    return words.reverse();
  }

  /** The nodes of each length, from 0 on. */
  byLength(): number[][] {
    const levels: number[][] = [];
    for (const [node, length] of this.lengths.entries()) {
      levels[length] ??= [];
      levels[length].push(node);
    }
    return Array.from(levels, (level) => level ?? []);
  }

  /** For each node the longest n-gram that is a proper suffix of it: where it backs off to. −1 for the empty one. */
  suffixes(): Int32Array {
    const suffixes = new Int32Array(this.size).fill(-1);
    for (const level of this.byLength().slice(1)) {
      for (const node of level) {
        const word = this.words[node];
        let shorter = suffixes[this.parents[node]];
        while (shorter >= 0 && this.child(shorter, word) < 0) shorter = suffixes[shorter];
        suffixes[node] = shorter < 0 ? ROOT : this.child(shorter, word);
      }
    }
    return suffixes;
  }
}
