/**
 * What a search knows of a language model. State is opaque and returned, never stored, so that hypotheses with a
 * common beginning share it. A token is a word, a letter or whatever the model was made of.
 */
export interface LanguageModel<State = unknown> {
  /** Before the first token of a sentence. */
  start(): State;
  /** @returns the natural log-probability of the token after what was said, and the state after it */
  score(state: State, token: string): { state: State; logProb: number };
  /** The natural log-probability that the sentence ends here. */
  end(state: State): number;
  /** Whether the model knows the token; what it does not know, it may still score. */
  has?(token: string): boolean;
}

/** Before the first token of a sentence. */
export const SENTENCE_START = '<s>';
/** Ends a sentence; predicted like a word. */
export const SENTENCE_END = '</s>';
/** Stands for every token outside the vocabulary. */
export const UNKNOWN = '<unk>';
