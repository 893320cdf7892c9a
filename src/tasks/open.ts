import { decodeBundle } from '../formats/index.ts';
import type { Backend } from '../runtime/index.ts';
import { contentOfBundle } from './bundle.ts';
import type { OpenedAlgorithm } from './open/algorithm.ts';
import type { OpenedCaptions } from './open/captions.ts';
import type { OpenedQuestions } from './open/questions.ts';
import type { OpenedSpeech } from './open/speech.ts';
import type { OpenedTranslation } from './open/translation.ts';

/** A bundle ready to be used: what its task predicts with, which is to be disposed of at the end. */
export type OpenedBundle =
  | OpenedTranslation
  | OpenedSpeech
  | OpenedCaptions
  | OpenedQuestions
  | OpenedAlgorithm;

/**
 * Opens a model that `heed export` or `encodeBundle` wrote. Programs are compiled when they are first used, and the code
 * of a task is loaded when it is needed.
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
  const opening = { bundle, name, backend };
  switch (content.task) {
    case 'translation':
      return (await import('./open/translation.ts')).openTranslation({ ...opening, content });
    case 'speech':
      return (await import('./open/speech.ts')).openSpeech({ ...opening, content });
    case 'captions':
      return (await import('./open/captions.ts')).openCaptions({ ...opening, content });
    case 'questions':
      return (await import('./open/questions.ts')).openQuestions({ ...opening, content });
    case 'algorithm':
      return (await import('./open/algorithm.ts')).openAlgorithm({ ...opening, content });
  }
}
