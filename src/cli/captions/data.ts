import { forgetArchives } from '../../data/archive.node.ts';
import { findCorpusFile } from '../../data/download.node.ts';
import { openFolder } from '../../data/folder.node.ts';
import { hashOf } from '../../data/heldOut.ts';
import { holdOutPictures } from '../../data/pictures/heldOut.ts';
import {
  type CaptionedPicture,
  digitPictures,
  generateDrawings,
  readFlickr8k,
  readMnist,
} from '../../data/pictures/index.ts';
import { readCaptionsFile } from '../../data/pictures/manifest.node.ts';
import type { CaptionRecipe } from '../../formats/index.ts';

type Data = CaptionRecipe['data'];
/** Of its parts the recipe's name of each, which sets generated pictures apart. */
type PartName = 'train' | 'validation' | 'test';

/**
 * Lists a recipe's pictures; files are looked for here, in HEED_DATA and among the downloads. Of training data are left
 * those that are not held out. Files are read, and pictures drawn, when they are asked for.
 *
 * @throws DataError for what is not there or cannot be read
 */
export async function loadPictures({
  data,
  picture,
  seed,
}: Pick<CaptionRecipe, 'data' | 'picture' | 'seed'>): Promise<{
  train: CaptionedPicture[];
  validation?: CaptionedPicture[];
  test?: CaptionedPicture[];
}> {
  const read = (part: Data['train'], name: PartName) => picturesOf(part, name, { picture, seed });
  const all = await read(data.train, 'train');
  const { validation } = data;
  const test = data.test && (await read(data.test, 'test'));
  if (validation === undefined) return { train: all, ...(test && { test }) };
  if ('heldOut' in validation) {
    return { ...holdOutPictures(all, validation.heldOut, 'data.train'), ...(test && { test }) };
  }
  return { train: all, validation: await read(validation, 'validation'), ...(test && { test }) };
}

async function picturesOf(
  part: Data['train'],
  name: PartName,
  { picture, seed }: Pick<CaptionRecipe, 'picture' | 'seed'>,
): Promise<CaptionedPicture[]> {
  const { height, width } = picture;
  if ('manifest' in part) return readCaptionsFile(findCorpusFile(part.manifest));
  if ('drawings' in part) {
    const { drawings, size = height, ...options } = part;
    return generateDrawings(seed + hashOf(name), drawings, { ...options, size });
  }
  if ('mnist' in part) {
    const { [part.part]: digits } = await readMnist(await openFolder(findCorpusFile(part.mnist)));
    const { strings: count, length, size = [height, width] } = part;
    return digitPictures(digits, { seed, count, length, size, name });
  }
  const { pictures } = part;
  const parts = await readFlickr8k(await openFolder(findCorpusFile(part.flickr8k)), { pictures });
  return parts[part.part];
}

/** Lets go of the archives that pictures were read from. */
export const forgetPictures = forgetArchives;
