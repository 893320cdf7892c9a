import type { Door } from '../door.ts';
import { evaluateAlgorithm } from './evaluate.ts';
import { inspectAlgorithm } from './inspect.ts';
import { predictBits } from './predict.ts';
import { prepareAlgorithm } from './prepare.ts';
import { algorithmReport } from './report.ts';

/** Bits to be answered with bits, generated. */
export const algorithm: Door = {
  prepare: prepareAlgorithm,
  predict: { options: ['input', 'output', 'json'], run: predictBits },
  evaluate: { options: ['lengths', 'repeats', 'items', 'sequences', 'json'], run: evaluateAlgorithm },
  inspect: { options: ['length', 'repeats', 'items', 'seed', 'out'], run: inspectAlgorithm },
  report: algorithmReport,
};
