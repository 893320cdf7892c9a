export type { EncoderDecoder, EncoderDecoderSizes, Tensors, WordSizes } from './model.ts';
export { type RecurrentSizes, recurrent } from './recurrent.ts';
export { rnnenc } from './rnnenc.ts';
export { rnnsearch } from './rnnsearch.ts';
