import type { TextCodec } from '../data/codec.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import { ctcLabeller, type EncoderDecoder, type FrameLabeller, listener } from '../models/index.ts';
import { frameLoss } from '../programs/frameLoss.ts';
import { pairLoss } from '../programs/pairLoss.ts';
import type { TrainingLoss } from '../programs/training.ts';
import { frameWidth } from './speechExamples.ts';

/** A speech recipe's model: one that labels frames, or one that attends and writes. */
export type SpeechModel =
  | { readonly kind: 'labeller'; readonly model: FrameLabeller; readonly reduction: number }
  | {
      readonly kind: 'listener';
      readonly model: EncoderDecoder;
      readonly reduction: number;
      /** λ of CTC beside attention; 0: none */
      readonly ctcWeight: number;
    };

/** How a speech run writes text; its vocabulary is that of the training transcripts. */
export type SpeechCodecs = { readonly target: TextCodec };

/** The recipe's model over this vocabulary. */
export function buildSpeechModel(
  { model, features }: Pick<SpeechRecipe, 'model' | 'features'>,
  { target }: SpeechCodecs,
): SpeechModel {
  const width = frameWidth(features);
  const V = target.vocabulary.size;
  if (model.type === 'ctc') {
    const { reduction } = model;
    return { kind: 'labeller', model: ctcLabeller({ ...model, width, labels: V }), reduction };
  }
  const { ctcWeight } = model;
  const attention = { ...model.attention, size: model.attention.size ?? model.hidden };
  const built = listener({ ...model, attention, width, targetVocabulary: V, ctc: ctcWeight > 0 });
  return { kind: 'listener', model: built, reduction: model.encoder.reduction, ctcWeight };
}

/** The loss of a model whose batches are not needed: for the layout of its parameters. */
export const speechLoss = (model: SpeechModel): TrainingLoss<never> =>
  model.kind === 'labeller' ? frameLoss(model.model) : pairLoss(model.model, { ctcWeight: model.ctcWeight });
