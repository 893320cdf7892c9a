import { DataError } from '../../errors.ts';
import { similarNames } from '../archive.ts';
import type { Folder } from '../folder.ts';

/** Sound of one channel. */
export interface Waveform {
  /** Amplitudes, full scale −1…1. */
  samples: Float32Array;
  /** Samples a second. */
  sampleRate: number;
}

/** A WAV file's sound. @param source the file's name, for errors */
export type WaveformDecoder = (wav: Uint8Array, source: { name: string }) => Waveform;

/** What was said, and where the sound of it lies. */
export interface Transcript {
  /** Different for every utterance of a corpus: its path without `.wav`. */
  id: string;
  /** The sound's path in the corpus's folder. */
  path: string;
  text: string;
  speaker?: string;
}

/** An example of speech recognition: a sound and its text. The sound is read when it is asked for. */
export interface Utterance {
  id: string;
  text: string;
  speaker?: string;
  /** A WAV file's bytes, or the sound itself where it was made here. @throws DataError when it cannot be read */
  audio(): Promise<Uint8Array | Waveform>;
}

/** An utterance's sound, decoded where it is a file. @throws DataError as `audio` and the decoder */
export async function soundOf(utterance: Utterance, decode: WaveformDecoder): Promise<Waveform> {
  const audio = await utterance.audio();
  return audio instanceof Uint8Array ? decode(audio, { name: utterance.id }) : audio;
}

/**
 * Joins transcripts with their sounds.
 *
 * @param list the list's name, for errors
 * @throws DataError when the folder lacks sounds that are named: missing ones are found before training, not in it
 */
export async function withAudio(
  transcripts: readonly Transcript[],
  folder: Folder,
  list: string,
): Promise<Utterance[]> {
  const missing: Transcript[] = [];
  for (const transcript of transcripts) if (!(await folder.has(transcript.path))) missing.push(transcript);
  if (missing.length > 0) {
    const [{ path }] = missing;
    const near = similarNames(path, await folder.list(parentOf(path)), 3);
    throw new DataError(
      `${folder.name} lacks ${missing.length} of the ${transcripts.length} sounds that ${list} names, first ${path}`,
      near.length === 0
        ? `files in ${parentOf(path) || 'it'}`
        : `files as they are called there, such as ${near.join(', ')}`,
      'Check the paths and that everything was unpacked; sound in other formats (.sph, .raw, .flac) has to be converted to WAV.',
    );
  }
  return transcripts.map(({ path, ...rest }) => ({ ...rest, audio: () => folder.read(path) }));
}

/** The folder a path lies in, '' at the top. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
