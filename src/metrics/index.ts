export {
  type BleuFigures,
  type BleuOptions,
  type BleuScore,
  type BleuSmoothing,
  bleu,
  bleuMetric,
} from './bleu.ts';
export { bleuByLength, type LengthBucket } from './bleuByLength.ts';
export { type BootstrapOptions, type PairedBootstrap, pairedBootstrap, type Resampled } from './bootstrap.ts';
export { type ChrfFigures, type ChrfOptions, chrf, chrfMetric } from './chrf.ts';
export { type CiderFigures, type CiderOptions, type CiderScore, cider, ciderMetric } from './cider.ts';
export { alignEdits, type Edit, type EditAlignment, type EditCounts } from './edits.ts';
export {
  alignCharacters,
  alignWords,
  cer,
  cerMetric,
  type ErrorRate,
  type ErrorRateOptions,
  per,
  perMetric,
  wer,
  werMetric,
} from './errorRates.ts';
export { type ExactMatchFigures, exactMatch, exactMatchMetric } from './exactMatch.ts';
export {
  type CorpusMetric,
  type CorpusStatistics,
  corpusScore,
  corpusStatistics,
  type ReferenceCount,
  type ReferenceStreams,
  sentenceScore,
  sumOf,
} from './metric.ts';
export { perplexity } from './perplexity.ts';
export { type RougeLFigures, type RougeLOptions, rougeL, rougeLMetric } from './rouge.ts';
export { type TerFigures, ter, terMetric } from './ter.ts';
export type { TercomOptions } from './tercomTokenizer.ts';
export {
  BLEU_TOKENIZERS,
  type BleuTokenizer,
  tokenize13a,
  tokenizer13a,
  tokenizerChar,
  tokenizerIntl,
  tokenizerNone,
  tokenizerZh,
} from './tokenizers.ts';
