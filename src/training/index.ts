export { Arena } from './arena.ts';
export * from './events.ts';
export {
  adaDelta,
  adam,
  globalNorm,
  type Optimizer,
  type OptimizerOptions,
  type UpdateOptions,
} from './optimizers.ts';
export { restoreSlots } from './restore.ts';
export {
  constant,
  type Plateau,
  type PlateauState,
  type Schedule,
  warmupInverseSquareRoot,
} from './schedules.ts';
export type { Mode, Stopping, Watch } from './stopping.ts';
export { type Batches, type TrainOptions, train } from './trainer.ts';
