import type { Command } from 'commander';
import type { Recipe } from '../formats/index.ts';
import type { RunContent, Task } from '../tasks/content.ts';
import { algorithm } from './algorithm/door.ts';
import { captions } from './captions/door.ts';
import { refuseFlags } from './console.ts';
import type { Door, PreparedRun, TaskCommand, TaskReport } from './door.ts';
import { questions } from './questions/door.ts';
import { readRun } from './runDirectory.ts';
import { speech } from './speech/door.ts';
import { translation } from './translation/door.ts';

const DOORS: Readonly<Record<Task, Door>> = { translation, speech, captions, questions, algorithm };

/** @param stored of a run to go on with; default: everything is made anew of the data */
export const prepareRun = (recipe: Recipe, stored?: RunContent): Promise<PreparedRun> =>
  DOORS[recipe.task].prepare(recipe, stored?.task === recipe.task ? stored.codecs : undefined);

/** What a task tells in the reports of its runs. */
export const taskReportOf = (task: Task): TaskReport | undefined => DOORS[task].report;

/**
 * Does what a command does with models of the run's task.
 *
 * @throws UsageError for options that mean nothing for them, and as `readRun`
 */
export async function asked<Name extends 'predict' | 'evaluate' | 'inspect'>(
  name: Name,
  command: Command,
  ...args: Parameters<Door[Name]['run']>
): Promise<void> {
  const { task } = await readRun(args[0]);
  const { options, run } = DOORS[task][name] as TaskCommand<Parameters<Door[Name]['run']>>;
  const names = command.options.map((option) => option.attributeName());
  refuseFlags(
    command,
    names.filter((option) => !options.includes(option) && !RUNTIME.includes(option)),
    task,
  );
  await run(...args);
}

/** what `addRuntimeOptions` adds, and what is not of a task but of the file that is written */
const RUNTIME = ['device', 'threads', 'scale'];
