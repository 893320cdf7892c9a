import { UsageError } from '../errors.ts';

/** From `start` to before `end`. */
export type ParameterRange = readonly [start: number, end: number];

/**
 * Decoupled weight decay (Loshchilov & Hutter 2019): at every update a parameter loses besides its step the share
 * `learningRate × weightDecay` of itself, whatever its gradient and the optimizer's slots.
 */
export interface Decay {
  /** default 0: none */
  readonly weightDecay?: number;
  /**
   * the parameters that decay, as ranges of their flat array in ascending order: the matrices, usually, and not biases
   * and gains. Default: all
   */
  readonly decayed?: readonly ParameterRange[];
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly weightDecay: number;
}

/**
 * All parameters as stretches that decay and stretches that do not, by turns; one stretch where there is no decay.
 *
 * @throws UsageError when the ranges are not ascending or reach beyond the parameters
 */
export function decayStretches(size: number, { weightDecay = 0, decayed = [[0, size]] }: Decay): Stretch[] {
  if (weightDecay === 0) return [{ start: 0, end: size, weightDecay }];
  const stretches: Stretch[] = [];
  let at = 0;
  const upTo = (end: number, share: number) => {
    const last = stretches.at(-1);
    if (last?.weightDecay === share) stretches[stretches.length - 1] = { ...last, end };
    else if (end > at) stretches.push({ start: at, end, weightDecay: share });
    at = end;
  };
  for (const [start, end] of decayed) {
    if (start < at || end < start || end > size) {
      throw new UsageError(
        `weight decay from parameter ${start} to ${end}`,
        `ranges in ascending order, within ${at} to ${size} here`,
        'Give the ranges of the matrices in the order of their layout.',
      );
    }
    if (start > at) upTo(start, 0);
    if (end > at) upTo(end, weightDecay);
  }
  if (at < size) upTo(size, 0);
  return stretches;
}
