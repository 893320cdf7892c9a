import type { StoryQuestion } from '../../data/stories.ts';
import type { QuestionsRecipe } from '../../formats/index.ts';
import { trainQuestions } from '../../tasks/questions.ts';
import { buildQuestionCodecs, type QuestionCodecs } from '../../tasks/questionsExamples.ts';
import type { TaskOf } from '../../tasks/questionsSamples.ts';
import type { PreparedRun } from '../door.ts';
import { loadQuestions, type QuestionGroup } from './data.ts';
import { evaluateQuestions, writeQuestionResults } from './evaluation.ts';

/** A recipe of questions with its data, and with a run's vocabulary or a new one. */
export async function prepareQuestions(
  recipe: QuestionsRecipe,
  stored?: QuestionCodecs,
): Promise<PreparedRun> {
  const { train, validation, test } = await loadQuestions(recipe.data);
  const data = {
    train: all(train),
    ...(validation && {
      validation: all(validation),
      ...(validation.length > 1 && { taskOf: taskOf(validation) }),
    }),
  };
  const codecs = stored ?? buildQuestionCodecs(data.train, recipe);
  return {
    content: { task: 'questions', recipe, codecs },
    async train(backend, options) {
      const training = await trainQuestions(recipe, data, codecs, backend, options);
      const tasks = train.length === 1 ? '1 task' : `${train.length} tasks`;
      return {
        ...training,
        size: `vocabulary ${codecs.target.vocabulary.size}, ${data.train.length} questions of ${tasks}`,
        remarks: forgotten(data.train, recipe),
      };
    },
    test:
      test &&
      (async (directory, backend, training) =>
        writeQuestionResults(directory, await evaluateQuestions(directory, test, backend), training)),
  };
}

const all = (groups: readonly QuestionGroup[]): StoryQuestion[] =>
  groups.flatMap(({ questions }) => questions);

function taskOf(groups: readonly QuestionGroup[]): TaskOf {
  const names = new Map(
    groups.flatMap(({ name, questions }) => questions.map((question) => [question, name])),
  );
  return (question) => names.get(question);
}

/** What a memory smaller than its stories loses. */
function forgotten(questions: readonly StoryQuestion[], { model: { memory } }: QuestionsRecipe): string[] {
  const long = questions.filter(({ facts }) => facts.length > memory);
  if (long.length === 0) return [];
  const most = Math.max(...long.map(({ facts }) => facts.length));
  const lost = long.filter(({ facts, supports }) => supports.some((i) => i < facts.length - memory)).length;
  const supports = lost > 0 ? `; ${lost} follow from older ones` : '';
  return [
    `${long.length} questions are about more facts than the memory holds (up to ${most}): the last ${memory} are read${supports} (model.memory)`,
  ];
}
