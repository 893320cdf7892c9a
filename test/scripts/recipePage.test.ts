import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { recipeJsonSchema } from '../../src/formats/index.ts';

describe('docs/recipe.md', () => {
  it('is what the schema says', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/recipe.mjs', '--check'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('comes of a schema that has a description of every key but those that speak for themselves', () => {
    const bare: string[] = [];
    const visit = (schema: Record<string, unknown>, path: string) => {
      const options = (schema.anyOf ?? schema.oneOf ?? []) as Record<string, unknown>[];
      const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>;
      for (const [key, inner] of Object.entries(properties)) {
        if (inner.description === undefined) bare.push(`${path}.${key}`);
        visit(inner, `${path}.${key}`);
      }
      for (const option of options) visit(option, path);
    };
    visit(recipeJsonSchema(), '');
    const speaking =
      /\.(epochs|steps|data|train|source|target|model|training|decoding|encoder|attention|evaluation)$|schedule\.type$/;
    expect(bare.filter((path) => !speaking.test(path))).toEqual([]);
  });
});
