import { UsageError } from '../errors.ts';

/** Whether a metric is better when smaller (loss, error rates) or when larger (BLEU, exact match). */
export type Mode = 'min' | 'max';

/** Early stopping: which metric of the validation says what is best, and for how long it may fail to improve. */
export interface Stopping {
  /** a name among those `validate` returns */
  readonly metric: string;
  readonly mode: Mode;
  /** stop after this many validations in a row without improvement; left out, the metric only picks the best */
  readonly patience?: number;
}

/** @throws UsageError when the validation does not measure the metric */
export function stoppingValue({ metric }: Stopping, metrics: Readonly<Record<string, number>>): number {
  if (Object.hasOwn(metrics, metric)) return metrics[metric];
  throw new UsageError(
    `stopping metric ${JSON.stringify(metric)}`,
    `one that the validation measures: ${Object.keys(metrics).join(', ')}`,
    'Name one of these as the metric to stop on.',
  );
}

/** What has been seen of a metric; plain numbers, so it goes into a checkpoint as JSON. */
export interface Watch {
  /** best value so far, or null before the first finite one */
  readonly best: number | null;
  /** step of the best value; 0 when there is none */
  readonly bestStep: number;
  /** observations in a row without improvement */
  readonly waited: number;
}

export const nothingSeen: Watch = { best: null, bestStep: 0, waited: 0 };

/**
 * The watch after one more value. Only a strictly better value is an improvement, and one that is not finite
 * never is. It improved exactly if `waited` of the result is 0.
 */
export function observe(watch: Watch, mode: Mode, value: number, step: number): Watch {
  const better =
    Number.isFinite(value) &&
    (watch.best === null || (mode === 'min' ? value < watch.best : value > watch.best));
  return better ? { best: value, bestStep: step, waited: 0 } : { ...watch, waited: watch.waited + 1 };
}
