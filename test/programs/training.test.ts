import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { rnnsearch } from '../../src/models/rnnsearch.ts';
import { type PairBatch, pairLoss } from '../../src/programs/pairLoss.ts';
import { TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { adam } from '../../src/training/index.ts';
import { kernelsOf } from '../../src/training/kernels.ts';

const model = rnnsearch({
  sourceVocabulary: 7,
  targetVocabulary: 6,
  embedding: 4,
  hidden: 5,
  attention: 3,
  readout: 4,
  readoutType: 'maxout',
  dropout: 0,
  initialization: 'glorot',
});

/** Two pairs, the second one shorter. */
const batch: PairBatch = {
  source: Int32Array.of(4, 5, 6, 4, 5, 0),
  sourceMask: Float32Array.of(1, 1, 1, 1, 1, 0),
  previous: Int32Array.of(1, 1, 4, 0),
  labels: Int32Array.of(4, 2, 2, 0),
  targetMask: Float32Array.of(1, 1, 1, 0),
  sizes: { B: 2, S: 3, T: 2 },
};

describe.each(['native', 'wasm'] as const)('a training program on %s', (device) => {
  it('learns a batch, its arrays and the slots of the optimizer where the kernels reach them', async ({
    skip,
  }) => {
    const backend = await openRuntime({ device, threads: 1 }).catch((error: Error) => skip(error.message));
    const program = await TrainingProgram.compile(pairLoss(model), backend, { seed: 1 });
    const { parameters, gradients, arena, layout } = program;
    const optimizer = adam(layout.size, { arena });
    expect(kernelsOf(parameters, gradients, ...Object.values(optimizer.slots))).toBeDefined();
    const losses: number[] = [];
    for (let step = 1; step <= 120; step++) {
      const { loss, tokens } = await program.step(batch, new Random(1));
      expect(tokens).toBe(3);
      losses.push(loss);
      optimizer.update(parameters, gradients, { step, learningRate: 0.03, scale: 1 });
    }
    expect(losses[0]).toBeCloseTo(Math.log(6), 1);
    expect(losses.at(-1)).toBeLessThan(0.1);
    const { loss } = await program.evaluate(batch);

    const copy = await TrainingProgram.compile(pairLoss(model), backend, { seed: 2, parameters });
    expect(copy.parameters.buffer).not.toBe(parameters.buffer);
    expect(await copy.evaluate(batch)).toEqual({ loss, tokens: 3 });
    const few = { seed: 1, parameters: parameters.subarray(1) };
    await expect(TrainingProgram.compile(pairLoss(model), backend, few)).rejects.toThrow(FormatError);
    await program.dispose();
    await copy.dispose();
  });
});
