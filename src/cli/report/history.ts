import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  AveragedEvent,
  DoneEvent,
  Sample,
  StepEvent,
  TrainingEvent,
  ValidationEvent,
} from '../../training/index.ts';

/** What metrics.jsonl keeps of a run. */
export interface History {
  readonly steps: Pick<StepEvent, 'step' | 'epoch' | 'loss' | 'gradientNorm' | 'learningRate'>[];
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
      const { step, epoch, loss, gradientNorm, learningRate, seconds } = event;
      history.steps.push({ step, epoch, loss, gradientNorm, learningRate });
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

/** The history of a run directory; empty where none was written. A half-written last line is left out. */
export async function readHistory(directory: string): Promise<History> {
  const history = noHistory();
  for (const event of await readJsonLines<TrainingEvent>(join(directory, 'metrics.jsonl'))) {
    remember(history, event);
  }
  // A run that went on after its end has not ended there.
  const [done] = await readJsonLines<DoneEvent>(join(directory, ENDED));
  if (done && done.step >= (history.steps.at(-1)?.step ?? 0)) history.done = done;
  return history;
}

/** How a run ended: not in metrics.jsonl, which is the same for a run that was interrupted and one that was not. */
export const ENDED = 'ended.json';

/** All examples of the test, or else of the last validation, as they were kept. */
export async function readExamples(
  directory: string,
): Promise<{ of: 'test' | 'validation'; samples: Sample[] } | undefined> {
  for (const of of ['test', 'validation'] as const) {
    const samples = await readJsonLines<Sample>(join(directory, examplesFile(of)));
    if (samples.length > 0) return { of, samples };
  }
  return undefined;
}

/** Where the examples of a validation, or of the test, stand in a run directory. */
export const examplesFile = (of: 'test' | 'validation'): string => `${of}.jsonl`;

export const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

async function readJsonLines<Value>(path: string): Promise<Value[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Value];
    } catch {
      return []; // an empty or half-written line
    }
  });
}
