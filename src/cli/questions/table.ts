import { PAPER_ALONE_ERRORS, PAPER_JOINT_ERRORS } from '../../tasks/questionsExperiment.ts';

/** A task's error, as results.json has it. */
export interface TaskRow {
  readonly name: string;
  /** of bAbI, 1 to 20 */
  readonly task?: number;
  /** percent */
  readonly error: number;
  readonly questions: number;
}

/** Where the paper's errors stand, and what they are of. */
export const PAPER = 'paper: Sukhbaatar et al. 2015, Table 1, 1,000 training questions a task';

/** What the paper has of a task, in percent; `joint` of one model for all tasks. */
export const paperError = (task: number | undefined, joint: boolean): number | undefined =>
  task === undefined ? undefined : (joint ? PAPER_JOINT_ERRORS : PAPER_ALONE_ERRORS)[task - 1];

/**
 * Errors task by task and their mean, those of Table 1 in Sukhbaatar et al. 2015 beside them where the tasks are of bAbI.
 *
 * @param joint whether one model answered them all
 */
export function errorTable(rows: readonly TaskRow[], joint: boolean): string[] {
  const compared = rows.map((row) => paperError(row.task, joint));
  const known = compared.every((error) => error !== undefined);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const questions = rows.reduce((sum, row) => sum + row.questions, 0);
  const width = Math.max(4, ...rows.map(({ name }) => name.length));
  const line = (name: string, error: string, paper: string, count: string) =>
    `${name.padEnd(width)} ${error.padStart(8)}${known ? paper.padStart(8) : ''}${count.padStart(11)}`;
  const lines = [
    line('task', 'error %', 'paper', 'questions'),
    ...rows.map((row, i) =>
      line(row.name, row.error.toFixed(1), compared[i]?.toFixed(1) ?? '', String(row.questions)),
    ),
  ];
  if (rows.length > 1) {
    const paper = known ? mean(compared as number[]).toFixed(1) : '';
    lines.push(line('mean', mean(rows.map(({ error }) => error)).toFixed(1), paper, String(questions)));
  }
  if (known) {
    lines.push(`${PAPER}, ${joint ? 'all tasks jointly' : 'each task alone'} (PE LS RN)`);
  }
  return lines;
}
