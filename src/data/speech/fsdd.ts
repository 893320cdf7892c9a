import { DataError } from '../../errors.ts';
import type { Folder } from '../folder.ts';
import { type Transcript, type Utterance, withAudio } from './utterance.ts';

export interface FsddParts<Of> {
  /** What is in neither of the others. */
  train: Of[];
  validation: Of[];
  /** The dataset's own test part: the recordings 0 to 4 of each digit and speaker. */
  test: Of[];
}

/** Recordings 0 to 4 of each digit and speaker are the test part (the dataset's README). */
const TEST_RECORDINGS = 5;

/**
 * Recordings of the Free Spoken Digit Dataset by their names, `DIGIT_SPEAKER_INDEX.wav`, in the order of digit,
 * speaker and index, whatever the order of the list. The text of each is its digit as a character, `7`, not as a
 * word: one symbol, of which strings of digits can be made.
 *
 * @param paths other files among them are left out
 * @param validation how many recordings of each digit and speaker are for validation: those from index 5 on
 * @throws DataError when none of the paths is a recording
 */
export function fsddTranscripts(
  paths: readonly string[],
  name: string,
  validation = 0,
): FsddParts<Transcript> {
  const recordings = paths.flatMap((path) => {
    const [, id, text, speaker, index] = /(?:^|\/)((\d)_([^_/]+)_(\d+))\.wav$/i.exec(path) ?? [];
    return id === undefined ? [] : [{ id, path, text, speaker, index: Number(index) }];
  });
  if (recordings.length === 0) {
    throw new DataError(
      `${name} holds no recordings of digits`,
      'files DIGIT_SPEAKER_INDEX.wav, such as 7_jackson_32.wav',
      'Name the folder or archive of the Free Spoken Digit Dataset: heed data get fsdd',
    );
  }
  recordings.sort((a, b) => compare(a.text, b.text) || compare(a.speaker, b.speaker) || a.index - b.index);
  const part = (from: number, to: number): Transcript[] =>
    recordings.flatMap(({ index, ...transcript }) => (index >= from && index < to ? [transcript] : []));
  const training = TEST_RECORDINGS + validation;
  return {
    train: part(training, Number.POSITIVE_INFINITY),
    validation: part(TEST_RECORDINGS, training),
    test: part(0, TEST_RECORDINGS),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The Free Spoken Digit Dataset: 3,000 recordings, 50 of each digit by 6 speakers, 8 kHz; all speakers are in all
 * parts.
 *
 * @param folder the dataset's, with `recordings/` in it, or that of the recordings
 * @param validation as of `fsddTranscripts`
 * @throws DataError as `fsddTranscripts`
 */
export async function readFsdd(folder: Folder, validation = 0): Promise<FsddParts<Utterance>> {
  const below = await folder.list('recordings');
  const paths = below.length > 0 ? below : await folder.list('');
  const parts = fsddTranscripts(paths, folder.name, validation);
  return {
    train: await withAudio(parts.train, folder, 'its list'),
    validation: await withAudio(parts.validation, folder, 'its list'),
    test: await withAudio(parts.test, folder, 'its list'),
  };
}
