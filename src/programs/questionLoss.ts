import { DataError } from '../errors.ts';
import { crossEntropy, type DType, input, mean } from '../graph/index.ts';
import type { MemoryNetwork, Stories } from '../models/memn2n.ts';
import type { Random } from '../random.ts';
import type { HostTensor } from '../runtime/index.ts';
import type { TrainingLoss } from './training.ts';

/** A question and what was told before it, as ids; UNK (an unknown word) holds its place and means nothing. */
export interface EncodedQuestion {
  /** words of each fact, the oldest fact first; at least one */
  readonly facts: readonly (readonly number[])[];
  readonly question: readonly number[];
}

export interface AnsweredQuestion extends EncodedQuestion {
  readonly answer: number;
}

/** Graph inputs for questions about stories. */
export function storyInputs(dtype: DType = 'float32'): Stories {
  const sentences = (name: string, rows: string) => ({
    counts: input(`${name}Counts`, dtype, [rows, 'U']),
    places: input(`${name}Places`, dtype, [rows, 'U']),
  });
  return {
    words: input('words', 'int32', ['U']),
    facts: sentences('fact', 'N'),
    ages: input('ages', 'int32', ['N']),
    stories: input('stories', 'int32', ['N']),
    questions: sentences('question', 'B'),
  };
}

/** Empty memories that are put among the facts in training, so that their order counts and not the exact time. */
export interface TimeNoise {
  /** how probable an empty memory behind each fact is; the paper has 0.1 (4.1, random noise) */
  readonly rate: number;
  readonly random: Random;
}

/**
 * What `storyInputs` is fed with. Of an empty memory only that older facts lie further back is fed: it says nothing
 * itself.
 *
 * @param model facts that lie further back than it remembers, and words behind its last position, count as at the last
 * @param noise default none
 * @throws DataError for a question without a fact
 */
export function storyFeeds(
  questions: readonly EncodedQuestion[],
  { memory, positions }: Pick<MemoryNetwork, 'memory' | 'positions'>,
  noise?: TimeNoise,
): Record<string, HostTensor> {
  const told = questions.findIndex(({ facts }) => facts.length === 0);
  if (told >= 0) {
    throw new DataError(
      `question ${told + 1} of a batch, of a story without facts`,
      'at least one',
      'Tell something before asking.',
    );
  }
  const facts = questions.flatMap((question) => question.facts);
  const asked = questions.map(({ question }) => question);
  const columns = new Map<number, number>();
  for (const sentence of [...facts, ...asked]) {
    for (const id of sentence) if (isWord(id) && !columns.has(id)) columns.set(id, columns.size);
  }
  // Of nothing but unknown words there is still a column, which nothing stands in.
  const U = Math.max(1, columns.size);
  const sentences = (name: string, all: readonly (readonly number[])[]) => {
    const counts = new Float32Array(all.length * U);
    const places = new Float32Array(all.length * U);
    for (const [row, sentence] of all.entries()) {
      for (const [j, id] of sentence.entries()) {
        const column = columns.get(id);
        if (column === undefined) continue;
        counts[row * U + column] += 1;
        if (positions > 0) places[row * U + column] += (Math.min(j + 1, positions) - 0.5) / positions;
      }
    }
    const shape = [all.length, U];
    return {
      [`${name}Counts`]: { dtype: 'float32' as const, shape, data: counts },
      [`${name}Places`]: { dtype: 'float32' as const, shape, data: places },
    };
  };
  const integers = (data: Iterable<number>) => {
    const array = Int32Array.from(data);
    return { dtype: 'int32' as const, shape: [array.length], data: array };
  };
  return {
    words: integers(columns.size > 0 ? columns.keys() : [0]),
    ...sentences('fact', facts),
    ages: integers(questions.flatMap((question) => agesOf(question.facts.length, memory, noise))),
    stories: integers(questions.flatMap((question, b) => question.facts.map(() => b))),
    ...sentences('question', asked),
  };
}

/** Ids below are the vocabulary's specials: padding and unknown words, whose embedding is null. */
const FIRST_WORD = 4;
const isWord = (id: number): boolean => id >= FIRST_WORD;

/** How far back each fact lies, 0 the last one; the oldest first. */
function agesOf(count: number, memory: number, noise: TimeNoise | undefined): number[] {
  const ages: number[] = [];
  let age = 0;
  for (let i = 0; i < count; i++) {
    if (noise && noise.random.uniform() < noise.rate) age++;
    ages.push(Math.min(age++, memory - 1));
  }
  return ages.reverse();
}

export interface QuestionBatch {
  readonly questions: readonly AnsweredQuestion[];
  /** without the softmax of the memories, for a linear start */
  readonly linear: boolean;
}

/**
 * −ln p(answer) in nats, a mean over the questions of a batch.
 *
 * @param options.timeNoise rate of empty memories in training; default 0
 */
export function questionLoss(
  model: MemoryNetwork,
  { timeNoise = 0 }: { readonly timeNoise?: number } = {},
): TrainingLoss<QuestionBatch> {
  return {
    graph(builder) {
      const linear = input('linear', builder.dtype, []);
      const { logits } = model.answer(builder, storyInputs(builder.dtype), { linear });
      return mean(crossEntropy(logits, input('answers', 'int32', ['B'])));
    },
    feeds({ questions, linear }, phase) {
      const noise =
        phase !== 'evaluation' && timeNoise > 0 ? { rate: timeNoise, random: phase.training } : undefined;
      const B = questions.length;
      const answers = Int32Array.from(questions, ({ answer }) => answer);
      return {
        feeds: {
          ...storyFeeds(questions, model, noise),
          answers: { dtype: 'int32', shape: [B], data: answers },
          linear: { dtype: 'float32', shape: [], data: Float32Array.of(linear ? 1 : 0) },
        },
        sizes: { B },
        tokens: B,
      };
    },
  };
}
