/** Layers: functions over values that ask a Builder for their parameters. */
export {
  type Attention,
  type AttentionOptions,
  attention,
  SCORES,
  type Tensors,
} from './attention/attention.ts';
export { Builder, type Initializer, type ParameterSpec, type Watcher } from './builder.ts';
export { CELLS, type CellName, layerNorm } from './cells.ts';
export { type GruWeights, gruStep, gruWeights } from './gru.ts';
export { glorot, normal, orthogonal, zero } from './init.ts';
export { dropout, embedding, embeddingTable, linear, maxout, project } from './layers.ts';
export { type PyramidOptions, pyramid, pyramidStack, type Reduction } from './pyramid.ts';
export {
  bidirectionalLayer,
  cellStep,
  contribution,
  type LayerOptions,
  type LayerResult,
  recurrentLayer,
  recurrentStack,
  type StackOptions,
  stackStep,
} from './recurrent.ts';
