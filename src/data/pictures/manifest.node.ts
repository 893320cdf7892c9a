import { basename, dirname } from 'node:path';
import { openFolder } from '../folder.node.ts';
import type { CaptionedPicture } from './captioned.ts';
import { readCaptions } from './manifest.ts';

/**
 * Pictures of a manifest on the disk or in an archive (`corpus.tar/train.tsv`); its paths start from where it lies, and
 * may go into archives.
 *
 * @throws DataError as `openFolder` and `readCaptions`
 */
export async function readCaptionsFile(path: string): Promise<CaptionedPicture[]> {
  return readCaptions(await openFolder(dirname(path)), basename(path));
}
