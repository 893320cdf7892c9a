import * as z from 'zod';
import { count, share } from './fields.ts';

const block = z.strictObject({
  channels: count().describe('of each of its convolutions, over 3 × 3 pixels'),
  layers: count().default(1).describe('convolutions, one after another'),
  reduction: z
    .tuple([count(), count()])
    .default([2, 2])
    .describe('rows that become one, and columns that become one'),
});

const encoder = z.strictObject({
  blocks: z
    .array(block)
    .min(1)
    .describe("one after another; each place of the last one's grid is an annotation"),
  normalise: z
    .enum(['group', 'none'])
    .default('group')
    .describe('after each convolution: groups of 16 channels to mean 0 and variance 1 (Wu & He 2018)'),
  downsample: z
    .enum(['stride', 'max'])
    .default('stride')
    .describe(
      "what makes rows and columns fewer: the stride of a block's first convolution, or the maximum after its last",
    ),
  positions: z
    .boolean()
    .default(true)
    .describe('whether annotations are told their row and column, by vectors that are learnt'),
});

const attention = z
  .strictObject({
    score: z
      .enum(['additive', 'normalisedAdditive', 'dot', 'scaledDot', 'general', 'multiHead'])
      .default('additive')
      .describe('how a state and an annotation are compared; additive as in the paper'),
    size: count().optional().describe('A, of the additive scores and multi-head; default: hidden'),
    heads: count().optional().describe('of multi-head; divides size; default 4'),
    coverage: z
      .boolean()
      .default(false)
      .describe('additive scores: places know how much they were looked at (See et al. 2017)'),
  })
  .superRefine(({ score, coverage, heads, size }, { addIssue }) => {
    const refuse = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
    const isAdditive = score === 'additive' || score === 'normalisedAdditive';
    if (coverage && !isAdditive) refuse('coverage', 'additive or normalisedAdditive as the score');
    if (heads !== undefined && score !== 'multiHead') refuse('heads', 'multiHead as the score');
    if (size !== undefined && ['dot', 'scaledDot', 'general'].includes(score)) {
      refuse('size', `none with the score ${score}, which has no size of its own`);
    }
  });

const keys = z.strictObject({
  type: z
    .literal('captioner')
    .describe('Show, Attend and Tell (Xu et al. 2015), its convolutions trained from scratch with the rest'),
  encoder: encoder.describe('convolutions over the picture'),
  embedding: count().default(128).describe('E, of the tokens written'),
  hidden: count().default(256).describe('H, of the decoder'),
  cell: z.enum(['lstm', 'lstmLayerNorm', 'gru', 'gruResetAfter']).default('lstm').describe('of the decoder'),
  context: z
    .enum(['attention', 'mean', 'none'])
    .default('attention')
    .describe(
      'what of the picture each word is written from: the places attended to; the mean of all, the same for every word; ' +
        'or nothing, the first state alone having seen it. The last two are baselines',
    ),
  attention: attention.optional().describe('context: attention alone; default additive'),
  gate: z
    .boolean()
    .optional()
    .describe('whether every word decides how much the context counts (β, section 4.2.1); default true'),
  doublyStochastic: z
    .number()
    .min(0)
    .optional()
    .describe(
      'λ of equation 14: how much it counts that every place is looked at in all; context: attention alone; default 1',
    ),
  readout: z
    .enum(['tanh', 'linear'])
    .default('tanh')
    .describe('before the output layer: tanh, or nothing, as printed (equation 7)'),
  tie: z
    .enum(['none', 'target'])
    .default('none')
    .describe('target: the word vectors read and those of the output layer are one'),
  dropout: share()
    .default(0.3)
    .describe(
      'share of values dropped in training: of annotations, embeddings and readout, one mask over time',
    ),
  recurrentDropout: share().default(0).describe('share of the recurrent state dropped, one mask over time'),
  initialization: z
    .enum(['glorot', 'paper'])
    .default('glorot')
    .describe('of the decoder: by the size of each layer; or as Bahdanau et al. 2015, for wide layers'),
});

export const captionsModel = keys
  .superRefine(({ context, attention, gate, doublyStochastic, hidden }, { addIssue }) => {
    const refuse = (path: string[], message: string) => addIssue({ code: 'custom', path, message });
    const none = `none with context: ${context}`;
    if (context !== 'attention' && attention) refuse(['attention'], none);
    if (context !== 'attention' && doublyStochastic) refuse(['doublyStochastic'], none);
    if (context === 'none' && gate) refuse(['gate'], none);
    if (attention?.score === 'multiHead') {
      const { size = hidden, heads = 4 } = attention;
      if (size % heads !== 0) refuse(['attention', 'heads'], `a number that divides size, ${size}`);
    }
  })
  .transform(({ context, attention, gate = true, doublyStochastic = 1, ...rest }) => {
    const { score = 'additive' as const, size = rest.hidden, coverage = false, heads } = attention ?? {};
    const attends = context === 'attention';
    return {
      ...rest,
      attention: attends ? { score, size, coverage, ...(heads !== undefined && { heads }) } : context,
      gate: gate && context !== 'none',
      doublyStochastic: attends ? doublyStochastic : 0,
    };
  });
