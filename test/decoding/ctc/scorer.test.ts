/** Prefix probabilities against the sum over all paths. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ctcScorer } from '../../../src/decoding/ctc/scorer.ts';
import { ctcLoss } from '../../../src/decoding/index.ts';
import { DataError, ShapeError } from '../../../src/errors.ts';
import { labellings, randomLogits } from './paths.ts';

/** Frames with up to three tokens and the blank, and which of the tokens ends a sentence. */
const small = fc
  .record({
    frames: fc.integer({ min: 1, max: 5 }),
    tokens: fc.integer({ min: 1, max: 3 }),
    end: fc.nat(2),
    seed: fc.integer({ min: 0, max: 1e6 }),
    scale: fc.constantFrom(0.5, 2, 6),
  })
  .map(({ frames, tokens, end, seed, scale }) => ({
    logits: randomLogits(frames, tokens + 1, seed, scale),
    V: tokens,
    eos: end % tokens,
  }));

/** p(labels), and ψ: p of all labellings that begin with them. */
function summed(logits: number[][], V: number) {
  const all = [...labellings(logits, V).values()];
  return {
    exactly: (prefix: readonly number[]) => all.find(({ labels }) => labels.join() === prefix.join())?.p ?? 0,
    beginning: (prefix: readonly number[]) =>
      all.reduce((sum, { labels, p }) => (prefix.every((c, i) => c === labels[i]) ? sum + p : sum), 0),
    prefixes: [...new Set(all.flatMap(({ labels }) => labels.map((_, i) => labels.slice(0, i).join())))].map(
      (joined) => (joined === '' ? [] : joined.split(',').map(Number)),
    ),
  };
}

const stateAfter = (scorer: ReturnType<typeof ctcScorer>, sentence: number, prefix: readonly number[]) =>
  prefix.reduce((state, token) => scorer.extend(state, token), scorer.start(sentence));

describe('ctcScorer', () => {
  it('is ln ψ(g c) − ln ψ(g), and at the end ln p(g) − ln ψ(g)', () => {
    fc.assert(
      fc.property(small, ({ logits, V, eos }) => {
        const { exactly, beginning, prefixes } = summed(logits, V);
        const scorer = ctcScorer([logits], eos);
        for (const prefix of prefixes) {
          const scores = scorer.scores(stateAfter(scorer, 0, prefix));
          expect(scores.length).toBe(V);
          for (let token = 0; token < V; token++) {
            const p = token === eos ? exactly(prefix) : beginning([...prefix, token]);
            expect(Math.exp(scores[token])).toBeCloseTo(p / beginning(prefix), 10);
            // Relative too: a logarithm of what is small counts as much.
            if (p > 1e-12) expect(scores[token]).toBeCloseTo(Math.log(p / beginning(prefix)), 6);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves nothing out: all that may follow sums to 1, what the class of the end takes aside', () => {
    fc.assert(
      fc.property(small, ({ logits, V, eos }) => {
        const { beginning, prefixes } = summed(logits, V);
        const scorer = ctcScorer([logits], eos);
        for (const prefix of prefixes) {
          const scores = scorer.scores(stateAfter(scorer, 0, prefix));
          const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
          expect(total + beginning([...prefix, eos]) / beginning(prefix)).toBeCloseTo(1, 10);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('sums up to the likelihood of the whole, over many frames too', () => {
    for (const [frames, length] of [
      [1, 1],
      [40, 7],
      [400, 60],
    ]) {
      const logits = randomLogits(frames, 6, frames, 3);
      const labels = Array.from({ length }, (_, i) => [1, 4, 4, 2, 1][i % 5]);
      const scorer = ctcScorer([logits], 3);
      let [state, total] = [scorer.start(0), 0];
      for (const label of labels) {
        total += scorer.scores(state)[label];
        state = scorer.extend(state, label);
      }
      expect(total + scorer.scores(state)[3]).toBeCloseTo(-ctcLoss(logits, labels), 8);
    }
  });

  it('forbids what does not fit into the frames, and nothing else', () => {
    const scorer = ctcScorer([randomLogits(3, 4, 1, 1)], 0);
    const full = scorer.scores(stateAfter(scorer, 0, [1, 1])); // a blank between
    expect(Array.from(full.slice(1))).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(full[0]).toBeCloseTo(0, 12);
    const room = scorer.scores(stateAfter(scorer, 0, [1, 2]));
    expect(room[1]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
    expect(room[2]).toBe(Number.NEGATIVE_INFINITY);
  });

  it('hears each sentence by itself, and leaves the states it extends as they were', () => {
    const sounds = [randomLogits(4, 4, 1, 2), randomLogits(2, 4, 2, 2)];
    const together = ctcScorer(sounds, 0);
    for (const [sentence, logits] of sounds.entries()) {
      const alone = ctcScorer([logits], 0);
      const [ours, theirs] = [stateAfter(together, sentence, [2]), stateAfter(alone, 0, [2])];
      const before = together.scores(ours);
      for (const token of [1, 2, 1]) together.extend(ours, token);
      expect(together.scores(ours)).toEqual(before);
      expect(before).toEqual(alone.scores(theirs));
    }
  });

  it('refuses logits that are none', () => {
    expect(() => ctcScorer([[]], 0)).toThrow(ShapeError);
    expect(() => ctcScorer([[[0, Number.NaN]]], 0)).toThrow(DataError);
  });
});
