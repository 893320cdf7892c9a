import { decodeWav, logMel } from '../data/audio/index.ts';
import { soundOf, type Utterance } from '../data/speech/utterance.ts';
import { normalizeText } from '../data/tokenizer.ts';
import type { SpeechMap } from '../plots/index.ts';
import type { Sample } from '../training/index.ts';
import type { Transcription } from './recognition.ts';
import { shownOf } from './samples.ts';
import type { SpeechExample } from './speechExamples.ts';
import type { SpeechCodecs } from './speechModel.ts';
import { END } from './translator.ts';

/** A spectrogram to look at, kept once and small: a hexadecimal digit a cell. */
export interface SmallSpectrogram {
  /** `[frames, channels]` row-major, low channel first; 0 is the least energy, f the most */
  readonly levels: string;
  readonly shape: readonly [frames: number, channels: number];
  readonly frameSeconds: number;
}

/** What is kept of a transcript to draw it, but for the sound. */
export type ShownSpeech = Omit<SpeechMap, 'spectrogram' | 'title'>;

/** A sound as it is kept. */
export interface ShownSound {
  readonly spectrogram: SmallSpectrogram;
}

/** Utterances whose drawings are kept at every validation. */
const SHOWN = 2;
const MAX_FRAMES = 240;
const HOP = 0.01;

/** The sounds of those utterances that are shown, by name. */
export async function shownSounds(
  utterances: readonly Utterance[],
  examples: readonly SpeechExample[],
): Promise<Record<string, ShownSound>> {
  const names = shownOf(
    examples.map(({ text }) => text),
    SHOWN,
  ).map((i) => examples[i].id);
  const found: Record<string, ShownSound> = {};
  for (const utterance of utterances) {
    if (!names.includes(utterance.id)) continue;
    const { samples, sampleRate } = await soundOf(utterance, decodeWav);
    found[utterance.id] = { spectrogram: smallSpectrogram(logMel(samples, { sampleRate })) };
  }
  return found;
}

/** Frames taken together until they are few, each cell their mean, in 16 levels from the 5 % quantile to the largest. */
function smallSpectrogram({
  data,
  shape: [frames, channels],
}: {
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}): SmallSpectrogram {
  const together = Math.ceil(frames / MAX_FRAMES);
  const count = Math.ceil(frames / together);
  const means = new Float32Array(count * channels);
  for (let t = 0; t < count; t++) {
    const end = Math.min(frames, (t + 1) * together);
    for (let c = 0; c < channels; c++) {
      let total = 0;
      for (let f = t * together; f < end; f++) total += data[f * channels + c];
      means[t * channels + c] = total / (end - t * together);
    }
  }
  const sorted = Float32Array.from(means).sort();
  const [least, most] = [sorted[Math.floor(0.05 * sorted.length)], sorted[sorted.length - 1]];
  const level = (x: number) =>
    Math.max(0, Math.min(15, Math.round((15 * (x - least)) / (most - least || 1))));
  return {
    levels: Array.from(means, (x) => level(x).toString(16)).join(''),
    shape: [count, channels],
    frameSeconds: HOP * together,
  };
}

/** Transcripts as a run keeps them, those that are shown with what their drawing needs. */
export function speechSamples(
  examples: readonly SpeechExample[],
  found: readonly Transcription[],
  { target }: SpeechCodecs,
  isShown: (id: string) => boolean,
): Sample[] {
  return examples.map(({ id, text }, i) => ({
    source: id,
    references: [normalizeText(text, target.tokenizer.lowercase)],
    output: found[i].text,
    ...(isShown(id) && { shown: shownSpeech(found[i]) }),
  }));
}

function shownSpeech(heard: Transcription): ShownSpeech | object {
  const { attention, spans, frameSeconds, finished } = heard;
  if (heard.tokens.length === 0) return {};
  return {
    tokens: [...heard.tokens, ...(attention && finished ? [END] : [])],
    ...(attention && { weights: attention.map((row) => Array.from(row, hundredths)) }),
    columnSeconds: frameSeconds,
    ...(spans && { spans: spans.map(({ from, to }) => ({ from: hundredths(from), to: hundredths(to) })) }),
  };
}

const hundredths = (x: number): number => Math.round(100 * x) / 100;
