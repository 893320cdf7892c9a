import type { Pair } from '../data/corpus.ts';
import type { TranslationRecipe, WordVectors } from '../formats/index.ts';
import { BLEU_TOKENIZERS, type BleuOptions, bleu, perplexity } from '../metrics/index.ts';
import { type PairBatch, pairLoss } from '../programs/pairLoss.ts';
import type { TrainingProgram } from '../programs/training.ts';
import type { Backend } from '../runtime/index.ts';
import { ownWordProbability, type Validation } from '../training/index.ts';
import { buildModel, type Codecs, encodePairs, epochBatches, trainingPairs } from './pairs.ts';
import { exactMatchRate, type References, referenceStreams } from './references.ts';
import { translationSamples } from './samples.ts';
import { startTraining, type Training, type TrainingOptions } from './training.ts';
import { Translator } from './translator.ts';
import { beginWithVectors, type Side, type VectorCoverage } from './vectors.ts';

export interface TranslationTraining extends Training<PairBatch> {
  /** training pairs used, and those left out as too long */
  readonly pairs: { readonly used: number; readonly tooLong: number };
  /** how many words began with a pretrained vector */
  readonly vectors: VectorCoverage;
}

export interface TranslationOptions extends TrainingOptions {
  /** pretrained word vectors that a new run begins with; a resumed one goes on with its own */
  readonly vectors?: Readonly<Partial<Record<Side, WordVectors>>>;
}

/**
 * Sets a translation recipe going: compiles the model, and gives a stream of training events to be pulled.
 *
 * @param data pairs of text; `validation` is needed when the recipe stops by a metric
 * @throws UsageError when validation pairs or saved checkpoints are missing that the recipe asks for, or when its
 *   schedule has no end, DataError when no pair is short enough
 */
export async function trainTranslation(
  recipe: TranslationRecipe,
  data: { readonly train: readonly Pair[]; readonly validation?: readonly Pair[] },
  codecs: Codecs,
  backend: Backend,
  options: TranslationOptions = {},
): Promise<TranslationTraining> {
  const model = buildModel(recipe, codecs);
  const { labelSmoothing, scheduledSampling } = recipe.training;
  const { validation } = data;
  const sampling = scheduledSampling && ownWordProbability(scheduledSampling);
  const pairs = trainingPairs(recipe, data.train, codecs, sampling);
  const training = await startTraining(
    recipe,
    {
      loss: pairLoss(model, { labelSmoothing, scheduledSampling: scheduledSampling !== undefined }),
      batches: pairs.batches,
      validate: validation && ((program) => validate(recipe, program, validation, codecs, backend)),
      rising: ['bleu', 'exactMatch'],
    },
    backend,
    options,
  );
  const vectors = options.resume
    ? {}
    : beginWithVectors(recipe, training.program, codecs, options.vectors ?? {});
  return { ...training, pairs: { used: pairs.used, tooLong: pairs.tooLong }, vectors };
}

/**
 * Loss (mean nats per token) and perplexity of all pairs, BLEU and exact match of their greedy translations, and these
 * translations.
 */
async function validate(
  recipe: TranslationRecipe,
  program: TrainingProgram<PairBatch>,
  pairs: readonly Pair[],
  codecs: Codecs,
  backend: Backend,
): Promise<Validation> {
  const model = buildModel(recipe, codecs);
  const examples = encodePairs(pairs, codecs, { copies: model.copies });
  const batches = epochBatches(examples, { sentences: 64 }, 0, 0);
  let total = 0;
  let tokens = 0;
  for (let i = 0; i < batches.length; i++) {
    const found = await program.evaluate(batches.at(i) as PairBatch);
    total += found.loss * found.tokens;
    tokens += found.tokens;
  }
  // The trainer stops on it; of such weights nothing else can be measured.
  if (!Number.isFinite(total)) return { metrics: { loss: total / tokens } };
  const translator = new Translator(model, program, codecs, backend);
  try {
    const { maxLength } = recipe.decoding;
    const { sources, references } = askedOf(recipe, pairs, codecs);
    const found = await translator.translate(sources, { beam: 1, maxLength });
    const hypotheses = found.map(([best]) => best.text);
    return {
      metrics: {
        loss: total / tokens,
        perplexity: perplexity(total, tokens),
        bleu: bleu(hypotheses, references, bleuOptions(recipe, codecs)).score,
        exactMatch: exactMatchRate(hypotheses, references),
      },
      samples: translationSamples(
        { sources, references },
        found.map(([best]) => best),
        SHOWN,
      ),
    };
  } finally {
    await translator.dispose();
  }
}

/** Sentences whose maps are kept at every validation. */
const SHOWN = 3;

/** What the model is asked, and the answers as it could write them: lower-cased when the target side is. */
export const askedOf = (recipe: TranslationRecipe, pairs: readonly Pair[], codecs: Codecs): References =>
  referenceStreams(pairs, {
    alternatives: recipe.data.alternatives,
    lowercase: codecs.target.tokenizer.lowercase,
  });

/** BLEU as the recipe has it measured. */
export const bleuOptions = (recipe: TranslationRecipe, codecs: Codecs): BleuOptions => ({
  lowercase: codecs.target.tokenizer.lowercase,
  tokenizer: BLEU_TOKENIZERS[recipe.evaluation.tokenize],
});
