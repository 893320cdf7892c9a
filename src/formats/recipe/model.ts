import * as z from 'zod';
import { count, share } from './fields.ts';

/** The sizes of Bahdanau et al. 2015 (appendix A.2.3), and smaller ones for small corpora. */
const sizes = {
  paper: {
    embedding: 620,
    hidden: 1000,
    attention: 1000,
    readout: 500,
    dropout: 0,
    initialization: 'paper' as const,
  },
  small: {
    embedding: 256,
    hidden: 512,
    attention: 512,
    readout: 256,
    dropout: 0.3,
    initialization: 'glorot' as const,
  },
};

const preset = z
  .enum(['small', 'paper'])
  .default('small')
  .describe(
    'where what is not given comes from: small 256/512/512/256, dropout 0.3, glorot; paper 620/1000/1000/500, dropout 0, paper',
  );
const commonSizes = {
  preset,
  embedding: count().optional().describe('E, size of word embeddings'),
  hidden: count().optional().describe('H, size of each recurrent state'),
  readout: count()
    .optional()
    .describe(
      'width of the layer before the softmax: rnnsearch and rnnenc take the larger of 2 × this (maxout), recurrent has tanh',
    ),
  dropout: share()
    .optional()
    .describe('share of values dropped in training: of embeddings and readout, one mask over time'),
  initialization: z
    .enum(['paper', 'glorot'])
    .optional()
    .describe('paper: appendix B.1, for wide layers; glorot: by the size of each layer'),
  tie: z
    .enum(['none', 'target', 'all'])
    .optional()
    .describe(
      'word vectors that are one; none (default); target: those the decoder reads and those of the output layer (needs readout equal to ' +
        "embedding); all: the encoder's too (needs one vocabulary, joint)",
    ),
};
const copy = z
  .boolean()
  .optional()
  .describe('a pointer-generator, which can copy words from the source (See et al. 2017); default false');

const oddCount = count().refine((n) => n % 2 === 1, 'an odd number, so that a position lies in the middle');

export const attention = z
  .strictObject({
    score: z
      .enum(['additive', 'normalisedAdditive', 'dot', 'scaledDot', 'general', 'multiHead'])
      .default('general')
      .describe(
        'how a state and an annotation are compared (Bahdanau, Raffel, Luong, Vaswani, Luong, Vaswani)',
      ),
    size: count()
      .optional()
      .describe('A, of the additive scores, multi-head and the window; default: hidden'),
    heads: count().optional().describe('of multi-head; divides size; default 4'),
    coverage: z
      .boolean()
      .default(false)
      .describe('additive scores: positions know how much they were attended to (See et al. 2017)'),
    location: z
      .strictObject({
        filters: count().default(10).describe('of the convolution'),
        width: oddCount.default(15).describe('of each, in positions'),
      })
      .optional()
      .describe('additive scores: a convolution over the weights before (Chorowski et al. 2015)'),
    window: count()
      .optional()
      .describe('local-p: D positions either side of a predicted one (Luong et al. 2015)'),
  })
  .superRefine(({ score, coverage, location, window, size, heads }, { addIssue }) => {
    const refuse = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
    const isAdditive = score === 'additive' || score === 'normalisedAdditive';
    if (coverage && !isAdditive) refuse('coverage', 'additive or normalisedAdditive as the score');
    if (location && !isAdditive) refuse('location', 'additive or normalisedAdditive as the score');
    if (window !== undefined && score === 'multiHead') refuse('window', 'another score than multiHead');
    if (score !== 'multiHead' && heads !== undefined) refuse('heads', 'multiHead as the score');
    if (score === 'multiHead' && size !== undefined && size % (heads ?? 4) !== 0) {
      refuse('heads', `a number that divides size, ${size}`);
    }
    if (size !== undefined && ['dot', 'scaledDot', 'general'].includes(score) && window === undefined) {
      refuse('size', `none with the score ${score}, which has no size of its own`);
    }
  });

const recurrent = z
  .strictObject({
    type: z
      .literal('recurrent')
      .describe('stacks of recurrent layers with attention, in the form of Luong et al. 2015'),
    ...commonSizes,
    copy,
    cell: z
      .enum(['gru', 'gruResetAfter', 'lstm', 'lstmLayerNorm'])
      .default('lstm')
      .describe(
        'gruResetAfter is the GRU of cuDNN; lstmLayerNorm normalises within the LSTM (Ba et al. 2016)',
      ),
    encoder: z
      .strictObject({
        layers: count().default(1).describe('one above the other'),
        direction: z
          .enum(['bidirectional', 'alternating', 'forward'])
          .default('bidirectional')
          .describe(
            'bidirectional: half of hidden each way; alternating: layers run forward and backward in turn',
          ),
      })
      .prefault({}),
    decoder: z
      .strictObject({ layers: count().default(1).describe('one above the other') })
      .prefault({})
      .describe('the stack that writes'),
    residual: z
      .boolean()
      .default(false)
      .describe("adds a layer's input to its output, from the second layer on"),
    attention: attention.prefault({}),
    coverageLoss: z
      .number()
      .min(0)
      .optional()
      .describe('how much attending again costs, where there is coverage; default 1'),
    inputFeeding: z.boolean().default(true).describe('gives the decoder what it read out at the step before'),
    recurrentDropout: share().default(0).describe('share of the recurrent state dropped, one mask over time'),
  })
  .superRefine((given, { addIssue }) => {
    const { encoder, decoder, hidden, preset, attention, copy, coverageLoss, residual } = given;
    const size = hidden ?? sizes[preset].hidden;
    const refuse = (path: string[], message: string) => addIssue({ code: 'custom', path, message });
    if (coverageLoss !== undefined && !attention.coverage)
      refuse(['coverageLoss'], 'attention.coverage: true');
    if (encoder.direction === 'alternating' && encoder.layers === 1) {
      refuse(['encoder', 'direction'], 'two layers or more to alternate, or forward');
    }
    if (residual && encoder.layers === 1 && decoder.layers === 1) {
      refuse(['residual'], 'two layers or more, in encoder or decoder');
    }
    if (encoder.direction === 'bidirectional' && size % 2 === 1) {
      addIssue({ code: 'custom', path: ['hidden'], message: 'an even number, for half of it each way' });
    }
    if (
      attention.score === 'multiHead' &&
      attention.size === undefined &&
      size % (attention.heads ?? 4) !== 0
    ) {
      addIssue({
        code: 'custom',
        path: ['attention', 'heads'],
        message: `a number that divides hidden, ${size}`,
      });
    }
    if (copy && attention.window !== undefined) {
      const message = 'no window: copying needs weights that sum to 1';
      addIssue({ code: 'custom', path: ['attention', 'window'], message });
    }
  })
  .transform(({ preset, attention, ...given }) => {
    const { attention: size, ...defaults } = sizes[preset];
    const hidden = given.hidden ?? defaults.hidden;
    const { coverageLoss = 1 } = given;
    const sized = { ...attention, size: attention.size ?? hidden };
    return { ...defaults, ...given, hidden, coverageLoss, attention: sized };
  });

/** Tied embeddings are as wide as what they are multiplied with. */
function checkTies(
  model: { tie?: string; embedding: number; readout: number },
  { addIssue }: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void {
  if ((model.tie ?? 'none') === 'none' || model.embedding === model.readout) return;
  const message = `readout equal to embedding, ${model.embedding} (readout is ${model.readout})`;
  addIssue({ code: 'custom', path: ['tie'], message });
}

const models = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('rnnsearch').describe('bidirectional encoder, attention (Bahdanau et al. 2015)'),
      ...commonSizes,
      attention: count().optional().describe('A, size of the alignment model'),
      copy,
    })
    .transform(({ preset, ...given }) => ({ ...sizes[preset], ...given })),
  z
    .strictObject({
      type: z.literal('rnnenc').describe('one vector for the whole source, no attention (Cho et al. 2014)'),
      ...commonSizes,
    })
    .transform(({ preset, ...given }) => {
      const { attention: _, ...defaults } = sizes[preset];
      return { ...defaults, ...given };
    }),
  recurrent,
]);

export const model = models.superRefine(checkTies);
