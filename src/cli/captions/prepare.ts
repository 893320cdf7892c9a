import { TextCodec } from '../../data/codec.ts';
import { createTokenizer } from '../../data/tokenizer.ts';
import type { CaptionRecipe } from '../../formats/index.ts';
import { trainCaptions } from '../../tasks/captions.ts';
import { captionExamples } from '../../tasks/captionsExamples.ts';
import type { CaptionCodecs } from '../../tasks/captionsModel.ts';
import { log } from '../console.ts';
import type { PreparedRun } from '../door.ts';
import { forgetPictures, loadPictures } from './data.ts';
import { evaluateCaptions, writeCaptionResults } from './evaluation.ts';
import { load } from './open.ts';

/** A caption recipe with its pictures, and with a run's tokenizer or a new one. */
export async function prepareCaptions(recipe: CaptionRecipe, stored?: CaptionCodecs): Promise<PreparedRun> {
  const data = await loadPictures(recipe);
  const codecs = stored ?? {
    target: buildCodec(
      recipe,
      data.train.flatMap(({ captions }) => captions),
    ),
  };
  const { test } = data;
  return {
    content: { task: 'captions', recipe, codecs },
    async train(backend, options) {
      const { train, validation = [] } = data;
      log(`reading ${train.length + validation.length + (test?.length ?? 0)} pictures`);
      // What could not be described at the end is found out at the beginning.
      if (test) await captionExamples(test, recipe, codecs.target, { load, all: true });
      const training = await trainCaptions(recipe, data, codecs, backend, { ...options, load });
      if (!test) forgetPictures();
      const { pictures, captions } = training;
      const { maxLength } = recipe.data;
      const left =
        captions.tooLong > 0 ? ` (${captions.tooLong} longer than ${maxLength} tokens left out)` : '';
      return {
        ...training,
        size: `vocabulary ${codecs.target.vocabulary.size}, ${pictures} pictures with ${captions.used} captions${left}`,
        remarks: [],
      };
    },
    test:
      test &&
      (async (directory, backend, training) =>
        writeCaptionResults(directory, await evaluateCaptions(directory, test, backend), training)),
  };
}

function buildCodec({ target }: CaptionRecipe, texts: readonly string[]): TextCodec {
  const { tokens, lowercase, minFrequency, maxSize } = target;
  if (tokens === 'bpe') {
    const atLeast = Math.max(2, minFrequency);
    return TextCodec.buildSubwords(texts, { lowercase, vocabularySize: maxSize, minFrequency: atLeast });
  }
  return TextCodec.build(texts, createTokenizer({ kind: tokens, lowercase }), { minFrequency, maxSize });
}
