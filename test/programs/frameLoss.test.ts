/** Training by CTC, against the loss of each utterance by itself from what the same network says of its frames. */
import { afterAll, describe, expect, it } from 'vitest';
import { ctcLoss } from '../../src/decoding/index.ts';
import { ctcLabeller } from '../../src/models/index.ts';
import { type FrameBatch, frameLoss } from '../../src/programs/frameLoss.ts';
import { LabellerProgram } from '../../src/programs/labeller.ts';
import { TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { openRuntime } from '../../src/runtime/index.ts';
import { type Frames, frameFeeds, labelFeeds, randomFrames } from '../models/frames.ts';

const [F, V, reduction] = [3, 5, 2] as const;
const model = ctcLabeller({
  width: F,
  labels: V,
  hidden: 6,
  layers: 2,
  reduction,
  dropout: 0,
  initialization: 'glorot',
});
const sounds = randomFrames(new Random(4), [9, 4, 13, 6], F);
const labels = [[4, 1, 4], [0], [2, 2, 3], [1, 0]];
const tokens = labels.flat().length;

/** Rubbish at padding, as much of it as is asked for. */
function batchOf(items: readonly Frames[], said: readonly number[][], pad = 0): FrameBatch {
  const frames = frameFeeds(items, 'float32', { reduction, pad });
  const { feeds, L } = labelFeeds(said, 'float32', pad);
  return {
    source: frames.feeds.source.data as Float32Array,
    sourceMask: frames.feeds.sourceMask.data as Float32Array,
    labels: Int32Array.from(feeds.labels.data as Int32Array, (label) => (label === -1 ? 2 : label)),
    labelMask: feeds.labelMask.data as Float32Array,
    sizes: { B: items.length, S: frames.S, L },
  };
}

const backend = await openRuntime({ threads: 1 });
const program = await TrainingProgram.compile(frameLoss(model), backend, { seed: 3 });
const random = new Random(1);
for (let i = 0; i < program.parameters.length; i++) program.parameters[i] += 0.4 * random.normal();
const labeller = await LabellerProgram.compile(model, program, backend);
afterAll(async () => {
  await program.dispose();
  await labeller.dispose();
});

describe('frameLoss', () => {
  it('is −ln p(labels | frames) of all utterances, per label', async () => {
    let expected = 0;
    for (const [i, frames] of sounds.entries()) {
      // Alone, so that no other utterance and no padding but that of halving time can have a part.
      const { source, sourceMask, sizes } = batchOf([frames], [labels[i]]);
      const { logits, mask } = await labeller.label({ source, sourceMask, sizes });
      expect(logits.shape).toEqual([Math.ceil(frames.length / reduction), 1, V + 1]);
      expect(Array.from(mask.data, Number).every((m) => m === 1)).toBe(true);
      const rows = Array.from({ length: logits.shape[0] }, (_, t) =>
        Array.from(logits.data.slice(t * (V + 1), (t + 1) * (V + 1)), Number),
      );
      expected += ctcLoss(rows, labels[i]);
    }
    const found = await program.evaluate(batchOf(sounds, labels));
    expect(found.tokens).toBe(tokens);
    expect(found.loss).toBeCloseTo(expected / tokens, 5);
  });

  it('never lets padding matter, neither of frames nor of labels, nor the order of utterances', async () => {
    const gradientsOf = async (batch: FrameBatch) => {
      const { loss } = await program.step(batch, new Random(1));
      return { loss, gradients: Float32Array.from(program.gradients) };
    };
    const plain = await gradientsOf(batchOf(sounds, labels));
    expect(plain.gradients.some((x) => Math.abs(x) > 0.01)).toBe(true);
    const backwards = (all: readonly unknown[]) => [...all].reverse();
    for (const other of [
      batchOf(sounds, labels, 3),
      batchOf(backwards(sounds) as Frames[], backwards(labels) as number[][]),
    ]) {
      const { loss, gradients } = await gradientsOf(other);
      expect(loss).toBeCloseTo(plain.loss, 5);
      for (const [i, x] of gradients.entries()) expect(x).toBeCloseTo(plain.gradients[i], 4);
    }
  });

  it('masks frames of an utterance beside a longer one as padding', async () => {
    const { source, sourceMask, sizes } = batchOf(sounds, labels, 1);
    const { mask } = await labeller.label({ source, sourceMask, sizes });
    const [U, B] = mask.shape;
    for (const [b, frames] of sounds.entries()) {
      const real = Array.from({ length: U }, (_, t) => Number(mask.data[t * B + b]));
      expect(real.reduce((sum, m) => sum + m, 0)).toBe(Math.ceil(frames.length / reduction));
    }
  });

  it('of a batch with nothing said is what saying nothing costs', async () => {
    const { loss, tokens: none } = await program.evaluate(batchOf([sounds[1]], [[]], 1));
    expect(none).toBe(0);
    const { source, sourceMask, sizes } = batchOf([sounds[1]], [[0]]);
    const { logits } = await labeller.label({ source, sourceMask, sizes });
    const rows = Array.from({ length: logits.shape[0] }, (_, t) =>
      Array.from(logits.data.slice(t * (V + 1), (t + 1) * (V + 1)), Number),
    );
    expect(loss).toBeCloseTo(ctcLoss(rows, []), 5);
  });
});
