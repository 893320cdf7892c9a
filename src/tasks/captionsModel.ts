import type { TextCodec } from '../data/codec.ts';
import type { Fit, PictureAugmentation, PixelForm, PixelScale } from '../data/pictures/index.ts';
import type { TranslationRecipe } from '../formats/index.ts';
import { type CaptionerSizes, captioner, type EncoderDecoder } from '../models/index.ts';
import { type PairBatch, pairLoss } from '../programs/pairLoss.ts';
import type { TrainingLoss } from '../programs/training.ts';

/** How pictures come to the model. */
export interface PictureSettings extends PixelForm {
  /** How a picture of another shape becomes one of this. */
  readonly fit: Fit;
  /** Default −1 … 1. */
  readonly scale?: PixelScale;
}

/** What captions are learnt with. */
export interface CaptionRecipe extends Pick<TranslationRecipe, 'seed' | 'training'> {
  readonly picture: PictureSettings;
  /** Of training pictures; default none. */
  readonly augment?: PictureAugmentation;
  readonly data: {
    /** Captions of more tokens are not learnt from. */
    readonly maxLength: number;
  };
  readonly model: Omit<CaptionerSizes, 'picture' | 'targetVocabulary'>;
  readonly decoding: { readonly beam: number; readonly lengthPenalty: number; readonly maxLength: number };
}

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
export const captionLoss = (model: EncoderDecoder): TrainingLoss<PairBatch> => pairLoss(model);
