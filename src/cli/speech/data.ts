import { forgetArchives } from '../../data/archive.node.ts';
import { decodeWav } from '../../data/audio/index.ts';
import { findCorpusFile } from '../../data/download.node.ts';
import { openFolder } from '../../data/folder.node.ts';
import { digitStrings } from '../../data/speech/digitStrings.ts';
import { readFsdd } from '../../data/speech/fsdd.ts';
import { readManifestFile } from '../../data/speech/manifest.node.ts';
import { readSphinx } from '../../data/speech/sphinx.ts';
import { holdOutSpeech } from '../../data/speech/split.ts';
import type { Utterance } from '../../data/speech/utterance.ts';
import type { SpeechRecipe } from '../../formats/index.ts';

type Data = SpeechRecipe['data'];

/** Recordings 5 to 7 of each digit and speaker. */
const FSDD_VALIDATION = 3;

/**
 * Lists a recipe's utterances; files are looked for here, in HEED_DATA and among the downloads. Of training data are left
 * those that are not held out. Sounds are read when they are asked for.
 *
 * @throws DataError for what is not there or cannot be read
 */
export async function loadUtterances(
  data: Data,
  seed: number,
): Promise<{ train: Utterance[]; validation?: Utterance[]; test?: Utterance[] }> {
  const all = await utterancesOf(data.train, seed);
  const { validation } = data;
  const test = data.test && (await utterancesOf(data.test, seed));
  if (validation === undefined) return { train: all, ...(test && { test }) };
  if ('heldOut' in validation) {
    return { ...holdOutSpeech(all, validation.heldOut, 'data.train'), ...(test && { test }) };
  }
  return { train: all, validation: await utterancesOf(validation, seed), ...(test && { test }) };
}

async function utterancesOf(part: Data['train'], seed: number): Promise<Utterance[]> {
  if ('manifest' in part) return readManifestFile(findCorpusFile(part.manifest));
  if ('sphinx' in part) return readSphinx(await openFolder(findCorpusFile(part.sphinx)), part.set);
  const parts = await readFsdd(await openFolder(findCorpusFile(part.fsdd)), FSDD_VALIDATION);
  const recordings = parts[part.part];
  return part.strings
    ? digitStrings(recordings, decodeWav, { ...part.strings, seed, name: part.part })
    : recordings;
}

/** Lets go of the archives that sounds were read from. */
export const forgetSounds = forgetArchives;
