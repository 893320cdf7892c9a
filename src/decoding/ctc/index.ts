export { type CtcAlignment, ctcAlign } from './align.ts';
export type { CtcAlphabet, CtcOptions, CtcSearchOptions } from './alphabet.ts';
export { type CtcBeamOptions, type CtcHypothesis, type CtcPruning, ctcBeamSearch } from './beam.ts';
export { ctcGreedy } from './greedy.ts';
export type { CtcSpan } from './lattice.ts';
export { type CtcLexicon, ctcLexicon } from './lexicon.ts';
export type { CtcLogits } from './logits.ts';
export { ctcLoss } from './loss.ts';
