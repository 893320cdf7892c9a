import type { TrainerState, TrainingEvent } from '../training/index.ts';

/** Updates and wall time that the linear start took. */
export interface LinearStartLength {
  readonly steps: number;
  readonly seconds: number;
}

/** Where a run with a linear start stands. */
export interface LinearStartState extends TrainerState {
  /** `running`, or what it took */
  readonly linearStart?: 'running' | LinearStartLength;
}

/** How the run goes on, as the trainer of either phase counts. */
export type LinearStartPosition =
  | { readonly phase: 'linear'; readonly state: TrainerState | undefined }
  | {
      readonly phase: 'softmax';
      readonly state: TrainerState;
      readonly took: LinearStartLength;
    };

/** From a saved state, or from the beginning. */
export function positionOf(state: LinearStartState | undefined): LinearStartPosition {
  if (state === undefined || state.linearStart === undefined || state.linearStart === 'running') {
    return { phase: 'linear', state };
  }
  const took = state.linearStart;
  return { phase: 'softmax', state: later(state, { steps: -took.steps, seconds: -took.seconds }), took };
}

/** A state whose steps and time are counted from another beginning. */
function later(state: TrainerState, { steps, seconds }: LinearStartLength): TrainerState {
  const watch = <Of extends { readonly best: number | null; readonly bestStep: number }>(seen: Of): Of => ({
    ...seen,
    bestStep: seen.best === null ? 0 : seen.bestStep + steps,
  });
  return {
    ...state,
    step: state.step + steps,
    validatedStep: state.validatedStep === 0 ? 0 : state.validatedStep + steps,
    elapsedSeconds: state.elapsedSeconds + seconds,
    stopping: watch(state.stopping),
    plateau: { ...state.plateau, watch: watch(state.plateau.watch) },
    ...(state.toAverage && {
      toAverage: state.toAverage.map((one) => ({ ...one, step: one.step + steps })),
    }),
  };
}

/**
 * Two trainings of one program, the first without the softmax of the memories, as the events of one: steps and time
 * count on, no checkpoint of the first is the best, and the second begins when the first is done. Epochs, schedule and
 * limits of the second are its own. A run that is interrupted in the first ends there.
 */
export async function* linearlyStarted(
  position: LinearStartPosition,
  phases: {
    readonly linear: AsyncGenerator<TrainingEvent, void, void>;
    /** called when the first is done */
    readonly softmax: (took: LinearStartLength) => AsyncGenerator<TrainingEvent, void, void>;
  },
): AsyncGenerator<TrainingEvent, void, void> {
  let took: LinearStartLength;
  if (position.phase === 'softmax') took = position.took;
  else {
    let seconds = position.state?.elapsedSeconds ?? 0;
    let steps = position.state?.step ?? 0;
    for await (const event of phases.linear) {
      steps = event.step;
      switch (event.type) {
        case 'checkpoint': {
          seconds = event.state.elapsedSeconds;
          const state: LinearStartState = { ...event.state, linearStart: 'running' };
          yield { ...event, state, isBest: false };
          break;
        }
        case 'validation':
          yield { ...event, improved: false, best: null };
          break;
        case 'done':
          if (event.reason === 'aborted') {
            yield { ...event, best: null };
            return;
          }
          break;
        default:
          yield event;
      }
    }
    took = { steps, seconds };
  }
  const { steps } = took;
  const best = <Of extends { readonly step: number } | null>(found: Of): Of =>
    found && { ...found, step: found.step + steps };
  for await (const event of phases.softmax(took)) {
    const step = event.step + steps;
    switch (event.type) {
      case 'checkpoint': {
        const state: LinearStartState = { ...later(event.state, took), linearStart: took };
        yield { ...event, step, state };
        break;
      }
      case 'validation':
        yield { ...event, step, best: best(event.best) };
        break;
      case 'averaged':
        yield { ...event, step, steps: event.steps.map((one) => one + steps) };
        break;
      case 'done':
        yield { ...event, step, best: best(event.best) };
        break;
      default:
        yield { ...event, step };
    }
  }
}
