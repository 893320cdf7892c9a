import { encodePng, type Picture, resizePicture } from '../data/pictures/index.ts';
import { normalizeText } from '../data/tokenizer.ts';
import type { PictureMap } from '../plots/index.ts';
import type { Material, Sample } from '../training/index.ts';
import type { Caption } from './captionsCaptioner.ts';
import type { CaptionExample } from './captionsExamples.ts';
import type { CaptionCodecs, PictureSettings } from './captionsModel.ts';
import { rounded, shownOf } from './samples.ts';
import { END } from './translator.ts';

/** What is kept of a caption to draw it, but for the picture. */
export type ShownCaption = Pick<PictureMap, 'tokens' | 'weights' | 'grid' | 'centres'>;

/** A picture as it is kept. */
export interface ShownPicture {
  /** PNG in base64 */
  readonly picture: string;
}

/** Pictures that are shown at every validation. */
const SHOWN = 3;
/** Pixels of the longer side of a picture that is kept, at most. */
const LONGEST = 96;

/** Which pictures are shown, as places: with captions of all lengths. */
export const shownPictures = (captions: readonly (readonly string[])[], count = SHOWN): number[] =>
  shownOf(
    captions.map(([first]) => first),
    count,
  );

/** The pictures that are shown, by name, as the model reads them. */
export const captionMaterial = (examples: readonly CaptionExample[], settings: PictureSettings): Material =>
  Object.fromEntries(
    shownPictures(examples.map(({ captions }) => captions)).map((i) => [
      examples[i].id,
      keptPicture(examples[i].pixels, settings),
    ]),
  );

/**
 * A picture as it is kept.
 *
 * @param pixels as the model reads them, `[height, width, channels]`
 * @param longest of its sides, in pixels, at most
 */
export function keptPicture(
  pixels: Uint8Array,
  { width, height, channels }: PictureSettings,
  longest = LONGEST,
): ShownPicture {
  const data =
    channels === 3
      ? pixels
      : Uint8Array.from({ length: 3 * pixels.length }, (_, i) => pixels[Math.floor(i / 3)]);
  const picture: Picture = { width, height, data };
  const scale = longest / Math.max(width, height);
  const smaller = (side: number) => Math.max(1, Math.round(scale * side));
  const small =
    scale < 1 ? resizePicture(picture, smaller(width), smaller(height), { fit: 'fill' }) : picture;
  return { picture: base64Of(encodePng(small)) };
}

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** What a caption needs to be drawn, its picture aside; `{}` of a model without attention. */
export function shownCaption({ tokens, finished, attention, grid, centres }: Caption): ShownCaption | object {
  if (!attention || tokens.length === 0) return {};
  const words = [...tokens, ...(finished ? [END] : [])];
  return { tokens: words, weights: attention.slice(0, words.length).map(rounded), grid, centres };
}

/** A caption as a run keeps it: its references as the model could write them. */
export const captionSample = (
  { id, captions }: Pick<CaptionExample, 'id' | 'captions'>,
  said: Caption,
  { target }: CaptionCodecs,
): Sample => ({
  source: id,
  references: captions.map((text) => normalizeText(text, target.tokenizer.lowercase)),
  output: said.text,
});

/** Captions of a validation as a run keeps them, those that are shown with what their drawing needs. */
export function captionSamples(
  examples: readonly Pick<CaptionExample, 'id' | 'captions'>[],
  said: readonly Caption[],
  codecs: CaptionCodecs,
): Sample[] {
  const shown = new Set(shownPictures(examples.map(({ captions }) => captions)));
  return examples.map((example, i) => ({
    ...captionSample(example, said[i], codecs),
    ...(shown.has(i) && { shown: shownCaption(said[i]) }),
  }));
}
