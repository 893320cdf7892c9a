import { decodeWav, encodeWav, logMel, resample, spectrogramRaster } from 'heed';
import type { Heard, HearRequest } from '../calls.ts';
import { openedAs } from './models.ts';

/** Seconds from one frame of the spectrogram to the next, and most columns that are drawn. */
const HOP = 0.01;
const MOST_COLUMNS = 1000;

const compiled = new Set<number>();

/** What is said in a sound, and where the model heard it. */
export async function hear(request: HearRequest): Promise<Heard> {
  const { recognizer, options, content } = openedAs(request.model, 'speech', 'recognises speech');
  const { name } = request;
  const { samples, sampleRate } = 'wav' in request ? decodeWav(request.wav, { name }) : request;
  const began = performance.now();
  const [[found]] = await recognizer.recognize([{ name, samples, sampleRate }], options);
  const milliseconds = performance.now() - began;
  const first = !compiled.has(request.model);
  compiled.add(request.model);
  // As the model hears it: what is above half its sample rate is not there.
  const rate = content.recipe.features.sampleRate;
  const { data, shape } = logMel(resample(samples, sampleRate, rate), { sampleRate: rate, filters: 40 });
  const { levels, columns, rows, steps } = spectrogramRaster(data, shape, MOST_COLUMNS);
  return {
    text: found.text,
    tokens: found.tokens,
    attention: found.attention,
    ended: (found.attention?.length ?? 0) > found.tokens.length,
    columnSeconds: found.frameSeconds,
    spans: found.spans,
    spectrogram: { levels, columns, rows, steps },
    seconds: Math.max(samples.length / sampleRate, shape[0] * HOP),
    milliseconds,
    first,
    wav: encodeWav(samples, sampleRate),
  };
}
