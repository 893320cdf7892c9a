export { type AttentiveLstmSizes, attentiveLstm } from './attentiveLstm.ts';
export {
  annotationCentres,
  annotationGrid,
  type CaptionDecoderSizes,
  type CaptionerSizes,
  captioner,
} from './captioner.ts';
export { ctcLabeller, type LabellerSizes } from './ctc.ts';
export { type ListenerSizes, listener } from './listener.ts';
export { type LstmBaselineSizes, lstmBaseline } from './lstmBaseline.ts';
export { type MemoryNetwork, type MemoryNetworkSizes, memn2n } from './memn2n.ts';
export {
  type EncoderDecoder,
  type EncoderDecoderSizes,
  type FrameLabeller,
  type FrameLabels,
  readsPictures,
  type SourceForm,
  type Tensors,
  type WordSizes,
} from './model.ts';
export { type BitTransducer, type HeadTrace, type NtmSizes, ntm } from './ntm.ts';
export { type RecurrentSizes, recurrent } from './recurrent.ts';
export { rnnenc } from './rnnenc.ts';
export { rnnsearch } from './rnnsearch.ts';
