import fc from 'fast-check';
import { Random } from '../../../src/random.ts';

/** One row a frame: softmax of the logits. */
export function probabilities(logits: readonly (readonly number[])[]): number[][] {
  return logits.map((row) => {
    const exps = row.map(Math.exp);
    const sum = exps.reduce((a, b) => a + b);
    return exps.map((x) => x / sum);
  });
}

/** Every path through the classes, with its probability. */
export function* allPaths(probs: readonly (readonly number[])[]): Iterable<{ path: number[]; p: number }> {
  const paths = probs[0].length ** probs.length;
  for (let number = 0; number < paths; number++) {
    let rest = number;
    let p = 1;
    const path = probs.map((row) => {
      const c = rest % row.length;
      rest = (rest - c) / row.length;
      p *= row[c];
      return c;
    });
    yield { path, p };
  }
}

/** ℬ of Graves et al. 2006: repeats collapse, then blanks go. */
export function collapse(path: readonly number[], blank: number): number[] {
  return path.filter((c, t) => c !== blank && c !== path[t - 1]);
}

/** By labels, joined with commas: the probability of all paths that say them, and the best of these paths. */
export function labellings(logits: readonly (readonly number[])[], blank: number) {
  const all = new Map<string, { labels: number[]; p: number; best: number; path: number[] }>();
  for (const { path, p } of allPaths(probabilities(logits))) {
    const labels = collapse(path, blank);
    const key = labels.join();
    const known = all.get(key) ?? { labels, p: 0, best: -1, path };
    all.set(key, {
      labels,
      p: known.p + p,
      best: Math.max(known.best, p),
      path: p > known.best ? path : known.path,
    });
  }
  return all;
}

/** Logits of 1 to 5 frames and 2 to 4 classes, and a blank. */
export const smallLogits = fc
  .record({
    frames: fc.integer({ min: 1, max: 5 }),
    classes: fc.integer({ min: 2, max: 4 }),
    blank: fc.nat(3),
    seed: fc.integer({ min: 0, max: 1e6 }),
    scale: fc.constantFrom(0.5, 2, 6),
  })
  .map(({ frames, classes, blank, seed, scale }) => ({
    logits: randomLogits(frames, classes, seed, scale),
    blank: blank % classes,
  }));

export function randomLogits(frames: number, classes: number, seed: number, scale: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: frames }, () => Array.from({ length: classes }, () => scale * random.normal()));
}
