import type { Asked, StoryQuestion } from '../data/stories.ts';
import type { MemoryMap } from '../plots/index.ts';
import type { Material, Sample } from '../training/index.ts';
import type { Answer } from './questionsAnswerer.ts';
import { answerToken, type QuestionCodecs } from './questionsExamples.ts';
import { rounded } from './samples.ts';

/** Questions that are shown at every validation. */
const SHOWN = 4;
/** Facts of a story that is shown, at most, where there are such. */
const MOST_FACTS = 16;

/** The task of a question, where several are trained together. */
export type TaskOf = (question: StoryQuestion) => string | undefined;

/** What was read for an answer, to be drawn. */
export const memoryOf = (asked: Asked, answer: Answer): MemoryMap => ({
  ...askedMemory(asked, answer.facts.length),
  answer: answer.text,
  probability: answer.probability,
  weights: answer.attention,
});

/** What of a memory map is there before the answer. */
function askedMemory(
  { question, facts, answer, supports = [] }: Asked,
  memory: number,
): Omit<MemoryMap, 'answer' | 'probability' | 'weights'> {
  const forgotten = Math.max(0, facts.length - memory);
  return {
    question,
    ...(answer !== undefined && { expected: answer }),
    facts: facts.slice(forgotten),
    supports: supports.flatMap((fact) => (fact < forgotten ? [] : [fact - forgotten])),
    forgotten,
  };
}

/** A question's name: many stories end in the same words. Of a place the file alone, wherever the data lie. */
const nameOf = ({ question, place }: StoryQuestion): string =>
  `${question} (${place.slice(place.lastIndexOf('/') + 1)})`;

/**
 * Which questions are shown, as places: of tasks from the first to the last, and about stories of middle length; of a
 * single task about shorter and longer ones. Stories too long to be looked at come last. Equal questions give equal places.
 */
export function shownQuestions(
  questions: readonly StoryQuestion[],
  taskOf?: TaskOf,
  count = SHOWN,
): number[] {
  const groups = new Map<string, number[]>();
  for (const [i, question] of questions.entries()) {
    const task = taskOf?.(question) ?? '';
    const group = groups.get(task) ?? [];
    group.push(i);
    groups.set(task, group);
  }
  const all = [...groups.values()].map((group) =>
    group.sort((a, b) => questions[a].facts.length - questions[b].facts.length || a - b),
  );
  const wanted = Math.min(count, questions.length);
  const slots = Array.from(
    { length: wanted },
    (_, slot) => all[Math.floor(((slot + 0.5) * all.length) / wanted)],
  );
  const shown: number[] = [];
  for (const [slot, group] of slots.entries()) {
    const inGroup = slots.filter((other) => other === group).length;
    const before = slots.slice(0, slot).filter((other) => other === group).length;
    const short = group.filter((i) => questions[i].facts.length <= MOST_FACTS);
    const from = short.length >= inGroup ? short : group;
    const middle = Math.floor(((before + 0.5) * from.length) / inGroup);
    // Small groups may have fewer than are asked of them.
    const chosen = [...from.slice(middle), ...from.slice(0, middle).reverse()].find(
      (i) => !shown.includes(i),
    );
    if (chosen !== undefined) shown.push(chosen);
  }
  return shown;
}

/** Stories and questions that are shown, by name. @param memory how many facts are remembered */
export const questionMaterial = (
  questions: readonly StoryQuestion[],
  memory: number,
  taskOf?: TaskOf,
): Material =>
  Object.fromEntries(
    shownQuestions(questions, taskOf).map((i) => [nameOf(questions[i]), askedMemory(questions[i], memory)]),
  );

/** An answer as a run keeps it. */
export const answerSample = (
  question: StoryQuestion,
  { text, probability }: Answer,
  { target }: QuestionCodecs,
  task: string | undefined,
): Sample => ({
  source: nameOf(question),
  references: [answerToken(question.answer, target.tokenizer.lowercase)],
  output: text,
  probability: Math.round(1000 * probability) / 1000,
  ...(task !== undefined && { group: task }),
});

/** Answers of a validation as a run keeps them, those that are shown with what was read for them. */
export function questionSamples(
  questions: readonly StoryQuestion[],
  answers: readonly Answer[],
  codecs: QuestionCodecs,
  taskOf?: TaskOf,
): Sample[] {
  const shown = new Set(shownQuestions(questions, taskOf));
  return questions.map((question, i) => {
    const sample = answerSample(question, answers[i], codecs, taskOf?.(question));
    if (!shown.has(i)) return sample;
    const { attention } = answers[i];
    const { output: answer, probability } = sample;
    return { ...sample, shown: { answer, probability, weights: attention.map(rounded) } };
  });
}
