import type { EncoderDecoder, EncoderDecoderSizes } from './model.ts';
import { rnnenc } from './rnnenc.ts';
import { rnnsearch } from './rnnsearch.ts';

export type { EncoderDecoder, EncoderDecoderSizes, Tensors } from './model.ts';
export { rnnenc } from './rnnenc.ts';
export { rnnsearch } from './rnnsearch.ts';

/** The encoder–decoders by the name they have in recipes. */
export const ENCODER_DECODERS: Readonly<
  Record<'rnnsearch' | 'rnnenc', (sizes: EncoderDecoderSizes) => EncoderDecoder>
> = {
  rnnsearch,
  rnnenc,
};
