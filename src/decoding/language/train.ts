import { DataError, UsageError } from '../../errors.ts';
import { addK } from './addK.ts';
import { SENTENCE_END, SENTENCE_START, UNKNOWN } from './contract.ts';
import { countNgrams } from './counts.ts';
import { kneserNey } from './kneserNey.ts';
import { NgramModel, type NgramOptions } from './model.ts';

/**
 * `kneserNey`: interpolated modified Kneser–Ney (Chen & Goodman 1998), the usual choice; discounts 0.5, 1 and 1.5
 * for a length of n-grams of which the corpus has too few to estimate them. `addK`: k, above 0, added to every count.
 */
export type NgramSmoothing = { type: 'kneserNey' } | { type: 'addK'; k: number };

export interface NgramTraining extends NgramOptions {
  /** Tokens of the longest n-grams, 1 or more; 3 to 5 is usual. */
  order: number;
  smoothing: NgramSmoothing;
  /** Tokens to predict. Default: those of the sentences. */
  vocabulary?: readonly string[];
  /** Whether the model has no `<unk>`, so that no probability is kept for other tokens. Default false. */
  closedVocabulary?: boolean;
}

/**
 * Trains an n-gram model. Sentences are surrounded with `<s>` and `</s>`; an open vocabulary has `<unk>`, which stands
 * for tokens outside a given vocabulary, and keeps some probability even where none occurred. Given any history, the
 * probabilities of the vocabulary and `</s>` sum to 1.
 *
 * @param sentences tokens: words for a model of words, characters for one of letters
 * @throws UsageError on a wrong option; DataError where there is no sentence, a token is empty, is `<s>` or `</s>`, or
 *   lies outside a closed vocabulary
 */
export function trainNgram(sentences: readonly (readonly string[])[], training: NgramTraining): NgramModel {
  const { order, smoothing } = training;
  checkOptions(training);
  if (sentences.length === 0) {
    throw new DataError('No sentences', 'at least one to count n-grams in', 'Look for an empty file.');
  }
  const vocabulary = vocabularyOf(sentences, training);
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  const unknown = ids.get(UNKNOWN);
  const counted = countNgrams(
    sentences.map((sentence, i) =>
      sentence.map((token) => {
        checkToken(token, `in sentence ${i + 1}`);
        const id = ids.get(token) ?? unknown;
        if (id !== undefined) return id;
        throw new DataError(
          `Token "${token}" in sentence ${i + 1}`,
          'only tokens of the closed vocabulary',
          'Add it to the vocabulary, or leave the vocabulary open.',
        );
      }),
    ),
    order,
    vocabulary.length,
  );
  const smoothed = smoothing.type === 'addK' ? addK(counted, smoothing.k) : kneserNey(counted);
  return new NgramModel({ order, vocabulary, trie: counted.trie, ...smoothed }, training);
}

/** `<s>` and `</s>` with the ids that counting gives them, `<unk>` unless closed, and the tokens. */
function vocabularyOf(sentences: readonly (readonly string[])[], training: NgramTraining): string[] {
  const { vocabulary, closedVocabulary = false } = training;
  const tokens = new Set([SENTENCE_START, SENTENCE_END, ...(closedVocabulary ? [] : [UNKNOWN])]);
  for (const token of vocabulary ?? []) {
    checkToken(token, 'in the vocabulary');
    tokens.add(token);
  }
  if (!vocabulary) for (const token of sentences.flat()) tokens.add(token);
  return [...tokens];
}

function checkToken(token: string, place: string): void {
  if (token !== '' && token !== SENTENCE_START && token !== SENTENCE_END) return;
  throw new DataError(
    `A token "${token}" ${place}`,
    `tokens that are not empty and not ${SENTENCE_START} or ${SENTENCE_END}, which training adds`,
    'Take it out.',
  );
}

function checkOptions({ order, smoothing }: NgramTraining): void {
  if (!Number.isInteger(order) || order < 1) {
    throw new UsageError(`An order of ${order}`, 'a whole number, 1 or more', 'Take 3 for a model of words.');
  }
  if (smoothing.type !== 'kneserNey' && smoothing.type !== 'addK') {
    throw new UsageError(
      `Smoothing ${JSON.stringify(smoothing)}`,
      '{ type: "kneserNey" } or { type: "addK", k }',
      'Take Kneser–Ney.',
    );
  }
  if (smoothing.type === 'addK' && !(smoothing.k > 0 && smoothing.k < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`A k of ${smoothing.k}`, 'a number above 0', 'Take 1 for Laplace, or 0.1.');
  }
}
