import { UsageError } from '../errors.ts';
import { type Mode, nothingSeen, observe, type Watch } from './stopping.ts';

/** The learning rate of a step in its epoch, both counted from 1. */
export type Schedule = (step: number, epoch: number) => number;

export function constant(rate: number): Schedule {
  return () => rate;
}

/**
 * Rises linearly to `peak` over `warmupSteps`, then falls with the inverse square root of the step: the shape of
 * Vaswani et al. 2017, equation 3, with the peak said outright.
 */
export function warmupInverseSquareRoot(peak: number, warmupSteps: number): Schedule {
  return (step) => peak * Math.min(step / warmupSteps, Math.sqrt(warmupSteps / step));
}

/** A schedule whose first `steps` rates rise linearly, from 1/steps of what it says to all of it. */
export function warmup(schedule: Schedule, steps: number): Schedule {
  return (step, epoch) => schedule(step, epoch) * Math.min(1, step / steps);
}

/**
 * Falls from `peak` to `final` with half a period of the cosine, and stays there: Loshchilov & Hutter 2017 (SGDR),
 * equation 5, without restarts. With a warm-up the rate first rises linearly to the peak, and the fall takes the steps
 * that are left.
 *
 * @param steps step at which `final` is reached: the planned length of the run
 * @param options final 0 and warmupSteps 0 by default
 * @throws UsageError when the warm-up leaves no step for the fall
 */
export function cosine(
  peak: number,
  steps: number,
  { final = 0, warmupSteps = 0 }: { final?: number; warmupSteps?: number } = {},
): Schedule {
  if (warmupSteps >= steps) {
    throw new UsageError(
      `a cosine schedule of ${steps} steps, ${warmupSteps} of them to warm up`,
      'fewer steps to warm up than there are',
      'Warm up for fewer steps, or train longer.',
    );
  }
  return (step) => {
    if (step <= warmupSteps) return (peak * step) / warmupSteps;
    const progress = Math.min(1, (step - warmupSteps) / (steps - warmupSteps));
    return final + ((peak - final) / 2) * (1 + Math.cos(Math.PI * progress));
  };
}

/**
 * `rate` up to the end of step or epoch `after`, then multiplied by `factor`, and again after every `every` more:
 * Luong et al. 2015 (section 4.1) halve the rate 1 of their SGD every epoch after the fifth, with dropout the eighth.
 *
 * @param options factor 0.5 by default
 */
export function halving(
  rate: number,
  {
    unit,
    after,
    every,
    factor = 0.5,
  }: { unit: 'steps' | 'epochs'; after: number; every: number; factor?: number },
): Schedule {
  return (step, epoch) => {
    const now = unit === 'steps' ? step : epoch;
    return rate * factor ** Math.max(0, Math.ceil((now - after) / every));
  };
}

/** Lower the rate when the stopping metric no longer improves. It multiplies whatever the schedule says. */
export interface Plateau {
  /** what the rate is multiplied by, e.g. 0.5 */
  readonly factor: number;
  /** after this many validations in a row without improvement */
  readonly patience: number;
}

/** Plain numbers, for the checkpoint. */
export interface PlateauState {
  /** product of all reductions so far */
  readonly scale: number;
  readonly watch: Watch;
}

export const noPlateau: PlateauState = { scale: 1, watch: nothingSeen };

/** The state after one more validation. After a reduction the wait begins anew. */
export function observePlateau(
  { factor, patience }: Plateau,
  { scale, watch }: PlateauState,
  mode: Mode,
  value: number,
  step: number,
): PlateauState {
  const next = observe(watch, mode, value, step);
  return next.waited >= patience && next.waited > 0
    ? { scale: scale * factor, watch: { ...next, waited: 0 } }
    : { scale, watch: next };
}
