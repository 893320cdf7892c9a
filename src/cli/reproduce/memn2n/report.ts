import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRecipe, type QuestionsRecipe } from '../../../formats/index.ts';
import { memorySvg } from '../../../plots/index.ts';
import type { Backend } from '../../../runtime/index.ts';
import { memoryOf } from '../../../tasks/questionsSamples.ts';
import { loadQuestions } from '../../questions/data.ts';
import { openAnswerer } from '../../questions/open.ts';
import { paperError } from '../../questions/table.ts';
import type { Restart, RestartedModel } from './recipe.ts';

/** What a run's results.json says of it, as far as it is passed on. */
interface RunResults {
  readonly tasks: readonly { name: string; task: number; error: number; questions: number }[];
  readonly metrics: { readonly meanError: number };
  readonly parameters: number;
  readonly trainingSeconds: number;
}

export interface FinishedRestart extends Restart {
  /** mean nats of an answer over the last epoch, as it was trained */
  readonly trainingLoss: number;
  readonly run: RunResults;
}

/** A model with the restart that was chosen: that of the lowest training loss, as in the paper (4.2). */
export interface FinishedModel extends RestartedModel {
  readonly restarts: readonly FinishedRestart[];
  readonly chosen: FinishedRestart;
}

/** One task of the table. */
export interface TaskResult {
  readonly name: string;
  readonly task: number;
  /** percent */
  readonly error: number;
  readonly paper: number;
  readonly questions: number;
  /** of each restart, in their order */
  readonly ofRestarts: readonly number[];
}

export async function readModels(models: readonly RestartedModel[]): Promise<FinishedModel[]> {
  const finished: FinishedModel[] = [];
  for (const model of models) {
    const restarts: FinishedRestart[] = [];
    for (const restart of model.restarts) {
      const run = JSON.parse(await readFile(join(restart.directory, 'results.json'), 'utf8')) as RunResults;
      restarts.push({ ...restart, run, trainingLoss: await lastLoss(restart.directory) });
    }
    const chosen = restarts.reduce((best, one) => (one.trainingLoss < best.trainingLoss ? one : best));
    finished.push({ ...model, restarts, chosen });
  }
  return finished;
}

/** Mean training loss of a run's last epoch. */
async function lastLoss(directory: string): Promise<number> {
  const lines = (await readFile(join(directory, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  let [sum, count] = [0, 0];
  let epoch: number | undefined;
  for (const line of lines.reverse()) {
    const event = JSON.parse(line) as { type: string; epoch: number; loss: number; tokens: number };
    if (event.type !== 'step') continue;
    epoch ??= event.epoch;
    if (event.epoch !== epoch) break;
    sum += event.loss * event.tokens;
    count += event.tokens;
  }
  return sum / count;
}

export const taskResults = (models: readonly FinishedModel[], joint: boolean): TaskResult[] =>
  models.flatMap(({ chosen, restarts }) =>
    chosen.run.tasks.map((task, i) => ({
      ...task,
      paper: paperError(task.task, joint) as number,
      ofRestarts: restarts.map(({ run }) => run.tasks[i].error),
    })),
  );

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The table as Markdown, with what it is of. */
export function markdownTable(tasks: readonly TaskResult[], conditions: readonly string[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const restarts = tasks[0].ofRestarts.length;
  const range = (values: readonly number[]) =>
    `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
  const means = Array.from({ length: restarts }, (_, i) =>
    mean(tasks.map(({ ofRestarts }) => ofRestarts[i])),
  );
  const several = (text: string) => (restarts > 1 ? [text] : []);
  return [
    '# End-to-end memory networks on bAbI: test error in percent',
    '',
    ...conditions.map((line) => `- ${line}`),
    '',
    row(['task', 'error %', 'paper', ...several('all restarts')]),
    row(['---', '---:', '---:', ...several('---:')]),
    ...tasks.map(({ name, error, paper, ofRestarts }) =>
      row([name, error.toFixed(1), paper.toFixed(1), ...several(range(ofRestarts))]),
    ),
    ...(tasks.length > 1
      ? [
          row([
            '**mean**',
            `**${mean(tasks.map(({ error }) => error)).toFixed(1)}**`,
            `**${mean(tasks.map(({ paper }) => paper)).toFixed(1)}**`,
            ...several(range(means)),
          ]),
        ]
      : []),
  ].join('\n');
}

/** Questions looked at for the figure, and the longest story of one. */
const [LOOKED_AT, DRAWN] = [200, 12];

/** What was read for a test question: one answered right that follows from several facts, where there is one. */
export async function attentionFigure(models: readonly FinishedModel[], backend: Backend): Promise<string> {
  const [{ chosen }] = models.toSorted((a, b) => Number(b.tasks.includes(2)) - Number(a.tasks.includes(2)));
  const recipe = parseRecipe(chosen.recipeText, chosen.directory) as QuestionsRecipe;
  const { test = [] } = await loadQuestions(recipe.data);
  const { questions } = test.find(({ task }) => task === 2) ?? test[0];
  const asked = questions.filter(({ facts }) => facts.length <= DRAWN).slice(0, LOOKED_AT);
  const candidates = asked.length > 0 ? asked : questions.slice(0, 1);
  const { answerer } = await openAnswerer(chosen.directory, backend);
  try {
    const answers = await answerer.answer(candidates);
    const merit = candidates.map(
      (question, i) =>
        (answerer.isRight(answers[i], question) ? 100 : 0) +
        10 * Math.min(2, question.supports.length) +
        Math.min(9, question.facts.length),
    );
    const at = merit.indexOf(Math.max(...merit));
    return memorySvg(memoryOf(candidates[at], answers[at]));
  } finally {
    await answerer.dispose();
  }
}
