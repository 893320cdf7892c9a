import { readParallel, readTsv } from '../data/corpus.node.ts';
import type { Pair } from '../data/corpus.ts';
import { generateDates } from '../data/dates.ts';
import { findCorpusFile } from '../data/download.node.ts';
import { UsageError } from '../errors.ts';
import type { PairsRecipe, Recipe } from '../formats/index.ts';

/** Reads a recipe's pairs: files are looked for here, in HEED_DATA and among the downloads. */
export async function loadPairs(
  data: Recipe['data'],
  seed: number,
): Promise<{ train: Pair[]; validation?: Pair[]; test?: Pair[] }> {
  const generated = [data.train, data.validation, data.test].map((p) =>
    p && 'generated' in p ? p.count : 0,
  );
  let dates: ReturnType<typeof generateDates> | undefined;
  const load = async (part: 'train' | 'validation' | 'test'): Promise<Pair[]> => {
    const pairs = data[part] as PairsRecipe;
    if ('tsv' in pairs) return readTsv(findCorpusFile(pairs.tsv), pairs.separator);
    if ('source' in pairs) return readParallel(findCorpusFile(pairs.source), findCorpusFile(pairs.target));
    if (!('generated' in data.train)) {
      throw new UsageError(
        `data.${part} generated, data.train not`,
        'all parts generated together',
        'Generate data.train too: held-out dates must be unseen.',
      );
    }
    dates ??= generateDates({
      seed,
      count: generated[0],
      validation: generated[1] || 1,
      test: generated[2] || 1,
    });
    return dates[part];
  };
  return {
    train: await load('train'),
    ...(data.validation && { validation: await load('validation') }),
    ...(data.test && { test: await load('test') }),
  };
}
