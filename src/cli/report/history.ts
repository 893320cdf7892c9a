import { join } from 'node:path';
import type {
  AveragedEvent,
  DoneEvent,
  Material,
  Sample,
  StepEvent,
  TrainingEvent,
  ValidationEvent,
} from '../../training/index.ts';
import { isDone, isEvent, isMaterial, isSample, readJson, readJsonLines } from './stored.ts';

/** What metrics.jsonl keeps of a run. */
export interface History {
  readonly steps: Pick<StepEvent, 'step' | 'epoch' | 'loss' | 'gradientNorm' | 'learningRate' | 'tokens'>[];
  /** with those samples that are shown */
  readonly validations: ValidationEvent[];
  /** of the steps, validations aside */
  seconds: number;
  averaged?: AveragedEvent;
  /** absent of a run that goes on, or that was killed */
  done?: DoneEvent;
}

export const noHistory = (): History => ({ steps: [], validations: [], seconds: 0 });

/** Adds what has happened. */
export function remember(history: History, event: TrainingEvent): void {
  switch (event.type) {
    case 'step': {
      const { step, epoch, loss, gradientNorm, learningRate, tokens, seconds } = event;
      history.steps.push({ step, epoch, loss, gradientNorm, learningRate, tokens });
      history.seconds += seconds.run + seconds.rest;
      history.done = undefined;
      return;
    }
    case 'validation':
      history.validations.push(kept(event));
      return;
    case 'averaged':
      history.averaged = event;
      return;
    case 'done':
      history.done = event;
  }
}

/** A validation as it is kept: without the examples that are not shown, which are far more. */
export const kept = (event: ValidationEvent): ValidationEvent =>
  event.samples ? { ...event, samples: event.samples.filter(({ shown }) => shown) } : event;

/**
 * The history of a run directory; empty where none was written. A half-written last line is left out.
 *
 * @throws FormatError for a file that is damaged
 */
export async function readHistory(directory: string): Promise<History> {
  const history = noHistory();
  for (const event of await readJsonLines(
    join(directory, 'metrics.jsonl'),
    isEvent,
    'an event of the training',
  )) {
    remember(history, event);
  }
  // A run that went on after its end has not ended there.
  const [done] = await readJsonLines(join(directory, ENDED), isDone, 'how the run ended');
  if (done && done.step >= (history.steps.at(-1)?.step ?? 0)) history.done = done;
  return history;
}

/** How a run ended: not in metrics.jsonl, which is the same for a run that was interrupted and one that was not. */
export const ENDED = 'ended.json';

/** All examples of the test, or else of the last validation, as they were kept. @throws FormatError for a damaged file */
export async function readExamples(
  directory: string,
): Promise<{ of: 'test' | 'validation'; samples: Sample[] } | undefined> {
  for (const of of ['test', 'validation'] as const) {
    const samples = await readJsonLines(
      join(directory, examplesFile(of)),
      isSample,
      `an example of the ${of}`,
    );
    if (samples.length > 0) return { of, samples };
  }
  return undefined;
}

/** Where the examples of a validation, or of the test, stand in a run directory. */
export const examplesFile = (of: 'test' | 'validation'): string => `${of}.jsonl`;

export const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** What of the samples is told once. */
export const MATERIAL = 'shown.json';

/** What of the samples that are shown is the same at every validation. @throws FormatError for a damaged file */
export const readMaterial = (directory: string): Promise<Material | undefined> =>
  readJson(join(directory, MATERIAL), isMaterial, 'what the samples show, by name');
