import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch } from '../../src/decoding/index.ts';
import { UsageError } from '../../src/errors.ts';
import { enumerate, eos, MarkovDecoder, type MarkovOptions, ranked } from './markov.ts';

const models = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  vocabularySize: fc.integer({ min: 2, max: 7 }),
  forbidden: fc.constantFrom(0, 0.3),
  eosBias: fc.constantFrom(-1, 0, 2),
});
const penalties = fc.constantFrom(0, 0.6, 1, 2);

function search(model: MarkovOptions, sentences: number[], options: Parameters<typeof beamSearch>[3]) {
  return beamSearch(new MarkovDecoder(model), MarkovDecoder.start(sentences), sentences.length, options);
}

/** The same search said plainly: one sentence, whole sequences, everything sorted, never stopped early. */
function naive(
  decoder: MarkovDecoder,
  sentence: number,
  beam: number,
  maxLength: number,
  lengthPenalty: number,
) {
  const ended: number[][] = [];
  let finished = 0;
  let alive: { emitted: number[]; logProb: number }[] = [{ emitted: [], logProb: 0 }];
  while (alive.length > 0) {
    const dead = alive.filter(({ emitted }) => decoder.following(sentence, emitted).length === 0);
    ended.push(...dead.map(({ emitted }) => emitted));
    const best = alive
      .flatMap(({ emitted, logProb }) =>
        decoder
          .following(sentence, emitted)
          .map((next) => ({ emitted: [...emitted, next.token], logProb: logProb + next.logProb })),
      )
      .sort((a, b) => b.logProb - a.logProb)
      .slice(0, beam - finished);
    const isEnded = ({ emitted }: { emitted: number[] }) =>
      emitted.at(-1) === eos || emitted.length === maxLength;
    ended.push(...best.filter(isEnded).map(({ emitted }) => emitted));
    finished += best.filter(({ emitted }) => emitted.at(-1) === eos).length;
    alive = best.filter((candidate) => !isEnded(candidate));
  }
  return ranked(ended.map((emitted) => decoder.hypothesis(sentence, emitted, lengthPenalty)));
}

describe('beam search', () => {
  it('with a beam as wide as everything equals enumeration, n-best and attention included', async () => {
    const small = fc.record({
      seed: fc.integer({ min: 0, max: 1e6 }),
      vocabularySize: fc.integer({ min: 2, max: 4 }),
      forbidden: fc.constantFrom(0, 0.3),
      eosBias: fc.constantFrom(-1, 0, 2),
    });
    await fc.assert(
      fc.asyncProperty(
        small,
        fc.integer({ min: 1, max: 4 }),
        penalties,
        fc.constantFrom(1, 2, 7, 400),
        async (model, maxLength, lengthPenalty, nBest) => {
          const score = (h: { logProb: number }, length: number) =>
            h.logProb / Math.max(1, length) ** lengthPenalty;
          const all = enumerate(new MarkovDecoder(model), maxLength, score);
          const [found] = await search(model, [0], { beam: 400, maxLength, lengthPenalty, nBest });
          expect(found).toEqual(all.slice(0, nBest));
        },
      ),
    );
  });

  it('of any width equals the plain search that never stops early, alone and in any batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        models,
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 7 })), {
          minLength: 1,
          maxLength: 5,
        }),
        penalties,
        fc.integer({ min: 1, max: 12 }),
        fc.nat(),
        async (model, sentences, lengthPenalty, beam, pick) => {
          const nBest = 1 + (pick % beam);
          const maxLength = sentences.map(([, limit]) => limit);
          const ids = sentences.map(([id]) => id);
          const decoder = new MarkovDecoder(model);
          const found = await search(model, ids, { beam, maxLength, lengthPenalty, nBest });
          for (const [i, id] of ids.entries()) {
            const expected = naive(decoder, id, beam, maxLength[i], lengthPenalty).slice(0, nBest);
            expect(found[i]).toEqual(expected);
            const alone = await search(model, [id], { beam, maxLength: maxLength[i], lengthPenalty, nBest });
            expect(alone[0]).toEqual(expected);
          }
        },
      ),
    );
  });

  it('stops as soon as nothing alive can win', async () => {
    const decoder = new MarkovDecoder({ seed: 5, vocabularySize: 6, eosBias: 12 });
    const [[best]] = await beamSearch(decoder, MarkovDecoder.start([0]), 1, {
      beam: 4,
      maxLength: 50,
      lengthPenalty: 0,
    });
    expect(best).toMatchObject({ tokens: [], finished: true });
    expect(decoder.batchSizes).toEqual([1]);
  });

  it('goes on while a longer hypothesis may still win', async () => {
    // EOS first costs 1 nat a token; two sure tokens after a dear one cost 0.6 a token.
    const first = Math.log(1 - Math.exp(-1));
    const decoder = {
      vocabularySize: 2,
      bos: 1,
      eos: 0,
      step: async (tokens: Int32Array, length: number) => ({
        state: length + 1,
        logProbs: Float32Array.from(
          Array.from(tokens, () =>
            length === 0 ? [-0.4, first - 0.1] : length === 1 ? [-9, 0] : [0, -9],
          ).flat(),
        ),
      }),
      select: (length: number) => length,
    };
    const run = (lengthPenalty: number) =>
      beamSearch(decoder, 0, 1, { beam: 2, maxLength: 9, lengthPenalty });
    expect((await run(1))[0][0].tokens).toEqual([1, 1]);
    expect((await run(0))[0][0].tokens).toEqual([]);
  });

  it('holds a beam wider than the vocabulary and takes no impossible token', async () => {
    const decoder = {
      vocabularySize: 3,
      bos: 1,
      eos: 0,
      step: async (tokens: Int32Array, length: number) => ({
        state: length + 1,
        logProbs: Float32Array.from(
          Array.from(tokens, () =>
            length < 2
              ? [Number.NEGATIVE_INFINITY, -0.5, -1]
              : [0, ...new Array(2).fill(Number.NEGATIVE_INFINITY)],
          ).flat(),
        ),
      }),
      select: (length: number) => length,
    };
    const [found] = await beamSearch(decoder, 0, 1, { beam: 50, maxLength: 5, nBest: 50 });
    expect(found.map(({ tokens }) => tokens)).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ]);
    expect(found.every(({ finished, attention }) => finished && attention === undefined)).toBe(true);
  });

  it('returns a sentence without a possible token as it stands', async () => {
    const decoder = new MarkovDecoder({ seed: 1, vocabularySize: 4, forbidden: 1 });
    expect(await beamSearch(decoder, MarkovDecoder.start([0]), 1, { beam: 3, maxLength: 4 })).toEqual([
      [{ tokens: [], finished: false, logProb: 0, score: 0 }],
    ]);
  });

  it('refuses options that make no sense', async () => {
    const model = { seed: 1, vocabularySize: 4 };
    await expect(search(model, [0], { beam: 0, maxLength: 4 })).rejects.toThrow(UsageError);
    await expect(search(model, [0], { beam: 2, nBest: 3, maxLength: 4 })).rejects.toThrow(/nBest 3/);
    await expect(search(model, [0], { beam: 2, lengthPenalty: -1, maxLength: 4 })).rejects.toThrow(
      UsageError,
    );
  });
});
