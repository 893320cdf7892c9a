import { parseArpa } from '../decoding/index.ts';
import { type BundleAbout, decodeBundle } from '../formats/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Backend } from '../runtime/index.ts';
import { type AlgorithmTask, buildAlgorithm } from './algorithms.ts';
import { contentOfBundle, weightsOfBundle } from './bundle.ts';
import { Captioner } from './captionsCaptioner.ts';
import { type ContentOf, LANGUAGE_MODEL, LEXICON } from './content.ts';
import { buildModel } from './pairs.ts';
import { Answerer } from './questionsAnswerer.ts';
import type { RecognitionOptions } from './recognition.ts';
import { Recognizer } from './recognizer.ts';
import { languageOptions } from './speechLanguage.ts';
import { parseLexicon } from './speechLexicon.ts';
import { Translator } from './translator.ts';

interface Opened {
  readonly weights: { readonly layout: ParameterLayout; readonly parameters: Float32Array };
  readonly about: BundleAbout;
}

/** A bundle ready to be used: what its task predicts with, which is to be disposed of at the end. */
export type OpenedBundle =
  | (Opened & {
      readonly task: 'translation';
      readonly content: ContentOf<'translation'>;
      readonly translator: Translator;
    })
  | (Opened & {
      readonly task: 'speech';
      readonly content: ContentOf<'speech'>;
      readonly recognizer: Recognizer;
      /** the language model and lexicon that came with it, for `recognize` */
      readonly options: RecognitionOptions;
    })
  | (Opened & {
      readonly task: 'captions';
      readonly content: ContentOf<'captions'>;
      readonly captioner: Captioner;
    })
  | (Opened & {
      readonly task: 'questions';
      readonly content: ContentOf<'questions'>;
      readonly answerer: Answerer;
    })
  | (Opened & {
      readonly task: 'algorithm';
      readonly content: ContentOf<'algorithm'>;
      /** for `answerSequences`, `evaluateBits` and `recordSequence`, with the weights */
      readonly algorithm: AlgorithmTask;
    });

/**
 * Opens a model that `heed export` or `encodeBundle` wrote. Programs are compiled when they are first used.
 *
 * @param options.name of the file, for errors. Default `the bundle`
 * @param options.schema see `contentOfBundle`
 * @throws FormatError for a file that is no bundle, or one that is damaged; UsageError for a recipe this version does
 *   not know
 */
export async function openBundle(
  bytes: Uint8Array,
  backend: Backend,
  { name = 'the bundle', schema }: { readonly name?: string; readonly schema?: string } = {},
): Promise<OpenedBundle> {
  const bundle = decodeBundle(bytes, name);
  const content = await contentOfBundle(bundle, name, schema);
  const opened = { weights: weightsOfBundle(bundle, content, name), about: bundle.about };
  switch (content.task) {
    case 'translation': {
      const { recipe, codecs, task } = content;
      const translator = new Translator(buildModel(recipe, codecs), opened.weights, codecs, backend);
      return { ...opened, task, content, translator };
    }
    case 'speech': {
      const { recipe, codecs, task } = content;
      const recognizer = new Recognizer(recipe, codecs, opened.weights, backend);
      return { ...opened, task, content, recognizer, options: keptOptions(content, bundle.files) };
    }
    case 'captions': {
      const { recipe, codecs, task } = content;
      return { ...opened, task, content, captioner: new Captioner(recipe, codecs, opened.weights, backend) };
    }
    case 'questions': {
      const { recipe, codecs, task } = content;
      return { ...opened, task, content, answerer: new Answerer(recipe, codecs, opened.weights, backend) };
    }
    case 'algorithm':
      return { ...opened, task: content.task, content, algorithm: buildAlgorithm(content.recipe) };
  }
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
