import { TextCodec } from '../data/codec.ts';
import { readBytes } from '../data/corpus.node.ts';
import { findCorpusFile } from '../data/download.node.ts';
import { createTokenizer } from '../data/tokenizer.ts';
import { parseArpa, printArpa } from '../decoding/index.ts';
import { DataError, UsageError } from '../errors.ts';
import type { SpeechRecipe } from '../formats/index.ts';
import { trainSpeech } from '../tasks/speech.ts';
import { SPACE_TOKEN, trainLanguage } from '../tasks/speechLanguage.ts';
import type { SpeechCodecs } from '../tasks/speechModel.ts';
import { duration } from './console.ts';
import type { PreparedRun } from './prepare.ts';
import { LANGUAGE_MODEL } from './runDirectory.ts';
import { forgetSounds, loadUtterances } from './speechData.ts';
import { evaluateSpeech, writeSpeechResults } from './speechEvaluation.ts';

/** A speech recipe with its utterances, and with a run's tokenizer or a new one. */
export async function prepareSpeech(recipe: SpeechRecipe, stored?: SpeechCodecs): Promise<PreparedRun> {
  const data = await loadUtterances(recipe.data, recipe.seed);
  const texts = data.train.map(({ text }) => text);
  const codecs = stored ?? { target: buildCodec(recipe, texts) };
  const { test } = data;
  const asked = recipe.decoding.languageModel;
  return {
    content: { task: 'speech', recipe, codecs },
    ...(asked && { files: { [LANGUAGE_MODEL]: await languageFile(asked, texts, codecs) } }),
    async train(backend, options) {
      const training = await trainSpeech(recipe, data, codecs, backend, options);
      if (!test) forgetSounds();
      const { used, tooLong } = training.utterances;
      const left = tooLong > 0 ? ` (${tooLong} longer than ${recipe.data.maxSeconds} s left out)` : '';
      return {
        ...training,
        size: `vocabulary ${codecs.target.vocabulary.size}, ${used} utterances${left} of ${duration(training.seconds)}`,
        remarks: [],
      };
    },
    test:
      test &&
      (async (directory, backend, training) =>
        writeSpeechResults(
          directory,
          await evaluateSpeech(directory, test, backend, { transcripts: texts }),
          training,
        )),
  };
}

function buildCodec({ target }: SpeechRecipe, texts: readonly string[]): TextCodec {
  const { tokens, lowercase, minFrequency, maxSize } = target;
  if (tokens === 'bpe') {
    const atLeast = Math.max(2, minFrequency);
    return TextCodec.buildSubwords(texts, { lowercase, vocabularySize: maxSize, minFrequency: atLeast });
  }
  return TextCodec.build(texts, createTokenizer({ kind: tokens, lowercase }), { minFrequency, maxSize });
}

/** The language model that the run keeps: the file that the recipe names, or one of the training transcripts. */
async function languageFile(
  asked: NonNullable<SpeechRecipe['decoding']['languageModel']>,
  texts: readonly string[],
  codecs: SpeechCodecs,
): Promise<string> {
  if (asked.unit === 'word' && !codecs.target.vocabulary.has(' ')) {
    throw new UsageError(
      'decoding.languageModel.unit word, where no transcript has a space',
      'transcripts of several words',
      'Set decoding.languageModel.unit to token.',
    );
  }
  if (asked.arpa === undefined) return printArpa(trainLanguage(asked, texts, codecs));
  const path = findCorpusFile(asked.arpa);
  const text = new TextDecoder().decode(await readBytes(path));
  const model = parseArpa(text, path); // that it can be read is found out before training
  const { tokenizer, vocabulary } = codecs.target;
  const writesSpaces = tokenizer.kind === 'character' && vocabulary.has(' ');
  if (asked.unit === 'token' && writesSpaces && !model.has(SPACE_TOKEN)) {
    throw new DataError(
      `${path}, a language model of tokens without ${SPACE_TOKEN}`,
      `${SPACE_TOKEN} for the space, which transcripts have`,
      'Train it on transcripts with that in place of spaces, or set decoding.languageModel.unit to word.',
    );
  }
  return text;
}
