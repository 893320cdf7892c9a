import type { Utterance } from '../data/speech/utterance.ts';
import { normalizeText } from '../data/tokenizer.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import { cer, wer } from '../metrics/index.ts';
import { frameLoss } from '../programs/frameLoss.ts';
import { pairLoss } from '../programs/pairLoss.ts';
import type { TrainingLoss, TrainingProgram } from '../programs/training.ts';
import type { Backend } from '../runtime/index.ts';
import { ownWordProbability, type Validation } from '../training/index.ts';
import { withSampling } from './pairs.ts';
import { Recognizer } from './recognizer.ts';
import { exactMatchRate } from './references.ts';
import {
  frameBatch,
  type MakeBatch,
  readyExamples,
  spokenBatches,
  spokenPairBatch,
} from './speechBatches.ts';
import { checkFitsBatch, checkFitsFrames, type SpeechExamples, speechExamples } from './speechExamples.ts';
import { buildSpeechModel, type SpeechCodecs } from './speechModel.ts';
import { shownSounds, speechSamples } from './speechSamples.ts';
import { startTraining, type Training, type TrainingOptions } from './training.ts';

export interface SpeechTraining extends Training {
  /** training utterances used, and those left out as too long */
  readonly utterances: { readonly used: number; readonly tooLong: number };
  /** of sound, as it was recorded */
  readonly seconds: number;
}

/**
 * Sets a speech recipe going: makes the features, compiles the model, and gives a stream of training events to be
 * pulled.
 *
 * @throws DataError with the utterance's name for sounds that cannot be read, texts without a token, and what CTC cannot
 *   learn; UsageError as `startTraining`
 */
export async function trainSpeech(
  recipe: SpeechRecipe,
  data: { readonly train: readonly Utterance[]; readonly validation?: readonly Utterance[] },
  codecs: SpeechCodecs,
  backend: Backend,
  options: TrainingOptions = {},
): Promise<SpeechTraining> {
  const speech = buildSpeechModel(recipe, codecs);
  const speeds = recipe.augment?.speeds;
  const found = await speechExamples(data.train, recipe, codecs.target, { speeds });
  const validation = data.validation && (await speechExamples(data.validation, recipe, codecs.target));
  const material = await shownSounds(data.validation ?? [], validation?.examples ?? []);
  checkFitsBatch(found.examples, recipe);
  const parts = validation ? [found, validation] : [found];
  if (speech.kind === 'labeller' || speech.ctcWeight > 0) {
    for (const { examples } of parts) checkFitsFrames(examples, recipe.features, speech.reduction);
  }
  const sizes = {
    utterances: { used: found.examples.length, tooLong: found.tooLong },
    seconds: found.seconds,
  };
  const start = async <Batch>(
    loss: TrainingLoss<Batch>,
    make: MakeBatch<Batch>,
    batches = (epoch: number) => spokenBatches(found.examples, recipe, epoch, make, speech.reduction),
  ): Promise<SpeechTraining> => {
    const look = {
      make,
      multiple: speech.reduction,
      backend,
      isShown: (id: string) => Object.hasOwn(material, id),
    };
    const training = await startTraining(
      recipe,
      {
        loss,
        batches,
        validate: validation && ((program) => validate(recipe, program, validation, codecs, look)),
        rising: ['exactMatch'],
      },
      backend,
      options,
    );
    return { ...training, ...sizes, ...(validation && { material }) };
  };
  if (speech.kind === 'labeller') return start(frameLoss(speech.model), frameBatch);
  const { labelSmoothing, scheduledSampling, accumulate } = recipe.training;
  const { ctcWeight } = speech;
  const objective = { labelSmoothing, scheduledSampling: scheduledSampling !== undefined, ctcWeight };
  const sampling = scheduledSampling && ownWordProbability(scheduledSampling);
  return start(pairLoss(speech.model, objective), spokenPairBatch, (epoch) => {
    const plan = spokenBatches(found.examples, recipe, epoch, spokenPairBatch, speech.reduction);
    return sampling ? withSampling(plan, sampling, { epoch, accumulate }) : plan;
  });
}

/** Loss (mean nats per token), and error rates of greedy transcripts. */
async function validate<Batch>(
  recipe: SpeechRecipe,
  program: TrainingProgram<Batch>,
  { examples }: SpeechExamples,
  codecs: SpeechCodecs,
  { make, multiple, backend, isShown }: Look<Batch>,
): Promise<Validation> {
  const ready = readyExamples(examples, recipe);
  const order = ready.map((_, i) => i).sort((a, b) => ready[a].frames.shape[0] - ready[b].frames.shape[0]);
  let total = 0;
  let tokens = 0;
  for (let at = 0; at < order.length; at += VALIDATION_BATCH) {
    const rows = order.slice(at, at + VALIDATION_BATCH).map((i) => ready[i]);
    const found = await program.evaluate(make(rows, multiple));
    total += found.loss * found.tokens;
    tokens += found.tokens;
  }
  const loss = total / tokens;
  // The trainer stops on it; of such weights nothing else can be measured.
  if (!Number.isFinite(loss)) return { metrics: { loss } };
  const recognizer = new Recognizer(recipe, codecs, program, backend);
  try {
    // CTC would need the slow search.
    const isJoint = recipe.model.type === 'listener' && recipe.model.ctcWeight > 0;
    const greedy = { beam: 1, ...(isJoint && { ctcWeight: 0 }) };
    const heard = await recognizer.recognizeFrames(
      ready.map(({ frames }) => frames),
      greedy,
    );
    const best = heard.map(([first]) => first);
    const texts = examples.map(({ text }) => text);
    const hypotheses = best.map(({ text }) => text);
    return {
      metrics: { loss, ...errorRates(hypotheses, texts, codecs) },
      samples: speechSamples(examples, best, codecs, isShown),
    };
  } finally {
    await recognizer.dispose();
  }
}

/** How a validation goes about it. */
interface Look<Batch> {
  readonly make: MakeBatch<Batch>;
  readonly multiple: number;
  readonly backend: Backend;
  /** whether an utterance of this name is shown */
  isShown(id: string): boolean;
}

const VALIDATION_BATCH = 16;

/** Word and character error rates in percent, and the share of transcripts that are right, 0 to 1. */
export function errorRates(
  hypotheses: readonly string[],
  references: readonly string[],
  { target }: SpeechCodecs,
): { wer: number; cer: number; exactMatch: number } {
  const said = references.map((text) => normalizeText(text, target.tokenizer.lowercase));
  return {
    wer: wer(hypotheses, [said]).score,
    cer: cer(hypotheses, [said]).score,
    exactMatch: exactMatchRate(hypotheses, [said]),
  };
}
