/** Layers: functions over values that ask a Builder for their parameters. */
export { type AttentionMemory, additiveAttention, attentionMemory } from './attention.ts';
export { Builder, type Initializer, type ParameterSpec } from './builder.ts';
export { bidirectionalGru, type GruWeights, gru, gruStep, gruWeights } from './gru.ts';
export { glorot, normal, orthogonal, zero } from './init.ts';
export { dropout, embedding, linear, maxout, project } from './layers.ts';
