import { pairLoss } from '../../programs/pairLoss.ts';
import { buildModel } from '../pairs.ts';
import { Translator } from '../translator.ts';
import { type OpenAs, type Opening, weightsOf } from './weights.ts';

export interface OpenedTranslation extends OpenAs<'translation'> {
  readonly translator: Translator;
}

export function openTranslation({
  bundle,
  content,
  name,
  backend,
}: Opening<'translation'>): OpenedTranslation {
  const { recipe, codecs, task } = content;
  const model = buildModel(recipe, codecs);
  const weights = weightsOf(pairLoss(model), bundle, name);
  const translator = new Translator(model, weights, codecs, backend);
  return { task, content, about: bundle.about, weights, translator };
}
