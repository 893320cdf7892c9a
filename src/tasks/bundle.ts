import { TextCodec } from '../data/codec.ts';
import { FormatError } from '../errors.ts';
import type { Bundle, BundleAbout, Recipe } from '../formats/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import { CODECS, contentOf, type RunContent } from './content.ts';

export interface BundleOptions {
  /** the recipe as it was written, comments and all: what `parseRecipe` made the content's of */
  readonly recipeText: string;
  /** id of the schema that did (`recipeSchemaId`); programs built with the same need not read the text again */
  readonly schema?: string;
  /** what decoding needs besides, by name: `language.arpa`, `lexicon.txt` */
  readonly files?: Readonly<Record<string, string>>;
  readonly about?: BundleAbout;
}

/**
 * A trained model as a bundle, for `encodeBundle`. It shares the memory of the parameters.
 *
 * @param layout and @param parameters: of a training, `program.layout` and `program.parameters`
 */
export function bundleOf(
  content: RunContent,
  layout: ParameterLayout,
  parameters: Float32Array,
  { recipeText, schema, files = {}, about = {} }: BundleOptions,
): Bundle {
  const codecs = Object.entries<TextCodec>(content.codecs);
  return {
    recipe: recipeText,
    ...(schema !== undefined && { parsed: { schema, recipe: content.recipe } }),
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
 * @param schema id of the recipes' schema that this program was built with: a bundle made with the same is opened
 *   without reading YAML, which a page then need not load. Default: it is read
 * @throws UsageError for a recipe that this version cannot read; FormatError for a tokenizer that is missing or broken
 */
export async function contentOfBundle(bundle: Bundle, name: string, schema?: string): Promise<RunContent> {
  const recipe =
    schema !== undefined && bundle.parsed?.schema === schema
      ? (bundle.parsed.recipe as Recipe)
      : (await import('../formats/recipe.ts')).parseRecipe(bundle.recipe, `the recipe of ${name}`);
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
