import { DataError, UsageError } from '../../errors.ts';
import { hasCharacters, type Labelling, SPACE } from './alphabet.ts';

/** Words by their beginnings. */
export interface LexiconNode {
  readonly next: Map<string, LexiconNode>;
  /** Whether a word ends here. */
  ends: boolean;
}

/** The words that may be said. Made once, it serves many searches. */
export interface CtcLexicon {
  readonly words: ReadonlySet<string>;
  /** Before the first character of a word. */
  readonly root: LexiconNode;
  readonly characters: ReadonlySet<string>;
}

/**
 * @param words each once or more, without spaces
 * @throws DataError where there is no word, or one is empty or has a space
 */
export function ctcLexicon(words: Iterable<string>): CtcLexicon {
  const said = new Set(words);
  const root: LexiconNode = { next: new Map(), ends: false };
  const characters = new Set<string>();
  for (const word of said) {
    if (word === '' || word.includes(SPACE)) {
      throw new DataError(`"${word}" in a lexicon`, 'a word without spaces', 'Give phrases word by word.');
    }
    let node = root;
    for (const character of word) {
      characters.add(character);
      let next = node.next.get(character);
      if (!next) {
        next = { next: new Map(), ends: false };
        node.next.set(character, next);
      }
      node = next;
    }
    node.ends = true;
  }
  if (said.size === 0)
    throw new DataError('A lexicon without words', 'at least one', 'Look for an empty file.');
  return { words: said, root, characters };
}

/** Whether words are spelt, character after character, or each is a label. */
export const spells = (labelling: Labelling): boolean => labelling.ids.has(SPACE) || hasCharacters(labelling);

/**
 * @throws UsageError for an alphabet in which words cannot be followed: with a space, but labels of several characters;
 *   DataError for a word that its labels cannot spell
 */
export function checkSpelling(lexicon: CtcLexicon, labelling: Labelling): void {
  const { ids } = labelling;
  if (ids.has(SPACE) && !hasCharacters(labelling)) {
    throw new UsageError(
      'A lexicon for an alphabet with a space and labels of several characters',
      'labels of one character, or one label a word and no space',
      'Search without a lexicon.',
    );
  }
  const spelt = spells(labelling) ? lexicon.characters : lexicon.words;
  const unknown = [...spelt].find((label) => !ids.has(label));
  if (unknown === undefined) return;
  const word = [...lexicon.words].find((said) => said.includes(unknown));
  throw new DataError(
    `"${word}" in the lexicon`,
    spells(labelling)
      ? `words of the alphabet's characters, which "${unknown}" is not among`
      : 'labels of the alphabet, since its labels are words',
    'Take it out, or write it as the training text was written.',
  );
}
