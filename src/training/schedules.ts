import { type Mode, nothingSeen, observe, type Watch } from './stopping.ts';

/** The learning rate of a step, counted from 1. */
export type Schedule = (step: number) => number;

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
