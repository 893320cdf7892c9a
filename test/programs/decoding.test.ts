/** The three ways to run a decoder agree: the loop inside the model, the step from outside, forced decoding. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beamSearch, forcedDecoding, greedySearch, type Hypothesis } from '../../src/decoding/index.ts';
import { rnnenc, rnnsearch } from '../../src/models/index.ts';
import { Builder } from '../../src/nn/builder.ts';
import { StepProgram } from '../../src/programs/decoder.ts';
import { GreedyProgram } from '../../src/programs/greedy.ts';
import { lossGraph } from '../../src/programs/pairLoss.ts';
import { ParameterLayout } from '../../src/programs/parameters.ts';
import { Random } from '../../src/random.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { padSources } from '../../src/tasks/pairs.ts';

const [bos, eos] = [2, 3];

for (const type of ['rnnsearch', 'rnnenc'] as const) {
  describe(type, () => {
    const model = { rnnsearch, rnnenc }[type]({
      sourceVocabulary: 12,
      targetVocabulary: 9,
      embedding: 6,
      hidden: 7,
      attention: 5,
      readout: 6,
      readoutType: 'maxout',
      dropout: 0.5, // must not matter here
      initialization: 'glorot',
    });
    const sources = [[4, 5, 6, 7, 8], [9], [10, 11, 4], [5, 5, 5, 5]];
    const limit = 12;
    let greedy: GreedyProgram;
    let steps: StepProgram;
    let looped: Hypothesis[];

    beforeAll(async () => {
      const builder = new Builder();
      lossGraph(model, builder);
      const layout = new ParameterLayout(builder.parameters.map((p) => p.spec));
      const parameters = layout.initialize(5);
      // Far enough from uniform that words differ and some sentences end.
      // Seed and bias are chosen so that both models write something worth comparing (the first test says what);
      // the comparisons themselves hold for other seeds too.
      layout.views(parameters)['decoder.readout.logits.bias'].data[eos] = -1;
      const random = new Random(7);
      for (let i = 0; i < parameters.length; i++) parameters[i] += 0.7 * random.normal();
      const backend = await openRuntime({ threads: 1 });
      greedy = await GreedyProgram.compile(model, { layout, parameters }, backend, { bos, eos });
      steps = await StepProgram.compile(model, { layout, parameters }, backend, { bos, eos });
      looped = await greedy.decode(padSources(sources), { maxLength: limit });
    });
    afterAll(async () => {
      await greedy.dispose();
      await steps.dispose();
    });

    const expectSame = (found: Hypothesis, wanted: Hypothesis, length: number) => {
      expect(found.tokens).toEqual(wanted.tokens);
      expect(found.finished).toBe(wanted.finished);
      expect(found.logProb).toBeCloseTo(wanted.logProb, 4);
      expect(found.attention?.length).toBe(wanted.attention?.length);
      for (const [t, row] of (wanted.attention ?? []).entries()) {
        for (let s = 0; s < length; s++) expect(found.attention?.[t][s]).toBeCloseTo(row[s], 5);
      }
    };

    it('writes sentences that differ, with words that differ, and ends some', () => {
      expect(looped.some((h) => h.finished)).toBe(true);
      expect(new Set(looped.flatMap((h) => h.tokens)).size).toBeGreaterThan(2);
      expect(new Set(looped.map((h) => h.tokens.join())).size).toBeGreaterThan(1);
    });

    it('gives the same inside the loop, step by step, and as a beam of one', async () => {
      const start = await steps.start(padSources(sources));
      const stepped = await greedySearch(steps, start, sources.length, { maxLength: limit });
      const beam = await beamSearch(steps, start, sources.length, { beam: 1, maxLength: limit });
      for (const [i, source] of sources.entries()) {
        expectSame(looped[i], stepped[i], source.length + 1);
        expectSame(beam[i][0], stepped[i], source.length + 1);
      }
    });

    it('gives a sentence the same alone and in a batch', async () => {
      for (const [i, source] of sources.entries()) {
        const [alone] = await greedy.decode(padSources([source]), { maxLength: limit });
        expectSame(looped[i], alone, source.length + 1);
      }
    });

    it('attends to no padding, and to all of the sentence together', () => {
      for (const [i, { attention = [] }] of looped.entries()) {
        const length = sources[i].length + 1;
        for (const row of attention) {
          expect(row.subarray(0, length).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
          expect(row.subarray(length).every((w) => w === 0)).toBe(true);
        }
      }
    });

    it('gives the probability of the same words when they are forced', async () => {
      const ended = looped.map((h, i) => ({ h, i })).filter(({ h }) => h.finished);
      const start = await steps.start(padSources(ended.map(({ i }) => sources[i])));
      const forced = await forcedDecoding(
        steps,
        start,
        ended.map(({ h }) => h.tokens),
      );
      for (const [k, { h }] of ended.entries()) expect(forced[k].logProb).toBeCloseTo(h.logProb, 4);
    });
  });
}
