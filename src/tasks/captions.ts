import type { CaptionedPicture } from '../data/pictures/index.ts';
import type { CaptionRecipe } from '../formats/index.ts';
import { type PairBatch, pairLoss } from '../programs/pairLoss.ts';
import type { TrainingProgram } from '../programs/training.ts';
import type { Backend } from '../runtime/index.ts';
import { ownWordProbability, type Validation } from '../training/index.ts';
import { captionBatch, captionBatches } from './captionsBatches.ts';
import { Captioner } from './captionsCaptioner.ts';
import { type CaptionExample, captionExamples, type PictureLoader } from './captionsExamples.ts';
import { buildCaptioner, type CaptionCodecs } from './captionsModel.ts';
import { captionMaterial, captionSamples } from './captionsSamples.ts';
import { captionScores } from './captionsScores.ts';
import { withSampling } from './pairs.ts';
import { startTraining, type Training, type TrainingOptions } from './training.ts';

export interface CaptionTraining extends Training<PairBatch> {
  /** training pictures used */
  readonly pictures: number;
  /** their captions, and those left out as too long */
  readonly captions: { readonly used: number; readonly tooLong: number };
}

export interface CaptionTrainingOptions extends TrainingOptions {
  /** what decodes files; default `decodePicture` */
  readonly load?: PictureLoader;
}

/**
 * Sets a caption recipe going: reads the pictures, compiles the model, and gives a stream of training events to be
 * pulled.
 *
 * @throws DataError with the picture's name for pictures that cannot be read and captions without a token; UsageError as
 *   `startTraining`
 */
export async function trainCaptions(
  recipe: CaptionRecipe,
  data: { readonly train: readonly CaptionedPicture[]; readonly validation?: readonly CaptionedPicture[] },
  codecs: CaptionCodecs,
  backend: Backend,
  options: CaptionTrainingOptions = {},
): Promise<CaptionTraining> {
  const { load, ...trainingOptions } = options;
  const model = buildCaptioner(recipe, codecs);
  const { examples, tooLong } = await captionExamples(data.train, recipe, codecs.target, { load });
  const validation =
    data.validation &&
    (await captionExamples(data.validation, recipe, codecs.target, { load, all: true })).examples;
  const { labelSmoothing, scheduledSampling, accumulate } = recipe.training;
  const sampling = scheduledSampling && ownWordProbability(scheduledSampling);
  const training = await startTraining<PairBatch>(
    recipe,
    {
      loss: pairLoss(model, { labelSmoothing, scheduledSampling: scheduledSampling !== undefined }),
      batches: (epoch) => {
        const plan = captionBatches(examples, recipe, epoch);
        return sampling ? withSampling(plan, sampling, { epoch, accumulate }) : plan;
      },
      validate: validation && ((program) => validate(recipe, program, validation, codecs, backend)),
      rising: ['exactMatch', 'bleu', 'bleu1', 'bleu2', 'bleu3', 'cider'],
    },
    backend,
    trainingOptions,
  );
  const used = examples.reduce((sum, { labels }) => sum + labels.length, 0);
  return {
    ...training,
    pictures: examples.length,
    captions: { used, tooLong },
    ...(validation && { material: captionMaterial(validation, recipe.picture) }),
  };
}

const VALIDATION_BATCH = 64;

/** Loss (mean nats per token) of each picture's first caption, scores of greedy captions, and these captions. */
async function validate(
  recipe: CaptionRecipe,
  program: TrainingProgram<PairBatch>,
  examples: readonly CaptionExample[],
  codecs: CaptionCodecs,
  backend: Backend,
): Promise<Validation> {
  let total = 0;
  let tokens = 0;
  for (let at = 0; at < examples.length; at += VALIDATION_BATCH) {
    const ready = examples
      .slice(at, at + VALIDATION_BATCH)
      .map(({ pixels, labels: [first] }) => ({ pixels, labels: first }));
    const found = await program.evaluate(captionBatch(ready, recipe.picture));
    total += found.loss * found.tokens;
    tokens += found.tokens;
  }
  const loss = total / tokens;
  // The trainer stops on it; of such weights nothing else can be measured.
  if (!Number.isFinite(loss)) return { metrics: { loss } };
  const captioner = new Captioner(recipe, codecs, program, backend);
  try {
    const pixels = examples.map((example) => example.pixels);
    const said = await captioner.describePixels(pixels, { beam: 1, batch: VALIDATION_BATCH });
    const best = said.map(([first]) => first);
    const scores = captionScores(
      best.map(({ text }) => text),
      examples.map(({ captions }) => captions),
      codecs,
    );
    return { metrics: { loss, ...scores }, samples: captionSamples(examples, best, codecs) };
  } finally {
    await captioner.dispose();
  }
}
