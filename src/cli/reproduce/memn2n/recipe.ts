import { join } from 'node:path';
import { BABI_TASKS } from '../../../data/babi.ts';
import { applySettings } from '../../../formats/index.ts';
import { paperQuestions } from '../../../tasks/questionsExperiment.ts';
import type { RuntimeFlags } from '../../console.ts';

export interface Memn2nOptions extends RuntimeFlags {
  readonly data?: string;
  readonly instead?: string;
  readonly tasks: readonly number[];
  readonly alone?: boolean;
  readonly restarts: number;
  readonly out: string;
  readonly seed: number;
  readonly set: readonly string[];
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** One training of one model. */
export interface Restart {
  readonly seed: number;
  readonly recipeText: string;
  readonly directory: string;
}

/** A model, trained from different weights. */
export interface RestartedModel {
  readonly name: string;
  readonly tasks: readonly number[];
  readonly restarts: readonly Restart[];
}

/** The archive that `heed data get babi` fetches, and what may lie beside it of a newer version. */
const [ARCHIVE, BESIDE] = ['babi/tasks_1-20_v1-2.tar.gz', 'babi'];

/** One model of all tasks together, or with `alone` one of each. */
export function restartedModels(options: Memn2nOptions): RestartedModel[] {
  const { tasks, alone, seed, restarts, out } = options;
  const groups = alone
    ? tasks.map((task) => ({ name: `task${task}`, tasks: [task] }))
    : [{ name: 'joint', tasks }];
  return groups.map((group) => ({
    ...group,
    restarts: Array.from({ length: restarts }, (_, i) => ({
      seed: seed + i,
      recipeText: applySettings(recipeOf(group.tasks, seed + i, options), options.set, group.name),
      directory: join(out, `${group.name}-seed${seed + i}`),
    })),
  }));
}

/** The paper's settings as a recipe. */
function recipeOf(tasks: readonly number[], seed: number, { data, instead, alone }: Memn2nOptions): string {
  const { text, model, training } = paperQuestions(alone ? 'single' : 'joint', seed);
  const beside = instead ?? (data === undefined ? BESIDE : undefined);
  const source = (part: string) =>
    JSON.stringify({
      babi: data ?? ARCHIVE,
      part,
      ...(tasks.length < BABI_TASKS.length && { tasks }),
      ...(beside !== undefined && { instead: beside }),
    });
  const { optimizer, schedule, batch, clipNorm, epochs, linearStart, timeNoise } = training;
  return `# Sukhbaatar et al. 2015, section 4.2. Made by \`heed reproduce memn2n\`.
task: questions
seed: ${seed}
data:
  train: ${source('train')}
  validation: { heldOut: 0.1 }
  test: ${source('test')}
text: ${JSON.stringify(text)}
model: ${JSON.stringify(model)}
training:
  optimizer: ${JSON.stringify(optimizer)}
  schedule: ${JSON.stringify(schedule)}
  batch: ${JSON.stringify(batch)}
  clipNorm: ${clipNorm}
  epochs: ${epochs}
  linearStart: ${JSON.stringify(linearStart)}
  timeNoise: ${timeNoise}
  validateEvery: { epochs: 5 }
  keepCheckpoints: 1
`;
}
