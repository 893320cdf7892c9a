import { join } from 'node:path';
import { parseArpa } from '../../decoding/index.ts';
import type { SpeechRecipe } from '../../formats/index.ts';
import type { Backend } from '../../runtime/index.ts';
import { type RecognitionOptions, Recognizer } from '../../tasks/recognizer.ts';
import { languageOptions } from '../../tasks/speechLanguage.ts';
import { parseLexicon } from '../../tasks/speechLexicon.ts';
import type { SpeechCodecs } from '../../tasks/speechModel.ts';
import { LANGUAGE_MODEL, LEXICON, loadWeights, readRunOf, readText } from '../runDirectory.ts';

/** A model that recognises speech. @throws UsageError for another, and as `readRun` */
export async function openRecognizer(
  directory: string,
  backend: Backend,
): Promise<{
  recipe: SpeechRecipe;
  codecs: SpeechCodecs;
  recognizer: Recognizer;
  step: number;
  parameters: number;
}> {
  const run = await readRunOf(directory, 'speech', 'a model that recognises speech');
  const { recipe, codecs } = run;
  const { step, weights } = await loadWeights(directory, run);
  const recognizer = new Recognizer(recipe, codecs, weights, backend);
  return { recipe, codecs, recognizer, step, parameters: weights.layout.size };
}

/** The language model that a run keeps, asked as its recipe says; undefined where it has none. */
export async function languageModelOf(
  directory: string,
  { decoding }: SpeechRecipe,
): Promise<RecognitionOptions['languageModel']> {
  if (!decoding.languageModel) return undefined;
  const path = join(directory, LANGUAGE_MODEL);
  return languageOptions(decoding.languageModel, parseArpa(await readText(directory, LANGUAGE_MODEL), path));
}

/** The lexicon that a run keeps; undefined where it has none. */
export async function lexiconOf(
  directory: string,
  { decoding }: SpeechRecipe,
  codecs: SpeechCodecs,
): Promise<RecognitionOptions['lexicon']> {
  if (decoding.lexicon === undefined) return undefined;
  const lines = (await readText(directory, LEXICON)).split('\n');
  return parseLexicon(lines, join(directory, LEXICON), codecs);
}
