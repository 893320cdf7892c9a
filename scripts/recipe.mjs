// Writes docs/recipe.md, every key of a recipe, from the schema that reads recipes.
//   node scripts/recipe.mjs [--check]     after npm run build; --check: exit 1 when the page is not up to date
import { readFileSync, writeFileSync } from 'node:fs';
import { recipeJsonSchema } from '../dist/index.js';

const PAGE = 'docs/recipe.md';

/** What may stand there, in a few words. */
function kindOf(schema) {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map((o) => (o.properties ? keysOf(o) : kindOf(o))).join(' or ');
  if (schema.type === 'integer' || schema.type === 'number') {
    const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
    const limits = [
      minimum !== undefined && minimum > -1e15 && `≥ ${minimum}`,
      exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
      maximum !== undefined && maximum < 1e15 && `≤ ${maximum}`,
      exclusiveMaximum !== undefined && `< ${exclusiveMaximum}`,
    ].filter(Boolean);
    const kind = schema.type === 'integer' ? 'whole number' : 'number';
    return limits.length > 0 ? `${kind} ${limits.join(', ')}` : kind;
  }
  return { string: 'text', boolean: '`true`, `false`', object: 'map' }[schema.type] ?? '';
}

/** A map by its keys; what distinguishes it (a const) with its value. */
function keysOf({ properties, required = [] }) {
  const keys = Object.entries(properties).map(([key, inner]) => {
    const said = inner.const === undefined ? key : `${key}: ${inner.const}`;
    return required.includes(key) && inner.default === undefined ? said : `${said}?`;
  });
  return `\`{ ${keys.join(', ')} }\``;
}

const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

function* rowsOf(schema, path) {
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? key : `${path}.${key}`;
    const options = (inner.anyOf ?? inner.oneOf)?.filter((o) => o.properties);
    const { default: given, description = '' } = inner;
    const plain = given === undefined || typeof given === 'object' ? '' : `\`${JSON.stringify(given)}\``;
    yield [at, options ? '' : inner.properties ? '' : kindOf(inner), plain, description];
    if (inner.properties) yield* rowsOf(inner, at);
    // What all kinds of a thing have in common is told once.
    const common = Object.keys(options?.[0].properties ?? {}).filter((name) =>
      options.every(
        (o) => JSON.stringify(o.properties[name]) === JSON.stringify(options[0].properties[name]),
      ),
    );
    const only = (option, wanted) => ({
      properties: Object.fromEntries(Object.entries(option.properties).filter(([name]) => wanted(name))),
    });
    if (common.length > 0)
      yield* rowsOf(
        only(options[0], (name) => common.includes(name)),
        at,
      );
    for (const option of options ?? []) {
      const mark = Object.entries(option.properties).find(([, v]) => v.const !== undefined);
      yield* rowsOf(
        only(option, (name) => !common.includes(name)),
        mark ? `${at}(${mark[1].const})` : at,
      );
    }
  }
}

/** The rows of a task's keys, each once. */
const tableOf = (schema) => [
  ...new Set(
    [...rowsOf(schema, '')].map(
      (row) => `| ${row.map((text, i) => (i === 0 ? `\`${text}\`` : cell(text))).join(' | ')} |`,
    ),
  ),
];

const tasks = recipeJsonSchema().oneOf.map((schema) => ({
  name: schema.properties.task.const,
  what: schema.properties.task.description,
  rows: tableOf(schema),
}));
const [first, ...others] = tasks;
const common = first.rows.filter((row) => others.every(({ rows }) => rows.includes(row)));
const table = (rows) => `| key | value | default | what it is |
| --- | --- | --- | --- |
${rows.join('\n')}`;
const page = `# Every key of a recipe

Made from the schema that reads recipes (\`node scripts/recipe.mjs\`); \`recipeJsonSchema()\` gives it to editors. A key that stands in one kind of thing only is written with that kind: \`training.schedule(cosine).finalRate\` is a key of \`schedule: { type: cosine, … }\`. Every key can be set from the command line: \`heed train RECIPE --set training.epochs=5\`. Examples: [recipes/](../recipes).
${tasks
  .map(
    ({ name, what, rows }) => `
## task: ${name} (${what})

${table(rows.filter((row) => !common.includes(row)))}
`,
  )
  .join('')}
## Every task

${table(common)}
`;

if (process.argv.includes('--check')) {
  if (readFileSync(PAGE, 'utf8') === page) process.exit(0);
  console.error(`${PAGE} is not what the schema says; run: node scripts/recipe.mjs`);
  process.exit(1);
}
writeFileSync(PAGE, page);
