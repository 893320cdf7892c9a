export { type BleuOptions, type BleuScore, bleu } from './bleu.ts';
export { bleuByLength, type LengthBucket } from './bleuByLength.ts';
export { exactMatch } from './exactMatch.ts';
export { perplexity } from './perplexity.ts';
export { type BleuTokenizer, tokenize13a, tokenizer13a } from './tokenizers.ts';
