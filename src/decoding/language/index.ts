export { parseArpa, printArpa } from './arpa.ts';
export type { LanguageModel } from './contract.ts';
export { type NgramEntry, NgramModel, type NgramOptions, type NgramState } from './model.ts';
export { type NgramPerplexity, ngramPerplexity } from './perplexity.ts';
export { type NgramSmoothing, type NgramTraining, trainNgram } from './train.ts';
