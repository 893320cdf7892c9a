import { Captioner } from '../captionsCaptioner.ts';
import { buildCaptioner, captionLoss } from '../captionsModel.ts';
import { type OpenAs, type Opening, weightsOf } from './weights.ts';

export interface OpenedCaptions extends OpenAs<'captions'> {
  readonly captioner: Captioner;
}

export function openCaptions({ bundle, content, name, backend }: Opening<'captions'>): OpenedCaptions {
  const { recipe, codecs, task } = content;
  const weights = weightsOf(captionLoss(buildCaptioner(recipe, codecs)), bundle, name);
  const captioner = new Captioner(recipe, codecs, weights, backend);
  return { task, content, about: bundle.about, weights, captioner };
}
