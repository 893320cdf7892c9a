import { type Frames, specAugment } from '../data/audio/index.ts';
import { padTimeMajor, planBatches } from '../data/batches.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import type { FrameBatch } from '../programs/frameLoss.ts';
import type { PairBatch } from '../programs/pairLoss.ts';
import { Random } from '../random.ts';
import type { Batches } from '../training/index.ts';
import { epochRandom, targetBatch } from './pairs.ts';
import { type SpeechExample, stacked } from './speechExamples.ts';

/** Frames padded with zeros: `[S, B, F]`, S a multiple of `multiple`, and their mask `[S, B]`. */
export function padFrames(
  sounds: readonly Frames[],
  multiple: number,
): { source: Float32Array; sourceMask: Float32Array; sizes: { B: number; S: number } } {
  const B = sounds.length;
  const [, F] = sounds[0].shape;
  const longest = sounds.reduce((most, { shape }) => Math.max(most, shape[0]), 1);
  const S = Math.ceil(longest / multiple) * multiple;
  const source = new Float32Array(S * B * F);
  const sourceMask = new Float32Array(S * B);
  for (const [b, { data, shape }] of sounds.entries()) {
    for (let t = 0; t < shape[0]; t++) {
      source.set(data.subarray(t * F, (t + 1) * F), (t * B + b) * F);
      sourceMask[t * B + b] = 1;
    }
  }
  return { source, sourceMask, sizes: { B, S } };
}

/** An example with the frames that the model reads of it. */
export interface ReadyExample {
  readonly labels: readonly number[];
  readonly frames: Frames;
}

export type MakeBatch<Batch> = (examples: readonly ReadyExample[], multiple: number) => Batch;

/** For CTC. */
export const frameBatch: MakeBatch<FrameBatch> = (examples, multiple) => {
  const { sizes, ...source } = padFrames(
    examples.map(({ frames }) => frames),
    multiple,
  );
  const labels = padTimeMajor(examples.map((example) => example.labels));
  return {
    ...source,
    labels: labels.tokens,
    labelMask: labels.mask,
    sizes: { ...sizes, L: labels.steps },
  };
};

/** For an encoder–decoder. */
export const spokenPairBatch: MakeBatch<PairBatch> = (examples, multiple) => {
  const { sizes, ...source } = padFrames(
    examples.map(({ frames }) => frames),
    multiple,
  );
  const { T, ...target } = targetBatch(examples.map(({ labels }) => labels));
  return { ...source, ...target, sizes: { ...sizes, T } };
};

/** Every example as it is, for validation. */
export const readyExamples = (
  examples: readonly SpeechExample[],
  { features }: Pick<SpeechRecipe, 'features'>,
): ReadyExample[] => examples.map(({ labels, frames }) => ({ labels, frames: stacked(frames[0], features) }));

/**
 * The batches of an epoch: sounds of similar length together, at a speed drawn for each, masked; all of it follows from
 * seed and epoch.
 */
export function spokenBatches<Batch>(
  examples: readonly SpeechExample[],
  recipe: SpeechRecipe,
  epoch: number,
  make: MakeBatch<Batch>,
  multiple: number,
): Batches<Batch> {
  const { features, augment, training, seed } = recipe;
  const { batch } = training;
  const drawn = epochRandom(seed ^ 0x73706565, epoch); // not the one that shuffles
  const chosen = examples.map(({ frames }) => frames[frames.length === 1 ? 0 : drawn.integer(frames.length)]);
  const masks = examples.map(() => drawn.uint32());
  // Sorted by the first of the two that differs: here the frames, of which there are many more than labels.
  const lengths = examples.map(({ labels }, i) => ({
    target: Math.ceil(chosen[i].shape[0] / features.stride),
    source: labels.length + 1,
  }));
  const limits = { maxSentences: batch.sentences, maxTokens: 'tokens' in batch ? batch.tokens : undefined };
  const plan = planBatches(lengths, limits, epochRandom(seed, epoch));
  const ready = (i: number): ReadyExample => {
    const frames = augment ? masked(chosen[i], augment, features, masks[i]) : chosen[i];
    return { labels: examples[i].labels, frames: stacked(frames, features) };
  };
  return { length: plan.length, at: (i) => plan[i] && make(plan[i].map(ready), multiple) };
}

/** SpecAugment of unstacked frames; channels are hidden with their deltas, by the mean, which is 0 where normalised. */
const masked = (
  frames: Frames,
  augment: NonNullable<SpeechRecipe['augment']>,
  { deltas, normalise }: SpeechRecipe['features'],
  seed: number,
): Frames =>
  specAugment(
    frames,
    {
      F: augment.frequencyWidth,
      mF: augment.frequencyMasks,
      T: augment.timeWidth,
      mT: augment.timeMasks,
      p: augment.timeShare,
      groups: 1 + deltas,
      fill: normalise === 'none' ? 'mean' : 0,
    },
    new Random(seed),
  );
