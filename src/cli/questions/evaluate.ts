import { UsageError } from '../../errors.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import { openRuntime } from '../../runtime/index.ts';
import { log, out, type RuntimeFlags } from '../console.ts';
import { readRunOf } from '../runDirectory.ts';
import { isJoint, loadQuestions, readStories } from './data.ts';
import { evaluateQuestions } from './evaluation.ts';
import { errorTable, paperError } from './table.ts';

interface EvaluateOptions extends RuntimeFlags {
  readonly input?: string;
  readonly hypotheses?: string;
  readonly json?: boolean;
}

/** `heed evaluate` of a model that answers questions: its error task by task, and their mean. */
export async function evaluateAnswerer(model: string, options: EvaluateOptions): Promise<void> {
  const { recipe } = await readRunOf(model, 'questions', 'a model that answers questions about stories');
  const { input, json, hypotheses: path } = options;
  const test = input === undefined ? (await loadQuestions(recipe.data)).test : [await readStories(input)];
  if (!test) {
    throw new UsageError(
      'a recipe without test data',
      'questions to evaluate on',
      'Give --input, a file in the format of bAbI.',
    );
  }
  const backend = await openRuntime({ ...options, onFallback: log });
  const { hypotheses, tasks, samples: _, ...found } = await evaluateQuestions(model, test, backend);
  if (path !== undefined) await writeFileAtomic(path, hypotheses.map((h) => `${h}\n`).join(''));
  const joint = isJoint(recipe.data);
  if (json) {
    const compared = tasks.map((task) => ({ ...task, paper: paperError(task.task, joint) }));
    return out(JSON.stringify({ ...found, tasks: compared, sentences: hypotheses.length }, null, 2));
  }
  for (const line of errorTable(tasks, joint)) out(line);
}
