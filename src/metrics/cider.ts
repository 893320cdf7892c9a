import { DataError } from '../errors.ts';
import { corpusStatistics, type ReferenceStreams, signatureOf } from './metric.ts';
import { ngramCounts } from './ngrams.ts';
import { splitWords } from './text.ts';

export interface CiderOptions {
  /**
   * `D`: a hypothesis gains nothing by saying a phrase more often than a reference does, and loses by another length
   * (section 6, equation 6; what papers report as CIDEr); `plain`: neither (section 3.2). Default `D`, as in nlg-eval and
   * coco-caption.
   */
  form?: 'D' | 'plain';
  /** Deviation of the length penalty of form D, in words. Default 6. */
  sigma?: number;
  /** Longest n-gram counted. Default 4. */
  maxOrder?: number;
  /** Compare in lower case. Default false. */
  lowercase?: boolean;
}

export interface CiderScore {
  /** Mean of the sentences'. As papers give it, 0 to 1000 and mostly about 100; nlg-eval prints a hundredth of it. */
  score: number;
  sentences: number[];
  signature: string;
}

/** A text's n-grams by order, each with what it counts, their lengths as vectors, and how many words there are. */
interface Weighted {
  readonly orders: readonly ReadonlyMap<string, number>[];
  readonly norms: readonly number[];
  readonly words: number;
}

/**
 * CIDEr (Vedantam, Zitnick, Parikh 2015): the cosine between the n-grams of a hypothesis and of each of its references,
 * where an n-gram counts the more the fewer pictures' references have it (tf-idf); mean over references, then over the
 * orders 1 to 4, times 1000. Words are what stands between whitespace: no stemming, and punctuation counts unless it is
 * taken out before.
 *
 * @param hypotheses one a picture
 * @param references one array per reference stream
 * @throws DataError for a single picture, of which no n-gram is rarer than another; as `corpusStatistics` does
 */
export function cider(
  hypotheses: readonly string[],
  references: ReferenceStreams,
  options: CiderOptions = {},
): CiderScore {
  const { form = 'D', sigma = 6, maxOrder = 4, lowercase = false } = options;
  const counted = (text: string) => {
    const words = splitWords(lowercase ? text.toLowerCase() : text);
    return { words: words.length, orders: ngramCounts(words, maxOrder, ' ') };
  };
  const rows: { said: ReturnType<typeof counted>; given: ReturnType<typeof counted>[] }[] = [];
  const { signature } = corpusStatistics(
    {
      name: 'CIDEr',
      higherIsBetter: true,
      signature: (count) => signatureOf(count, { case: lowercase ? 'lc' : 'mixed', tok: 'none', form }),
      statistics(hypothesis, present) {
        rows.push({ said: counted(hypothesis), given: present.map(counted) });
        return [];
      },
      compute: () => ({ score: 0 }),
    },
    hypotheses,
    references,
  );
  if (rows.length === 1) {
    throw new DataError(
      'CIDEr of 1 picture',
      'at least 2: n-grams count by how rare they are among the references of all',
      'Score all pictures together; for one alone take BLEU.',
    );
  }
  const pictures = new Map<string, number>();
  for (const { given } of rows) {
    const own = new Set(given.flatMap(({ orders }) => orders.flatMap((order) => [...order.keys()])));
    for (const ngram of own) pictures.set(ngram, (pictures.get(ngram) ?? 0) + 1);
  }
  const weighted = ({ words, orders }: ReturnType<typeof counted>): Weighted => {
    const vectors = orders.map(
      (order) =>
        new Map(
          Array.from(order, ([ngram, count]) => [
            ngram,
            count * Math.log(rows.length / Math.max(1, pictures.get(ngram) ?? 0)),
          ]),
        ),
    );
    const norms = vectors.map((v) => Math.sqrt([...v.values()].reduce((sum, x) => sum + x * x, 0)));
    return { orders: vectors, norms, words };
  };
  const sentences = rows.map(({ said, given }) => {
    const hypothesis = weighted(said);
    const total = given.reduce((sum, text) => sum + similarity(hypothesis, weighted(text), form, sigma), 0);
    return (1000 * total) / given.length;
  });
  return { score: sentences.reduce((sum, s) => sum + s, 0) / sentences.length, sentences, signature };
}

/** Mean over the orders of the cosine; an order that one of the two has no n-grams of counts 0. */
function similarity(hypothesis: Weighted, reference: Weighted, form: 'D' | 'plain', sigma: number): number {
  const cosines = hypothesis.orders.map((said, n) => {
    const given = reference.orders[n];
    const norms = hypothesis.norms[n] * reference.norms[n];
    if (norms === 0) return 0;
    let product = 0;
    for (const [ngram, weight] of said) {
      const other = given.get(ngram) ?? 0;
      product += (form === 'D' ? Math.min(weight, other) : weight) * other;
    }
    return product / norms;
  });
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length;
  const off = hypothesis.words - reference.words;
  return form === 'D' ? mean * Math.exp(-(off ** 2) / (2 * sigma ** 2)) : mean;
}
