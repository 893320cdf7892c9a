import type { TextCodec } from '../data/codec.ts';
import {
  type CaptionedPicture,
  checkCaptioned,
  decodePicture,
  type Picture,
  pixelsOf,
  resizePicture,
} from '../data/pictures/index.ts';
import { DataError } from '../errors.ts';
import type { CaptionRecipe } from '../formats/index.ts';
import type { PictureSettings } from './captionsModel.ts';

/** A picture ready to be learnt from. */
export interface CaptionExample {
  readonly id: string;
  /** `[height, width, channels]`, bytes, as small as the model reads it */
  readonly pixels: Uint8Array;
  readonly captions: readonly string[];
  /** token ids of each caption that is short enough, without BOS and EOS */
  readonly labels: readonly (readonly number[])[];
}

/** Pictures that can be learnt from, and how many captions were too long for the recipe. */
export interface CaptionExamples {
  readonly examples: CaptionExample[];
  readonly tooLong: number;
}

/** Reads a file in the size wanted. The default decodes it whole, then makes it smaller. */
export type PictureLoader = (
  bytes: Uint8Array,
  width: number,
  height: number,
  options: { readonly name: string; readonly fit: PictureSettings['fit'] },
) => Picture | Promise<Picture>;

const decodeAndResize: PictureLoader = (bytes, width, height, { name, fit }) =>
  resizePicture(decodePicture(bytes, { name }), width, height, { fit });

/** A picture's bytes as the model reads them. */
export async function pixelsFor(
  picture: Picture | Uint8Array,
  settings: PictureSettings,
  name: string,
  load: PictureLoader = decodeAndResize,
): Promise<Uint8Array> {
  const { width, height, fit, channels } = settings;
  const resized =
    picture instanceof Uint8Array
      ? await load(picture, width, height, { name, fit })
      : resizePicture(picture, width, height, { fit });
  return pixelsOf(resized, channels);
}

/**
 * Reads the pictures, as small as the model wants them: `channels` bytes a pixel stay in memory.
 *
 * @param options.load what decodes files; default `decodePicture`
 * @param options.all captions of any length count, as for validation; default false
 * @throws DataError, with the picture's name, for a picture that cannot be read, one without a caption or with a caption
 *   without a token; where nothing is left that is short enough
 */
export async function captionExamples(
  pictures: readonly CaptionedPicture[],
  recipe: Pick<CaptionRecipe, 'picture' | 'data'>,
  codec: TextCodec,
  { load, all = false }: { readonly load?: PictureLoader; readonly all?: boolean } = {},
): Promise<CaptionExamples> {
  const longest = all ? Number.POSITIVE_INFINITY : recipe.data.maxLength;
  const examples: CaptionExample[] = [];
  let tooLong = 0;
  for (const captioned of pictures) {
    checkCaptioned(captioned);
    const { id, captions } = captioned;
    const encoded = captions.map((text) => {
      const ids = codec.encode(text);
      if (ids.length > 0) return ids;
      throw new DataError(
        `${id}, whose caption ${JSON.stringify(text)} has no token`,
        'captions with at least one',
        'Leave it out.',
      );
    });
    const labels = encoded.filter((ids) => ids.length <= longest);
    tooLong += encoded.length - labels.length;
    if (labels.length === 0) continue;
    const pixels = await pixelsFor(await captioned.picture(), recipe.picture, id, load);
    examples.push({ id, pixels, captions, labels });
  }
  if (examples.length > 0) return { examples, tooLong };
  throw new DataError(
    pictures.length === 0
      ? 'no pictures'
      : `${pictures.length} pictures, all their captions longer than ${longest} tokens`,
    pictures.length === 0
      ? 'at least one'
      : `some with a caption of at most data.maxLength (${longest}) tokens`,
    pictures.length === 0 ? 'Check the list of pictures.' : 'Raise data.maxLength.',
  );
}
