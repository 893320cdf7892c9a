import {
  changeSpeed,
  decodeWav,
  extractFeatures,
  type FeatureStatistics,
  type Frames,
  featureStatistics,
  featureWidth,
  normaliseFrames,
  stackFrames,
} from '../data/audio/index.ts';
import type { TextCodec } from '../data/codec.ts';
import { soundOf, type Utterance, type Waveform } from '../data/speech/utterance.ts';
import { DataError } from '../errors.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import { pauses } from './pauses.ts';

/** An utterance ready to be learnt from. */
export interface SpeechExample {
  readonly id: string;
  readonly text: string;
  /** token ids, without BOS and EOS */
  readonly labels: readonly number[];
  /** by speed, in the order of the recipe's; not yet stacked, so that masks can be laid over single frames */
  readonly frames: readonly Frames[];
}

type Features = SpeechRecipe['features'];

/** What the front end is asked for before anything is stacked or normalised over a speaker. */
const unstacked = (features: Features) => ({
  ...features,
  normalise: features.normalise === 'utterance' ? ('utterance' as const) : ('none' as const),
  stack: 1,
  stride: 1,
});

/** F, numbers of a frame as the model reads it. */
export const frameWidth = ({ normalise: _, ...features }: Features): number => featureWidth(features);

/** Seconds from one frame to the next, as the model reads them. */
export const frameSeconds = ({ stride }: Features): number => 0.01 * stride;

/** Frames as the model reads them. */
export const stacked = (frames: Frames, { stack, stride }: Features): Frames =>
  stackFrames(frames, stack, stride);

/** @throws DataError for a sound that lasts longer than the recipe's limit */
export function checkDuration({ samples, sampleRate }: Waveform, limit: number, name: string): void {
  const seconds = samples.length / sampleRate;
  if (seconds <= limit) return;
  throw new DataError(
    `${name}, which lasts ${seconds.toFixed(1)} s`,
    `at most ${limit} s (data.maxSeconds of the recipe)`,
    'Cut it at pauses, or raise the limit.',
  );
}

/**
 * The frames of one sound, normalised, not stacked.
 *
 * @param name for errors
 * @param options.statistics of its speaker, where these are wanted
 * @param options.speed at which it is played; default 1
 * @throws DataError, with the name, for samples that are none or no numbers, and for a wrong sample rate
 */
export function framesOf(
  { samples, sampleRate }: Waveform,
  features: Features,
  name: string,
  { statistics, speed = 1 }: { readonly statistics?: FeatureStatistics; readonly speed?: number } = {},
): Frames {
  try {
    const played = speed === 1 ? samples : changeSpeed(samples, speed);
    return extractFeatures(played, sampleRate, unstacked(features), statistics);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(`${name}: ${error.arrived}`, error.expected, error.todo);
  }
}

/** Utterances that can be learnt from, and how many were too long for the recipe. */
export interface SpeechExamples {
  readonly examples: SpeechExample[];
  readonly tooLong: number;
  /** seconds of sound in them */
  readonly seconds: number;
}

/**
 * Reads the sounds and makes their features, of all speeds that the recipe wants.
 *
 * @param options.speeds default: 1 alone
 * @throws DataError, with the utterance's name, for a sound that cannot be read, or a text without a token; where
 *   nothing is left that is short enough
 */
export async function speechExamples(
  utterances: readonly Utterance[],
  recipe: SpeechRecipe,
  codec: TextCodec,
  { speeds = [1] }: { readonly speeds?: readonly number[] } = {},
): Promise<SpeechExamples> {
  const { features } = recipe;
  const examples: (SpeechExample & { readonly speaker?: string })[] = [];
  let seconds = 0;
  const breathe = pauses();
  for (const utterance of utterances) {
    await breathe();
    const { id, text, speaker } = utterance;
    const sound = await soundOf(utterance, decodeWav);
    const duration = sound.samples.length / sound.sampleRate;
    if (duration > recipe.data.maxSeconds) continue;
    const labels = codec.encode(text);
    if (labels.length === 0) {
      throw new DataError(
        `${id}, whose text ${JSON.stringify(text)} has no token`,
        'text with at least one',
        'Leave it out.',
      );
    }
    const frames = speeds.map((speed) => framesOf(sound, features, id, { speed }));
    examples.push({ id, text, labels, frames, ...(speaker !== undefined && { speaker }) });
    seconds += duration;
  }
  if (examples.length === 0) {
    throw new DataError(
      `${utterances.length} utterances, all of them longer than ${recipe.data.maxSeconds} s`,
      `some of at most data.maxSeconds (${recipe.data.maxSeconds})`,
      'Raise data.maxSeconds, or cut the recordings.',
    );
  }
  const normalised = features.normalise === 'speaker' ? bySpeaker(examples) : examples;
  return { examples: normalised, tooLong: utterances.length - examples.length, seconds };
}

/** Normalised over all that a speaker said, at each speed by itself; those of no known speaker each alone. */
function bySpeaker(examples: readonly (SpeechExample & { readonly speaker?: string })[]): SpeechExample[] {
  const spoken = new Map<string, SpeechExample[]>();
  const keyOf = ({ speaker, id }: (typeof examples)[number]) => speaker ?? `utterance ${id}`;
  for (const example of examples) {
    const own = spoken.get(keyOf(example));
    if (own) own.push(example);
    else spoken.set(keyOf(example), [example]);
  }
  const statistics = new Map(
    Array.from(spoken, ([key, own]) => {
      const speeds = own[0].frames.map((_, speed) =>
        featureStatistics(own.map(({ frames }) => frames[speed])),
      );
      return [key, speeds] as const;
    }),
  );
  return examples.map((example) => ({
    ...example,
    frames: example.frames.map((frames, speed) =>
      normaliseFrames(frames, statistics.get(keyOf(example))?.[speed]),
    ),
  }));
}

/**
 * Refuses what no batch can hold, at whatever speed it may be played.
 *
 * @throws DataError with the utterance's name
 */
export function checkFitsBatch(
  examples: readonly SpeechExample[],
  { features, training }: Pick<SpeechRecipe, 'features' | 'training'>,
): void {
  const { batch } = training;
  if (!('tokens' in batch)) return;
  for (const { id, labels, frames } of examples) {
    const longest = Math.ceil(Math.max(...frames.map(({ shape }) => shape[0])) / features.stride);
    const needed = Math.max(longest, labels.length + 1);
    if (needed <= batch.tokens) continue;
    throw new DataError(
      `${id}, ${longest} frames and ${labels.length + 1} tokens`,
      `at most training.batch.tokens (${batch.tokens}), which a batch may hold of either`,
      'Raise training.batch.tokens, or lower data.maxSeconds.',
    );
  }
}

/**
 * Refuses what CTC cannot learn: every label needs a frame of its own, and so does the blank between two equal ones.
 *
 * @param reduction frames, as the model reads them, that its encoder makes one of
 * @throws DataError with the utterance's name
 */
export function checkFitsFrames(
  examples: readonly SpeechExample[],
  features: Features,
  reduction: number,
): void {
  for (const { id, text, labels, frames } of examples) {
    const repeated = labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;
    const needed = labels.length + repeated;
    const count = Math.min(...frames.map(({ shape }) => shape[0]));
    const read = Math.ceil(Math.ceil(count / features.stride) / reduction);
    if (needed <= read) continue;
    throw new DataError(
      `${id}, ${read} frames after the encoder for ${labels.length} labels${repeated > 0 ? ` with ${repeated} repeated ones` : ''} (${JSON.stringify(text.slice(0, 40))})`,
      `at least ${needed} frames, which CTC needs`,
      'Check that the text belongs to the sound, or lower features.stride or the reduction of the encoder.',
    );
  }
}
