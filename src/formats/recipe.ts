import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { algorithm } from './recipe/algorithm.ts';
import { captions } from './recipe/captions.ts';
import type { pairs } from './recipe/data.ts';
import { questions } from './recipe/questions.ts';
import { speech } from './recipe/speech.ts';
import { translation } from './recipe/translation.ts';
import { recipeError } from './recipeErrors.ts';
import { crc32c } from './tfevents.ts';
import { parseYaml, type YamlSource } from './yaml.ts';

// Every key a recipe may have is in recipe/, a task a file, with its default and, as `describe`, its documentation for
// editors.

const schema = z.discriminatedUnion('task', [translation, speech, captions, questions, algorithm]);

/** A recipe with every default filled in. */
export type Recipe = z.output<typeof schema>;
export type TranslationRecipe = z.output<typeof translation>;
export type SpeechRecipe = z.output<typeof speech>;
export type CaptionRecipe = z.output<typeof captions>;
export type QuestionsRecipe = z.output<typeof questions>;
export type AlgorithmRecipe = z.output<typeof algorithm>;
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

/** A recipe that must be of a translation. @throws UsageError as `parseRecipe`, and for another task */
export function parseTranslationRecipe(text: string, fileName: string): TranslationRecipe {
  const recipe = parseRecipe(text, fileName);
  if (recipe.task === 'translation') return recipe;
  throw new UsageError(
    `${fileName}, a recipe of the task ${recipe.task}`,
    'one of the task translation',
    'See recipes/ for some.',
  );
}

/** A JSON Schema of recipes as they are written (defaults may be left out), for editors. */
export function recipeJsonSchema(): Record<string, unknown> {
  return { title: 'Heed recipe', ...z.toJSONSchema(schema, { io: 'input' }) };
}

/** Tells the recipes of one version from those of another: equal where every key and default is. */
export const recipeSchemaId = (): string =>
  crc32c(new TextEncoder().encode(JSON.stringify(recipeJsonSchema()))).toString(16);
