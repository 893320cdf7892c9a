import * as z from 'zod';
import { checkStopping, type Issues, refuseIn } from './checks.ts';
import { count, file, positive, seed, share } from './fields.ts';
import { checkSchedule, limited, trainingKeys } from './training.ts';

const babi = z.strictObject({
  babi: file().describe('bAbI as it is published, a folder or an archive: LANGUAGE/qaN_NAME_PART.txt'),
  part: z.enum(['train', 'test']).describe('which of its two parts'),
  tasks: z
    .array(z.int().min(1).max(20))
    .min(1)
    .optional()
    .describe('which of its tasks, 1 to 20; default all of them'),
  language: z.string().min(1).default('en').describe('the folder in it: en, en-10k, hn, shuffled …'),
  instead: file()
    .optional()
    .describe(
      'a folder: what lies there of a task and part (qaN_…_PART….txt, also .gz) is read instead of what the archive has, for example task 16 of version 1.2',
    ),
});

const stories = z.strictObject({
  stories: file().describe('a file in the format of bAbI; .gz and ARCHIVE/NAME as in pairs of text'),
});

const several = z.array(z.union([babi, stories])).min(1);

const heldOut = z.strictObject({
  heldOut: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.1)
    .describe(
      'this share of the questions of each task is taken out of the training data; which ones follows from their texts alone',
    ),
});

const data = z.strictObject({
  train: z.union([babi, stories, several]).describe('questions about stories, or a list of such'),
  validation: z
    .union([babi, stories, several, heldOut])
    .optional()
    .describe('measured while training, for early stopping and the best checkpoint'),
  test: z.union([babi, stories, several]).optional().describe('measured at the end, task by task'),
});

const model = z.strictObject({
  type: z
    .literal('memn2n')
    .default('memn2n')
    .describe('the end-to-end memory network (Sukhbaatar et al. 2015)'),
  embedding: count().default(50).describe('d, size of the vectors of words and sentences'),
  hops: count().default(3).describe('how often the memory is read'),
  memory: count()
    .default(50)
    .describe('facts that are remembered; of longer stories the last so many are read'),
  positions: z
    .int()
    .min(0)
    .default(12)
    .describe(
      'J of the position encoding (4.1): how many words of a sentence are told apart by where they stand, the words of the longest sentence or a little more; 0: a sentence is a bag of words',
    ),
  temporal: z
    .boolean()
    .default(true)
    .describe('whether a memory knows how far back it lies (4.1, temporal encoding)'),
  tying: z
    .enum(['adjacent', 'layerwise'])
    .default('adjacent')
    .describe('which embeddings of the hops are one (2.2)'),
  nonlinearity: z.enum(['none', 'relu']).default('none').describe('of the state after each hop (appendix A)'),
});

const linearStart = z.strictObject({
  epochs: count().describe('most epochs of it'),
  patience: count()
    .optional()
    .describe(
      'epochs in a row without a lower validation loss, after which it ends sooner; default: it does not',
    ),
  learningRate: positive().optional().describe('held throughout; default: that of the optimizer'),
});

const shared = trainingKeys(['exactMatch']);

const training = z
  .strictObject({
    ...shared,
    stop: shared.stop.describe(
      'early stopping, and the best checkpoint is used; default none: the last one is used, as in the paper',
    ),
    linearStart: linearStart
      .optional()
      .describe(
        'training begins without the softmax of the memories (4.2); epochs, schedule and limits are those of the rest; default: it does not',
      ),
    timeNoise: share()
      .default(0)
      .describe('how probable an empty memory behind each fact is in training (4.1, random noise)'),
  })
  .superRefine(checkSchedule)
  .transform(limited);

/** Questions about stories. */
export const questions = z
  .strictObject({
    task: z.literal('questions').describe('questions about stories, answered with one word'),
    seed: seed(),
    data,
    text: z
      .strictObject({
        lowercase: z.boolean().default(true).describe('whether words and answers are lower-cased first'),
      })
      .prefault({})
      .describe('how words are told apart'),
    model: model.prefault({}),
    training: training.prefault({}),
  })
  .superRefine(checkQuestions);

interface QuestionSections {
  data: z.output<typeof data>;
  training: z.output<typeof training>;
}

/** What no section can tell alone. Messages say what was expected. */
function checkQuestions({ data, training }: QuestionSections, issues: Issues): void {
  const refuse = refuseIn(issues);
  for (const name of ['train', 'validation', 'test'] as const) {
    const part = data[name];
    for (const source of Array.isArray(part) ? part : [part]) {
      if (!source || !('babi' in source) || !source.tasks) continue;
      const twice = source.tasks.find((task, i) => source.tasks?.indexOf(task) !== i);
      if (twice !== undefined) refuse(`data.${name}`, `each of its tasks once, not ${twice} again`);
    }
  }
  const { labelSmoothing, scheduledSampling, linearStart, batch } = training;
  if (labelSmoothing !== undefined) refuse('training.labelSmoothing', 'none: an answer is one word');
  if (scheduledSampling) refuse('training.scheduledSampling', 'none: an answer is one word');
  if ('tokens' in batch) refuse('training.batch', 'sentences: how many questions');
  if (linearStart?.patience !== undefined && !data.validation) {
    refuse(
      'training.linearStart.patience',
      'validation data (data.validation), whose loss says when it ends',
    );
  }
  checkStopping({ data, training }, issues);
}
