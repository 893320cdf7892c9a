import { UsageError } from '../../errors.ts';
import type { LanguageModel } from '../language/contract.ts';
import { type Labelling, SPACE } from './alphabet.ts';
import { type CtcLexicon, checkSpelling, ctcLexicon, type LexiconNode, spells } from './lexicon.ts';
import { IMPOSSIBLE } from './logits.ts';

/** What may be said, and how good it is, whatever the logits are. */
export interface WordingOptions<State> {
  /** Its log-probabilities are added, times the weight, as each token ends. */
  languageModel?: LanguageModel<State>;
  /** α of Hannun et al. 2014, 0 or more. Default 0.5. */
  languageModelWeight?: number;
  /** Added for every unit said, nats: what keeps a language model from preferring few words. Default 0. */
  insertionBonus?: number;
  /**
   * What the language model's tokens are, and what the bonus counts: labels, or words, which end at the label `" "`
   * and at the end; empty words do not count. Default: words where the alphabet has that label.
   */
  unit?: 'word' | 'label';
  /** What a model of labels calls the label `" "`, which an ARPA file cannot hold. Default `" "`. */
  spaceToken?: string;
  /**
   * Only these words may be said, separated by the label `" "`; one of them, where labels are characters and none is a
   * space; or only these labels, where labels are words.
   */
  lexicon?: readonly string[] | ReadonlySet<string> | CtcLexicon;
}

/** How far what was said is, for language model and lexicon. */
export interface Progress<State> {
  /** Weighted log-probabilities and bonuses of all units that ended, nats. */
  readonly bonus: number;
  readonly state: State | undefined;
  /** Since the last space. */
  readonly word: string;
  /** Where the word is in the lexicon. */
  readonly node: LexiconNode | undefined;
}

export interface Wording<State> {
  readonly start: Progress<State>;
  /** After one more label; undefined where it may not be said. */
  after(progress: Progress<State>, label: number): Progress<State> | undefined;
  /** The bonus of all that was said if it ends here, its end included; -Infinity where it may not. */
  end(progress: Progress<State>): number;
}

/** @throws UsageError on an option that is wrong or lacks its alphabet; DataError for a lexicon that cannot be spelt */
export function ctcWording<State>(options: WordingOptions<State>, labelling: Labelling): Wording<State> {
  const { languageModel, languageModelWeight = 0.5, insertionBonus = 0 } = options;
  const { spaceToken = SPACE, unit = labelling.ids.has(SPACE) ? 'word' : 'label' } = options;
  checkOptions({ ...options, languageModelWeight, insertionBonus, spaceToken, unit }, labelling);
  const lexicon = readLexicon(options.lexicon, labelling);
  const byWords = lexicon !== undefined && spells(labelling);
  const names = labelling.names ?? [];
  // With weight 0 a token of probability 0 would give 0 · -Infinity.
  const model = languageModelWeight > 0 ? languageModel : undefined;

  const say = (progress: Progress<State>, token: string): { state: State | undefined; bonus: number } => {
    if (!model) return { state: undefined, bonus: progress.bonus + insertionBonus };
    const { state, logProb } = model.score(progress.state as State, token);
    return { state, bonus: progress.bonus + languageModelWeight * logProb + insertionBonus };
  };
  const endWord = (progress: Progress<State>) =>
    unit === 'word' && progress.word !== '' ? say(progress, progress.word) : progress;
  const wordMayEnd = ({ word, node }: Progress<State>) => !byWords || word === '' || node?.ends === true;

  return {
    start: { bonus: 0, state: model?.start(), word: '', node: lexicon?.root },
    after(progress, label) {
      const name = names[label] ?? '';
      if (lexicon && !byWords && !lexicon.words.has(name)) return undefined;
      const isSpace = name === SPACE;
      if (isSpace && !wordMayEnd(progress)) return undefined;
      const node = isSpace ? lexicon?.root : progress.node?.next.get(name);
      if (byWords && !node) return undefined;
      const token = isSpace ? spaceToken : name;
      const { state, bonus } =
        unit === 'label' ? say(progress, token) : isSpace ? endWord(progress) : progress;
      if (bonus === IMPOSSIBLE) return undefined;
      return { bonus, state, word: isSpace ? '' : progress.word + name, node };
    },
    end(progress) {
      if (!wordMayEnd(progress)) return IMPOSSIBLE;
      const { state, bonus } = endWord(progress);
      return model ? bonus + languageModelWeight * model.end(state as State) : bonus;
    },
  };
}

function readLexicon(
  lexicon: WordingOptions<unknown>['lexicon'],
  labelling: Labelling,
): CtcLexicon | undefined {
  if (lexicon === undefined) return undefined;
  const read = 'root' in lexicon ? lexicon : ctcLexicon(lexicon);
  checkSpelling(read, labelling);
  return read;
}

function checkOptions<State>(
  options: WordingOptions<State> & { languageModelWeight: number; insertionBonus: number },
  { names, ids }: Labelling,
): void {
  const { languageModel, languageModelWeight, insertionBonus, unit, spaceToken = SPACE, lexicon } = options;
  if (!(languageModelWeight >= 0 && languageModelWeight < Number.POSITIVE_INFINITY)) {
    throw new UsageError(
      `A languageModelWeight of ${languageModelWeight}`,
      'a number, 0 or more',
      'Take 0.5, or 0 for none.',
    );
  }
  if (!Number.isFinite(insertionBonus)) {
    throw new UsageError(`An insertionBonus of ${insertionBonus}`, 'a finite number', 'Take 0 for none.');
  }
  if (!names && (languageModel || lexicon)) {
    throw new UsageError(
      `A ${languageModel ? 'language model' : 'lexicon'} without an alphabet`,
      'an alphabet, which says what the labels stand for',
      'Give the alphabet.',
    );
  }
  if (unit !== 'word' && unit !== 'label') {
    throw new UsageError(
      `A unit "${unit}"`,
      '"word" or "label"',
      'Take what the language model was made of.',
    );
  }
  if (unit === 'word' && !ids.has(SPACE)) {
    throw new UsageError(
      'The unit "word" without a space in the alphabet',
      'a label " " at which words end',
      'Take the unit "label" where a label is a word.',
    );
  }
  if (unit === 'label' && ids.has(SPACE) && languageModel?.has?.(spaceToken) === false) {
    throw new UsageError(
      `A language model of labels that does not know the space as "${spaceToken}"`,
      'its name for the label " " as spaceToken',
      'Look it up among its 1-grams; or take the unit "word" for a model of words.',
    );
  }
}
