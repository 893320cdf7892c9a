import { normalizeText } from '../data/tokenizer.ts';
import { type LanguageModel, type NgramModel, trainNgram } from '../decoding/index.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import type { RecognitionOptions } from './recognizer.ts';
import type { SpeechCodecs } from './speechModel.ts';

type Asked = NonNullable<SpeechRecipe['decoding']['languageModel']>;

/** What a model of tokens calls the space, which its files cannot hold, alone and within parts of words. */
export const SPACE_TOKEN = '▁';
export const languageToken = (token: string): string => token.replaceAll(' ', SPACE_TOKEN);

/** A text in what a language model is made of. */
export function unitsOf(text: string, unit: Asked['unit'], { target }: SpeechCodecs): string[] {
  const said = normalizeText(text, target.tokenizer.lowercase);
  if (unit === 'word') return said.split(/\s+/).filter((word) => word !== '');
  return target.tokens(said).map(languageToken);
}

/** An n-gram model of training transcripts: interpolated Kneser–Ney over words, with a place for unknown ones. */
export const trainLanguage = (
  { unit, order }: Asked,
  transcripts: readonly string[],
  codecs: SpeechCodecs,
): NgramModel =>
  trainNgram(
    transcripts.map((text) => unitsOf(text, unit, codecs)),
    { order, smoothing: { type: 'kneserNey' } },
  );

/** A language model as the recipe wants it asked. */
export const languageOptions = (
  { unit, weight, bonus }: Asked,
  model: LanguageModel,
): NonNullable<RecognitionOptions['languageModel']> => ({ model, unit, weight, bonus });
