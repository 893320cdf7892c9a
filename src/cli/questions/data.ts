import { basename } from 'node:path';
import { BABI_TASKS, babiTaskOf, parseBabi, readBabi } from '../../data/babi.ts';
import { readBytes } from '../../data/corpus.node.ts';
import { findCorpusFile } from '../../data/download.node.ts';
import { openFolder } from '../../data/folder.node.ts';
import { holdOutQuestions, type StoryQuestion } from '../../data/stories.ts';
import type { QuestionsRecipe } from '../../formats/index.ts';

type Data = QuestionsRecipe['data'];
type Source = Exclude<Data['train'], readonly unknown[]>;

/** Questions of one task. */
export interface QuestionGroup {
  readonly name: string;
  /** of bAbI, 1 to 20 */
  readonly task?: number;
  readonly questions: readonly StoryQuestion[];
}

export interface QuestionGroups {
  readonly train: readonly QuestionGroup[];
  readonly validation?: readonly QuestionGroup[];
  readonly test?: readonly QuestionGroup[];
}

/**
 * Reads a recipe's questions, task by task; files are looked for here, in HEED_DATA and among the downloads. Of training
 * data are left those that are not held out.
 *
 * @throws DataError, with file and line, for what is not there or cannot be read
 */
export async function loadQuestions({ train, validation, test }: Data): Promise<QuestionGroups> {
  const all = await groupsOf(train);
  const tested = test && { test: await groupsOf(test) };
  if (validation === undefined) return { train: all, ...tested };
  if (!('heldOut' in validation)) return { train: all, validation: await groupsOf(validation), ...tested };
  const { heldOut } = validation;
  const parts = all.map(({ questions, ...group }) => {
    const part = holdOutQuestions(questions, heldOut, group.name);
    return {
      train: { ...group, questions: part.train },
      validation: { ...group, questions: part.validation },
    };
  });
  return {
    train: parts.map((part) => part.train),
    validation: parts.map((part) => part.validation),
    ...tested,
  };
}

async function groupsOf(sources: Source | readonly Source[]): Promise<QuestionGroup[]> {
  const groups = new Map<string, QuestionGroup>();
  for (const source of 'length' in sources ? sources : [sources]) {
    for (const group of await readSource(source)) {
      const before = groups.get(group.name)?.questions ?? [];
      groups.set(group.name, { ...group, questions: [...before, ...group.questions] });
    }
  }
  return [...groups.values()];
}

async function readSource(source: Source): Promise<QuestionGroup[]> {
  if ('stories' in source) return [await readStories(source.stories)];
  const { part, language, tasks = BABI_TASKS.map((_, i) => i + 1) } = source;
  const folder = await openFolder(findCorpusFile(source.babi));
  const instead = source.instead === undefined ? undefined : await openFolder(findCorpusFile(source.instead));
  const groups: QuestionGroup[] = [];
  for (const task of tasks) {
    groups.push({ ...nameOf(task), questions: await readBabi(folder, task, part, language, instead) });
  }
  return groups;
}

/** Whether a recipe trains one model for several tasks. */
export const isJoint = ({ train }: Data): boolean =>
  Array.isArray(train)
    ? train.length > 1 || isJoint({ train: train[0] })
    : 'babi' in train && train.tasks?.length !== 1;

/** A file in the format of bAbI; its name may tell the task. */
export async function readStories(path: string): Promise<QuestionGroup> {
  const place = findCorpusFile(path);
  const questions = parseBabi(await readBytes(place), path);
  const task = babiTaskOf(path);
  return { ...(task === undefined ? { name: basename(path) } : nameOf(task)), questions };
}

const nameOf = (task: number) => ({ name: `${task} ${BABI_TASKS[task - 1]}`, task });
