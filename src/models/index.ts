export { ctcLabeller, type LabellerSizes } from './ctc.ts';
export { type ListenerSizes, listener } from './listener.ts';
export type {
  EncoderDecoder,
  EncoderDecoderSizes,
  FrameLabeller,
  FrameLabels,
  SourceForm,
  Tensors,
  WordSizes,
} from './model.ts';
export { type RecurrentSizes, recurrent } from './recurrent.ts';
export { rnnenc } from './rnnenc.ts';
export { rnnsearch } from './rnnsearch.ts';
