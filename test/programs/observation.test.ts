import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOS, EOS } from '../../src/data/vocabulary.ts';
import { StepProgram } from '../../src/programs/decoder.ts';
import { ObservationProgram } from '../../src/programs/observation.ts';
import type { HostTensor } from '../../src/runtime/index.ts';
import { buildModel, sourceBatch } from '../../src/tasks/pairs.ts';
import { runtime } from '../graph/check.ts';
import { MODELS, randomModel } from '../tasks/randomModels.ts';

/** Two sentences, of 8 positions and of 3. */
const ROWS = ['hgfedcb', 'ab'];
const S = 8;
const PREVIOUS = Int32Array.of(BOS, 5);

for (const name of ['rnnsearch', 'two heads', 'general, in a window']) {
  describe(`a batch in the observation program (${name})`, () => {
    const { content, weights } = randomModel(MODELS[name]);
    const { recipe, codecs } = content;
    const model = buildModel(recipe, codecs);
    const batchOf = (texts: readonly string[]) =>
      sourceBatch(
        texts.map((text) => ({ text, source: codecs.source.encode(text) })),
        codecs,
        model,
      );
    let program: ObservationProgram;
    let plain: StepProgram;
    beforeAll(async () => {
      program = await ObservationProgram.compile(model, weights, await runtime());
      plain = await StepProgram.compile(model, weights, await runtime(), { bos: BOS, eos: EOS });
    });
    afterAll(async () => {
      await program.dispose();
      await plain.dispose();
    });
    const rowOf = (tensor: HostTensor | undefined, row: number) => {
      const { data, shape } = tensor as HostTensor;
      const width = data.length / shape[0];
      return Array.from(data.slice(row * width, (row + 1) * width), Number);
    };
    const close = (list: readonly number[]) => list.map((x) => expect.closeTo(x, 5));

    it('steps as the step program does, and gives the annotations', async () => {
      const { state, annotations } = await program.start(batchOf(ROWS));
      expect(annotations?.shape.slice(0, 2)).toEqual([S, 2]);
      const found = await program.step(PREVIOUS, state);
      const expected = await plain.step(PREVIOUS, await plain.start(batchOf(ROWS)));
      expect(found.logProbs).toEqual(expected.logProbs);
      expect(found.attention).toEqual(expected.attention);
      expect(found.state).toEqual(expected.state);
      const alone = await program.step(
        PREVIOUS.slice(1),
        (await program.start(batchOf(ROWS.slice(1)))).state,
      );
      expect(rowOf(found.observed.context, 1)).toEqual(close(rowOf(alone.observed.context, 0)));
    });

    it('mixes given weights in by the gate of each sentence', async () => {
      const { state } = await program.start(batchOf(ROWS));
      const free = await program.step(PREVIOUS, state);
      const given = Float32Array.from({ length: 2 * S }, (_, i) => (i % S === 1 ? 1 : 0));
      const heads = free.observed.weights?.shape[1] as number;
      expect(heads).toBe(name === 'two heads' ? 2 : 1);
      const pinned = Array.from({ length: heads * S }, (_, i) => (i % S === 1 ? 1 : 0));
      const step = (...gate: number[]) =>
        program.step(PREVIOUS, state, { weights: given, gate: Float32Array.from(gate) });
      const second = await step(0, 1);
      expect(rowOf(second.observed.weights, 0)).toEqual(rowOf(free.observed.weights, 0));
      expect(rowOf(second.observed.weights, 1)).toEqual(pinned);
      expect(second.logits.slice(0, model.targetVocabulary)).toEqual(
        free.logits.slice(0, model.targetVocabulary),
      );
      expect(second.observed.ownWeights).toEqual(free.observed.ownWeights);
      const mixed = await step(0.25, 0);
      const own = rowOf(free.observed.weights, 0);
      expect(rowOf(mixed.observed.weights, 0)).toEqual(close(own.map((x, i) => 0.75 * x + 0.25 * pinned[i])));
      expect(rowOf(mixed.observed.weights, 1)).toEqual(rowOf(free.observed.weights, 1));
    });
  });
}
