import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CostPoint, costCurve } from '../../../tasks/algorithmsTraining.ts';
import type { TrainingEvent } from '../../../training/index.ts';
import type { SizeScores } from '../../algorithm/evaluation.ts';
import { type NtmRun, sequencesOf } from './recipe.ts';

/** What is said of a run: all from what it left in its directory. */
export interface MeasuredRun {
  readonly name: string;
  readonly kind: NtmRun['kind'];
  readonly seed: number;
  readonly directory: string;
  readonly recipe: string;
  /** it cannot go on: why */
  readonly failed?: string;
  /** cost of the sequences it was trained on */
  readonly curve: readonly CostPoint[];
  /** on sequences of their own */
  readonly validations: readonly {
    readonly sequences: number;
    readonly bits: number;
    readonly bitErrors: number;
  }[];
  /** sequences trained on at the first validation below the threshold; null where none was */
  readonly reached: number | null;
  /** of the checkpoint with the best validation; absent until it is finished */
  readonly tests?: readonly SizeScores[];
  /** sequences that this checkpoint had been trained on */
  readonly used?: number;
  readonly parameters?: number;
  readonly trainingSeconds?: number;
}

/** A copy is learnt when it costs less, in bits a sequence. */
export const THRESHOLD = 0.01;

/** Points of a curve. */
const POINTS = 200;

/** Reads a run, finished or not. @param failed why it cannot go on */
export async function measureRun(run: NtmRun, failed?: string): Promise<MeasuredRun> {
  const { recipe, directory } = run;
  const batch = sequencesOf(recipe.training);
  const planned = (recipe.training.maxSteps ?? 0) * batch;
  const curveOf = costCurve({ batch, every: Math.max(batch, Math.ceil(planned / POINTS)) });
  const curve: CostPoint[] = [];
  const validations: MeasuredRun['validations'][number][] = [];
  for await (const event of eventsOf(directory)) {
    if (event.type === 'step') {
      const point = curveOf(event);
      if (point) curve.push(point);
    } else if (event.type === 'validation') {
      const { bits, bitErrors } = event.metrics;
      validations.push({ sequences: event.step * batch, bits, bitErrors });
    }
  }
  const results = await readFile(join(directory, 'results.json'), 'utf8').then(JSON.parse, () => undefined);
  return {
    name: run.name,
    kind: run.kind,
    seed: run.seed,
    directory,
    recipe: run.recipeText,
    ...(failed !== undefined && { failed }),
    curve,
    validations,
    reached: validations.find(({ bits }) => bits < THRESHOLD)?.sequences ?? null,
    ...(results && {
      tests: results.tests,
      used: batch * results.steps[0],
      parameters: results.parameters,
      trainingSeconds: results.trainingSeconds,
    }),
  };
}

/** A line at a time: a long run has many. */
async function* eventsOf(directory: string): AsyncGenerator<TrainingEvent> {
  const path = join(directory, 'metrics.jsonl');
  const isThere = await readFile(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line !== '') yield JSON.parse(line) as TrainingEvent;
  }
}
