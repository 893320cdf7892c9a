import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch, constraintOf, type Hypothesis } from '../../src/decoding/index.ts';
import { UsageError } from '../../src/errors.ts';
import { contains, eos, MarkovDecoder, type MarkovOptions, ranked } from './markov.ts';

const models = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  vocabularySize: fc.integer({ min: 3, max: 7 }),
  forbidden: fc.constantFrom(0, 0.3),
  eosBias: fc.constantFrom(-1, 0, 2),
});

function search(model: MarkovOptions, sentences: number[], options: Parameters<typeof beamSearch>[3]) {
  return beamSearch(new MarkovDecoder(model), MarkovDecoder.start(sentences), sentences.length, options);
}

/** Vijayakumar et al. 2016, algorithm 1, said plainly: whole sequences, one sentence, never stopped early. */
function naive(
  decoder: MarkovDecoder,
  {
    beam,
    groups,
    diversity,
    maxLength,
  }: { beam: number; groups: number; diversity: number; maxLength: number },
): Hypothesis[][] {
  const all = Array.from({ length: groups }, () => ({
    ended: [] as number[][],
    finished: 0,
    alive: [{ emitted: [] as number[], logProb: 0 }],
  }));
  while (all.some(({ alive }) => alive.length > 0)) {
    const said: number[] = [];
    for (const group of all) {
      const before = [...said];
      const candidates = group.alive.flatMap(({ emitted, logProb }) => {
        const following = decoder.following(0, emitted);
        if (following.length === 0) group.ended.push(emitted);
        return following
          .sort((a, b) => a.token - b.token)
          .map((next) => {
            const used = before.filter((token) => token === next.token).length;
            const own = Math.fround(next.logProb - diversity * used);
            return {
              emitted: [...emitted, next.token],
              logProb: logProb + next.logProb,
              priority: logProb + own,
            };
          });
      });
      const best = candidates
        .sort((a, b) => b.priority - a.priority)
        .slice(0, beam / groups - group.finished);
      said.push(...best.map(({ emitted }) => emitted.at(-1)!));
      const isEnded = ({ emitted }: { emitted: number[] }) =>
        emitted.at(-1) === eos || emitted.length === maxLength;
      group.ended.push(...best.filter(isEnded).map(({ emitted }) => emitted));
      group.finished += best.filter(({ emitted }) => emitted.at(-1) === eos).length;
      group.alive = best.filter((candidate) => !isEnded(candidate));
    }
  }
  return all.map(({ ended }) => ranked(ended.map((emitted) => decoder.hypothesis(0, emitted, 1))));
}

/** First the best of every group, then the seconds…, each once. */
function merged(groups: Hypothesis[][], nBest: number): Hypothesis[] {
  const found: Hypothesis[] = [];
  for (let place = 0; place < Math.max(...groups.map(({ length }) => length)); place++) {
    for (const h of ranked(groups.flatMap((group) => (group[place] ? [group[place]] : [])))) {
      if (!found.some((f) => f.tokens.join() === h.tokens.join() && f.finished === h.finished)) found.push(h);
    }
  }
  return found.slice(0, nBest);
}

describe('diverse beam search', () => {
  it('equals the plain form of its algorithm, which never stops early', async () => {
    await fc.assert(
      fc.asyncProperty(
        models,
        fc.constantFrom([1, 4], [2, 2], [2, 6], [3, 3], [3, 9]),
        fc.constantFrom(0, 0.5, 3),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        async (model, [groups, beam], diversity, maxLength, pick) => {
          const nBest = 1 + (pick % beam);
          const options = { beam, groups, diversity, maxLength };
          const [found] = await search(model, [0], { ...options, nBest });
          expect(found).toEqual(merged(naive(new MarkovDecoder(model), options), nBest));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is plain beam search with one group, and that of one part of the beam with no strength', async () => {
    await fc.assert(
      fc.asyncProperty(models, fc.integer({ min: 1, max: 5 }), async (model, beam) => {
        const options = { maxLength: 6, nBest: beam };
        const plain = await search(model, [0, 1], { ...options, beam });
        expect(await search(model, [0, 1], { ...options, beam, groups: 1, diversity: 7 })).toEqual(plain);
        expect(await search(model, [0, 1], { ...options, beam: 3 * beam, groups: 3, diversity: 0 })).toEqual(
          plain,
        );
      }),
    );
  });

  it('says different things in each group when its strength is large', async () => {
    const model = { seed: 11, vocabularySize: 6, eosBias: -20 };
    const [found] = await search(model, [0], { beam: 3, groups: 3, diversity: 100, nBest: 3, maxLength: 4 });
    expect(found).toHaveLength(3);
    for (let t = 0; t < 4; t++) expect(new Set(found.map(({ tokens }) => tokens[t])).size).toBe(3);
    const [alike] = await search(model, [0], { beam: 3, nBest: 3, maxLength: 4 });
    expect(new Set(alike.map(({ tokens }) => tokens[0])).size).toBeLessThan(3);
  });

  it('keeps required phrases in every group', async () => {
    const decoder = new MarkovDecoder({ seed: 2, vocabularySize: 6 });
    const constraints = [constraintOf({ required: [[2, 4], [5]] }, decoder)];
    const options = { beam: 6, groups: 3, nBest: 6, maxLength: 6, constraints };
    const [found] = await beamSearch(decoder, MarkovDecoder.start([0]), 1, options);
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const { tokens } of found) expect(contains(tokens, [2, 4]) && contains(tokens, [5])).toBe(true);
  });

  it('refuses groups that do not divide the beam, and a negative strength', async () => {
    const model = { seed: 1, vocabularySize: 4 };
    for (const options of [
      { beam: 5, groups: 2 },
      { beam: 2, groups: 4 },
      { beam: 4, groups: 0 },
      { beam: 4, groups: 2, diversity: -1 },
    ]) {
      await expect(search(model, [0], { ...options, maxLength: 3 })).rejects.toThrow(UsageError);
    }
  });
});
