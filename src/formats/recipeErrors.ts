import type * as z from 'zod';
import { UsageError } from '../errors.ts';
import type { YamlSource } from './yaml.ts';

type Issue = z.core.$ZodIssue;

/**
 * The first of zod's issues as an error with its place in the file. The message of an `unrecognized_keys` issue
 * must hold the valid keys.
 */
export function recipeError(source: YamlSource, issues: readonly Issue[]): UsageError {
  const [issue, ...others] = issues.map(closest);
  const { arrived, expected, todo } = describe(source, issue);
  const more = others.length > 0 ? ` (${others.length} more to correct after this.)` : '';
  return new UsageError(arrived, expected, todo + more);
}

/**
 * Of a union that nothing fits, the issue of the variant that is clearly meant: one that knows some of the keys that
 * came, with the fewest keys missing or unknown. With none or a tie the union's own issue stays. A list means the variant
 * that is one.
 */
function closest(issue: Issue): Issue {
  if (issue.code === 'invalid_union' && Array.isArray(issue.input)) {
    const [inner] = issue.errors.find((variant) => !variant.some(isOfAnotherType)) ?? [];
    return inner ? closest({ ...inner, path: [...issue.path, ...inner.path] }) : issue;
  }
  if (issue.code !== 'invalid_union' || !isMap(issue.input)) return issue;
  const came = Object.keys(issue.input).length;
  const ranked = issue.errors
    .filter((variant) => !variant.some(isOfAnotherType))
    .map((variant) => {
      const unknown = variant.reduce(
        (sum, i) => sum + (i.code === 'unrecognized_keys' ? i.keys.length : 0),
        0,
      );
      const missing = variant.filter(
        ({ code, input }) => code !== 'unrecognized_keys' && input === undefined,
      ).length;
      return { variant, known: came - unknown, wrong: unknown + missing };
    })
    .filter(({ known }) => known > 0)
    .sort((a, b) => a.wrong - b.wrong);
  if (ranked.length === 0 || ranked[0].wrong === ranked[1]?.wrong) return issue;
  const [inner] = ranked[0].variant;
  return closest({ ...inner, path: [...issue.path, ...inner.path] });
}

const isOfAnotherType = ({ code, path }: Issue): boolean => code === 'invalid_type' && path.length === 0;

function isMap(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(source: YamlSource, issue: Issue) {
  const path = issue.path.map(String);
  const name = path.join('.') || 'the recipe';
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    const where = path.length > 0 ? ` in ${name}` : '';
    return {
      arrived: `${source.placeOfKey(path, key)}: unknown key ${JSON.stringify(key)}${where}`,
      expected: `one of ${issue.message}`,
      todo: 'Correct or remove the key.',
    };
  }
  // not the issue's own input: of a wrong `type` and of a rule across keys that is the map around it
  const value = issue.path.reduce<unknown>(
    (around, key) => (isMap(around) || Array.isArray(around) ? around[key as never] : undefined),
    source.value,
  );
  const arrived =
    value === undefined
      ? `${source.place(path)}: ${name} is missing`
      : `${source.place(path)}: ${name} is ${shorten(JSON.stringify(value))}`;
  return {
    arrived,
    expected: expectation(issue),
    todo: value === undefined ? 'Add it.' : 'Correct the value.',
  };
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return (
        {
          int: 'a whole number',
          object: 'a map of keys',
          boolean: 'true or false',
          array: 'a list',
          tuple: 'a list',
        }[issue.expected as string] ?? `a ${issue.expected}`
      );
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'text that is not empty';
      if (issue.origin === 'array') return `a list of at least ${issue.minimum}`;
      return `a number of ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      if (issue.origin === 'array') return `a list of at most ${issue.maximum}`;
      return `a number of ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `one of ${issue.options.join(', ')}`
        : `a map with ${issue.errors.filter(isMapVariant).map(keysOf).join(', or ')}`;
    default:
      return issue.message;
  }
}

const isMapVariant = (variant: readonly Issue[]): boolean =>
  !variant.some((issue) => isOfAnotherType(issue) && 'expected' in issue && issue.expected === 'array');

/** The keys a union's variant missed, from its issues on a value that had none of them. */
function keysOf(variant: readonly Issue[]): string {
  const missing = variant.filter(({ path, input }) => path.length > 0 && input === undefined);
  return missing.map(({ path }) => String(path[0])).join(' and ') || 'other keys';
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
