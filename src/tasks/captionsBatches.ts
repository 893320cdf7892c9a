import { planBatches } from '../data/batches.ts';
import { augmentPixels, pixelFloats } from '../data/pictures/index.ts';
import type { CaptionRecipe } from '../formats/index.ts';
import type { PairBatch } from '../programs/pairLoss.ts';
import type { SourceBatch } from '../programs/sources.ts';
import { Random } from '../random.ts';
import type { Batches } from '../training/index.ts';
import type { CaptionExample } from './captionsExamples.ts';
import type { PictureSettings } from './captionsModel.ts';
import { epochRandom, targetBatch } from './pairs.ts';

/** Pictures with a caption each. */
export type CaptionBatch = PairBatch & Required<Pick<SourceBatch, 'picture'>>;

/** Pictures as the model reads them, float32 `[B, C, Y, X]`. */
export function pictureBatch(
  pixels: readonly Uint8Array[],
  settings: PictureSettings,
): Required<Omit<SourceBatch, 'copying'>> {
  const B = pixels.length;
  return {
    source: pixelFloats(pixels, settings, settings.scale),
    sourceMask: new Float32Array(B).fill(1),
    picture: [settings.channels, settings.height, settings.width],
    sizes: { B, S: 1 },
  };
}

/** A picture with the caption that it has in a batch. */
export interface ReadyCaption {
  readonly pixels: Uint8Array;
  readonly labels: readonly number[];
}

export function captionBatch(ready: readonly ReadyCaption[], settings: PictureSettings): CaptionBatch {
  const { sizes, ...pictures } = pictureBatch(
    ready.map(({ pixels }) => pixels),
    settings,
  );
  const { T, ...target } = targetBatch(ready.map(({ labels }) => labels));
  return { ...pictures, ...target, sizes: { ...sizes, T } };
}

/**
 * The batches of an epoch: every picture once, with another of its captions each epoch (in n epochs each of n captions
 * once), varied by chance, captions of similar length together; all of it follows from seed and epoch.
 */
export function captionBatches(
  examples: readonly CaptionExample[],
  recipe: Pick<CaptionRecipe, 'seed' | 'picture' | 'augment' | 'training'>,
  epoch: number,
): Batches<CaptionBatch> {
  const { seed, picture, augment, training } = recipe;
  const { batch } = training;
  const first = new Random(seed ^ 0x63617074); // the same in all epochs
  const chosen = examples.map(({ labels }) => labels[(first.integer(labels.length) + epoch) % labels.length]);
  const drawn = epochRandom(seed ^ 0x70696374, epoch); // not the one that shuffles
  const seeds = examples.map(() => drawn.uint32());
  const lengths = chosen.map((labels) => ({ source: 1, target: labels.length + 1 }));
  const limits = { maxSentences: batch.sentences, maxTokens: 'tokens' in batch ? batch.tokens : undefined };
  const plan = planBatches(lengths, limits, epochRandom(seed, epoch));
  const ready = (i: number): ReadyCaption => {
    const { pixels } = examples[i];
    const seen = augment ? augmentPixels(pixels, picture, augment, new Random(seeds[i])) : pixels;
    return { pixels: seen, labels: chosen[i] };
  };
  return { length: plan.length, at: (i) => plan[i] && captionBatch(plan[i].map(ready), picture) };
}
