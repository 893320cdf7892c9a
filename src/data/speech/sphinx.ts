import { DataError } from '../../errors.ts';
import { parseLines } from '../corpus.ts';
import type { Folder } from '../folder.ts';
import { parentOf, type Transcript, type Utterance, withAudio } from './utterance.ts';

/**
 * Transcripts of a corpus in CMU Sphinx's layout: line n of the .fileids is the path of a sound under `wav/`, without
 * its ending; line n of the .transcription is `WORDS (id)` or `<s> WORDS </s> (id)`, the id being the last part of
 * that path (or all of it). The speaker is the folder that the sound lies in. Of the words are dropped `<s>`, `</s>`,
 * `<sil>` and fillers such as `++UM++`; `READ(2)`, the second pronunciation of READ, is READ.
 *
 * @param fileidsName the files' names, for errors
 * @throws DataError, with the line, for a line without an id or with that of another sound, without words, or for a
 *   sound that stands there twice; for different line counts; and as `parseLines`
 */
export function parseSphinx(
  fileids: Uint8Array,
  fileidsName: string,
  transcription: Uint8Array,
  transcriptionName: string,
): Transcript[] {
  const ids = parseLines(fileids, fileidsName);
  const lines = parseLines(transcription, transcriptionName);
  if (ids.length !== lines.length) {
    throw new DataError(
      `${fileidsName} has ${ids.length} lines and ${transcriptionName} has ${lines.length}`,
      'as many lines in both, line n of one belonging to line n of the other',
      'Check that both are of the same set and release.',
    );
  }
  const seen = new Map<string, number>();
  return ids.map((line, index) => {
    const id = line.trim();
    const number = index + 1;
    const [, words, said] = /^(.*?)\s*\(([^()\s]+)\)\s*$/.exec(lines[index]) ?? [];
    const base = id.slice(id.lastIndexOf('/') + 1);
    if (id === '' || said === undefined || (said !== base && said !== id)) {
      throw new DataError(
        `${transcriptionName}:${number} ${said === undefined ? 'has no id at its end' : `is of ${said}`}, ${fileidsName}:${number} of ${id || 'nothing'}`,
        `${base ? `(${base})` : 'the same id'} in both`,
        'Put both files in the same order.',
      );
    }
    const text = wordsOf(words);
    if (text === '') {
      throw new DataError(
        `${transcriptionName}:${number} has no words`,
        'at least one word',
        `Fill it in, or remove the line here and in ${fileidsName}.`,
      );
    }
    const first = seen.get(id);
    if (first !== undefined) {
      throw new DataError(
        `${fileidsName}:${number} names ${id}, as line ${first} does`,
        'every sound once',
        'Remove one of the two lines, in both files.',
      );
    }
    seen.set(id, number);
    const folder = parentOf(id);
    const speaker = folder.slice(folder.lastIndexOf('/') + 1);
    return { id, path: id, text, ...(speaker === '' ? {} : { speaker }) };
  });
}

const wordsOf = (line: string): string =>
  line
    .split(/\s+/)
    .filter((word) => word !== '' && !/^(?:<s>|<\/s>|<sil>|\+\+.*\+\+)$/i.test(word))
    .map((word) => word.replace(/(.)\(\d+\)$/, '$1'))
    .join(' ');

/**
 * Utterances of a set of a corpus in CMU Sphinx's layout: `etc/SET.fileids` and `etc/SET.transcription`, and the
 * sounds as WAV under `wav/`. AN4 has the sets `an4_train` and `an4_test`; its copies on GitHub have this layout. Those
 * from Carnegie Mellon itself (an4_sphere, an4_raw) have it too, but with sounds that have to be converted to WAV first.
 *
 * @param folder the corpus's: that of etc/ and wav/
 * @throws DataError as `parseSphinx`, and when a file is not there
 */
export async function readSphinx(folder: Folder, set: string): Promise<Utterance[]> {
  const [fileids, transcription] = [`etc/${set}.fileids`, `etc/${set}.transcription`];
  for (const path of [fileids, transcription]) {
    if (await folder.has(path)) continue;
    const sets = (await folder.list('etc')).flatMap((file) => /^etc\/(.+)\.fileids$/.exec(file)?.[1] ?? []);
    throw new DataError(
      `${folder.name} has no ${path}`,
      sets.length === 0
        ? 'a corpus in the layout of CMU Sphinx: etc/ and wav/'
        : `one of the sets ${sets.join(', ')}`,
      'Correct the path of the corpus or the name of the set.',
    );
  }
  const transcripts = parseSphinx(
    await folder.read(fileids),
    `${folder.name}/${fileids}`,
    await folder.read(transcription),
    `${folder.name}/${transcription}`,
  ).map((transcript) => ({ ...transcript, path: `wav/${transcript.path}.wav` }));
  return withAudio(transcripts, folder, fileids);
}
