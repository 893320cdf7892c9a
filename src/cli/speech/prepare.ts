import { TextCodec } from '../../data/codec.ts';
import { readBytes } from '../../data/corpus.node.ts';
import { findCorpusFile } from '../../data/download.node.ts';
import { createTokenizer } from '../../data/tokenizer.ts';
import { parseArpa, printArpa } from '../../decoding/index.ts';
import type { SpeechRecipe } from '../../formats/index.ts';
import { trainSpeech } from '../../tasks/speech.ts';
import { checkKnowsSpace, checkUnit, trainLanguage } from '../../tasks/speechLanguage.ts';
import { lexiconOfTranscripts, parseLexicon } from '../../tasks/speechLexicon.ts';
import type { SpeechCodecs } from '../../tasks/speechModel.ts';
import { checkSounds } from '../../tasks/speechSounds.ts';
import { duration, log } from '../console.ts';
import type { PreparedRun } from '../door.ts';
import { readInputLines } from '../input.ts';
import { LANGUAGE_MODEL, LEXICON } from '../runDirectory.ts';
import { forgetSounds, loadUtterances } from './data.ts';
import { evaluateSpeech, writeSpeechResults } from './evaluation.ts';

/** A speech recipe with its utterances, and with a run's tokenizer or a new one. */
export async function prepareSpeech(recipe: SpeechRecipe, stored?: SpeechCodecs): Promise<PreparedRun> {
  const data = await loadUtterances(recipe.data, recipe.seed);
  const texts = data.train.map(({ text }) => text);
  const codecs = stored ?? { target: buildCodec(recipe, texts) };
  const { test } = data;
  const { languageModel, lexicon } = recipe.decoding;
  return {
    content: { task: 'speech', recipe, codecs },
    files: {
      ...(languageModel && { [LANGUAGE_MODEL]: await languageFile(languageModel, texts, codecs) }),
      ...(lexicon !== undefined && { [LEXICON]: await lexiconFile(lexicon, texts, codecs) }),
    },
    async train(backend, options) {
      const { train, validation = [] } = data;
      log(`reading ${train.length + validation.length + (test?.length ?? 0)} sounds`);
      // What could not be recognised at the end is found out at the beginning.
      if (test) await checkSounds(test, recipe);
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

/** The lexicon that the run keeps, one word a line: the words of the file that the recipe names, or of the transcripts. */
async function lexiconFile(asked: string, texts: readonly string[], codecs: SpeechCodecs): Promise<string> {
  const [lines, name] =
    asked === 'transcripts'
      ? [lexiconOfTranscripts(texts, codecs), 'the training transcripts']
      : [await readInputLines(findCorpusFile(asked)), findCorpusFile(asked)];
  return [...parseLexicon(lines, name, codecs).words].map((word) => `${word}\n`).join('');
}

/** The language model that the run keeps: the file that the recipe names, or one of the training transcripts. */
async function languageFile(
  asked: NonNullable<SpeechRecipe['decoding']['languageModel']>,
  texts: readonly string[],
  codecs: SpeechCodecs,
): Promise<string> {
  checkUnit(asked.unit, codecs, 'decoding.languageModel.unit');
  if (asked.arpa === undefined) return printArpa(trainLanguage(asked, texts, codecs));
  const path = findCorpusFile(asked.arpa);
  const text = new TextDecoder().decode(await readBytes(path));
  // That it can be read, and used, is found out before training.
  checkKnowsSpace(parseArpa(text, path), asked.unit, codecs, path);
  return text;
}
