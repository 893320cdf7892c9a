import { UsageError } from '../errors.ts';
import type { TranslationRecipe, WordVectors } from '../formats/index.ts';
import type { ParameterLayout } from '../programs/parameters.ts';
import type { Codecs } from './pairs.ts';

export type Side = 'source' | 'target';

/** Words of each side that have vectors, of all its words. */
export type VectorCoverage = Readonly<
  Partial<Record<Side, { readonly found: number; readonly words: number }>>
>;

/**
 * Puts pretrained vectors into the word embeddings of fresh parameters; words without one keep what they have.
 *
 * @throws UsageError when the vectors are not as wide as the embeddings
 */
export function beginWithVectors(
  recipe: TranslationRecipe,
  { layout, parameters }: { readonly layout: ParameterLayout; readonly parameters: Float32Array },
  codecs: Codecs,
  vectors: Readonly<Partial<Record<Side, WordVectors>>>,
): VectorCoverage {
  const coverage: Partial<Record<Side, { found: number; words: number }>> = {};
  for (const side of ['source', 'target'] as const) {
    const given = vectors[side];
    if (given === undefined) continue;
    const width = recipe.model.embedding;
    if (given.dimension !== width) {
      throw new UsageError(
        `${side}.vectors ${recipe[side].vectors}, of dimension ${given.dimension}`,
        `vectors as wide as model.embedding, ${width}`,
        `Set model.embedding to ${given.dimension}, or take other vectors.`,
      );
    }
    const place = recipe.model.tie === 'all' ? '' : side === 'source' ? 'encoder.' : 'decoder.';
    const table = layout.views(parameters)[`${place}embedding.table`].data as Float32Array;
    const { tokens } = codecs[side].vocabulary.toJSON();
    let found = 0;
    for (const [id, token] of tokens.entries()) {
      const vector = given.vectors.get(token);
      if (vector === undefined) continue;
      table.set(vector, id * width);
      found++;
    }
    coverage[side] = { found, words: tokens.length };
  }
  return coverage;
}
