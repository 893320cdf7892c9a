import { normalizeText } from '../data/tokenizer.ts';
import { type CtcLexicon, ctcLexicon } from '../decoding/index.ts';
import { DataError, UsageError } from '../errors.ts';
import type { SpeechCodecs } from './speechModel.ts';

/**
 * The words that may be said, one a line; in the case that the model writes. Blank lines are passed over.
 *
 * @param name what errors call the lines
 * @throws UsageError for a model that does not write characters; DataError with the line for what is no word, or what
 *   the model has not the characters for; where there is no word
 */
export function parseLexicon(lines: readonly string[], name: string, { target }: SpeechCodecs): CtcLexicon {
  const { tokenizer, vocabulary } = target;
  checkSpeller(tokenizer.kind);
  const words = new Set<string>();
  for (const [i, line] of lines.entries()) {
    const word = normalizeText(line.trim(), tokenizer.lowercase);
    if (word === '') continue;
    const at = `${name}:${i + 1}: ${JSON.stringify(word)}`;
    if (/\s/u.test(word)) throw new DataError(at, 'one word a line', 'Give phrases word by word.');
    const unknown = [...word].find((character) => !vocabulary.has(character));
    if (unknown !== undefined) {
      throw new DataError(
        `${at}, whose ${JSON.stringify(unknown)} the model cannot write`,
        'words of the characters that the training transcripts have',
        'Take it out, or write it as they would.',
      );
    }
    words.add(word);
  }
  if (words.size > 0) return ctcLexicon(words);
  throw new DataError(`${name}, in which there is no word`, 'one word a line', 'Look for an empty file.');
}

/** The different words of transcripts, sorted by code unit; those with characters too rare for the model are left out. */
export function lexiconOfTranscripts(transcripts: readonly string[], { target }: SpeechCodecs): string[] {
  const { tokenizer, vocabulary } = target;
  checkSpeller(tokenizer.kind);
  const words = new Set(
    transcripts.flatMap((text) => normalizeText(text, tokenizer.lowercase).split(/\s+/u)),
  );
  return [...words]
    .filter((word) => word !== '' && [...word].every((character) => vocabulary.has(character)))
    .sort();
}

function checkSpeller(kind: string): void {
  if (kind === 'character') return;
  throw new UsageError(
    `a lexicon for a model that writes tokens of the kind ${kind}`,
    'a model that writes characters (target.tokens: character)',
    'Leave the lexicon out.',
  );
}
