import type { TextCodec } from '../data/codec.ts';
import type { CaptionRecipe } from '../formats/index.ts';
import { type CaptionerSizes, captioner, type EncoderDecoder } from '../models/index.ts';
import { pairLoss } from '../programs/pairLoss.ts';
import type { TrainingLoss } from '../programs/training.ts';

/** How pictures come to the model. */
export type PictureSettings = CaptionRecipe['picture'];

/** How a run writes captions; its vocabulary is that of the training captions. */
export type CaptionCodecs = { readonly target: TextCodec };

/** Sizes of the recipe's model over this vocabulary. */
export const captionerSizes = (
  { model, picture }: Pick<CaptionRecipe, 'model' | 'picture'>,
  { target }: CaptionCodecs,
): CaptionerSizes => ({ ...model, picture, targetVocabulary: target.vocabulary.size });

/** The recipe's model over this vocabulary. */
export const buildCaptioner = (
  recipe: Pick<CaptionRecipe, 'model' | 'picture'>,
  codecs: CaptionCodecs,
): EncoderDecoder => captioner(captionerSizes(recipe, codecs));

/** The loss of a model whose batches are not needed: for the layout of its parameters. */
export const captionLoss = (model: EncoderDecoder): TrainingLoss<never> => pairLoss(model);
