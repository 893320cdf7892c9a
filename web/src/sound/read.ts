import type { HearRequest } from '../calls.ts';

/** More is refused before it is decoded: an hour of sound as samples is 700 MB. */
const MOST_BYTES = 20e6;
/** Hz that sounds which the browser decodes come at: above what models of speech are trained on. */
const RATE = 32_000;

type Sound = HearRequest extends infer Request
  ? Request extends HearRequest
    ? Omit<Request, 'model'>
    : never
  : never;

/**
 * A sound to be heard. WAV goes to the worker as it is, so that it is heard as everywhere else; what else the browser
 * can decode is decoded here.
 *
 * @throws Error for one that is too large, and one that cannot be read
 */
export async function readSound(file: Blob, name: string): Promise<Sound> {
  if (file.size > MOST_BYTES) {
    const size = `${Math.round(file.size / 1e6)} MB`;
    throw new Error(
      `${name} has ${size}; at most ${MOST_BYTES / 1e6} MB fit this page. Cut a part out of it.`,
    );
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (isWav(bytes)) return { name, wav: bytes };
  const context = new OfflineAudioContext(1, 1, RATE);
  const decoded = await context.decodeAudioData(bytes.buffer).catch(() => {
    throw new Error(
      `${name} is no sound that this browser can read, or is damaged; expected WAV, MP3, Ogg, FLAC or the like. Choose another, or save it as WAV.`,
    );
  });
  const { numberOfChannels, length, sampleRate } = decoded;
  const samples = new Float32Array(length);
  for (let channel = 0; channel < numberOfChannels; channel++) {
    for (const [i, value] of decoded.getChannelData(channel).entries())
      samples[i] += value / numberOfChannels;
  }
  return { name, samples, sampleRate };
}

const isWav = (bytes: Uint8Array): boolean =>
  ['RIFF', 'RF64', 'RIFX'].includes(String.fromCharCode(...bytes.subarray(0, 4)));
