import { parse, parseDocument } from 'yaml';
import { UsageError } from '../errors.ts';
import { recipeJsonSchema } from './recipe.ts';
import { parseYaml } from './yaml.ts';

interface Schema {
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/**
 * A recipe's text with settings such as `model.hidden=256` put in; its comments stay. Values are read as YAML, so
 * `training.batch={tokens: 2000}` puts in a map. What is set is validated when the text is parsed as a recipe.
 *
 * @throws UsageError for a setting that is not `path=value`, a path that recipes do not have (with the valid keys),
 *   a value that is not YAML, or a recipe text that is not
 */
export function applySettings(text: string, settings: readonly string[], fileName = 'recipe'): string {
  if (settings.length === 0) return text;
  parseYaml(text, fileName);
  const document = parseDocument(text);
  for (const setting of settings) {
    const equals = setting.indexOf('=');
    if (equals < 1) {
      throw new UsageError(`--set ${setting}`, 'path=value', 'Write it like --set training.clipNorm=5');
    }
    const path = setting.slice(0, equals).split('.');
    checkPath(setting, path, document.get('task'));
    try {
      const value: unknown = parse(setting.slice(equals + 1));
      // a bare value takes the place of the old one and leaves its comment; a map must be a node to be set into
      document.setIn(path, typeof value === 'object' && value !== null ? document.createNode(value) : value);
    } catch (error) {
      throw new UsageError(
        `--set ${setting} (${(error as Error).message.split('\n')[0]})`,
        'a YAML value, at a place that holds it',
        'Correct the value, or set the whole map above it: --set "data.train={tsv: pairs.tsv}"',
      );
    }
  }
  return document.toString({ lineWidth: 0 });
}

/** @param task whose keys are valid; with one that is none, those of all */
function checkPath(setting: string, path: readonly string[], task: unknown): void {
  const tasks = variants(recipeJsonSchema() as Schema);
  const asked = tasks.filter(({ properties }) => properties?.task?.const === task);
  let schemas = asked.length > 0 ? asked : tasks;
  for (const [depth, key] of path.entries()) {
    const properties = schemas.flatMap(variants).map((schema) => schema.properties ?? {});
    schemas = properties.filter((keys) => Object.hasOwn(keys, key)).map((keys) => keys[key]);
    if (schemas.length === 0) {
      const valid = [...new Set(properties.flatMap((keys) => Object.keys(keys)))];
      const above = path.slice(0, depth).join('.');
      throw new UsageError(
        `--set ${setting}: no key ${JSON.stringify(key)}${above && ` in ${above}`}`,
        valid.length > 0 ? `one of ${valid.join(', ')}` : `nothing below ${above}`,
        'Correct the path.',
      );
    }
  }
}

/** The schema itself and, of a union, its variants. */
function variants(schema: Schema): Schema[] {
  return [schema, ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(variants)];
}
