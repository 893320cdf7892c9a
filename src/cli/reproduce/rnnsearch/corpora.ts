import { readParallel, readTsv } from '../../../data/corpus.node.ts';
import type { Pair } from '../../../data/corpus.ts';
import { findCorpusFile } from '../../../data/download.node.ts';
import { generateGrammar } from '../../../data/grammar.ts';
import { holdOut } from '../../../data/heldOut.ts';
import { Random } from '../../../random.ts';
import { joinNeighbours, perTenWords } from '../../../tasks/reproductionSegments.ts';

export const REPRODUCTION_CORPORA = ['embedded', 'multi30k', 'tatoeba'] as const;
export type ReproductionCorpus = (typeof REPRODUCTION_CORPORA)[number];

export interface CorpusRequest {
  readonly seed: number;
  /** Training pairs to generate. */
  readonly pairs: number;
  /** Test sentences wanted of every ten lengths. */
  readonly perTenWords: number;
}

export interface LongPairs {
  /** What the user is told of it. */
  readonly description: string;
  readonly joined: boolean;
  readonly train: readonly Pair[];
  readonly validation: readonly Pair[];
  readonly test: readonly Pair[];
}

/** The longest sentences of training, and of the test: those of Bahdanau et al. 2015, Table 1 and Figure 2. */
const TRAINED = 50;
const TESTED = 60;
const VALIDATION = 300;
/** Real pairs are joined so many times, each time otherwise. */
const JOININGS = 3;

/** English–French pairs of up to 60 words. */
export async function longPairs(corpus: ReproductionCorpus, request: CorpusRequest): Promise<LongPairs> {
  if (corpus === 'embedded') {
    const { seed, pairs: count, perTenWords: testPerBucket } = request;
    return {
      description:
        'the embedded grammar: English sentences and their French, generated; lengths in training as 1/length',
      joined: false,
      ...generateGrammar({
        seed,
        count,
        validation: VALIDATION,
        testPerBucket,
        maxLength: TRAINED,
        testMaxLength: TESTED,
      }),
    };
  }
  return corpus === 'multi30k' ? multi30k(request) : tatoeba(request);
}

async function multi30k(request: CorpusRequest): Promise<LongPairs> {
  const [train, validation, ...tests] = await Promise.all(
    ['train', 'val', 'test_2016_flickr', 'test_2017_flickr'].map((name) =>
      readParallel(
        findCorpusFile(`multi30k/raw/${name}.en.gz`),
        findCorpusFile(`multi30k/raw/${name}.fr.gz`),
      ),
    ),
  );
  return {
    description:
      'Multi30k English–French: segments made of neighbouring image descriptions joined, up to 60 words ' +
      '(test: test_2016_flickr and test_2017_flickr)',
    ...joined({ train, validation, test: tests.flat() }, request),
  };
}

async function tatoeba(request: CorpusRequest): Promise<LongPairs> {
  const name = 'tatoeba/fra-eng.zip/fra.txt';
  const pairs = await readTsv(findCorpusFile(name));
  const parts = holdOut(pairs, { validation: 2000, test: 12_000 }, name);
  // The file is in the order of length: neighbours there would be short with short, and often the same sentence.
  const random = new Random(request.seed);
  const [train, validation, test] = [parts.train, parts.validation, parts.test].map((part) =>
    random.shuffle([...part]),
  );
  return {
    description:
      'Tatoeba English–French (CC BY 2.0 FR): segments made of sentences joined that are neighbours once their order ' +
      'is shuffled, up to 60 words (no English sentence of the test is in training)',
    ...joined({ train, validation, test }, request),
  };
}

function joined(
  { train, validation, test }: Record<'train' | 'validation' | 'test', readonly Pair[]>,
  { seed, perTenWords: most }: CorpusRequest,
): Omit<LongPairs, 'description'> {
  const random = new Random(seed);
  return {
    joined: true,
    test: perTenWords(joinNeighbours(test, TESTED, random), most, TESTED),
    validation: joinNeighbours(validation, TRAINED, random).slice(0, VALIDATION),
    train: Array.from({ length: JOININGS }, () => joinNeighbours(train, TRAINED, random)).flat(),
  };
}
