import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import type { Backend } from '../../runtime/index.ts';
import { meanError, type TaskError } from '../../tasks/questionsExperiment.ts';
import { answerSample, memoryOf } from '../../tasks/questionsSamples.ts';
import { rounded } from '../../tasks/samples.ts';
import type { Sample } from '../../training/index.ts';
import { log } from '../console.ts';
import { examplesFile, jsonLines } from '../report/history.ts';
import { versions } from '../versions.ts';
import type { QuestionGroup } from './data.ts';
import { openAnswerer } from './open.ts';
import { isWrong, surest } from './report.ts';

export interface QuestionsEvaluation {
  /** meanError: percent, of the tasks' errors; exactMatch: of all questions, 0 to 1 */
  readonly metrics: Readonly<Record<'meanError' | 'exactMatch', number>>;
  /** `task`: of bAbI, 1 to 20 */
  readonly tasks: readonly (TaskError & { readonly task?: number })[];
  readonly hypotheses: readonly string[];
  /** the same with what was asked and what was right, and what was read for some */
  readonly samples: readonly Sample[];
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
  const { answerer, codecs, step, parameters } = await openAnswerer(directory, backend);
  try {
    const hypotheses: string[] = [];
    const tasks: (TaskError & { task?: number })[] = [];
    const samples: Sample[] = [];
    const several = groups.length > 1;
    let right = 0;
    for (const { questions, ...group } of groups) {
      const answers = await answerer.answer(questions);
      const correct = answers.filter((answer, i) => answerer.isRight(answer, questions[i])).length;
      right += correct;
      const error = (100 * (questions.length - correct)) / questions.length;
      tasks.push({ ...group, error, questions: questions.length });
      hypotheses.push(...answers.map(({ text }) => text));
      const found = questions.map((question, i) =>
        answerSample(question, answers[i], codecs, several ? group.name : undefined),
      );
      // Of each task wrong answers that were surest, or right ones where there are none.
      const first = [...surest(found), ...found.filter((sample) => !isWrong(sample))];
      for (const sample of first.slice(0, Math.ceil(SHOWN / groups.length))) {
        const i = found.indexOf(sample);
        const map = memoryOf(questions[i], answers[i]);
        const { probability } = sample;
        found[i] = { ...sample, shown: { ...map, probability, weights: map.weights.map(rounded) } };
      }
      samples.push(...found);
    }
    return {
      metrics: { meanError: meanError(tasks), exactMatch: right / hypotheses.length },
      tasks,
      hypotheses,
      samples: withFewShown(samples),
      steps: [step],
      parameters,
    };
  } finally {
    await answerer.dispose();
  }
}

/** Test answers whose maps are kept. */
const SHOWN = 4;

/** Leaves the maps of wrong answers, those that were surest, and of right ones where there are not enough. */
function withFewShown(samples: readonly Sample[]): Sample[] {
  const mapped = samples.filter((sample) => sample.shown);
  const kept = new Set([...surest(mapped), ...mapped.filter((sample) => !isWrong(sample))].slice(0, SHOWN));
  return samples.map((sample) => {
    if (!sample.shown || kept.has(sample)) return sample;
    const { shown: _, ...rest } = sample;
    return rest;
  });
}

/** Leaves results.json, hypotheses.txt and test.jsonl in the run directory, and says the figures. */
export async function writeQuestionResults(
  directory: string,
  { hypotheses, samples, ...evaluation }: QuestionsEvaluation,
  training: { trainingSeconds: number; backend: string },
): Promise<void> {
  const recipe = await readFile(join(directory, 'recipe.yaml'), 'utf8');
  const results = { ...evaluation, ...training, versions: versions(), recipe };
  await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFileAtomic(join(directory, examplesFile('test')), jsonLines(samples));
  await writeFileAtomic(join(directory, 'hypotheses.txt'), hypotheses.map((h) => `${h}\n`).join(''));
  const { tasks, metrics } = evaluation;
  const worst = tasks.reduce((most, task) => (task.error > most.error ? task : most));
  const several = tasks.length > 1;
  log(
    `test: ${several ? 'mean error' : 'error'} ${metrics.meanError.toFixed(1)} %${several ? ` of ${tasks.length} tasks, the largest ${worst.error.toFixed(1)} % (${worst.name})` : ''}, ` +
      `${(100 * metrics.exactMatch).toFixed(1)} % of ${hypotheses.length} questions right`,
  );
}
