import { basename, dirname } from 'node:path';
import { openFolder } from '../folder.node.ts';
import { readManifest } from './manifest.ts';
import type { Utterance } from './utterance.ts';

/**
 * Utterances of a manifest on the disk or in an archive (`corpus.tar.xz/train.tsv`); its paths start from where it
 * lies, and may go into archives.
 * @throws DataError as `openFolder` and `readManifest`
 */
export async function readManifestFile(path: string): Promise<Utterance[]> {
  return readManifest(await openFolder(dirname(path)), basename(path));
}
