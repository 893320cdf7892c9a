/** Scorers beside a decoder, against every sequence there is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constraintOf } from '../../src/decoding/constraints.ts';
import { ctcScorer } from '../../src/decoding/ctc/scorer.ts';
import {
  beamSearch,
  fused,
  fusedStart,
  type Hypothesis,
  type TokenScorer,
  trainNgram,
  type WeightedScorer,
} from '../../src/decoding/index.ts';
import { languageScorer } from '../../src/decoding/language/scorer.ts';
import { UsageError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import { randomLogits } from './ctc/paths.ts';
import { bos, enumerate, eos, MarkovDecoder } from './markov.ts';

interface Heard {
  readonly sentence: number;
  readonly said: readonly number[];
}

/** Scores at most 0 that are a pseudo-random function of sentence and all that was said, some of them forbidding. */
function opinion(seed: number, V: number, forbidden = 0): TokenScorer<Heard> {
  return {
    start: (sentence) => ({ sentence, said: [] }),
    extend: ({ sentence, said }, token) => ({ sentence, said: [...said, token] }),
    scores({ sentence, said }) {
      const hash = said.reduce((h, token) => Math.imul(h ^ (token + 11), 0x9e3779b1), seed * 37 + sentence);
      const random = new Random(hash);
      return Float64Array.from({ length: V }, () => {
        const score = -3 * random.uniform();
        return random.uniform() < forbidden ? Number.NEGATIVE_INFINITY : score;
      });
    },
  };
}

/** What the scorers add to these tokens, the end among them, each computed from the first token on. */
function added(scorers: readonly WeightedScorer[], sentence: number, emitted: readonly number[]): number {
  let sum = 0;
  for (const { scorer, weight } of scorers) {
    let state = scorer.start(sentence);
    for (const token of emitted) {
      sum += weight * scorer.scores(state)[token];
      state = scorer.extend(state, token);
    }
  }
  return sum;
}

const emittedOf = ({ tokens, finished }: Hypothesis) => (finished ? [...tokens, eos] : tokens);
const texts = (found: readonly Hypothesis[]) => found.map((h) => [h.tokens.join(), h.finished]);

describe('fused', () => {
  it('without scorers, is the decoder', async () => {
    for (const options of [
      { beam: 1 },
      { beam: 5, nBest: 5, lengthPenalty: 0.6 },
      { beam: 6, nBest: 6, groups: 3 },
    ]) {
      const decoder = new MarkovDecoder({ seed: 5, vocabularySize: 6, forbidden: 0.2 });
      const start = MarkovDecoder.start([0, 1, 2]);
      const search = { ...options, maxLength: 6 };
      const plain = await beamSearch(decoder, start, 3, search);
      expect(await beamSearch(fused(decoder, []), fusedStart(start, 3), 3, search)).toEqual(plain);
      // Weighing the decoder alone changes scores, not their order; diversity is in nats.
      if (options.groups) continue;
      const half = await beamSearch(fused(decoder, [], { weight: 0.5 }), fusedStart(start, 3), 3, search);
      expect(half.map(texts)).toEqual(plain.map(texts));
      expect(half[0][0].logProb).toBeCloseTo(plain[0][0].logProb / 2, 5);
    }
  });

  it('finds the best of all sequences by the weighted sum', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(1e6),
          V: fc.integer({ min: 2, max: 4 }),
          weight: fc.constantFrom(0, 0.3, 1),
          weights: fc.array(fc.constantFrom(0, 0.4, 1.5), { minLength: 1, maxLength: 3 }),
          forbidden: fc.constantFrom(0, 0.2),
          lengthPenalty: fc.constantFrom(0, 1),
        }),
        async ({ seed, V, weight, weights, forbidden, lengthPenalty }) => {
          // A weight of 0 lets a decoder's forbidden tokens through, so then it forbids none.
          const decoder = new MarkovDecoder({
            seed,
            vocabularySize: V,
            forbidden: weight === 0 ? 0 : forbidden,
          });
          const scorers = weights.map((own, i) => ({
            scorer: opinion(seed + i, V, forbidden / 2),
            weight: own,
          }));
          const all = enumerate(decoder, 4, (h, length) => {
            const sum =
              (weight && weight * h.logProb) +
              added(
                scorers.filter((s) => s.weight > 0),
                0,
                emittedOf(h),
              );
            return sum / Math.max(1, length) ** lengthPenalty;
          }).filter(({ score, finished }) => finished && score > Number.NEGATIVE_INFINITY);
          fc.pre(all.length > 0);
          const search = { beam: V ** 4, nBest: Math.min(5, all.length), maxLength: 4, lengthPenalty };
          const [found] = await beamSearch(
            fused(decoder, scorers, { weight }),
            fusedStart(MarkovDecoder.start([0]), 1),
            1,
            search,
          );
          for (const [i, hypothesis] of found.entries())
            expect(hypothesis.score).toBeCloseTo(all[i].score, 4);
          if (all.length === 1 || all[0].score - all[1].score > 1e-4) {
            expect(found[0].tokens).toEqual(all[0].tokens);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps scorers in step with the rows: every hypothesis has the sum of its own tokens and sentence', async () => {
    const decoder = new MarkovDecoder({ seed: 8, vocabularySize: 7, eosBias: -1 });
    const scorers = [
      { scorer: opinion(1, 7), weight: 0.7 },
      { scorer: opinion(2, 7, 0.2), weight: 0.3 },
    ];
    for (const search of [
      { beam: 4, nBest: 4, maxLength: [3, 9, 6] },
      { beam: 6, nBest: 6, maxLength: 7, groups: 3 },
      {
        beam: 4,
        nBest: 4,
        maxLength: 8,
        constraints: [[[5, 5]], [[4]], [[3, 2]]].map((required) => constraintOf({ required }, decoder)),
      },
    ]) {
      const start = MarkovDecoder.start([0, 1, 2]);
      const found = await beamSearch(
        fused(decoder, scorers, { weight: 0.5 }),
        fusedStart(start, 3),
        3,
        search,
      );
      expect(found.flat().length).toBeGreaterThan(5);
      for (const [sentence, hypotheses] of found.entries()) {
        for (const hypothesis of hypotheses) {
          const emitted = emittedOf(hypothesis);
          const expected =
            0.5 * decoder.hypothesis(sentence, emitted, 1).logProb + added(scorers, sentence, emitted);
          expect(hypothesis.logProb).toBeCloseTo(expected, 4);
        }
      }
    }
  });

  it('hands the attention of the decoder on', async () => {
    const decoder = new MarkovDecoder({ seed: 8, vocabularySize: 5 });
    const scorers = [{ scorer: opinion(1, 5), weight: 1 }];
    const search = { beam: 3, maxLength: 5 };
    const [[best]] = await beamSearch(
      fused(decoder, scorers),
      fusedStart(MarkovDecoder.start([0]), 1),
      1,
      search,
    );
    expect(best.attention).toEqual(decoder.hypothesis(0, emittedOf(best), 1).attention);
  });

  it('asks CTC and a language model together as Watanabe et al. 2017 do (equation 14)', async () => {
    const V = 4; // the end, BOS, a, b
    const names = ['</s>', '<s>', 'a', 'b'];
    const decoder = new MarkovDecoder({ seed: 3, vocabularySize: V });
    const model = trainNgram([['a', 'b'], ['a'], ['b', 'a', 'b']], {
      order: 2,
      smoothing: { type: 'addK', k: 0.1 },
    });
    const scorers = [
      { scorer: ctcScorer([randomLogits(4, V + 1, 1, 2)], eos), weight: 0.3 },
      { scorer: languageScorer(model, { tokens: names, eos, unit: 'token' }), weight: 0.6 },
    ];
    const all = enumerate(decoder, 4, (h) => 0.7 * h.logProb + added(scorers, 0, emittedOf(h)))
      .filter(({ finished, score }) => finished && score > Number.NEGATIVE_INFINITY)
      .sort((a, b) => b.score - a.score);
    const [found] = await beamSearch(
      fused(decoder, scorers, { weight: 0.7 }),
      fusedStart(MarkovDecoder.start([0]), 1),
      1,
      { beam: V ** 4, nBest: 4, maxLength: 4, lengthPenalty: 0 },
    );
    expect(found.map(({ tokens }) => tokens)).toEqual(all.slice(0, 4).map(({ tokens }) => tokens));
    for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(all[i].score, 5);
  });

  it('forbids what a scorer forbids, and without weight lets it through', async () => {
    const decoder = new MarkovDecoder({ seed: 3, vocabularySize: 3 });
    const never: TokenScorer = {
      start: () => undefined,
      extend: () => undefined,
      scores: () => Float64Array.of(0, 0, Number.NEGATIVE_INFINITY),
    };
    const rows = async (weight: number) => {
      const { logProbs } = await fused(decoder, [{ scorer: never, weight }]).step(
        Int32Array.of(bos),
        fusedStart(MarkovDecoder.start([0]), 1),
      );
      return Array.from(logProbs);
    };
    const plain = Array.from(decoder.distribution(0, [bos]));
    expect(await rows(0)).toEqual(plain);
    expect(await rows(0.1)).toEqual([...plain.slice(0, 2), Number.NEGATIVE_INFINITY]);
  });

  it('refuses weights that are no numbers, or negative: what was lost could be won again', () => {
    const decoder = new MarkovDecoder({ seed: 3, vocabularySize: 3 });
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, -0.1]) {
      expect(() => fused(decoder, [], { weight: wrong })).toThrow(UsageError);
      expect(() => fused(decoder, [{ scorer: opinion(1, 3), weight: wrong }])).toThrow(
        `a weight of ${wrong}; expected `,
      );
    }
  });
});
