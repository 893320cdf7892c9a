import { DataError } from '../errors.ts';
import { type CorpusMetric, corpusStatistics, type ReferenceStreams, signatureOf, sumOf } from './metric.ts';
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

/** A text's n-grams by order, and how many words it has. */
interface Counted {
  readonly orders: readonly ReadonlyMap<string, number>[];
  readonly words: number;
}

/** What a sentence's statistics come to. */
export interface CiderFigures {
  readonly score: number;
}

/**
 * CIDEr (Vedantam, Zitnick, Parikh 2015): the cosine between the n-grams of a hypothesis and of each of its references,
 * where an n-gram counts the more the fewer pictures' references have it (tf-idf); mean over references, then over the
 * orders 1 to 4, times 1000. Words are what stands between whitespace: no stemming, and punctuation counts unless it is
 * taken out before. Statistics: the sentence's score, and 1 for the sentence. How rare an n-gram is follows from the
 * references that the metric is made with, so that parts of the corpus (single sentences, the samples of a bootstrap) are
 * scored as in the whole.
 *
 * @param references of the whole corpus, one array per reference stream
 * @throws DataError, from `statistics`, for a single picture, of which no n-gram is rarer than another
 */
export function ciderMetric(
  references: ReferenceStreams,
  options: CiderOptions = {},
): CorpusMetric<CiderFigures> {
  const { form = 'D', sigma = 6, maxOrder = 4, lowercase = false } = options;
  const counted = (text: string): Counted => {
    const words = splitWords(lowercase ? text.toLowerCase() : text);
    return { words: words.length, orders: ngramCounts(words, maxOrder, ' ') };
  };
  const count = references[0]?.length ?? 0;
  const pictures = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const given = references.flatMap((stream) => stream[i] ?? []);
    const own = new Set(given.flatMap((text) => counted(text).orders.flatMap((order) => [...order.keys()])));
    for (const ngram of own) pictures.set(ngram, (pictures.get(ngram) ?? 0) + 1);
  }
  const weighted = ({ words, orders }: Counted): Weighted => {
    const vectors = orders.map(
      (order) =>
        new Map(
          Array.from(order, ([ngram, times]) => [
            ngram,
            times * Math.log(count / Math.max(1, pictures.get(ngram) ?? 0)),
          ]),
        ),
    );
    const norms = vectors.map((v) => Math.sqrt([...v.values()].reduce((sum, x) => sum + x * x, 0)));
    return { orders: vectors, norms, words };
  };
  return {
    name: form === 'D' ? 'CIDEr-D' : 'CIDEr',
    higherIsBetter: true,
    signature: (streams) => signatureOf(streams, { case: lowercase ? 'lc' : 'mixed', tok: 'none', form }),
    statistics(hypothesis, given) {
      if (count === 1) {
        throw new DataError(
          'CIDEr of 1 picture',
          'at least 2: n-grams count by how rare they are among the references of all',
          'Score all pictures together; for one alone take BLEU.',
        );
      }
      const said = weighted(counted(hypothesis));
      const total = given.reduce(
        (sum, text) => sum + similarity(said, weighted(counted(text)), form, sigma),
        0,
      );
      return [(1000 * total) / given.length, 1];
    },
    compute: ([sum, sentences]) => ({ score: sum / sentences }),
  };
}

/**
 * CIDEr of a corpus, as `ciderMetric` says.
 *
 * @param hypotheses one a picture
 * @param references one array per reference stream
 * @throws DataError for a single picture; as `corpusStatistics` does
 */
export function cider(
  hypotheses: readonly string[],
  references: ReferenceStreams,
  options: CiderOptions = {},
): CiderScore {
  const metric = ciderMetric(references, options);
  const { rows, signature } = corpusStatistics(metric, hypotheses, references);
  return { ...metric.compute(sumOf(rows)), sentences: rows.map(([score]) => score), signature };
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
