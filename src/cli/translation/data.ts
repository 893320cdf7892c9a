import { readBytes, readParallel, readTsv } from '../../data/corpus.node.ts';
import type { Pair } from '../../data/corpus.ts';
import { type DatePairs, generateDates } from '../../data/dates.ts';
import { findCorpusFile } from '../../data/download.node.ts';
import { holdOut } from '../../data/heldOut.ts';
import { UsageError } from '../../errors.ts';
import {
  type PairsRecipe,
  parseWordVectors,
  type TranslationRecipe,
  type WordVectors,
} from '../../formats/index.ts';
import type { Codecs } from '../../tasks/pairs.ts';

type Data = TranslationRecipe['data'];
type Part = 'validation' | 'test';

/**
 * Reads a recipe's pairs: files are looked for here, in HEED_DATA and among the downloads. Of training data are left
 * those that are not held out.
 */
export async function loadPairs(
  data: Data,
  seed: number,
): Promise<{ train: Pair[]; validation?: Pair[]; test?: Pair[] }> {
  let dates: DatePairs | undefined;
  const load = async (part: 'train' | Part, pairs: PairsRecipe): Promise<Pair[]> => {
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
      count: data.train.count,
      validation: generatedOf(data.validation),
      test: generatedOf(data.test),
    });
    return dates[part];
  };
  const all = await load('train', data.train);
  const held = holdOut(
    all,
    { validation: heldOutOf(data.validation), test: heldOutOf(data.test) },
    'data.train',
  );
  const loadPart = async (part: Part): Promise<{ [P in Part]?: Pair[] }> => {
    const pairs = data[part];
    if (pairs === undefined) return {};
    return { [part]: 'heldOut' in pairs ? held[part] : await load(part, pairs) };
  };
  return { train: held.train, ...(await loadPart('validation')), ...(await loadPart('test')) };
}

const generatedOf = (pairs: Data[Part]): number => (pairs && 'generated' in pairs ? pairs.count : 1);

const heldOutOf = (pairs: Data[Part]): number | undefined =>
  pairs && 'heldOut' in pairs ? pairs.heldOut : undefined;

/** The word vectors that a recipe names, of the words that its vocabularies hold. */
export async function loadVectors(
  recipe: TranslationRecipe,
  codecs: Codecs,
): Promise<Partial<Record<'source' | 'target', WordVectors>>> {
  const found: Partial<Record<'source' | 'target', WordVectors>> = {};
  for (const side of ['source', 'target'] as const) {
    const name = recipe[side].vectors;
    if (name === undefined) continue;
    const path = findCorpusFile(name);
    const wanted = new Set(codecs[side].vocabulary.toJSON().tokens);
    found[side] = parseWordVectors(await readBytes(path), wanted, path);
  }
  return found;
}
