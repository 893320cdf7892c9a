import { DataError, UsageError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Pair } from './corpus.ts';
import { english } from './grammarEnglish.ts';
import { french } from './grammarFrench.ts';
import { GrammarSampler } from './grammarSampler.ts';
import type { Sentence } from './grammarTree.ts';

export interface GrammarOptions {
  seed: number;
  /** Training pairs. */
  count: number;
  /** Validation pairs. Default 500. */
  validation?: number;
  /** Test pairs of every ten lengths (up to 10 words, 11 to 20, …). Default 100. */
  testPerBucket?: number;
  /** Longest English sentence of training and validation, in words. Default 50. */
  maxLength?: number;
  /** Longest of the test. Default 60. */
  testMaxLength?: number;
}

export interface GrammarPairs {
  train: Pair[];
  validation: Pair[];
  test: Pair[];
}

/** Shorter there are too few sentences to hold any out. */
const SHORTEST = 4;
/** After so many sentences in a row that were there already, or too many of their length, there are no more. */
const PATIENCE = 50_000;

/** Words of an English sentence as the tokenizer `word` counts them: punctuation and the genitive's 's count, too. */
const lengthOf = (text: string): number => text.match(/[^\s,.']+|[,.]|'s/g)?.length ?? 0;

/** With a capital and a full stop. */
const written = (text: string): string => `${text[0].toUpperCase()}${text.slice(1)}.`;

export const pairOf = (sentence: Sentence, line: number): Pair => ({
  source: written(english(sentence)),
  target: written(french(sentence)),
  line,
});

/**
 * The embedded task "grammar": English sentences and their French, from a grammar of our own. The French is a
 * function of the English and needs what translation needs: agreement in gender and number over any distance,
 * adjectives behind nouns, pronouns before verbs, negation around them, genitives turned round, elision and
 * contraction. Words follow Zipf's law. Lengths, from 4 words on, are as in text: a length is as frequent as it is short
 * (in proportion to 1/length). In the test all are equally frequent.
 *
 * No sentence is there twice, so those of validation and test are not in training.
 *
 * @throws UsageError for lengths below 10, DataError when there are not so many sentences
 */
export function generateGrammar(options: GrammarOptions): GrammarPairs {
  const { seed, count, validation = 500, testPerBucket = 100, maxLength = 50, testMaxLength = 60 } = options;
  if (!(Math.min(maxLength, testMaxLength) >= 10)) {
    throw new UsageError(
      `sentences of up to ${maxLength} words, up to ${testMaxLength} in the test`,
      'at least 10 words',
      'Raise the lengths.',
    );
  }
  const random = new Random(seed);
  const sampler = new GrammarSampler(random);
  const seen = new Set<string>();
  // How long a sentence becomes is known when it is there. Each length has its share, and takes what comes of it.
  const draw = (pairs: number, from: number, to: number, weight: (length: number) => number): Pair[] => {
    const lengths = to - from + 1;
    const wanted = shares(
      pairs,
      Array.from({ length: lengths }, (_, i) => weight(from + i)),
    );
    const found: Sentence[] = [];
    for (let tries = 0; found.length < pairs && tries < PATIENCE; tries++) {
      let wish = random.integer(lengths);
      while (wanted[wish] === 0) wish = (wish + 1) % lengths;
      const sentence = sampler.sentence(from + wish);
      const text = english(sentence);
      const place = lengthOf(text) + 1 - from; // and the full stop
      if (!(wanted[place] > 0) || seen.has(text)) continue;
      seen.add(text);
      wanted[place]--;
      found.push(sentence);
      tries = 0;
    }
    if (found.length === pairs) return random.shuffle(found).map((sentence, i) => pairOf(sentence, i + 1));
    throw new DataError(
      `only ${found.length} sentences of ${from} to ${to} words, each another and none of them in the test`,
      `${pairs}`,
      'Ask for fewer pairs, or for longer ones.',
    );
  };
  const uniform = () => 1;
  const asWritten = (length: number) => 1 / length;
  // The test first: it is the same however much is trained on.
  const test: Pair[] = [];
  for (let to = 10; to - 9 <= testMaxLength; to += 10) {
    test.push(...draw(testPerBucket, Math.max(SHORTEST, to - 9), Math.min(to, testMaxLength), uniform));
  }
  return {
    test: test.map((pair, i) => ({ ...pair, line: i + 1 })),
    validation: draw(validation, SHORTEST, maxLength, asWritten),
    train: draw(count, SHORTEST, maxLength, asWritten),
  };
}

/** So many things in parts proportional to weights. */
function shares(count: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  let given = 0;
  return weights.map((weight) => {
    sum += weight;
    const part = Math.round((count * sum) / total) - given;
    given += part;
    return part;
  });
}
