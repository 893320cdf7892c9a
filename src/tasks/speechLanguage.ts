import { normalizeText } from '../data/tokenizer.ts';
import { type LanguageModel, type NgramModel, trainNgram } from '../decoding/index.ts';
import { DataError, UsageError } from '../errors.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import type { RecognitionOptions } from './recognition.ts';
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

/** Whether transcripts hold spaces as tokens. */
const writesSpaces = ({ target }: SpeechCodecs): boolean =>
  target.tokenizer.kind === 'character' && target.vocabulary.has(' ');

/** What a language model is taken to be of where nobody says it: words where the model spells them, else tokens. */
export const usualUnit = (codecs: SpeechCodecs): Asked['unit'] => (writesSpaces(codecs) ? 'word' : 'token');

/** @throws UsageError for a model of words where none end: transcripts without spaces, or of other tokens than characters */
export function checkUnit(unit: Asked['unit'], codecs: SpeechCodecs, key: string): void {
  if (unit === 'token' || writesSpaces(codecs)) return;
  const spells = codecs.target.tokenizer.kind === 'character';
  throw new UsageError(
    `${key} word, where ${spells ? 'no transcript has a space' : `tokens are of the kind ${codecs.target.tokenizer.kind}`}`,
    spells ? 'transcripts of several words' : 'a model that writes characters',
    `Set ${key} to token.`,
  );
}

/** @throws DataError, with the file's name, for a model of tokens that does not know the space where there are spaces */
export function checkKnowsSpace(
  model: NgramModel,
  unit: Asked['unit'],
  codecs: SpeechCodecs,
  name: string,
): void {
  if (unit === 'word' || !writesSpaces(codecs) || model.has(SPACE_TOKEN)) return;
  throw new DataError(
    `${name}, a language model of tokens without ${SPACE_TOKEN}`,
    `${SPACE_TOKEN} for the space, which transcripts have`,
    'Train it on transcripts with that in place of spaces, or take it for a model of words (unit word).',
  );
}

/** A language model as it is to be asked. */
export const languageOptions = (
  { unit, weight, bonus }: Pick<Asked, 'unit' | 'weight' | 'bonus'>,
  model: LanguageModel,
): NonNullable<RecognitionOptions['languageModel']> => ({ model, unit, weight, bonus });
