import { TextCodec } from '../data/codec.ts';
import { FormatError, UsageError } from '../errors.ts';
import { type Bundle, type BundleAbout, parseRecipe } from '../formats/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import { CODECS, contentOf, layoutOf, type RunContent } from './content.ts';

export interface BundleOptions {
  /** the recipe as it was written, comments and all: what `parseRecipe` made the content's of */
  readonly recipeText: string;
  /** what decoding needs besides, by name: `language.arpa`, `lexicon.txt` */
  readonly files?: Readonly<Record<string, string>>;
  readonly about?: BundleAbout;
}

/**
 * A trained model as a bundle, for `encodeBundle`. It shares the memory of the parameters.
 *
 * @param layout and @param parameters: of a training, `program.layout` and `program.parameters`
 * @throws UsageError when the text is not the content's recipe
 */
export function bundleOf(
  content: RunContent,
  layout: ParameterLayout,
  parameters: Float32Array,
  { recipeText, files = {}, about = {} }: BundleOptions,
): Bundle {
  if (JSON.stringify(parseRecipe(recipeText, 'recipeText')) !== JSON.stringify(content.recipe)) {
    throw new UsageError(
      'a recipeText that is another recipe than the model has',
      'the text that parseRecipe was given',
      'Keep it beside the recipe.',
    );
  }
  const codecs = Object.entries<TextCodec>(content.codecs);
  return {
    recipe: recipeText,
    tokenizers: Object.fromEntries(codecs.map(([name, codec]) => [name, codec.toJSON()])),
    files,
    parameters: layout.views(parameters) as Bundle['parameters'],
    about,
  };
}

/**
 * The recipe and tokenizers of a bundle.
 *
 * @param name of its file, for errors
 * @throws UsageError for a recipe that this version cannot read; FormatError for a tokenizer that is missing or broken
 */
export function contentOfBundle(bundle: Bundle, name: string): RunContent {
  const recipe = parseRecipe(bundle.recipe, `the recipe of ${name}`);
  const codecs: Record<string, TextCodec> = {};
  for (const codec of CODECS[recipe.task]) {
    const stored = bundle.tokenizers[codec];
    if (stored === undefined) {
      throw new FormatError(
        `${name}, a bundle without the tokenizer '${codec}'`,
        `${CODECS[recipe.task].join(' and ')}, as the task ${recipe.task} has them`,
        'Export the run again.',
      );
    }
    codecs[codec] = TextCodec.fromJSON(stored);
  }
  return contentOf(recipe, codecs);
}

/** The parameters of a bundle as a model has them. @throws FormatError when they are not the recipe's */
export function weightsOfBundle(
  bundle: Bundle,
  content: RunContent,
  name: string,
): { layout: ParameterLayout; parameters: Float32Array } {
  const layout = layoutOf(content);
  return { layout, parameters: layout.collect(bundle.parameters, name) };
}
