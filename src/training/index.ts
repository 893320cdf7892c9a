export { Arena } from './arena.ts';
export { approach, globalNorm } from './arrays.ts';
export * from './events.ts';
export { movingAverage } from './movingAverage.ts';
export {
  adaDelta,
  adam,
  type Optimizer,
  type OptimizerOptions,
  sgd,
  type UpdateOptions,
  type WeightAverage,
} from './optimizers.ts';
export type { Batches, CheckpointAveraging, TrainOptions } from './options.ts';
export { restoreSlots } from './restore.ts';
export { ownWordProbability, type SamplingDecay } from './sampling.ts';
export {
  constant,
  cosine,
  halving,
  type Plateau,
  type PlateauState,
  type Schedule,
  warmup,
  warmupInverseSquareRoot,
} from './schedules.ts';
export type { Mode, Stopping, Watch } from './stopping.ts';
export { train } from './trainer.ts';
export type { Decay, ParameterRange } from './weightDecay.ts';
