import * as z from 'zod';
import { checkDecoding, checkObjective, checkValidation, checkVocabularies } from './recipe/checks.ts';
import { data, type pairs } from './recipe/data.ts';
import { decoding } from './recipe/decoding.ts';
import { model } from './recipe/model.ts';
import { text } from './recipe/text.ts';
import { training } from './recipe/training.ts';
import { recipeError } from './recipeErrors.ts';
import { parseYaml, type YamlSource } from './yaml.ts';

// Every key a recipe may have is here and in recipe/, with its default and, as `describe`, its documentation for
// editors.

const schema = z
  .strictObject({
    task: z.literal('translation').describe('pairs of text'),
    seed: z
      .int()
      .min(0)
      .max(0xffffffff)
      .default(1)
      .describe('of all that is random: initialisation, order, dropout'),
    data,
    source: text.prefault({}),
    target: text.prefault({}),
    joint: z
      .boolean()
      .optional()
      .describe('one vocabulary of both sides, which must be described alike; default false'),
    model: model.prefault({ type: 'rnnsearch' }),
    training: training.prefault({}),
    decoding: decoding.prefault({}),
    evaluation: z
      .strictObject({
        tokenize: z
          .enum(['13a', 'intl', 'zh', 'char', 'none'])
          .default('13a')
          .describe("how BLEU cuts text, sacreBLEU's names; none for text that is tokenised already"),
      })
      .prefault({}),
  })
  .superRefine(checkObjective)
  .superRefine(checkVocabularies)
  .superRefine(checkValidation)
  .superRefine(checkDecoding)
  .transform(({ training, ...rest }) => {
    const stopByLoss = rest.data.validation ? { metric: 'loss' as const, patience: 5 } : undefined;
    return { ...rest, training: { ...training, stop: training.stop ?? stopByLoss } };
  });

/** A recipe with every default filled in. */
export type Recipe = z.output<typeof schema>;
/** Where pairs of text come from. */
export type PairsRecipe = z.output<typeof pairs>;

/**
 * Reads a recipe.
 *
 * @param fileName for error messages
 * @throws UsageError at file:line:column for wrong YAML, an unknown key (with the valid ones) or a wrong value
 */
export function parseRecipe(text: string, fileName: string): Recipe {
  const source: YamlSource = parseYaml(text, fileName);
  const result = schema.safeParse(source.value, {
    reportInput: true,
    // The schema that refused an unknown key is at hand only here; its keys are kept for recipeError as the message.
    error: ({ code, inst }) => {
      const shape = (inst?._zod.def as { shape?: object } | undefined)?.shape;
      return code === 'unrecognized_keys' && shape ? Object.keys(shape).join(', ') : undefined;
    },
  });
  if (result.success) return result.data;
  throw recipeError(source, result.error.issues);
}

/** A JSON Schema of recipes as they are written (defaults may be left out), for editors. */
export function recipeJsonSchema(): Record<string, unknown> {
  return { title: 'Heed recipe', ...z.toJSONSchema(schema, { io: 'input' }) };
}
