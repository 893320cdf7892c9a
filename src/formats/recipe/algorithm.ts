import * as z from 'zod';
import { type Issues, refuseIn } from './checks.ts';
import { count, positive, seed } from './fields.ts';
import { stoppedByLoss, training } from './training.ts';

const range = (least: number, given: [number, number], what: string) =>
  z
    .tuple([z.int().min(least), z.int().min(least)])
    .default(given)
    .describe(`fewest and most ${what}, drawn uniformly; default ${given[0]} to ${given[1]}`);
const width = (bits: number) => count().default(bits).describe('bits of a vector');

/** The tasks of Graves, Wayne, Danihelka 2014, section 4; defaults are the paper's sizes. */
const generated = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('copy').describe('random bit vectors, then the same again'),
    width: width(8),
    lengths: range(1, [1, 20], 'vectors in a sequence'),
  }),
  z.strictObject({
    type: z.literal('repeatCopy').describe('random bit vectors and a number, then the vectors so often'),
    width: width(8),
    lengths: range(1, [1, 10], 'vectors in a sequence'),
    repeats: range(1, [1, 10], 'copies'),
  }),
  z.strictObject({
    type: z
      .literal('associativeRecall')
      .describe('items, each some random bit vectors, and one of them again: the answer is the next one'),
    width: width(6),
    itemLength: count().default(3).describe('vectors of an item'),
    items: range(2, [2, 6], 'items in a sequence'),
  }),
  z.strictObject({
    type: z
      .literal('dynamicNgrams')
      .describe('bits of a table drawn anew for every sequence, to be predicted one by one'),
    order: count().max(20).default(6).describe('n: a bit depends on the n − 1 before it'),
    length: count().default(200).describe('bits of a sequence'),
  }),
  z.strictObject({
    type: z
      .literal('prioritySort')
      .describe('random bit vectors, each with a priority, then those of the highest priorities, falling'),
    width: width(8),
    length: count().default(20).describe('vectors in a sequence'),
    kept: count().default(16).describe('how many of them are to be written'),
  }),
]);

const sizes = z.strictObject({
  length: count().optional().describe('vectors of a sequence, or bits of dynamicNgrams'),
  repeats: count().optional().describe('copies of repeatCopy'),
  items: z.int().min(2).optional().describe('items of associativeRecall'),
  kept: count().optional().describe('vectors that prioritySort writes'),
});

/** What sequences of each task have, and may be given another number of. */
const SIZES: Readonly<Record<z.output<typeof generated>['type'], readonly string[]>> = {
  copy: ['length'],
  repeatCopy: ['length', 'repeats'],
  associativeRecall: ['items'],
  dynamicNgrams: ['length'],
  prioritySort: ['length', 'kept'],
};

const measured = () => count().default(320).describe('sequences of each measurement, the same every time');

const data = z.strictObject({
  train: generated.describe('what is generated, without end, from the seed'),
  epoch: count()
    .default(10_000)
    .describe('sequences after which an epoch is said to end; each has sequences of its own'),
  validation: z
    .strictObject({
      sequences: measured(),
      sizes: sizes
        .prefault({})
        .describe('sizes that are not drawn as in training, for example { length: 20 }; default: all are'),
    })
    .prefault({})
    .describe('measured while training, on sequences of their own'),
  test: z
    .strictObject({
      sequences: measured(),
      sizes: z
        .array(sizes)
        .min(1)
        .default([{}])
        .describe('one measurement each, also beyond what was trained on; {} is as in training'),
    })
    .prefault({})
    .describe('measured at the end, on sequences of their own'),
});

const model = z.discriminatedUnion('type', [
  z.strictObject({
    type: z
      .literal('ntm')
      .describe('the Neural Turing Machine: a controller with heads that read and write a memory'),
    controller: z
      .enum(['lstm', 'feedForward'])
      .default('lstm')
      .describe('an LSTM, or a layer without a state of its own, which has nothing but the memory'),
    hidden: count().default(100).describe('C, of the controller'),
    locations: z
      .int()
      .min(3)
      .default(128)
      .describe('N, of the memory; at least one for each vector to be remembered'),
    width: count().default(20).describe('M, numbers at a location'),
    readHeads: count().default(1).describe('heads that read'),
    writeHeads: count().default(1).describe('heads that erase and add'),
    clip: positive()
      .default(20)
      .describe('what the heads are told is kept between −clip and clip (Collier & Beel 2018)'),
  }),
  z.strictObject({
    type: z.literal('lstm').describe('layers of LSTMs without a memory, for comparison'),
    hidden: count().default(256).describe('H, of every layer'),
    layers: count().default(3).describe('one above the other'),
  }),
  z.strictObject({
    type: z
      .literal('attentiveLstm')
      .describe('an LSTM that attends over its own last outputs (Daniluk et al. 2017, section 2.1)'),
    hidden: count().default(100).describe('H, of the LSTM and of what the output is made of'),
    window: count()
      .default(128)
      .describe('L, its last outputs that it looks at; it slides, so sequences may be longer'),
    score: z
      .enum(['additive', 'normalisedAdditive', 'dot', 'scaledDot', 'general'])
      .default('general')
      .describe('how well an output of the past fits the present one; the paper has additive'),
  }),
]);

/** Sequences of bits answered with bits. */
export const algorithm = z
  .strictObject({
    task: z.literal('algorithm').describe('bits to bits, generated'),
    seed: seed(),
    data,
    model: model.prefault({ type: 'ntm' }),
    training: training(['bits', 'bitErrors']).prefault({}),
  })
  .superRefine(checkAlgorithm)
  .transform(stoppedByLoss);

interface AlgorithmSections {
  data: z.output<typeof data>;
  training: z.output<ReturnType<typeof training>>;
}

/** What no section can tell alone. Messages say what was expected. */
function checkAlgorithm({ data, training }: AlgorithmSections, issues: Issues): void {
  const refuse = refuseIn(issues);
  const { train, validation, test } = data;
  for (const name of ['lengths', 'repeats', 'items'] as const) {
    const [from, to] = name in train ? (train[name as never] as [number, number]) : [0, 0];
    if (from > to) refuse(`data.train.${name}`, 'the smaller number first');
  }
  const known = SIZES[train.type];
  const asked = [
    { at: 'data.validation.sizes', given: validation.sizes },
    ...test.sizes.map((given, i) => ({ at: `data.test.sizes.${i}`, given })),
  ];
  for (const { at, given } of asked) {
    const foreign = Object.keys(given).find((name) => !known.includes(name));
    if (foreign !== undefined) {
      refuse(`${at}.${foreign}`, `none: sequences of ${train.type} have ${known.join(' and ')}`);
    }
  }
  if ('tokens' in training.batch) refuse('training.batch', '{ sentences: … }, sequences in a batch');
  if (training.labelSmoothing !== undefined) refuse('training.labelSmoothing', 'none: targets are bits');
  if (training.scheduledSampling) {
    refuse('training.scheduledSampling', 'none: a model is given none of its own answers');
  }
}
