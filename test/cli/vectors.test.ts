/** Runs that begin with pretrained word vectors, in the text forms of word2vec and GloVe. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/formats/checkpoint.node.ts';
import { heedIn, tinyRecipe, workFolder, writeTiny } from './heed.ts';

const folder = workFolder();
const heed = heedIn(folder);
const one = [
  '--threads',
  '1',
  '--set',
  'training.maxSteps=1',
  '--set',
  'training.optimizer.learningRate=1e-12',
];
const row = (x: number) => Array.from({ length: 16 }, (_, k) => (x + k / 16).toFixed(4)).join(' ');

describe('source.vectors and target.vectors', () => {
  it('are what the embeddings begin with; other words begin as they would without', async () => {
    await writeTiny(heed);
    await heed.write('recipe.yaml', tinyRecipe({ test: false }));
    await heed.write('v.txt', `3 16\na ${row(1)}\nb ${row(2)}\nzebra ${row(9)}\n`);
    await heed.write('glove.txt', `c ${row(3)}\n`);
    const plain = await heed.good(['train', 'recipe.yaml', '--out', 'plain', ...one]);
    expect(plain.stderr).not.toContain('vectors');
    const vectors = ['--set', 'source.vectors=v.txt', '--set', 'target.vectors=glove.txt'];
    const { stderr } = await heed.good(['train', 'recipe.yaml', '--out', 'begun', ...vectors, ...one]);
    expect(stderr).toContain('source: vectors for 2 of 10 words\ntarget: vectors for 1 of 10 words\n');

    const tables = async (run: string) => {
      const { parameters } = await loadCheckpoint(join(folder, run), 'last');
      return (['source', 'target'] as const).map((side, i) => ({
        side,
        data: parameters[`${i === 0 ? 'encoder' : 'decoder'}.embedding.table`].data as Float32Array,
      }));
    };
    const without = await tables('plain');
    for (const [i, { side, data }] of (await tables('begun')).entries()) {
      const { tokens } = JSON.parse(await heed.read(`begun/${side}.json`)).vocabulary;
      const given: Record<string, number> = side === 'source' ? { a: 1, b: 2 } : { c: 3 };
      for (const [id, token] of tokens.entries()) {
        const found = Array.from(data.subarray(16 * id, 16 * id + 16));
        const expected =
          token in given
            ? row(given[token]).split(' ').map(Number)
            : Array.from(without[i].data.subarray(16 * id, 16 * id + 16));
        for (const [k, x] of found.entries()) expect(x).toBeCloseTo(expected[k], 5);
      }
    }
  });

  it('are refused when they are not as wide as the embeddings', async () => {
    await heed.write('narrow.txt', 'a 1 2 3\n');
    const { code, stderr } = await heed.run([
      'train',
      'recipe.yaml',
      '--out',
      'none',
      '--set',
      'source.vectors=narrow.txt',
      ...one,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'source.vectors narrow.txt, of dimension 3; expected vectors as wide as model.embedding, 16. Set model.embedding to 3',
    );
  });
});
