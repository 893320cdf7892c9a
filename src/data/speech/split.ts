import { DataError, UsageError } from '../../errors.ts';
import { hashOf } from '../heldOut.ts';

/** How much of a training set is held out for validation: so many utterances, or so many speakers with all of theirs. */
export type HeldOutSpeech = { readonly utterances: number } | { readonly speakers: number };

interface Spoken {
  readonly id: string;
  readonly text: string;
  readonly speaker?: string;
}

/**
 * Takes utterances out of a training set for validation; both parts keep their order. Which are taken depends on a
 * hash of their ids, or of the speakers' names, alone: not on a seed, and not on the order or number of the others.
 * Held-out speakers are not in the training part, as in AN4 those of its test set are not.
 *
 * @param name the set's, for errors
 * @throws UsageError for a size that is no whole number; DataError when nothing would be left to train on, or when
 *   speakers are asked for and an utterance has none
 */
export function holdOutSpeech<Of extends Spoken>(
  utterances: readonly Of[],
  size: HeldOutSpeech,
  name: string,
): { train: Of[]; validation: Of[] } {
  const [unit, count] =
    'speakers' in size ? (['speakers', size.speakers] as const) : (['utterances', size.utterances] as const);
  if (!(Number.isInteger(count) && count >= 0)) {
    throw new UsageError(`${count} ${unit} to hold out`, 'a whole number, 0 or more', 'Correct it.');
  }
  const keys = utterances.map(({ id, speaker }) => {
    if (unit === 'utterances') return id;
    if (speaker !== undefined) return speaker;
    throw new DataError(
      `${id} of ${name} has no speaker`,
      'a speaker for every utterance, since speakers are to be held out',
      'Add them (the third column of a manifest), or hold out utterances instead.',
    );
  });
  const distinct = [...new Set(keys)].map((key) => ({ key, hash: hashOf(key) }));
  if (count >= distinct.length) {
    throw new DataError(
      `${name} has ${distinct.length} ${unit}`,
      `more than the ${count} to hold out`,
      'Hold out fewer, or name a set for validation.',
    );
  }
  distinct.sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1));
  const held = new Set(distinct.slice(0, count).map(({ key }) => key));
  return {
    train: utterances.filter((_, i) => !held.has(keys[i])),
    validation: utterances.filter((_, i) => held.has(keys[i])),
  };
}

/** What of a test set a training set tells beforehand. */
export interface TranscriptOverlap {
  /** Utterances of the test set. */
  utterances: number;
  /** Those whose text is that of a training utterance, to the character. */
  repeated: number;
  /** Words of the test set, between space, that no training text has; each once, sorted. */
  outOfVocabulary: string[];
  /** How often such words occur in the test set. */
  outOfVocabularyTokens: number;
}

/** Of AN4: 26 of its 130 test utterances are repeated (commands such as GO), and two words are out of vocabulary. */
export function transcriptOverlap(
  train: readonly { readonly text: string }[],
  test: readonly { readonly text: string }[],
): TranscriptOverlap {
  const texts = new Set(train.map(({ text }) => text));
  const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '');
  const known = new Set(train.flatMap(({ text }) => wordsOf(text)));
  const unknown = test.flatMap(({ text }) => wordsOf(text)).filter((word) => !known.has(word));
  return {
    utterances: test.length,
    repeated: test.filter(({ text }) => texts.has(text)).length,
    outOfVocabulary: [...new Set(unknown)].sort(),
    outOfVocabularyTokens: unknown.length,
  };
}
