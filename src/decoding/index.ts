export { type BeamOptions, beamSearch } from './beam.ts';
export { type Hypothesis, normalisedScore, type StepDecoder, type StepResult } from './contract.ts';
export { type ForcedHypothesis, forcedDecoding } from './forced.ts';
export { type GreedyOptions, greedySearch } from './greedy.ts';
