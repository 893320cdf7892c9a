import { readFile } from 'node:fs/promises';
import { loadPicture } from '../../data/pictures/pictures.node.ts';
import { DataError } from '../../errors.ts';
import type { CaptionRecipe } from '../../formats/index.ts';
import type { Backend } from '../../runtime/index.ts';
import { Captioner, type NamedPicture } from '../../tasks/captionsCaptioner.ts';
import type { PictureLoader } from '../../tasks/captionsExamples.ts';
import type { CaptionCodecs } from '../../tasks/captionsModel.ts';
import { loadWeights, readRunOf } from '../runDirectory.ts';

/** Files by sharp where it is installed. */
export const load: PictureLoader = loadPicture;

/** A model of captions. @throws UsageError for another, and as `readRun` */
export async function openCaptioner(
  directory: string,
  backend: Backend,
): Promise<{
  recipe: CaptionRecipe;
  codecs: CaptionCodecs;
  captioner: Captioner;
  step: number;
  parameters: number;
}> {
  const run = await readRunOf(directory, 'captions', 'a model of captions');
  const { recipe, codecs } = run;
  const { step, weights } = await loadWeights(directory, run);
  const captioner = new Captioner(recipe, codecs, weights, backend, { load });
  return { recipe, codecs, captioner, step, parameters: weights.layout.size };
}

/** @throws DataError, with the path, for a file that cannot be read; what is no picture is found out when it is decoded */
export async function readPicture(path: string): Promise<NamedPicture & { readonly picture: Uint8Array }> {
  const picture = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const expected = 'a PNG or JPEG picture';
    throw new DataError(`${path}, which cannot be read (${error.code})`, expected, 'Check the path.');
  });
  return { picture, name: path };
}
