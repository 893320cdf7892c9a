import type { TokenScorer } from '../fusion.ts';
import type { LanguageModel } from './contract.ts';

export interface LanguageScorerOptions {
  /** the tokens of the decoder by id, as the model calls them; those that are never said may be anything */
  readonly tokens: readonly string[];
  readonly eos: number;
  /** what the model is of: every token, or the words between spaces, where tokens are characters */
  readonly unit: 'token' | 'word';
}

interface State {
  readonly model: unknown;
  /** letters of the word that has not ended, of a model of words */
  readonly word: string;
}

/** A language model as a scorer beside a decoder. A model of words speaks when a word has ended. */
export function languageScorer<S>(
  model: LanguageModel<S>,
  { tokens, eos, unit }: LanguageScorerOptions,
): TokenScorer<State> {
  const isWords = unit === 'word';
  const said = ({ model: state, word }: State) => {
    if (word === '') return { state: state as S, logProb: 0 };
    return model.score(state as S, word);
  };
  return {
    start: () => ({ model: model.start(), word: '' }),
    extend(state, token) {
      if (!isWords) return { model: model.score(state.model as S, tokens[token]).state, word: '' };
      if (tokens[token] !== ' ') return { ...state, word: state.word + tokens[token] };
      return { model: said(state).state, word: '' };
    },
    scores(state) {
      const scores = new Float64Array(tokens.length);
      if (!isWords) {
        for (const [id, token] of tokens.entries()) {
          if (id !== eos) scores[id] = model.score(state.model as S, token).logProb;
        }
        scores[eos] = model.end(state.model as S);
        return scores;
      }
      const { state: after, logProb } = said(state);
      const space = tokens.indexOf(' ');
      if (space >= 0) scores[space] = logProb;
      scores[eos] = logProb + model.end(after);
      return scores;
    },
  };
}
