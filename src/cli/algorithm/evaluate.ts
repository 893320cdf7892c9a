import { openRuntime } from '../../runtime/index.ts';
import { log, out, type RuntimeFlags } from '../console.ts';
import { evaluateSizes, scoresTable } from './evaluation.ts';
import { openAlgorithm } from './open.ts';
import { askedSizes, type SizeFlags } from './sizes.ts';

interface EvaluateOptions extends RuntimeFlags, SizeFlags {
  readonly sequences?: number;
  readonly json?: boolean;
}

/** `heed evaluate` of a model of a generated task: cost in bits and bit errors, at each size. */
export async function evaluateAlgorithm(model: string, options: EvaluateOptions): Promise<void> {
  const opened = await openAlgorithm(model);
  const sizes = askedSizes(opened.task, options);
  const backend = await openRuntime({ ...options, onFallback: log });
  const { sequences } = options;
  const found = await evaluateSizes(opened, backend, { sizes, sequences });
  if (options.json) return out(JSON.stringify(found, null, 2));
  for (const line of scoresTable(found.tests)) out(line);
}
