import { parseArpa } from '../../decoding/index.ts';
import { type ContentOf, LANGUAGE_MODEL, LEXICON } from '../content.ts';
import type { RecognitionOptions } from '../recognition.ts';
import { Recognizer } from '../recognizer.ts';
import { languageOptions } from '../speechLanguage.ts';
import { parseLexicon } from '../speechLexicon.ts';
import { buildSpeechModel, speechLoss } from '../speechModel.ts';
import { type OpenAs, type Opening, weightsOf } from './weights.ts';

export interface OpenedSpeech extends OpenAs<'speech'> {
  readonly recognizer: Recognizer;
  /** the language model and lexicon that came with it, for `recognize` */
  readonly options: RecognitionOptions;
}

export function openSpeech({ bundle, content, name, backend }: Opening<'speech'>): OpenedSpeech {
  const { recipe, codecs, task } = content;
  const weights = weightsOf(speechLoss(buildSpeechModel(recipe, codecs)), bundle, name);
  const recognizer = new Recognizer(recipe, codecs, weights, backend);
  const options = keptOptions(content, bundle.files);
  return { task, content, about: bundle.about, weights, recognizer, options };
}

/** How speech is searched with what the bundle keeps. */
function keptOptions(
  { recipe: { decoding }, codecs }: ContentOf<'speech'>,
  files: Readonly<Record<string, string>>,
): RecognitionOptions {
  const [arpa, words] = [files[LANGUAGE_MODEL], files[LEXICON]];
  return {
    ...(arpa !== undefined &&
      decoding.languageModel && {
        languageModel: languageOptions(decoding.languageModel, parseArpa(arpa, LANGUAGE_MODEL)),
      }),
    ...(words !== undefined &&
      decoding.lexicon !== undefined && { lexicon: parseLexicon(words.split('\n'), LEXICON, codecs) }),
  };
}
