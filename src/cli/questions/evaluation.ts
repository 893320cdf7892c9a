import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import type { Backend } from '../../runtime/index.ts';
import { meanError, type TaskError } from '../../tasks/questionsExperiment.ts';
import { log } from '../console.ts';
import { versions } from '../versions.ts';
import type { QuestionGroup } from './data.ts';
import { openAnswerer } from './open.ts';

export interface QuestionsEvaluation {
  /** meanError: percent, of the tasks' errors; exactMatch: of all questions, 0 to 1 */
  readonly metrics: Readonly<Record<'meanError' | 'exactMatch', number>>;
  /** `task`: of bAbI, 1 to 20 */
  readonly tasks: readonly (TaskError & { readonly task?: number })[];
  readonly hypotheses: readonly string[];
  /** at which the model was saved */
  readonly steps: readonly number[];
  readonly parameters: number;
}

/** Asks a run's model the questions of each task, and measures. */
export async function evaluateQuestions(
  directory: string,
  groups: readonly QuestionGroup[],
  backend: Backend,
): Promise<QuestionsEvaluation> {
  const { answerer, step, parameters } = await openAnswerer(directory, backend);
  try {
    const hypotheses: string[] = [];
    const tasks: (TaskError & { task?: number })[] = [];
    let right = 0;
    for (const { questions, ...group } of groups) {
      const answers = await answerer.answer(questions);
      const correct = answers.filter((answer, i) => answerer.isRight(answer, questions[i])).length;
      right += correct;
      const error = (100 * (questions.length - correct)) / questions.length;
      tasks.push({ ...group, error, questions: questions.length });
      hypotheses.push(...answers.map(({ text }) => text));
    }
    return {
      metrics: { meanError: meanError(tasks), exactMatch: right / hypotheses.length },
      tasks,
      hypotheses,
      steps: [step],
      parameters,
    };
  } finally {
    await answerer.dispose();
  }
}

/** Leaves results.json and hypotheses.txt in the run directory, and says the figures. */
export async function writeQuestionResults(
  directory: string,
  { hypotheses, ...evaluation }: QuestionsEvaluation,
  training: { trainingSeconds: number; backend: string },
): Promise<void> {
  const recipe = await readFile(join(directory, 'recipe.yaml'), 'utf8');
  const results = { ...evaluation, ...training, versions: versions(), recipe };
  await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFileAtomic(join(directory, 'hypotheses.txt'), hypotheses.map((h) => `${h}\n`).join(''));
  const { tasks, metrics } = evaluation;
  const worst = tasks.reduce((most, task) => (task.error > most.error ? task : most));
  const several = tasks.length > 1;
  log(
    `test: ${several ? 'mean error' : 'error'} ${metrics.meanError.toFixed(1)} %${several ? ` of ${tasks.length} tasks, the largest ${worst.error.toFixed(1)} % (${worst.name})` : ''}, ` +
      `${(100 * metrics.exactMatch).toFixed(1)} % of ${hypotheses.length} questions right`,
  );
}
