import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beamSearch,
  type ConstraintOptions,
  constraintOf,
  greedySearch,
  type Hypothesis,
  type Scoring,
  sample,
} from '../../src/decoding/index.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { contains, enumerate, MarkovDecoder, type MarkovOptions, sourceLength } from './markov.ts';

const vocabularySize = 4;
const EVERYTHING = 2000;
const phrase = fc.array(fc.integer({ min: 1, max: vocabularySize - 1 }), { minLength: 1, maxLength: 3 });
const phrases = fc.array(phrase, { maxLength: 2 });
const rulesOf = fc.record(
  {
    minLength: fc.integer({ min: 0, max: 3 }),
    noRepeat: fc.integer({ min: 1, max: 3 }),
    prefix: phrase,
    required: phrases,
    forbidden: phrases,
  },
  { requiredKeys: [] },
);
const models = (forbidden: number) =>
  fc.record({
    seed: fc.integer({ min: 0, max: 1e6 }),
    vocabularySize: fc.constant(vocabularySize),
    forbidden: fc.constant(forbidden),
    eosBias: fc.constantFrom(-1, 0, 2),
  });
const scorings = fc.record({
  lengthPenalty: fc.constantFrom(0, 0.6, 1, 2),
  lengthPenaltyForm: fc.constantFrom('plain' as const, 'gnmt' as const),
  coveragePenalty: fc.constantFrom(0, 0.2, 3),
});

/** Wu et al. 2016, equation 14, with the plain length penalty beside it. */
function equation14(
  { logProb, attention = [] }: Hypothesis,
  length: number,
  scoring: Required<Scoring>,
): number {
  const { lengthPenalty: alpha, lengthPenaltyForm, coveragePenalty: beta } = scoring;
  const lp =
    lengthPenaltyForm === 'gnmt'
      ? (5 + Math.max(1, length)) ** alpha / 6 ** alpha
      : Math.max(1, length) ** alpha;
  let cp = 0;
  if (beta > 0) {
    for (let i = 0; i < sourceLength; i++) {
      const sum = attention.reduce((total, row) => total + row[i], 0);
      cp += Math.log(Math.min(sum || 2 ** -126, 1));
    }
  }
  return logProb / lp + beta * cp;
}

async function search(
  model: MarkovOptions,
  rules: ConstraintOptions,
  options: Omit<Parameters<typeof beamSearch>[3], 'constraints'>,
) {
  const decoder = new MarkovDecoder(model);
  const [found] = await beamSearch(decoder, MarkovDecoder.start([0]), 1, {
    sourceLengths: [sourceLength],
    ...options,
    constraints: [constraintOf(rules, decoder)],
  });
  return found;
}

/** Rules that do not contradict themselves. */
const consistent = rulesOf.filter(({ prefix = [], required = [], forbidden = [] }) =>
  forbidden.every((bad) => ![prefix, ...required].some((said) => contains(said, bad))),
);

describe('beam search under constraints', () => {
  it('with a beam as wide as everything equals enumeration, whatever the scoring and the constraints', async () => {
    let kept = 0;
    let impossible = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(models(0), models(0.3)),
        consistent,
        scorings,
        fc.constantFrom(1, 3, EVERYTHING),
        async (model, rules, scoring, nBest) => {
          const decoder = new MarkovDecoder(model);
          const maxLength = Math.max(4, constraintOf(rules, decoder)?.needs ?? 0);
          fc.pre(maxLength <= 6);
          const expected = enumerate(decoder, maxLength, (h, n) => equation14(h, n, scoring), rules);
          const found = search(model, rules, { beam: EVERYTHING, maxLength, nBest, ...scoring });
          if (expected.length === 0) {
            impossible++;
            await expect(found).rejects.toThrow(DataError);
            return;
          }
          kept++;
          const best = expected.slice(0, nBest);
          expect((await found).map(({ score }) => score)).toEqual(
            best.map(({ score }) => expect.closeTo(score, 9)),
          );
          // Scores that only differ by the rounding of another formula may change places.
          const byTokens = (hypotheses: Hypothesis[]) =>
            hypotheses
              .map(({ score: _, ...hypothesis }) => hypothesis)
              .sort((a, b) => `${a.tokens} ${a.finished}`.localeCompare(`${b.tokens} ${b.finished}`));
          const tied =
            best.length < expected.length &&
            Math.abs(best.at(-1)!.score - expected[best.length].score) < 1e-9;
          if (!tied) expect(byTokens(await found)).toEqual(byTokens(best));
        },
      ),
      { numRuns: 300 },
    );
    expect(kept).toBeGreaterThan(150);
    expect(impossible).toBeGreaterThan(0);
  });

  it('of any width keeps every constraint, in any batch', async () => {
    await fc.assert(
      fc.asyncProperty(
        models(0),
        fc.array(
          fc.record({ prefix: phrase, required: phrases, minLength: fc.nat(6) }, { requiredKeys: [] }),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        fc.integer({ min: 1, max: 9 }),
        async (model, rules, beam) => {
          const decoder = new MarkovDecoder(model);
          const constraints = rules.map((rule) => constraintOf(rule, decoder));
          // No longer than needed: required phrases are said in time even when they fill the hypothesis.
          const maxLength = constraints.map((constraint) => Math.max(1, constraint?.needs ?? 0));
          const start = MarkovDecoder.start(rules.map((_, i) => i));
          const found = await beamSearch(decoder, start, rules.length, {
            beam,
            nBest: beam,
            maxLength,
            constraints,
          });
          for (const [i, { prefix = [], required = [], minLength = 0 }] of rules.entries()) {
            for (const { tokens } of found[i]) {
              expect(tokens.slice(0, prefix.length)).toEqual(prefix);
              expect(required.filter((p) => !contains(tokens, p))).toEqual([]);
              expect(tokens.length).toBeGreaterThanOrEqual(minLength);
            }
            const alone = await beamSearch(decoder, MarkovDecoder.start([i]), 1, {
              beam,
              nBest: beam,
              maxLength: maxLength[i],
              constraints: [constraints[i]],
            });
            expect(alone[0]).toEqual(found[i]);
          }
        },
      ),
    );
  });

  it('of any width never says what is forbidden and never repeats', async () => {
    const avoiding = fc.record({ noRepeat: fc.integer({ min: 1, max: 3 }), forbidden: phrases });
    await fc.assert(
      fc.asyncProperty(models(0), avoiding, fc.integer({ min: 1, max: 9 }), async (model, rules, beam) => {
        for (const { tokens } of await search(model, rules, { beam, nBest: beam, maxLength: 12 })) {
          expect(rules.forbidden.filter((p) => contains(tokens, p))).toEqual([]);
          const ngrams = tokens
            .slice(rules.noRepeat - 1)
            .map((_, i) => tokens.slice(i, i + rules.noRepeat).join());
          expect(new Set(ngrams).size).toBe(ngrams.length);
        }
      }),
    );
  });

  it('lets phrases overlap, and counts one given twice once', async () => {
    const model = { seed: 8, vocabularySize: 5, eosBias: 9 };
    const required = [[1, 2, 3], [2, 3, 4], [4], [1, 2, 3]];
    const [best] = await search(model, { required }, { beam: 50, maxLength: 8, lengthPenalty: 0 });
    expect(best.tokens).toEqual([1, 2, 3, 4]);
  });

  it('without any part is no constraint, and changes nothing when it asks for nothing new', async () => {
    const model = { seed: 3, vocabularySize: 6, eosBias: 1 };
    expect(constraintOf({}, new MarkovDecoder(model))).toBeUndefined();
    expect(
      constraintOf({ required: [], forbidden: [], prefix: [], minLength: 0 }, new MarkovDecoder(model)),
    ).toBeUndefined();
    const options = { beam: 4, nBest: 4, maxLength: 9 };
    expect(await search(model, { noRepeat: 9 }, options)).toEqual(await search(model, {}, options));
  });
});

describe('greedy search and sampling under constraints', () => {
  it('keep prefix, minimum length, no-repeat and forbidden phrases', async () => {
    const rules = consistent.map(({ required: _, ...rest }) => rest);
    await fc.assert(
      fc.asyncProperty(models(0), rules, async (model, rule) => {
        const decoder = new MarkovDecoder(model);
        const constraint = constraintOf(rule, decoder);
        const options = { maxLength: 8, constraints: [constraint] };
        const start = MarkovDecoder.start([0]);
        // One after the other: the decoder has one buffer.
        const run = async () => ({
          greedy: await greedySearch(decoder, start, 1, options),
          drawn: (await sample(decoder, start, 1, { ...options, samples: 4, seeds: [5] }))[0],
          beam: (await beamSearch(decoder, start, 1, { ...options, beam: 1 }))[0],
        });
        const ended = await run().catch((error: unknown) => {
          // A dead end before the minimum length.
          expect(error).toBeInstanceOf(DataError);
          expect(rule.minLength ?? 0).toBeGreaterThan(0);
          return undefined;
        });
        if (!ended) return;
        const { greedy, drawn, beam } = ended;
        expect(beam).toEqual(greedy);
        for (const { tokens } of [...greedy, ...drawn]) {
          const { prefix = [], forbidden = [], minLength = 0 } = rule;
          expect(tokens.slice(0, prefix.length)).toEqual(prefix);
          expect(forbidden.filter((p) => contains(tokens, p))).toEqual([]);
          expect(tokens.length).toBeGreaterThanOrEqual(minLength);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('refuse required phrases', async () => {
    const decoder = new MarkovDecoder({ seed: 1, vocabularySize: 4 });
    const constraints = [constraintOf({ required: [[2]] }, decoder)];
    const start = MarkovDecoder.start([0]);
    await expect(greedySearch(decoder, start, 1, { maxLength: 4, constraints })).rejects.toThrow(UsageError);
    await expect(sample(decoder, start, 1, { maxLength: 4, constraints, seeds: [1] })).rejects.toThrow(
      /beam search/,
    );
  });
});

describe('constraints refuse', () => {
  const vocabulary = { vocabularySize: 4, eos: 0 };
  it.each<[string, ConstraintOptions, RegExp]>([
    [
      'a wrong id',
      { required: [[1, 4]] },
      /Token id 4 in a prefix or phrase; expected a whole number from 0 to 3/,
    ],
    ['EOS in a phrase', { prefix: [0] }, /that is not EOS \(0\)/],
    ['an empty phrase', { forbidden: [[]] }, /An empty phrase/],
    ['a wrong n', { noRepeat: 0 }, /noRepeat 0; expected a whole number, 1 or more/],
    ['a wrong minimum', { minLength: -1 }, /minLength -1/],
    [
      'to forbid what is required',
      { required: [[1, 2, 3]], forbidden: [[2, 3]] },
      /\[2, 3\] within \[1, 2, 3\]/,
    ],
    ['to forbid the prefix', { prefix: [1, 2], forbidden: [[1]] }, /Drop one of the two/],
  ])('%s', (_, rules, message) => {
    expect(() => constraintOf(rules, vocabulary)).toThrow(UsageError);
    expect(() => constraintOf(rules, vocabulary)).toThrow(message);
  });

  it('limits that are too short for them', async () => {
    const model = { seed: 1, vocabularySize: 4 };
    for (const rules of [{ minLength: 4 }, { prefix: [1], required: [[2, 3, 2]] }]) {
      await expect(search(model, rules, { beam: 3, maxLength: 3 })).rejects.toThrow(
        /A limit of 3 tokens for sentence 1, .* may take 4/,
      );
      expect(await search(model, rules, { beam: 3, maxLength: 4 })).toHaveLength(1);
    }
  });
});
