import { describe, expect, it } from 'vitest';
import { type BitBatch, bitBatch, createAlgorithm, drawBitBatch } from '../../src/data/algorithms.ts';
import { add } from '../../src/graph/index.ts';
import { type BitTransducer, ntm } from '../../src/models/ntm.ts';
import { Builder } from '../../src/nn/builder.ts';
import { zero } from '../../src/nn/init.ts';
import { bitLoss, bitsPerSequence, countedBits } from '../../src/programs/bitLoss.ts';
import { BitProgram } from '../../src/programs/bitProgram.ts';
import { TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { compute, runtime } from '../graph/check.ts';

/** Its logits are its inputs and a bias. */
const echo: BitTransducer = {
  inputs: 2,
  outputs: 2,
  run: (builder, x) => ({ logits: add(x, builder.parameter('bias', [2], zero)) }),
};

/** Two sequences of two steps, of which three of four count. */
const batch: BitBatch = {
  inputs: Float32Array.of(2, -1, 0, 3, 200, -200, 5, 5),
  targets: Float32Array.of(1, 0, 0, 1, 0, 0, 1, 1),
  mask: Float32Array.of(1, 1, 1, 0),
  sizes: { T: 2, B: 2, I: 2, O: 2 },
};
const cost = (z: number, y: number) => Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0) - y * z;
// A wrong bit with a logit of 200 costs 200 nats, and no infinity.
const nats = cost(2, 1) + cost(-1, 0) + cost(0, 0) + cost(3, 1) + 200 + cost(-200, 0);

describe('bitLoss', () => {
  it('is the mean binary cross-entropy of the bits that count, also where a bit is all but impossible', async () => {
    const { feeds, tokens } = bitLoss(echo).feeds(batch, 'evaluation');
    expect(tokens).toBe(6);
    expect(countedBits(batch)).toBe(6);
    const bias = { dtype: 'float32' as const, shape: [2], data: new Float32Array(2) };
    const { loss } = await compute({ loss: bitLoss(echo).graph(new Builder()) }, { ...feeds, bias });
    expect(Number(loss.data[0])).toBeCloseTo(nats / 6, 4);
    expect(bitsPerSequence(nats / 6, 6, 2)).toBeCloseTo(nats / Math.LN2 / 2, 10);
  });

  it('is one bit for each bit that counts when every logit is 0', async () => {
    const random = new Random(1);
    const task = createAlgorithm({ type: 'repeatCopy' });
    const drawn = bitBatch([0, 1].map(() => task.draw(random, { length: 3, repeats: 2 })));
    const { feeds, tokens } = bitLoss({ ...echo, inputs: 9, outputs: 9 }).feeds(drawn, 'evaluation');
    (feeds.inputs.data as Float32Array).fill(0);
    expect(tokens).toBe(2 * 9 * 7);
    const silent: BitTransducer = { inputs: 9, outputs: 9, run: (_, x) => ({ logits: x }) };
    const { loss } = await compute({ loss: bitLoss(silent).graph(new Builder()) }, feeds);
    expect(bitsPerSequence(Number(loss.data[0]), tokens, 2)).toBeCloseTo(63, 4);
  });
});

describe('BitProgram', () => {
  it('answers with what the training program has learned to say, and what the heads do', async () => {
    const task = createAlgorithm({ type: 'copy', width: 3, lengths: [2, 4] });
    const model = ntm({ inputs: 4, outputs: 3, hidden: 6, locations: 5, width: 4, readHeads: 2 });
    const backend = await runtime();
    const training = await TrainingProgram.compile(bitLoss(model), backend, { seed: 3 });
    const drawn = drawBitBatch(task, { seed: 1, index: 0, sequences: 4, sizes: { length: 3 } });
    const program = await BitProgram.compile(model, training, backend);
    const { logits, heads } = await program.answer(drawn);
    expect(logits.shape).toEqual([7, 4, 3]);
    expect(heads?.readWeights.shape).toEqual([7, 4, 2, 5]);
    expect(heads?.added.shape).toEqual([7, 4, 1, 4]);
    let total = 0;
    for (const [i, z] of logits.data.entries()) {
      if (drawn.mask[Math.floor(i / 3)] === 1) total += cost(Number(z), drawn.targets[i]);
    }
    const { loss, tokens } = await training.evaluate(drawn);
    expect(total / tokens).toBeCloseTo(loss, 5);
    const { layout, parameters } = training;
    const short = await BitProgram.compile(model, { layout, parameters, heads: false }, backend);
    const alone = await short.answer(drawn);
    expect(alone.heads).toBeUndefined();
    expect(alone.logits.data).toEqual(logits.data);
    await short.dispose();
    await program.dispose();
    await training.dispose();
  });
});
